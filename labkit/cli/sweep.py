"""lab sweep: many trainings or notebooks, from one file."""

import argparse
import sys
from dataclasses import replace

from ..errors import need
from ..paths import printable
from . import parser

SHOWN = 5  # labels that --dry prints
DESCRIPTION = """\
Run every point of a plan: a grid of trainings, or of a notebook's parameters. All of it is checked before anything
starts; what the store holds already is not run again. labkit/runs/sweep/plan.py says what a plan may hold.

  lab sweep notebooks/sweep.yml --dry"""


def main(argv):
    """Check, run, and say what came of it. -> exit status: 0 all finished, 1 some failed, 2 the plan is wrong"""
    read = parser("sweep", DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("plan", help="a YAML file, for example notebooks/sweep.yml")
    read.add_argument("--store", metavar="DIR", help="keep the runs here, whatever the plan says")
    read.add_argument("--address", help="of a Dask scheduler, tcp://HOST:PORT; default: workers of this machine")
    read.add_argument("--workers", type=int, metavar="N", help="how many at once on this machine")
    read.add_argument("--as-notebooks", action="store_true", help="leave an executed notebook in every run's folder")
    read.add_argument("--dry", action="store_true", help="say what would run, and start nothing")
    args = read.parse_args(argv)
    need(args.workers is None or args.workers > 0, "--workers", args.workers, "a whole number above 0")
    need(args.address is None or "://" in args.address, "--address", args.address, "like tcp://HOST:PORT")
    from ..runs.store import folder
    from ..runs.sweep.plan import Plan

    plan = Plan.read(args.plan)
    place = folder(args.store).absolute() if args.store is not None else plan.store
    plan = replace(plan, store=place, as_notebooks=plan.as_notebooks or args.as_notebooks)
    if args.dry:
        return _dry(plan)
    from ..runs.sweep import sweep

    try:
        done = sweep(plan, address=args.address, workers=args.workers)
    except OSError as error:  # the disk is full, the scheduler is gone
        print(printable(f"lab: {error}"), file=sys.stderr)
        return 1
    print(printable(done.words))
    return int(done.failed > 0)


def _dry(plan):
    """Print how many runs of what, and the first of them. -> exit status"""
    from ..runs.sweep.plan import label

    count, what = len(plan.points), "trainings" if plan.kind == "fit" else f"runs of {plan.notebook.name}"
    print(printable(f"{count} {what} -> {plan.store}"))
    for point in plan.points[:SHOWN]:
        print(printable(f"  {label(point, plan)}"))
    if count > SHOWN:
        print(f"  and {count - SHOWN} more; nothing was started")
    return 0
