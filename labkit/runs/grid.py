"""A grid of runs in one process: train every method on every noise, and return one table of the results."""

import json
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import pandas as pd
from tqdm.auto import tqdm

from ..data import Split, Task
from ..errors import choose
from ..fit import Recipe, Run, fit, hidden
from ..fit.run import row
from ..method import Method
from ..noise import ALL, corrupt
from .scores import seconds

CURVES = ("train_given", "train_aided", "noisy_memorised", "val_noisy", "test")  # drawn by the figures of all papers
NOT_CURVES = ("stage", "epoch", "seconds")


def grid(
    methods: Sequence[Callable[[float], Method]],
    task: Task,
    net: str | Callable,
    noises: Sequence[str],
    rates: Sequence[float],
    seeds: Sequence[int],
    epochs: int,
    recipe: Recipe | dict | None = None,
    *,
    meta: Callable[[Task, int, Method], tuple[Task, Split]] | None = None,
    store: str | Path | None = None,
    also: Callable[[Run, Task], dict] | None = None,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Train every method on every noise at every rate from every seed, one run after the other.

    methods: functions rate -> Method, e.g. [lambda rate: CDR(rate=rate)]. task: a clean Task. noises: names in
    labkit.noise.ALL. A seed is that of the noise, of the initial weights and of the order alike, so that the methods
    meet the same wrong labels. meta(task, seed, method) -> task, meta: takes a meta set out of the noisy task; it is
    given to the methods that need one, the others train on the same, smaller task. store: see `fit`; what it holds
    already is read. also(run, task) -> dict of further columns. progress: one bar over all runs; None shows it when
    somebody watches.
    Returns a DataFrame, one row per run, see `summary`. Raises ValueError for an unknown noise, before any training.
    """
    models = {}
    for name in noises:
        models[name] = choose("noises", name, ALL)
    total = len(noises) * len(rates) * len(seeds) * len(methods)
    rows = []
    bar = tqdm(total=total, unit="run", disable=hidden(progress), leave=bool(progress))
    for noise, rate, seed in product(models, rates, seeds):
        noisy = corrupt(task, models[noise](rate), seed)
        for make in methods:
            method = make(rate)
            trained, meta_set = meta(noisy, seed, method) if meta else (noisy, None)
            meta_set = meta_set if method.needs_meta else None
            run = fit(method, trained, net, epochs, seed, recipe, meta=meta_set, store=store, progress=False)
            further = also(run, trained) if also else {}
            rows.append(summary(run, trained) | further)
            bar.set_postfix_str(f"{rows[-1]['method']}, {noise} {rate:.0%}", refresh=False)
            bar.update()
    bar.close()
    return pd.DataFrame(rows)


def summary(run: Run, task: Task) -> dict:
    """Return a run as one flat row: the columns of labkit.results, the configuration as JSON, the number of training
    samples, the seconds of training, and every column of the history as a list with an entry per epoch."""
    facts = {"run": run.name, **row(run.facts)}
    facts["config"] = json.dumps(run.config)
    facts["samples"] = len(task.train)
    facts["seconds"] = seconds(run)
    for name in run.rows[0]:
        if name not in NOT_CURVES:
            facts[name] = [epoch[name] for epoch in run.rows]
    return facts


def curves(runs: pd.DataFrame, names: Sequence[str] = CURVES) -> pd.DataFrame:
    """Return the curves (columns `names`) of rows of `grid` or of the ledger, one row per run and epoch."""
    long = runs.explode(list(names), ignore_index=True)
    long[list(names)] = long[list(names)].astype(float)
    return long.assign(epoch=long.groupby("run").cumcount() + 1)
