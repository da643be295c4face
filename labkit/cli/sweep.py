"""lab sweep: run many trainings or notebooks, from one file."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..checkout import present
from ..errors import need
from ..paths import printable
from . import lab_command, parser

if TYPE_CHECKING:
    from ..runs.sweep.plan import Plan

NOTEBOOKS = "every run's folder has its executed notebook"
SHOWN = 5  # labels that --dry prints
DESCRIPTION = """\
Run every point of a plan: a grid of trainings, or of a notebook's parameters. All of it is checked before anything
starts; what the store holds already is not run again. labkit/runs/sweep/plan.py says what a plan may hold.

  ./lab sweep notebooks/sweep.yml --dry"""


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab sweep`."""
    command = parser("sweep", DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("plan", help="a YAML file, for example notebooks/sweep.yml")
    command.add_argument("--store", metavar="DIR", help="keep the runs here, whatever the plan says")
    command.add_argument("--address", help="of a Dask scheduler, tcp://HOST:PORT; default: workers of this machine")
    command.add_argument("--workers", type=int, metavar="N", help="how many at once on this machine")
    command.add_argument("--as-notebooks", action="store_true", help="leave an executed notebook in every run's folder")
    command.add_argument("--dry", action="store_true", help="print what would run, and start nothing")
    return command


def main(argv: Sequence[str]) -> int:
    """Check the plan, run it, print the outcome. -> exit status: 0 all finished, 1 some failed"""
    args = arguments().parse_args(argv)
    need(args.workers is None or args.workers > 0, "--workers", args.workers, "a whole number above 0")
    need(args.address is None or "://" in args.address, "--address", args.address, "like tcp://HOST:PORT")
    plan = _plan(args)
    if args.dry:
        return _print(plan)
    from ..runs.sweep import sweep

    try:
        outcome = sweep(plan, address=args.address, workers=args.workers)
    except OSError as error:  # the disk is full, the scheduler is gone
        print(printable(f"lab: {error}"), file=sys.stderr)
        return 1
    print(printable(outcome.words))
    print(printable(how_to_look(plan)))
    return int(outcome.failed > 0)


def how_to_look(plan: "Plan") -> str:
    """Return a line that says how to open what a sweep left in its store."""
    store = str(plan.store)
    text = f"labkit.results({store!r}) is a table of them"
    if present():
        text = f"look at them: {lab_command()} run sweep -p store {shlex.quote(store)}; {text}"
    return f"{text}; {NOTEBOOKS}" if plan.as_notebooks else text


def _plan(args):
    """Read the plan, with the store and the notebooks that the command line asks for. -> Plan"""
    from ..runs.store import folder
    from ..runs.sweep.plan import Plan

    plan = Plan.read(args.plan)
    store = plan.store if args.store is None else folder(args.store).absolute()
    return replace(plan, store=store, as_notebooks=plan.as_notebooks or args.as_notebooks)


def _print(plan):
    """Print how many runs of what, and the first of them. -> exit status"""
    from ..runs.sweep.plan import label

    count = len(plan.points)
    kind = "trainings" if plan.kind == "fit" else f"runs of {plan.notebook.name}"
    print(printable(f"{count} {kind} -> {plan.store}"))
    for point in plan.points[:SHOWN]:
        print(printable(f"  {label(point, plan)}"))
    if count > SHOWN:
        print(f"  and {count - SHOWN} more; nothing was started")
    return 0
