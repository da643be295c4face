"""lab slides: write a lesson as slides, in one file that works without a network."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..state import atomic_write
from . import ROOT, how_to_open, parser


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab slides`."""
    purpose = "Write a lesson as slides: one HTML file, from what is stored in the notebook; nothing trains."
    command = parser("slides", purpose)
    command.add_argument("lesson", help="its number, e.g. 05")
    command.add_argument("--out", type=Path, help="the file (default: slides/NN_name.html in the project)")
    return command


def main(argv: Sequence[str]) -> int:
    """Write the slides of a lesson. -> exit status; raises ValueError for an unknown lesson"""
    args = arguments().parse_args(argv)
    from ..site import book, deck

    source = book.lesson(args.lesson)
    out = args.out.expanduser() if args.out else ROOT / "slides" / Path(source.page).name
    out.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(out, deck.slides(source).encode())
    print(f"{out} ({out.stat().st_size / 1e6:.1f} MB)")
    print(how_to_open(out))
    print("Space goes on, N shows hints, F fills the screen.")
    return 0
