"""PRL, item by item: Liu, Sun, Wang, Tan, Zhou, "Learning deep neural networks under agnostic corrupted supervision",
ICML 2021, as submitted to ICLR 2021 ("Provable robust learning for deep neural networks under agnostic corrupted
supervision"). The theory is in prl_theory.py, the regression on faces in landmarks.py."""

import statistics
import time
from dataclasses import fields
from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd
import torch
from torch import nn

from ...data import Task
from ...errors import choose
from ...ledger import join_printed, rank_correlation
from ...ledger import printed_tables as printed
from ...methods import ALL, ERM, PRL_G, PRL_L, make
from ...nets import mlp
from ...ranks import kept, smallest
from ...recipes import PAPERS
from ...runs.bench.steps import batch_of, step_of

REGRESSION = ("ERM", "NormClip", "Huber", "Min-SGD", "Ignormclip", "PRL(G)", "PRL(L)", "Co-PRL(L)")  # Table 1
CLASSES = (  # Table 2
    *("ERM", "NormClip", "Bootstrap hard", "Decoupling", "Min-SGD", "SPL", "PRL(L)", "Co-teaching", "Co-PRL(L)"),
)
TABLE_4 = {  # "Main Hyperparameters": batch size, learning rate, optimiser, momentum (Adam's beta 1)
    "CIFAR-10": ("PRL, CIFAR", 128, 0.001, "adam", 0.9),
    "CIFAR-100": ("PRL, CIFAR", 128, 0.001, "adam", 0.9),
    "CelebA": ("PRL, CelebA", 512, 0.0003, "adam", 0.9),
}
NORMS = {"none": None, "GroupNorm": lambda width: nn.GroupNorm(8, width), "BatchNorm": nn.BatchNorm1d}


def ways(names, offset=0.0, ramp=None, single=False, first_epoch=None):
    """Functions rate -> Method for `runs.grid.grid`, one per name of labkit.methods.ALL.

    offset: methods that want a rate are told rate + offset, between 0 and .99. ramp: of the methods with two networks,
    the epochs over which the filtered share grows; None leaves it at 10. single: those with one network get the ramp,
    too; the paper's Algorithm 3 has none. first_epoch: 1 reads the ramp as the released code does, whose first epoch
    filters already; None leaves it at the method's own, 0. Raises ValueError for an unknown name.
    """
    for name in names:
        choose("methods", name, ALL)
    return [partial(_make_at, name, offset, _ramp_of(ALL[name], ramp, single, first_epoch)) for name in names]


def _make_at(name, offset, settings, rate):
    """Make a method for a noise rate; one that assumes a rate gets rate + offset, between 0 and 0.99."""
    return make(name, min(max(round(rate + offset, 4), 0.0), 0.99), **settings)


def _ramp_of(cls, ramp, single, first_epoch):
    """Return the hyperparameters of a method's ramp, an empty dict where it has none. -> dict"""
    names = {field.name for field in fields(cls)}
    if ramp is None or "ramp" not in names or (cls.networks != 2 and not single):
        return {}
    return {"ramp": ramp, "first_epoch": first_epoch} if "first_epoch" in names else {"ramp": ramp}


def order(runs: pd.DataFrame, cells: pd.DataFrame, criterion: str) -> pd.DataFrame:
    """Compare the order of the methods with the printed one. -> DataFrame, a row per noise and rate that both have

    runs: rows of `runs.grid.grid`; cells: rows of `printed.cells`, of one dataset. Columns: noise, rate, methods
    (how many), rank_correlation (Spearman, of the means over seeds), best_here, best_printed, seeds.
    """
    table = join_printed(runs, cells, criterion, factor=1.0).dropna().sort_index()
    correlations = rank_correlation(table)
    rows = []
    for place, methods in table.groupby(level=["noise", "rate"], sort=False):
        noise, rate = place
        methods = methods.droplevel(["noise", "rate"])
        best = {"best_here": methods["measured"].idxmax(), "best_printed": methods["printed"].idxmax()}
        correlation = {"methods": len(methods), "rank_correlation": correlations[place]}
        rows.append({"noise": noise, "rate": rate, **correlation, **best})
    columns = ["noise", "rate", "methods", "rank_correlation", "best_here", "best_printed"]
    return pd.DataFrame(rows, columns=columns).assign(seeds=runs["seed"].nunique())


def twins(runs, method, a, b, column="r2_test"):
    """Do runs of a method under two noises agree bit for bit, epoch by epoch? -> DataFrame, a row per rate and seed
    that both have: same"""
    own = runs[runs["method"] == method].set_index(["noise", "rate", "seed"])[column].map(tuple)
    both = pd.concat({a: own.get(a), b: own.get(b)}, axis=1).dropna()
    return pd.DataFrame({"same": both[a] == both[b]}).reset_index()


def copies(cells):
    """Printed rows that are too alike to be measured twice: pairs of noises for which a method has the same mean and
    the same deviation. -> DataFrame: method, noises, rates (at which they agree), of (rates that both have)"""
    rows = []
    for method, own in cells.groupby("method", sort=False):
        wide = {noise: some.set_index("rate")[["mean", "std"]] for noise, some in own.groupby("noise", sort=False)}
        for a, b in combinations(wide, 2):
            both = pd.concat({"a": wide[a], "b": wide[b]}, axis=1, join="inner")
            same = both[(both["a"] == both["b"]).all(axis=1)]
            if len(same):
                rates = ", ".join(f"{rate:.0%}" for rate in same.index)
                rows.append({"method": method, "noises": f"{a} = {b}", "rates": rates, "n": len(same), "of": len(both)})
    return pd.DataFrame(rows).sort_values("n", ascending=False, ignore_index=True)


