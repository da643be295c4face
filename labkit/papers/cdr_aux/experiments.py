"""What the notebook on CDR+AUX trains. Its study of wide networks is in kernel.py."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from ...data import Task
from ...errors import choose
from ...fit import Recipe, Run
from ...measure import auc
from ...method import Method
from ...methods import ALL, make
from ...recipes import PAPERS
from ...runs.grid import grid

FAST_EPOCHS = 6  # of a fast setting, at most


@dataclass(frozen=True)
class Setting:
    """A network and how it is trained. lam: strength of AUX. store: folder of the runs, None keeps none."""

    net: str | Callable[..., nn.Module]
    epochs: int
    lam: float
    recipe: Recipe
    store: str | Path | None = None


_PAPER = PAPERS["CDR+AUX, MNIST"]
SETTINGS = {
    "digits": Setting("mlp", epochs=20, lam=8.0, recipe=Recipe(lr=0.1, momentum=0.9, batch=64)),
    "mnist": Setting(_PAPER.net, epochs=_PAPER.epochs, lam=16.0, recipe=_PAPER.recipe),
}


def setting(
    dataset: str,
    *,
    net: str = "",
    epochs: int = 0,
    lam: float = 0.0,
    store: str | Path | None = None,
    fast: bool = False,
) -> Setting:
    """Return how a dataset is trained on, with other values where they are given.

    dataset: "digits" (small) or "mnist" (the paper's). store: folder of the runs on MNIST. fast: train six epochs at
    most. Raises ValueError for another dataset.
    """
    plain = choose("dataset", dataset, SETTINGS)
    epochs = epochs or plain.epochs
    if fast:
        epochs = min(epochs, FAST_EPOCHS)
    folder = None if dataset == "digits" else store
    return replace(plain, net=net or plain.net, epochs=epochs, lam=lam or plain.lam, store=folder)


def train(
    task: Task,
    setting: Setting,
    *,
    methods: Sequence[Callable[[float], Method]],
    rates: dict[str, Sequence[float]],
    seeds: Sequence[int],
    also: Callable[[Run, Task], dict] | None = None,
) -> pd.DataFrame:
    """Train every method on every noise, at each of its rates and from each seed. -> DataFrame, a row per run

    methods: functions that make a method for a noise rate. rates: the noise rates by noise. also: further columns of a
    run, see `runs.grid.grid`.
    """
    tables = []
    for noise, noise_rates in rates.items():
        table = grid(
            methods,
            task,
            setting.net,
            noises=[noise],
            rates=noise_rates,
            seeds=seeds,
            epochs=setting.epochs,
            recipe=setting.recipe,
            store=setting.store,
            also=also,
        )
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def method_makers(names: Sequence[str], *, lam: float) -> list[Callable[[float], Method]]:
    """Return for each name of labkit.methods.ALL a function that makes the method for a noise rate.

    lam: strength of AUX. Raises ValueError for an unknown name.
    """
    makers = []
    for name in names:
        choose("methods", name, ALL)
        settings = {"lam": lam} if name in ("AUX", "CDR+AUX") else {}
        makers.append(partial(make, name, **settings))
    return makers


def with_watched(runs: pd.DataFrame) -> pd.DataFrame:
    """Add a column watched: the noisy validation accuracy, mean of the last ten epochs."""
    return runs.assign(watched=[np.mean(curve[-10:]) for curve in runs["val_noisy"]])


def detection(run: Run, task: Task) -> dict[str, float]:
    """Return how well the length of b_i and the loss tell wrong labels from right ones: areas under the ROC curve."""
    is_wrong = task.train.y != task.truth.y
    length = run.method.b.detach().norm(dim=1)
    return {"auc_b": auc(length, is_wrong), "auc_loss": run.rows[-1]["auc"]}


def hyperparameter(runs: pd.DataFrame, name: str) -> pd.Series:
    """Return a hyperparameter of the method of each run, "" where the method has none of that name."""
    return runs["hyperparameters"].map(lambda text: json.loads(text).get(name, ""))
