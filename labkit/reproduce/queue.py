"""The order of all runs: the parts that the papers' rooms name, by rank, then the other printed numbers by cost."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from types import ModuleType

from .. import rooms
from ..data.sets import find
from ..errors import choose, need
from ..ledger import ITEMS, STEMS
from .cost import hours
from .jobs import Job, Part, Point, key
from .numbers import Number, printed_numbers

REST = 1000  # the rank of runs that no part asks for


def all_jobs(names: Sequence[str] = tuple(ITEMS)) -> list[Job]:
    """Return all runs of some papers, in the order in which they are to be trained, none twice.

    First the parts of the rooms by rank, then one run of every other printed number: columns that are not in a part,
    the cheapest first, a column after the other. Raises ValueError for an unknown paper.
    """
    numbers = printed_numbers(names)
    counts = Counter(_number_keys(numbers))
    jobs = {}
    for part in sorted(parts(names), key=_rank):
        for point in part.points:
            name = key(point)
            count = 0 if part.stand_in else counts[_without_seed(point)]
            jobs.setdefault(name, Job(point, part.name, part.rank, count, part.stand_in))
    taken = {_without_seed(job.point) for job in jobs.values()}
    for column in _columns(numbers, taken):
        for number in column:
            point = point_of(number)
            cell = number.cell
            job = Job(point, f"{cell['item']}, {cell['dataset']}", REST, counts[_without_seed(point)])
            jobs.setdefault(job.key, job)
    return list(jobs.values())


def papers() -> tuple[str, ...]:
    """Return the papers, as labkit.ledger calls them."""
    return tuple(ITEMS)


def parts(names: Sequence[str] = tuple(ITEMS)) -> list[Part]:
    """Return the parts that the rooms of some papers name."""
    named = []
    for paper in names:
        named += room(paper).parts()
    return named


def room(paper: str) -> ModuleType:
    """Return the module of a paper's room that knows its runs. Raises ValueError for an unknown paper."""
    return rooms.paper_part(choose("paper", paper, STEMS), "queue")


def point_of(number: Number, seed: int = 0) -> Point:
    """Return the run that fills a printed number."""
    return room(number.paper).point_of(number.cell, seed)


def lacks(point: Point) -> str:
    """Return what a run lacks before it can be trained: its data; "" where it lacks nothing."""
    data = point["data"]
    _, is_there = find(data)
    return "" if is_there else f"{data} (./lab fetch {data})"


def open_jobs(jobs: Iterable[Job], finished: Iterable[str], seeds: Sequence[int] | None = None) -> list[Job]:
    """Return the jobs that can be trained now and are not finished.

    finished: keys of finished runs. seeds: only these; None: all.
    """
    done = set(finished)
    remaining = []
    for job in jobs:
        is_seed = seeds is None or job.point["seed"] in seeds
        if job.key not in done and is_seed and not lacks(job.point):
            remaining.append(job)
    return remaining


def matching(jobs: Sequence[Job], words: Sequence[str]) -> list[Job]:
    """Return the jobs whose label holds every one of some texts, whatever their case.

    Raises ValueError where there is none.
    """
    chosen = []
    for job in jobs:
        label = job.label.lower()
        if all(word.lower() in label for word in words):
            chosen.append(job)
    example = jobs[0].label if jobs else "none is left"
    need(chosen, "cells", list(words), f"texts that stand in the label of a run, for example {example!r}")
    return chosen


def _rank(part):
    """Return the rank of a part."""
    return part.rank


def _without_seed(point):
    """Return what identifies a run but for its seed."""
    return key({**point, "seed": 0})


def _number_keys(numbers):
    """Yield, for each printed number, what identifies the runs that fill it but for their seeds."""
    for number in numbers:
        yield _without_seed(point_of(number))


def _columns(numbers, taken):
    """Return the numbers whose runs are not taken, in columns: the cheapest column first, those that lack data last."""
    columns = defaultdict(list)
    for number in numbers:
        if _without_seed(point_of(number)) not in taken:
            columns[number.column].append(number)
    return sorted(columns.values(), key=_column_cost)


def _column_cost(column):
    """Return what columns are sorted by: data that are missing last, then those of unknown cost, then the hours."""
    points = list(map(point_of, column))
    costs = list(map(hours, points))
    is_missing = any(map(lacks, points))
    is_unknown = None in costs
    return is_missing, is_unknown, sum(filter(None, costs))
