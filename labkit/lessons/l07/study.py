"""Train with a choice of the weights that may learn, and note which labels AUX's b explains."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import torch

from ... import fast, measure, nets
from ...data import Task
from ...fit import Run, fit
from ...load import load
from ...method import Method
from ...methods import RDI
from ...noise import corrupt, symmetric
from ...noise.base import Noise
from .watched import RANDOM, Watched

WIDTH = 32
EPOCHS = 30
RATE = 0.4
RECIPE = {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-3, "batch": 64}
NET = partial(nets.mlp, width=WIDTH)  # 64 -> 32 -> 32 -> 10
SYMMETRIC = symmetric(RATE)
FATES = ("network", "b", "neither")  # what predicts a sample's given label: the network alone, only with b, neither
Record = dict[str, Any]


@lru_cache
def digits() -> Task:
    """Load the clean digits."""
    return load("digits")


@lru_cache(maxsize=16)
def noisy(noise: Noise, *, seed: int) -> Task:
    """Return the digits under a noise model."""
    return corrupt(digits(), noise, seed)


def trained(
    *,
    rate: float,
    by: str,
    lam: float,
    seed: int = 0,
    epochs: int = EPOCHS,
    noise: Noise = SYMMETRIC,
    strict: bool = False,
    watch: Callable[[Record], None] | None = None,
    recipe: dict[str, float] | None = None,
) -> Record:
    """Train `Watched`, and keep what the panel draws.

    rate, by, lam, strict: of the method. watch(record): called after every epoch. recipe: what differs from RECIPE.

    -> record: a dict, `run` and lists with an entry per epoch: retained, gradient and coverage (fractions: of the
    chosen weights that had been chosen a step before, of the squared gradient that they hold, of all weights that were
    chosen since the start), share [10, 32] (in what fraction of the epoch's steps each weight of the last layer was
    chosen), fates, see `fates`
    """
    task = noisy(noise, seed=seed)
    record = {"retained": [], "gradient": [], "coverage": [], "share": [], "fates": []}

    def keep(run: Run) -> None:
        note_epoch(record, run, task)
        if watch:
            watch(record)

    method = Watched(rate=rate, by=by, lam=lam, strict=strict)
    record["run"] = _fitted(method, task, epochs, seed, recipe, on_epoch=keep)
    return record


def note_epoch(record: Record, run: Run, task: Task) -> None:
    """Add what a run's method counted in its last epoch to a record, see `trained`."""
    method = run.method
    is_first = len(run.rows) == 1
    pairs = method.steps - is_first  # the first step of all has none before it
    last_layer = method.times[-WIDTH * 10 :]
    record["run"] = run
    record["retained"].append(method.retained / max(1, pairs))
    record["gradient"].append(method.gradient / method.steps)
    record["coverage"].append(float(method.reached.float().mean()))
    record["share"].append((last_layer / method.steps).view(10, WIDTH))
    record["fates"].append(fates(method, task))
    method.clear()


def trained_rdi(
    lam: float,
    *,
    seed: int = 0,
    epochs: int = EPOCHS,
    noise: Noise = SYMMETRIC,
    recipe: dict[str, float] | None = None,
) -> Record:
    """Train RDI of strength lam; all weights learn in every step. -> record, as `trained`, of the last epoch alone"""
    task = noisy(noise, seed=seed)
    run = _fitted(RDI(lam=lam), task, epochs, seed, recipe)
    record = {"retained": [1.0], "gradient": [1.0], "coverage": [1.0]}
    return record | {"run": run, "fates": [fates(run.method, task)]}


def _fitted(method, task, epochs, seed, recipe, **options):
    """Train with RECIPE and what differs from it. -> Run"""
    full_recipe = RECIPE | (recipe or {})
    return fit(method, task, NET, epochs, seed, full_recipe, device="cpu", progress=False, **options)


def detected(method: Method, task: Task) -> float:
    """Return the AUC with which the norm of b tells wrong labels from clean ones; 0.5 without b."""
    if not getattr(method, "lam", 0) or not hasattr(method, "b"):
        return 0.5
    norm = method.b.detach().norm(dim=1)
    wrong = task.train.y != task.truth.y
    return float(measure.auc(norm, wrong))


def fates(method: Method, task: Task) -> dict[str, list[float]]:
    """Return what predicts the clean and the wrong labels, as fractions in the order of FATES.

    -> {"clean": [3], "wrong": [3]}
    """
    y = task.train.y
    wrong = y != task.truth.y  # [N]
    by_network = measure.outputs(method, task.train).argmax(-1) == y
    with_b = measure.outputs(method, task.train, aided=True).argmax(-1) == y
    not_by_network = ~by_network
    outcomes = [by_network, with_b & not_by_network, ~with_b & not_by_network]
    hits = torch.stack(outcomes).double()  # [3, N]
    clean_fractions = hits[:, ~wrong].mean(1)
    wrong_fractions = hits[:, wrong].mean(1)
    return {"clean": clean_fractions.tolist(), "wrong": wrong_fractions.tolist()}


def panel_epochs() -> int:
    """Return how many epochs a training of the panel has: few where LABKIT_FAST is set."""
    return 2 if fast() else EPOCHS


def accuracy_of_random_masks(seed: int) -> float:
    """Return the last test accuracy where the critical weights are drawn at random, assumed rate 40 %."""
    record = trained(rate=RATE, by=RANDOM, lam=0.0, seed=seed)
    return record["run"].accuracy["last"]
