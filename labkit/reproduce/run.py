"""Train the open runs of the queue by a sweep, within a budget of time."""

from collections.abc import Sequence
from pathlib import Path

from ..data.cache import cache_location
from ..runs.sweep import Plan, Sweep, sweep
from .jobs import Job

TRAINER = "labkit.reproduce.work"
CHECKPOINT_EVERY = 30.0  # seconds, which a stop loses at most


def default_store() -> Path:
    """Return the folder of the queue's runs: in the user's cache, so that every checkout goes on from the same."""
    return cache_location() / "reproduce"


def reproduce(
    jobs: Sequence[Job],
    store: str | Path | None = None,
    *,
    budget: float | None = None,
    workers: int | None = None,
    quiet: bool | None = None,
) -> Sweep:
    """Train jobs in their order, each on one thread, and keep every step in the store.

    A run that the store holds is read; one that was stopped goes on at its last checkpoint. store: None for
    `default_store`. budget: seconds after which it stops; None: when all are trained. workers: how many at once; None:
    as many as the machine has cores. Errors are those of labkit.runs.sweep.sweep; a run that fails does not stop the
    others.
    """
    folder = default_store() if store is None else Path(store).absolute()
    points = [job.point for job in jobs]
    labels = [job.label for job in jobs]
    plan = Plan(
        kind="fit",
        points=points,
        store=folder,
        threads=1,
        checkpoint_every=CHECKPOINT_EVERY,
        trainer=TRAINER,
        labels=labels,
    )
    return sweep(plan, workers=workers, budget=budget, quiet=quiet)
