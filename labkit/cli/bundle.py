"""lab bundle: draw every offered state of lessons' panels and store the pictures, with the recipe."""

import argparse
import os
from collections.abc import Sequence

import torch

from ..notebook.finding import number
from . import ROOT, lab_command, parser


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab bundle`."""
    command = parser("bundle", "Draw and store every state of a lesson's panel that pages without a kernel offer.")
    command.add_argument("lesson", nargs="*", help='e.g. 04, or "sandbox"; all when none is named')
    command.add_argument("--answers", action="store_true", help="answer the questions anew, and draw no pictures")
    return command


def main(argv: Sequence[str]) -> int:
    """Store the pictures of the named lessons, or of all. -> exit status; raises ValueError for an unknown lesson"""
    from .. import rooms
    from ..panels import lessons, stored

    given = arguments().parse_args(argv)
    names = given.lesson or rooms.lessons("panel")
    store = stored.answer_anew if given.answers else stored.make
    sketches = [lessons.sketch(number(name)) for name in names]
    os.environ.pop("LABKIT_FAST", None)  # stored pictures are of full size
    torch.set_num_threads(1)
    for sketch in sketches:
        path = store(sketch, report=lambda text: print(f"\r{text}", end="", flush=True))
        print(f"\n{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
    print(f"to see them: {lab_command()} site")
    return 0
