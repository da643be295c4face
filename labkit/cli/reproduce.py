"""lab reproduce: measure the papers' printed numbers, whenever there is a core to spare."""

import argparse
import os
import re
import sys
from collections.abc import Sequence

from ..errors import need
from ..paths import print_safely, printable
from . import parser, seen

DESCRIPTION = """\
Take the runs that fill the papers' printed numbers and figures, the most valuable first, and train those that are not
measured yet, each with the paper's full recipe, on one thread and at low priority. Everything is kept in a store of its
own: stop it at any moment, and the same command goes on where it was. Exported rows are never measured again.

  ./lab reproduce --list
  ./lab reproduce --budget 2h
  ./lab reproduce --papers CDR+AUX --cells "Table 1" "asymmetric 70%" --seeds 0
  ./lab reproduce --export"""
UNITS = {"s": 1, "m": 60, "h": 3600}
LOW = 19  # of priority


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab reproduce`."""
    command = parser("reproduce", DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    task = command.add_mutually_exclusive_group()
    task.add_argument("--list", action="store_true", help="print the queue with its hours, and train nothing")
    task.add_argument("--list-each", action="store_true", help="the same, a line for every run")
    task.add_argument("--export", action="store_true", help="write finished runs to results/full.parquet")
    command.add_argument("--budget", metavar="TIME", help="stop after so long: 2h, 90m or 30s; default: at the end")
    command.add_argument("--papers", nargs="+", metavar="PAPER", help="only these, for example CDR+AUX PRL")
    command.add_argument("--cells", nargs="+", metavar="TEXT", help="only runs whose line has each of these texts")
    command.add_argument("--seeds", nargs="+", type=int, metavar="SEED", help="only these")
    command.add_argument("--store", metavar="DIR", help="keep the runs here; default: in the user's cache folder")
    command.add_argument("--workers", type=int, metavar="N", help="how many at once; default: one for each core")
    return command


def main(argv: Sequence[str]) -> int:
    """List, train or export. -> exit status: 0 success, 1 some runs failed"""
    args = arguments().parse_args(argv)
    need(args.workers is None or args.workers > 0, "--workers", args.workers, "a whole number above 0")
    budget = None if args.budget is None else seconds(args.budget)
    from .. import reproduce

    store = reproduce.default_store() if args.store is None else _folder(args.store)
    if args.export:
        return _export(store)
    papers = args.papers or reproduce.papers()
    jobs = reproduce.all_jobs(papers)
    jobs = reproduce.matching(jobs, args.cells) if args.cells else jobs
    finished = reproduce.finished()
    if args.list or args.list_each:
        chosen = [job for job in jobs if args.seeds is None or job.point["seed"] in args.seeds]
        for line in reproduce.lines(reproduce.list_queue(chosen, finished, each=args.list_each)):
            print_safely(line)
        return 0
    return _train(reproduce.open_jobs(jobs, finished, args.seeds), store, budget, args.workers)


def seconds(text: str) -> float:
    """Return the seconds of a duration such as 2h, 90m or 30s. Raises ValueError for another text."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh])", text.strip().lower())
    need(match and float(match[1]) > 0, "--budget", text, "a time above 0 such as 2h, 90m or 30s")
    return float(match[1]) * UNITS[match[2]]


def _folder(store):
    """Return the folder that was given as the store."""
    from ..runs.store import folder

    return folder(store).absolute()


def _export(store):
    """Export the finished runs of the store. -> exit status"""
    from ..ledger.measured import results_file
    from ..reproduce import export_finished
    from ..reproduce.export import FULL

    for paper, count in export_finished(store).items():
        print(f"{paper}: {count} new rows" + (f" in {seen(results_file(paper, FULL))}" if count else ""))
    print("labkit.reproduce.printed_beside_measured(PAPER) is a table of them; ./lab site shows it in the ledger")
    return 0


def _train(jobs, store, budget, workers):
    """Train jobs at low priority. -> exit status"""
    from ..reproduce import reproduce

    if not jobs:
        print("nothing is open")
        return 0
    if hasattr(os, "nice"):
        os.nice(LOW)
    try:
        outcome = reproduce(jobs, store, budget=budget, workers=workers)
    except OSError as error:  # the disk is full
        print(printable(f"lab: {error}"), file=sys.stderr)
        return 1
    print(printable(outcome.words))
    if outcome.finished:
        print("./lab reproduce --export writes what is finished to the papers' results")
    return int(outcome.failed > 0)
