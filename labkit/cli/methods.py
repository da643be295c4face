"""lab methods: train every method beside plain SGD, on the embedded data."""

import argparse
from collections.abc import Sequence

from ..runs import compare
from . import parser


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab methods`."""
    command = parser("methods", "Train every method (or those named) beside plain SGD on the digits and drawn faces.")
    command.add_argument("names", nargs="*", metavar="NAME", help="names in labkit.methods.ALL")
    for name, default in (("epochs", 60), ("seeds", 3), ("jobs", 2)):
        command.add_argument(f"--{name}", type=int, default=default, help=f"default {default}")
    return command


def main(argv: Sequence[str]) -> int:
    """Train, and print the table. -> exit status; raises ValueError for an unknown name, or a number below 1"""
    args = arguments().parse_args(argv)
    runs = compare.compare(args.names, args.epochs, args.seeds, args.jobs)
    for line in compare.lines(compare.verdicts(runs), args.epochs, args.seeds):
        print(line)
    return 0
