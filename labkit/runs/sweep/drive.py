"""Running a plan: every point becomes a task of Dask; a point that is done is never done again."""

import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import pandas as pd

from ...errors import need
from .. import index
from ..store import note
from . import cluster, work
from .live import Live, clock
from .plan import Plan, label

AHEAD = 5000  # tasks that Dask's scheduler holds at most: its memory does not grow with the sweep
REFRESH = 500  # outcomes after which the store's index is brought up to date


@dataclass
class Sweep:
    """What a sweep did. outcomes: a row per point: run, label, status, seconds, error, cell. seconds: of all."""

    plan: Plan
    outcomes: pd.DataFrame = field(repr=False)
    seconds: float

    @property
    def finished(self):
        """Runs that are in the store now, trained by this sweep or before."""
        return int(self.outcomes["status"].isin(["finished", "read"]).sum())

    @property
    def failed(self):
        return int((self.outcomes["status"] == "failed").sum())

    @property
    def words(self):
        """The summary."""
        counts = self.outcomes["status"].value_counts()
        said = ", ".join(f"{counts[status]} {what}" for status, what in SAID.items() if status in counts)
        lines = [f"{said} of {len(self.plan.points)}, in {clock(self.seconds)}; in {self.plan.store}"]
        for row in self.outcomes[self.outcomes["status"] == "failed"].itertuples():
            cell = f"cell {int(row.cell)}: " if row.cell == row.cell and row.cell is not None else ""
            lines.append(f"  failed: {row.label}: {cell}{row.error}")
        return "\n".join(lines)

    def __repr__(self):
        return self.words


SAID = {"finished": "finished", "read": "were there", "failed": "failed"}


def sweep(plan, address=None, workers=None, client=None, port=0, quiet=None):
    """Run every point of a plan that the store does not hold yet. -> Sweep

    plan: a Plan, the path of a YAML file, or a dict. address: of a Dask scheduler, or client: a distributed.Client
    (dask-jobqueue's, for one); None: a local cluster, with so many workers. port: of the local cluster's dashboard.
    quiet: show nothing; None: nothing in a notebook. Raises ValueError before anything starts; OSError when the disk is
    full, ConnectionError when a scheduler that was given is gone. What was finished or has a checkpoint stays, and the
    same call goes on, as after Ctrl-C.
    """
    plan = plan if isinstance(plan, Plan) else Plan.read(plan)
    need(address is None or client is None, "address", address, "left out where a client is given")
    writable(plan.store)
    began = time.monotonic()
    place = _client(client) if client else cluster.given(address) if address else cluster.local(plan, workers, port)
    with cluster.quiet(), place as (client, link), Live(plan, link, quiet) as live:
        client.subscribe_topic(work.TOPIC, live.heard)
        outcomes = _outcomes(plan, client, live)
    return Sweep(plan, pd.DataFrame(outcomes), time.monotonic() - began)


@contextmanager
def _client(client):
    yield client, client.dashboard_link


def writable(store):
    """Raises ValueError, before anything starts, for a store that cannot be written."""
    probe = store / f".probe.{time.monotonic_ns()}"
    try:
        store.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise ValueError(f"store is {str(store)!r}; it must be a folder that can be written: {error}") from None


def _outcomes(plan, client, live):
    """Submit the points, some ahead of the workers, and gather what comes. A run that another process trains is asked
    for again at the end, and waited for. -> list of outcomes"""
    from distributed import as_completed

    how, labels = work.options(plan), [label(point, plan) for point in plan.points]
    queue, later, outcomes, tasks, done = list(range(len(labels)))[::-1], set(), {}, {}, as_completed()
    options = {"pure": False, "retries": plan.retries, "resources": plan.resources or None}

    def submit():
        while queue and len(tasks) < AHEAD:
            k = queue.pop()
            future = client.submit(work.one, plan.points[k], labels[k], {**how, "wait": k in later}, **options)
            tasks[future] = k
            done.add(future)

    submit()
    for future in done:
        k = tasks.pop(future)
        outcome = _outcome(future, plan, k, labels[k], how)
        if outcome["status"] == "full":
            raise OSError(work.ROOM[0], outcome["error"])
        if outcome["status"] == "elsewhere":
            later.add(k)
            queue.insert(0, k)
        else:
            outcomes[k] = outcome
            live.done(outcome)
            if len(outcomes) % REFRESH == 0:
                index.table(plan.store, "result.parquet")
        submit()
    return [outcomes[k] for k in sorted(outcomes)]


def _outcome(future, plan, k, name, how):
    """The outcome of a task; one that Dask gave up is a failure like another. -> dict"""
    if future.status == "finished":
        return future.result()
    if future.status != "error":  # lost, cancelled
        raise ConnectionError(
            "Dask's scheduler is gone. What is finished or has a checkpoint stays: the same sweep goes on"
        )
    error, asked = future.exception(), work.asked(plan.points[k], how)
    outcome = work.failed(error, work.blank(asked, name))
    note(plan.store, asked, {**outcome, "what": work.what(plan.points[k], how), "traceback": str(error)})
    return outcome
