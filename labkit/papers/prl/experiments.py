"""What PRL's notebook trains and times. Its theory is in lemmas.py and theorems.py, the faces are in landmarks.py.

Liu, Sun, Wang, Tan, Zhou, "Learning deep neural networks under agnostic corrupted supervision", ICML 2021, as submitted
to ICLR 2021 ("Provable robust learning for deep neural networks under agnostic corrupted supervision").
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from ...data import Task
from ...errors import choose
from ...fit import Recipe
from ...ledger import join_printed, printed_tables, rank_correlation
from ...method import Method
from ...methods import ALL, ERM, PRL_G, PRL_L, make
from ...nets import mlp
from ...recipes import PAPERS
from ...runs.bench.steps import batch_of, step_of
from ...runs.grid import grid

REGRESSION = ("ERM", "NormClip", "Huber", "Min-SGD", "Ignormclip", "PRL(G)", "PRL(L)", "Co-PRL(L)")  # Table 1
CLASSES = (  # Table 2
    *("ERM", "NormClip", "Bootstrap hard", "Decoupling", "Min-SGD", "SPL", "PRL(L)", "Co-teaching", "Co-PRL(L)"),
)
FACES = ("faces", "face-landmarks", "celeba-landmarks")  # regression
IMAGES = ("digits", "cifar10", "cifar100")  # classification
TIMED_RATE = 0.45  # of Table 6
RAMP = 10  # epochs over which the released code raises the filtered share
NORMS = {"none": None, "GroupNorm": lambda width: nn.GroupNorm(8, width), "BatchNorm": nn.BatchNorm1d}


@dataclass(frozen=True)
class Setting:
    """A network and how it is trained.

    ramp: epochs over which methods with two networks raise the filtered share. store: folder of the runs, None keeps
    none.
    """

    net: str | Callable[..., nn.Module]
    epochs: int
    ramp: int
    recipe: Recipe
    store: str | Path | None = None

    def describe(self, task: Task, *, noise: str, seeds: Sequence[int]) -> str:
        """Return the setting in words, for a finding."""
        seed_count = f"{len(seeds)} seed{'s' * (len(seeds) > 1)}"
        return f"{task.name}, n = {len(task.train):,}; {noise}; {self.epochs} epochs, {seed_count}"


_ADAM = partial(Recipe, optimiser="adam", momentum=0.0)
SMALL = {  # settings that train in seconds
    "faces": Setting(net=partial(mlp, width=64), epochs=12, ramp=1, recipe=_ADAM(lr=4e-3, batch=144)),
    "digits": Setting(net="mlp", epochs=14, ramp=4, recipe=_ADAM(lr=3e-3, batch=128)),
}


def setting(dataset: str, *, net: str = "", epochs: int = 0, store: str | Path | None = None) -> Setting:
    """Return how a dataset is trained on: the small setting of "faces" and "digits", for others the paper's.

    dataset: of FACES or IMAGES. net, epochs: other than the paper's, where they are given. store: folder of the runs.
    The small settings take none of these. Raises ValueError for an unknown dataset.
    """
    choose("dataset", dataset, dict.fromkeys((*FACES, *IMAGES)))
    if dataset in SMALL:
        return SMALL[dataset]
    plan = PAPERS["PRL, CelebA" if dataset in FACES else "PRL, CIFAR"]
    return Setting(net or plan.net, epochs or plan.epochs, RAMP, plan.recipe, store)


def train(
    task: Task,
    setting: Setting,
    *,
    methods: Sequence[Callable[[float], Method]],
    rates: dict[str, Sequence[float]],
    seeds: Sequence[int],
) -> pd.DataFrame:
    """Train every method on every noise, at each of its rates and from each seed. -> DataFrame, a row per run

    methods: functions that make a method for a noise rate, see `method_makers`. rates: the noise rates by noise.
    """
    tables = []
    for noise, noise_rates in rates.items():
        if len(noise_rates):
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
            )
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def method_makers(
    names: Sequence[str],
    *,
    offset: float = 0.0,
    ramp: int | None = None,
    single: bool = False,
    first_epoch: int | None = None,
) -> list[Callable[[float], Method]]:
    """Return for each name of labkit.methods.ALL a function that makes the method for a noise rate.

    offset: methods that assume a rate get the true rate + offset, between 0 and .99. ramp: of the methods with two
    networks, the epochs over which the filtered share grows; None leaves it at 10. single: those with one network get
    the ramp, too; the paper's Algorithm 3 has none. first_epoch: 1 reads the ramp as the released code does, whose
    first epoch filters already; None leaves it at the method's own, 0. Raises ValueError for an unknown name.
    """
    makers = []
    for name in names:
        choose("methods", name, ALL)
        settings = ramp_settings(name, ramp, single=single, first_epoch=first_epoch)
        makers.append(partial(_make_at, name, offset, settings))
    return makers


def _make_at(name, offset, settings, rate):
    """Make a method for a noise rate; one that assumes a rate gets rate + offset, between 0 and 0.99."""
    return make(name, min(max(round(rate + offset, 4), 0.0), 0.99), **settings)


def ramp_settings(name: str, ramp: int | None, *, single: bool = False, first_epoch: int | None = None) -> dict:
    """Return the hyperparameters of a method's ramp, an empty dict where it has none. Arguments of `method_makers`."""
    method = ALL[name]
    names = {field.name for field in fields(method)}
    is_ramped = method.networks == 2 or single
    if ramp is None or "ramp" not in names or not is_ramped:
        return {}
    return {"ramp": ramp, "first_epoch": first_epoch} if "first_epoch" in names else {"ramp": ramp}


