"""A grid of runs in one process: every method on every noise, and one table of what came out."""

import json
from itertools import product

import pandas as pd
from tqdm.auto import tqdm

from ..errors import choose
from ..fit import fit, hidden
from ..fit.run import row
from ..noise import ALL, corrupt

CURVES = ("train_given", "train_aided", "noisy_memorised", "val_noisy", "test")  # drawn by the figures of all papers
NOT_CURVES = ("stage", "epoch", "seconds")


def grid(
    methods, task, net, noises, rates, seeds, epochs, recipe=None, *, meta=None, store=None, also=None, progress=None,
):  # fmt: skip
    """Train every method on every noise at every rate from every seed, one run after the other.

    methods: functions rate -> Method, e.g. [lambda rate: CDR(rate=rate)]. task: a clean Task. noises: names in
    labkit.noise.ALL. A seed is that of the noise, of the initial weights and of the order alike, so that the methods
    meet the same wrong labels. meta(task, seed, method) -> task, meta: takes a meta set out of the noisy task; it is
    given to the methods that need one, the others train on the same, smaller task. store: see `fit`; what it holds
    already is read. also(run, task) -> dict of further columns. progress: one bar over all runs; None shows it when
    somebody watches.
    Returns a DataFrame, one row per run, see `summary`. Raises ValueError for an unknown noise, before any training.
    """
    models = {name: choose("noises", name, ALL) for name in noises}
    total = len(noises) * len(rates) * len(seeds) * len(methods)
    rows, bar = [], tqdm(total=total, unit="run", disable=hidden(progress), leave=bool(progress))
    for noise, rate, seed in product(models, rates, seeds):
        noisy = corrupt(task, models[noise](rate), seed)
        for make in methods:
            method = make(rate)
            seen, aside = meta(noisy, seed, method) if meta else (noisy, None)
            own = aside if method.needs_meta else None
            run = fit(method, seen, net, epochs, seed, recipe, meta=own, store=store, progress=False)
            rows.append(summary(run, seen) | (also(run, seen) if also else {}))
            bar.set_postfix_str(f"{rows[-1]['method']}, {noise} {rate:.0%}", refresh=False)
            bar.update()
    bar.close()
    return pd.DataFrame(rows)


def summary(run, task):
    """A run as one flat row: the columns of labkit.results, the whole configuration as JSON, the number of training
    samples, the seconds of training, and every column of the history as a list with an entry per epoch. -> dict"""
    curves = {name: [epoch[name] for epoch in run.rows] for name in run.rows[0] if name not in NOT_CURVES}
    seconds = sum(epoch["seconds"] for epoch in run.rows)
    whole = {"config": json.dumps(run.config), "samples": len(task.train), "seconds": seconds}
    return {"run": run.name} | row(run.facts) | whole | curves


def curves(runs, names=CURVES):
    """Curves (columns `names`) of the rows of `grid` or of the ledger, one row per run and epoch. -> DataFrame"""
    long = runs.explode(list(names), ignore_index=True)
    long[list(names)] = long[list(names)].astype(float)
    return long.assign(epoch=long.groupby("run").cumcount() + 1)
