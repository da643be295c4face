"""The queue as tables: what it is worth, what it costs, what is done, what lacks data."""

from collections.abc import Iterable, Sequence

import pandas as pd

from .cost import hours
from .jobs import Job, key
from .queue import lacks

NOT_MEASURED = "a measured step of its network"
COLUMNS = ("paper", "part", "runs", "done", "numbers", "hours", "lacks")


def list_queue(jobs: Sequence[Job], finished: Iterable[str], each: bool = False) -> pd.DataFrame:
    """Return what the queue holds, a row per part of a paper or (each) per run, in the order of the queue.

    Columns: paper, part (or run), runs, done, numbers (different printed numbers that the runs fill; those of a second
    seed are not counted again), hours of the runs that are not done on one thread (NaN where a step was never
    measured), lacks.
    """
    done = set(finished)
    rows = []
    counted = set()
    for job in jobs:
        number = key({**job.point, "seed": 0})
        new = 0 if number in counted else job.numbers
        counted.add(number)
        is_done = job.key in done
        cost = 0.0 if is_done else hours(job.point)
        row = {"paper": job.paper, "part": job.label if each else _part(job), "runs": 1, "done": int(is_done)}
        row |= {"numbers": new, "hours": cost, "lacks": _lacks(job, cost)}
        rows.append(row)
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"hours": float})
    if each or table.empty:
        return table
    groups = table.groupby(["paper", "part", "lacks"], sort=False)
    sums = groups[["runs", "done", "numbers"]].sum()
    return sums.assign(hours=groups["hours"].sum(min_count=1)).reset_index()[list(COLUMNS)]


def lines(table: pd.DataFrame) -> Iterable[str]:
    """Yield a table of `list_queue` as lines of text, with a line of sums at the end."""
    widths = [_width(table, "paper"), _width(table, "part")]
    head = (
        f"{'paper':{widths[0]}}  {'part':{widths[1]}}  {'runs':>5s} {'done':>5s} {'numbers':>7s} {'hours':>9s}  lacks"
    )
    yield head.rstrip()
    for row in table.itertuples():
        names = f"{row.paper:{widths[0]}}  {row.part:{widths[1]}}"
        yield f"{names}  {row.runs:5d} {row.done:5d} {row.numbers:7d} {_hours(row.hours):>9s}  {row.lacks}".rstrip()
    yield ""
    yield from _sums(table)


def _width(table, name):
    """Return the letters that a column takes."""
    return max(map(len, [name, *table[name]]))


def _sums(table):
    """Yield the sums of a table."""
    has_all = table["lacks"] == ""
    open_hours = table["hours"][has_all].sum()
    missing = table["numbers"][~has_all].sum()
    yield f"{table['numbers'].sum()} different printed numbers, {missing} of them lack something."
    yield f"{table['runs'].sum()} runs, {table['done'].sum()} of them done."
    yield f"{open_hours:,.1f} hours on one thread for the others, but for those that lack something."


def _part(job):
    """Return the name of a job's part, with what stands in for what."""
    return f"{job.part} ({job.stand_in})" if job.stand_in else job.part


def _lacks(job, cost):
    """Return what a job lacks, "" for nothing."""
    missing = lacks(job.point)
    if missing:
        return missing
    return NOT_MEASURED if cost is None else ""


def _hours(hours):
    """Write hours. -> text"""
    if hours != hours:
        return "-"
    return f"{hours:,.0f}" if hours >= 100 else f"{hours:.2f}"
