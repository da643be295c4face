"""lab reset: begin a lesson anew, and keep the copy that was edited."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import must
from ..paths import printable
from . import how_to_open, parser, seen

if TYPE_CHECKING:
    from ..notebook.copies import Copies

DESCRIPTION = """\
Give a fresh copy of a lesson: as the project has it now, without outputs. The copy that was there is kept beside it,
under a name that says when.

  ./lab reset 05
  ./lab reset 02 solutions/02"""


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab reset`."""
    command = parser("reset", DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("lesson", nargs="*", help="its number, e.g. 05, or its name, e.g. sandbox or solutions/05")
    return command


def main(argv: Sequence[str]) -> int:
    """Reset the named lessons. -> exit status; raises ValueError, before anything is written, for an unknown lesson"""
    names = arguments().parse_args(argv).lesson
    from ..notebook.copies import Copies

    copies = Copies()
    must(names, "the lesson", "not given", f"one or more of {', '.join(copies.all)} ({edited(copies)})")
    for copy in [copies.find(name) for name in names]:
        kept = copies.reset(copy)
        ending = f"; yours is kept as {seen(kept)}" if kept else ""
        print(printable(f"{seen(copy.path)} is fresh{ending}"))
        print(printable(how_to_open(copy.path)))
    return 0


def edited(copies: "Copies") -> str:
    """Return which copies were edited, in words."""
    from ..notebook.copies import State

    names = [copy.name for copy in copies.all.values() if copy.state() in (State.EDITED, State.BEHIND)]
    return f"you edited {', '.join(names)}" if names else "you edited none"
