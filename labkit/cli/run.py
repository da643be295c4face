"""lab run: run one notebook with other parameters, without a browser."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ..checkout import output_folder
from ..errors import need
from ..notebook import execute, find, parameters
from ..paths import absolute, printable
from . import how_to_open, parser, seen

KEPT = output_folder("runs") / "notebooks"
DESCRIPTION = """\
Run a notebook from top to bottom and keep the executed copy. Every parameter is checked before anything starts.

  ./lab run cdr_aux -p rates '[0.4]' -p methods '[CDR, AUX, CDR+AUX]'
  ./lab run 02"""


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab run`."""
    command = parser("run", DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("notebook", help="its path, its name in notebooks/ or lessons/, or the number of a lesson")
    pairs = {"nargs": 2, "action": "append", "default": [], "metavar": ("NAME", "VALUE")}
    command.add_argument("-p", dest="values", help="set a parameter; may be repeated", **pairs)
    default = "(default: runs/notebooks/NAME-TIME.ipynb)"
    command.add_argument("-o", dest="out", metavar="OUT", help=f"where to keep the copy {default}")
    return command


def main(argv: Sequence[str]) -> int:
    """Check the parameters, run the notebook, print where its copy is. -> exit status, 1 if a cell failed"""
    args = arguments().parse_args(argv)
    notebook = find(args.notebook)
    values = parameters.check(parameters.read(notebook), args.values)
    out = _output(args.out, notebook)
    failure = execute(notebook, out, values)
    if failure:
        message = f"lab: {notebook.name} failed; the notebook as far as it came is {out}\n{how_to_open(out)}"
        print(printable(f"{failure.traceback}\n\n{message}"), file=sys.stderr)
        return 1
    print(printable(f"kept as {seen(out)}\n{how_to_open(out)}"))
    return 0


def _output(name, notebook):
    """Return the path of the executed copy, and make its folder."""
    default = KEPT / f"{notebook.stem}-{time.strftime('%Y%m%d-%H%M%S')}.ipynb"
    out = Path(absolute(name)) if name else default
    need(out.suffix == ".ipynb" and not out.is_dir(), "-o", name, "the path of a notebook, with the ending .ipynb")
    need(out != notebook, "-o", name, "another file than the notebook itself")
    out.parent.mkdir(parents=True, exist_ok=True)
    return out