def order(runs: pd.DataFrame, *, cells: pd.DataFrame, criterion: str) -> pd.DataFrame:
    """Compare the order of the methods with the printed one. -> DataFrame, a row per noise and rate that both have

    runs: rows of `train`. cells: rows of `printed_tables.cells`, of one dataset. Columns: noise, rate, methods (how
    many), rank_correlation (Spearman, of the means over seeds), best_here, best_printed, seeds.
    """
    table = join_printed(runs, cells, criterion, factor=1.0).dropna().sort_index()
    correlations = rank_correlation(table)
    rows = []
    for (noise, rate), methods in table.groupby(level=["noise", "rate"], sort=False):
        methods = methods.droplevel(["noise", "rate"])
        row = {"noise": noise, "rate": rate, "methods": len(methods)}
        row["rank_correlation"] = correlations[noise, rate]
        row["best_here"] = methods["measured"].idxmax()
        row["best_printed"] = methods["printed"].idxmax()
        rows.append(row)
    columns = ["noise", "rate", "methods", "rank_correlation", "best_here", "best_printed"]
    return pd.DataFrame(rows, columns=columns).assign(seeds=runs["seed"].nunique())


def equal_runs(runs: pd.DataFrame, *, method: str, noises: tuple[str, str], column: str = "r2_test") -> pd.DataFrame:
    """Compare the runs of a method under two noises, epoch by epoch. -> DataFrame: rate, seed, same (bit for bit)"""
    method_runs = runs[runs["method"] == method]
    curves = method_runs.set_index(["noise", "rate", "seed"])[column].map(tuple)
    pairs = pd.concat({noise: curves.get(noise) for noise in noises}, axis=1).dropna()
    first, second = noises
    return pd.DataFrame({"same": pairs[first] == pairs[second]}).reset_index()


def runtime(
    *,
    rounds: int = 3,
    batch: int = 8,
    net: str = "cnn9_gn",
    shape: tuple[int, ...] = (3, 32, 32),
    clock: Callable[[], float] = time.perf_counter,
) -> pd.DataFrame:
    """Time a step of PRL(G) and of PRL(L) against a step of plain SGD, on the same batch of random images (Table 6).

    rounds: interleaved, after a rehearsal; the median of the ratios counts. PRL(L), two passes: ranks by a first pass
    and learns from a second one, as the released code does. -> DataFrame: method, measured (ratio), rounds
    """
    task, rate = batch_of(shape, batch), TIMED_RATE
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
    ratios = {}
    for name in methods:
        ratios[name] = statistics.median([a / b for a, b in zip(times[name][1:], times["ERM"][1:])])
    return pd.DataFrame({"method": list(ratios), "measured": list(ratios.values())}).assign(rounds=rounds)


