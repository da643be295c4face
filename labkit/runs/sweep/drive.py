"""Runs a plan: every point becomes a task of Dask; a point whose run is stored is not run again."""

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ...errors import need
from .. import index
from ..store import note
from . import cluster, work
from .live import Live, clock
from .plan import Plan, labels_of

if TYPE_CHECKING:
    from distributed import Client

AHEAD = 5000  # tasks that Dask's scheduler holds at most: its memory does not grow with the sweep
REFRESH = 500  # outcomes after which the store's index is brought up to date
OUTCOME = ("run", "label", "status", "seconds", "error", "cell")  # columns of `Sweep.outcomes`
STATUSES = {"finished": "finished", "read": "were there", "failed": "failed"}  # in the summary


@dataclass
class Sweep:
    """The outcome of a sweep. outcomes: a row per point that came to an end: run, label, status, seconds, error, cell.
    seconds: of all."""

    plan: Plan
    outcomes: pd.DataFrame = field(repr=False)
    seconds: float

    @property
    def finished(self) -> int:
        """Number of runs that are in the store now, trained by this sweep or before."""
        return int(self.outcomes["status"].isin(["finished", "read"]).sum())

    @property
    def failed(self) -> int:
        """Number of runs that failed."""
        return int((self.outcomes["status"] == "failed").sum())

    @property
    def words(self) -> str:
        """Summary: how many runs finished, and why the others failed."""
        counts = self.outcomes["status"].value_counts()
        parts = []
        for status, phrase in STATUSES.items():
            if status in counts:
                parts.append(f"{counts[status]} {phrase}")
        summary = f"{', '.join(parts) or 'none finished'} of {len(self.plan.points)}"
        lines = [f"{summary}, in {clock(self.seconds)}; in {self.plan.store}"]
        for row in self.outcomes[self.outcomes["status"] == "failed"].itertuples():
            cell = f"cell {int(row.cell)}: " if row.cell == row.cell and row.cell is not None else ""
            lines.append(f"  failed: {row.label}: {cell}{row.error}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.words


def sweep(
    plan: Plan | str | PathLike | dict,
    address: str | None = None,
    workers: int | None = None,
    client: "Client | None" = None,
    port: int = 0,
    quiet: bool | None = None,
    budget: float | None = None,
) -> Sweep:
    """Run every point of a plan that the store does not hold yet.

    plan: a Plan, the path of a YAML file, or a dict. address: of a Dask scheduler, or client: a distributed.Client
    (dask-jobqueue's, for one); None: a local cluster, with so many workers. port: of the local cluster's dashboard.
    quiet: show nothing; None: nothing in a notebook. budget: seconds after which the sweep stops; runs that are not at
    their end keep their last checkpoint, and the others are not begun.

    Raises ValueError before anything starts; OSError when the disk is full, ConnectionError when a scheduler that was
    given is gone. Finished runs and checkpoints stay, and the same call goes on from there, as after Ctrl-C.
    """
    plan = plan if isinstance(plan, Plan) else Plan.read(plan)
    need(address is None or client is None, "address", address, "left out where a client is given")
    writable(plan.store)
    start = time.monotonic()
    place = _place(plan, address, workers, client, port)
    with cluster.quiet(), place as (client, link), Live(plan, link, quiet) as live:
        client.subscribe_topic(work.TOPIC, live.progress)
        end = None if budget is None else start + budget
        outcomes = _outcomes(plan, client, live, end)
    return Sweep(plan, pd.DataFrame(outcomes, columns=OUTCOME), time.monotonic() - start)


def _place(plan, address, workers, client, port):
    """Return the place where a sweep runs: the given client, a given scheduler, or a local cluster. -> context manager
    of client and address of its dashboard"""
    if client:
        return _given(client)
    return cluster.given(address) if address else cluster.local(plan, workers, port)


@contextmanager
def _given(client):
    """Context manager. A client that is there already. -> client, address of its dashboard"""
    yield client, client.dashboard_link


def writable(store: Path) -> None:
    """Raise ValueError, before anything starts, for a store that cannot be written."""
    probe = store / f".probe.{time.monotonic_ns()}"
    try:
        store.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise ValueError(f"store is {str(store)!r}; it must be a folder that can be written: {error}") from None


def _outcomes(plan, client, live, end):
    """Submit the points, some ahead of the workers, and gather the outcomes. -> list, in the order of the points

    A run that another process trains is submitted again at the end, and waited for. end: when to stop, by the monotonic
    clock; None: when all points are at their end.
    """
    from distributed import as_completed

    options = work.options(plan)
    labels = labels_of(plan)
    queue = list(range(len(labels)))[::-1]
    waiting = set()
    outcomes = {}
    tasks = {}
    done = as_completed(timeout=None if end is None else max(0.0, end - time.monotonic()))
    of_dask = {"pure": False, "retries": plan.retries, "resources": plan.resources or None}

    def submit():
        while queue and len(tasks) < AHEAD:
            k = queue.pop()
            of_point = {**options, "wait": k in waiting}
            future = client.submit(work.run_point, plan.points[k], labels[k], of_point, **of_dask)
            tasks[future] = k
            done.add(future)

    def take(future):
        k = tasks.pop(future)
        outcome = _outcome(future, plan.points[k], labels[k], options)
        if outcome["status"] == "full":
            raise OSError(work.ROOM[0], outcome["error"])
        if outcome["status"] == "elsewhere":
            waiting.add(k)
            queue.insert(0, k)
            return
        outcomes[k] = outcome
        live.done(outcome)
        if len(outcomes) % REFRESH == 0:
            index.table(plan.store, "result.parquet")

    submit()
    try:
        for future in done:
            take(future)
            submit()
    except TimeoutError:  # the budget is spent
        client.cancel(list(tasks))
    return [outcomes[k] for k in sorted(outcomes)]


def _outcome(future, point, name, options):
    """Return the outcome of a task; a task that Dask gave up is a failure like another. -> dict"""
    if future.status == "finished":
        return future.result()
    if future.status != "error":  # lost, cancelled
        raise ConnectionError(
            "Dask's scheduler is gone. What is finished or has a checkpoint stays: the same sweep goes on"
        )
    error = future.exception()
    key = work.identified(point, options)
    outcome = work.failed(error, work.blank(key, name))
    record = {**outcome, "what": work.kind(point, options), "traceback": str(error)}
    note(options["store"], key, record)
    return outcome
