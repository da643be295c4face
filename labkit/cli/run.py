"""lab run: one notebook with other parameters, without a browser."""

import argparse
import sys
import time
from pathlib import Path

from ..checkout import output_folder
from ..errors import need
from ..notebook import execute, find, parameters
from ..paths import absolute, printable
from . import parser

KEPT = output_folder("runs") / "notebooks"
DESCRIPTION = """\
Run a notebook from top to bottom and keep the executed copy. Every parameter is checked before anything starts.

  lab run cdr_aux -p rate 0.4 -p methods '[CDR, AUX]'"""


def main(argv):
    """Check, run, and say where the executed notebook is. -> exit status: 1 a cell failed, 2 a parameter is wrong"""
    args = parser("run", DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("notebook", help="its path, or its name in notebooks/ or lessons/")
    values = {"nargs": 2, "action": "append", "default": [], "metavar": ("NAME", "VALUE")}
    args.add_argument("-p", dest="given", help="set a parameter; as often as you like", **values)
    args.add_argument(
        "-o", dest="out", metavar="OUT", help="where to keep it (default: runs/notebooks/NAME-TIME.ipynb)"
    )
    args = args.parse_args(argv)
    notebook = find(args.notebook)
    given = parameters.check(parameters.read(notebook), args.given)
    out = _out(args.out, notebook)
    failure = execute(notebook, out, given)
    if failure:
        said = f"lab: {notebook.name} failed; the notebook as far as it came is {out}"
        print(printable(f"{failure.traceback}\n\n{said}"), file=sys.stderr)
        return 1
    print(printable(f"kept as {out}"))
    return 0


def _out(name, notebook):
    """Where the executed notebook goes; its folder is made."""
    out = Path(absolute(name)) if name else KEPT / f"{notebook.stem}-{time.strftime('%Y%m%d-%H%M%S')}.ipynb"
    need(out.suffix == ".ipynb" and not out.is_dir(), "-o", name, "the path of a notebook, with the ending .ipynb")
    need(out != notebook, "-o", name, "another file than the notebook itself")
    out.parent.mkdir(parents=True, exist_ok=True)
    return out