def runtime_beside_printed(measured: pd.DataFrame) -> pd.DataFrame:
    """Lay the ratios of `runtime` beside those of the printed seconds. -> DataFrame: printed, measured, rounds"""
    seconds = printed_tables.cells("PRL", "Table 6").set_index("method")["mean"]
    table = measured.set_index("method").join((seconds / seconds["ERM"]).rename("printed"))
    table.loc["PRL(L), two passes", "printed"] = table.loc["PRL(L)", "printed"]  # what the released code does
    table.loc["PRL(L)", "printed"] = np.nan
    return table[["printed", "measured", "rounds"]]


def normalised_mlp(
    shape: tuple[int, ...] = (1, 8, 8), classes: int = 10, norm: str = "none", width: int = 128
) -> nn.Sequential:
    """Make labkit's mlp with a normalisation after each hidden linear layer.

    norm: "none" | "GroupNorm" (8 groups) | "BatchNorm". Raises ValueError for another norm.
    """
    make_norm = choose("norm", norm, NORMS)
    layers = []
    for layer in mlp(shape, classes, width):
        layers.append(layer)
        is_hidden = isinstance(layer, nn.Linear) and layer.out_features == width
        if make_norm and is_hidden:
            layers.append(make_norm(width))
    return nn.Sequential(*layers)


def sensitivity(runs: pd.DataFrame, *, cells: pd.DataFrame, criterion: str) -> pd.DataFrame:
    """Compare the best and the true assumed rate, here and in Table 3. -> DataFrame, a row per noise and rate

    runs: rows of `train` with a column offset. cells: of `printed_tables.cells` for one dataset. Columns: best offset,
    and percentage points gained by a rate 0.1 too high and 0.1 too low; each here, and printed where the paper has it.
    """
    keys = ["noise", "rate", "offset"]
    measured = runs.groupby(keys)[criterion].mean().unstack("offset")
    printed = with_offset(cells).groupby(keys)["mean"].first().unstack("offset")
    rows = {}
    for cell, scores in measured.iterrows():
        row = {"best offset here": scores.idxmax()}
        row |= {"+0.1 here": 100 * _gain(scores, 0.1), "-0.1 here": 100 * _gain(scores, -0.1)}
        if cell in printed.index:
            scores = printed.loc[cell]
            row |= {"best offset printed": scores.idxmax()}
            row |= {"+0.1 printed": _gain(scores, 0.1), "-0.1 printed": _gain(scores, -0.1)}
        rows[cell] = row
    return pd.DataFrame(rows).T.rename_axis(["noise", "rate"])


def with_offset(cells: pd.DataFrame) -> pd.DataFrame:
    """Add to Table 3's printed cells a column offset: the assumed minus the true rate."""
    assumed = pd.Series([settings["rate"] for settings in cells["settings"]], index=cells.index)
    return cells.assign(offset=(assumed - cells["rate"]).round(2))


def _gain(scores, offset):
    """Return the score at an offset minus that at offset 0, NaN where one of them is missing."""
    return scores.get(offset, np.nan) - scores.get(0.0, np.nan)


def keeps_shortest_gradients(method: Method, *, output: torch.Tensor, y: torch.Tensor) -> bool:
    """Return whether a filter weights the samples of shortest gradient at the loss layer, and no others.

    output: logits [B, C]. y: classes [B].
    """
    x = torch.zeros(len(y), 1)
    bound = method.bound_to(nn.Identity(), Task.of(x, y, x, y, val=0.0).train)
    weight = bound.weight(x, y, torch.arange(len(y)), output)
    length = (output.softmax(-1) - nn.functional.one_hot(y, output.shape[-1])).norm(dim=-1)
    return bool(length[weight > 0].max() <= length[weight == 0].min())
