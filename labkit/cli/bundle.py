"""lab bundle: draw every offered state of lessons' panels and store the pictures, with the recipe."""

import os

import torch

from . import ROOT, parser


def main(argv):
    """Store the pictures of the lessons that are named, or of all. -> exit status"""
    from .. import rooms
    from ..panels import lessons, stored

    read = parser("bundle", "Draw every state of a lesson's panel that pages without a kernel offer, and store them.")
    read.add_argument("lesson", nargs="*", help='e.g. 04, or "sandbox"; all when none is named')
    wanted = read.parse_args(argv).lesson or rooms.lessons("panel")
    sketches = [lessons.sketch(lesson) for lesson in wanted]
    os.environ.pop("LABKIT_FAST", None)  # stored pictures are of full size
    torch.set_num_threads(1)
    for sketch in sketches:
        path = stored.make(sketch, tell=lambda words: print(f"\r{words}", end="", flush=True))
        print(f"\n{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
    return 0
