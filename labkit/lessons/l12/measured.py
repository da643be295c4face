"""What lesson 12 quotes: how wrong crowds are, alone and combined, and what networks learn from them."""

from collections.abc import Sequence
from functools import lru_cache

import pandas as pd

from ...data import majority
from ...measure import share
from .. import seeds
from . import study
from .crowds import CLASSES, estimate

OF_FIVE = tuple(name for name in study.crowds() if "of five" in name)
OF_ELEVEN = tuple(name for name in study.crowds() if "11 people" in name)
WRONG = ("one person wrong", "majority wrong", "Dawid-Skene wrong")


def settings() -> dict[str, dict[str, str]]:
    """Return every way for the crowds of five, and a majority's labels for those of eleven. -> SETTINGS"""
    named = {}
    for crowd in OF_FIVE:
        for way in study.WAYS:
            named[f"{crowd}, {way}"] = {"crowd": crowd, "way": way}
    for crowd in OF_ELEVEN:
        named[f"{crowd}, majority"] = {"crowd": crowd, "way": "majority"}
    return named


SETTINGS = settings()


def measure(seed: int, crowd: str, way: str) -> dict[str, float]:
    """Train on what a crowd said. -> fractions of wrong labels, Dawid and Skene's own expectation, test accuracy"""
    run = study.train(way, crowd, seed=seed)
    last = run.accuracy["last"]
    return of_votes(crowd, seed) | {"last": last}


@lru_cache
def of_votes(crowd: str, seed: int) -> dict[str, float]:
    """Return how wrong a crowd is on the training digits, as fractions."""
    task = study.annotated(crowd, seed=seed)
    annotations = task.train.annotations
    y = task.truth.y
    model = estimate(annotations)
    largest = model.posterior.max(1).values
    return {
        "one person wrong": share(annotations != y[:, None]),
        "majority wrong": share(majority(annotations, CLASSES, seed) != y),
        "Dawid-Skene wrong": share(model.y != y),
        "Dawid-Skene says wrong": 1 - largest.mean().item(),
    }


def wrong_labels(crowds: Sequence[str], columns: Sequence[str] = WRONG) -> pd.DataFrame:
    """Return the stored ranges over the seeds of what is wrong, a row for each crowd.

    crowds: names of OF_FIVE or OF_ELEVEN. columns: names that `of_votes` returns.
    """
    names = {f"{crowd}, majority": crowd for crowd in crowds}  # the votes are the same for each way
    return seeds.ranges("12", columns, list(names)).rename(index=names)


def accuracy_by_way(crowds: Sequence[str]) -> pd.DataFrame:
    """Return the stored ranges over the seeds of the final test accuracy, a row for each way, a column for each crowd.

    crowds: names of OF_FIVE.
    """
    columns = {}
    for crowd in crowds:
        names = {f"{crowd}, {way}": way for way in study.WAYS}
        table = seeds.ranges("12", ["last"], list(names)).rename(index=names)
        columns[crowd] = table["last"]
    return pd.DataFrame(columns).rename_axis(columns="test accuracy at the end")