def snippet(output, y, rate):
    """Which samples of a batch the README of the released code learns from, and which it meant.

    The snippet takes the squared error of every sample *and output*, sorts it along the last axis, and indexes the
    batch with the sorting order. output, y [B, Q] -> DataFrame, a row per reading: used (how many samples have a
    weight), largest loss kept (by rank, 1: the smallest of the batch)
    """
    batch, squares = len(y), (output - y).square()
    loss = squares.sum(1)
    index = {
        "as released: not summed, so the order of the outputs indexes samples": squares.argsort(-1).flatten().unique(),
        "summed, but indexed with the whole order": loss.argsort(),
        "summed, and only the first int((1 - rate) B) kept: PRL(L)": smallest(loss, kept(rate, batch)).nonzero()[:, 0],
    }
    rank = loss.argsort().argsort() + 1
    rows = [{"reading": name, "used": len(i), "of": batch, "largest": int(rank[i].max())} for name, i in index.items()]
    return pd.DataFrame(rows)


def recipes():
    """Table 4 beside labkit.recipes. -> DataFrame: dataset, what, printed, labkit, agree"""
    rows = []
    for dataset, (plan, *values) in TABLE_4.items():
        own = PAPERS[plan].recipe
        here = (own.batch, own.lr, own.optimiser, own.betas[0])
        for what, value, ours in zip(("batch size", "learning rate", "optimiser", "momentum"), values, here):
            row = {"dataset": dataset, "what": what, "printed": value, "labkit": ours, "agree": value == ours}
            rows.append(row)
    return pd.DataFrame(rows)


def runtime(rounds=3, batch=8, net="cnn9_gn", shape=(3, 32, 32), clock=time.perf_counter):
    """Table 6 as ratios: a step of PRL(G) and of PRL(L) over a step of plain SGD, on the same batch of random images.

    rounds: interleaved, after a rehearsal; the median of the ratios counts. PRL(L), two passes: ranks by a first pass
    and learns from a second one, as the released code does. -> DataFrame: method, measured, rounds
    """
    task, rate = batch_of(shape, batch), 0.45
    methods = {
        "ERM": ERM(),
        "PRL(G)": PRL_G(rate=rate),
        "PRL(L)": PRL_L(rate=rate),
        "PRL(L), two passes": PRL_L(rate=rate, reforward=True),
    }
    steps = {name: step_of(method, task, net) for name, method in methods.items()}
    times = {name: [] for name in steps}
    for _ in range(rounds + 1):
        for name, step in steps.items():
            started = clock()
            step()
            times[name].append(clock() - started)
    ratio = {name: statistics.median(a / b for a, b in zip(own[1:], times["ERM"][1:])) for name, own in times.items()}
    return pd.DataFrame({"method": list(ratio), "measured": list(ratio.values())}).assign(rounds=rounds)


def runtime_beside_printed(measured):
    """`runtime` beside the ratios of the printed seconds. -> DataFrame"""
    cells = printed.cells("PRL", "Table 6").set_index("method")["mean"]
    table = measured.set_index("method").join((cells / cells["ERM"]).rename("printed"))
    table.loc["PRL(L), two passes", "printed"] = table.loc["PRL(L)", "printed"]  # what the released code does
    table.loc["PRL(L)", "printed"] = np.nan
    return table[["printed", "measured", "rounds"]]


def normalised_mlp(shape=(1, 8, 8), classes=10, norm="none", width=128):
    """labkit's mlp with a normalisation after each hidden linear layer. norm: "none" | "GroupNorm" (8 groups) |
    "BatchNorm". -> module. Raises ValueError for another norm."""
    make, layers = choose("norm", norm, NORMS), []
    for layer in mlp(shape, classes, width):
        layers.append(layer)
        if make and isinstance(layer, nn.Linear) and layer.out_features == width:
            layers.append(make(width))
    return nn.Sequential(*layers)


def sensitivity(runs, cells, criterion):
    """The best and the true assumed rate, here and in Table 3. runs: rows of `grid` with a column offset; cells: of
    `printed.cells` for one dataset. -> DataFrame, a row per noise and rate"""
    here = runs.groupby(["noise", "rate", "offset"])[criterion].mean().unstack("offset")
    used = pd.Series([settings["rate"] for settings in cells["settings"]], index=cells.index)
    there = cells.assign(offset=(used - cells["rate"]).round(2))
    there = there.groupby(["noise", "rate", "offset"])["mean"].first().unstack("offset")
    rows = {}
    for cell in here.index:
        gain, low = (
            here.loc[cell, name] - here.loc[cell, 0.0] if {name, 0.0} <= {*here} else np.nan for name in (0.1, -0.1)
        )
        row = {"best offset here": here.loc[cell].idxmax(), "+0.1 here": 100 * gain, "-0.1 here": 100 * low}
        if cell in there.index:
            line = there.loc[cell]
            row |= {"best offset printed": line.idxmax(), "+0.1 printed": line[0.1] - line[0.0]}
            row |= {"-0.1 printed": line[-0.1] - line[0.0]}
        rows[cell] = row
    return pd.DataFrame(rows).T.rename_axis(["noise", "rate"])


def keeps_the_short(method, output, y):
    """Does a filter give weight to the samples of shortest gradient at the loss layer, and to no others? output [B, C],
    y [B] classes. -> bool"""
    x = torch.zeros(len(y), 1)
    bound = method.bound_to(nn.Identity(), Task.of(x, y, x, y, val=0.0).train)
    weight = bound.weight(x, y, torch.arange(len(y)), output)
    length = (output.softmax(-1) - nn.functional.one_hot(y, output.shape[-1])).norm(dim=-1)
    return bool(length[weight > 0].max() <= length[weight == 0].min())
