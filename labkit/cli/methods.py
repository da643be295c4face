"""lab methods: every method beside plain SGD, on the embedded data."""

from ..runs import compare
from . import parser


def main(words):
    """Train and print the table. -> exit status"""
    arguments = parser("methods", "Train every method (or those named) beside plain SGD on the digits and drawn faces.")
    arguments.add_argument("names", nargs="*", metavar="NAME", help="names in labkit.methods.ALL")
    for name, default in (("epochs", 60), ("seeds", 3), ("jobs", 2)):
        arguments.add_argument(f"--{name}", type=int, default=default, help=f"default {default}")
    asked = arguments.parse_args(words)
    runs = compare.compare(asked.names, asked.epochs, asked.seeds, asked.jobs)
    for line in compare.lines(compare.verdicts(runs), asked.epochs, asked.seeds):
        print(line)
    return 0
