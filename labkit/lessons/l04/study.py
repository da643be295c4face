"""Lesson 04's computing: what a filter does with the samples of one batch, and with the classes of the training set."""

from collections.abc import Callable
from functools import lru_cache

import pandas as pd
import torch
from torch import Tensor

from ...data import Task
from ...errors import choose, need
from ...fit import Run, fit, snapshots
from ...grads.layer import loss_gradient_norm
from ...grads.norms import gradient_norms
from ...load import load
from ...losses import ce
from ...method import Method
from ...methods import ERM, PRL_G, PRL_L, SPL, CoTeaching
from ...noise import corrupt, symmetric

BATCH = 128
EPOCHS = 20
TRUE_RATE = 0.5
RECIPE = {"optimiser": "adam", "momentum": 0.0, "lr": 3e-3, "batch": BATCH}  # PRL's batch and optimiser
FILTERS = {"SPL": SPL, "PRL(L)": PRL_L, "PRL(G)": PRL_G, "Co-teaching": CoTeaching}
RAMPS = {"at once": 0, "over 10 epochs": 10}
SHUT_OUT = 0.05  # a class of whose clean labels a smaller fraction is kept is shut out
SCORES = {  # row of `compared`: key of `trusted`
    "loss (SPL)": "loss",
    "norm of p - e (PRL(L))": "layer",
    "norm of the whole gradient (PRL(G))": "whole",
}
Watch = Callable[[Run], None]


@lru_cache(maxsize=8)
def noisy(*, seed: int, noise_rate: float = TRUE_RATE) -> Task:
    """Return the digits with symmetric noise."""
    noise = symmetric(noise_rate)
    return corrupt(load("digits"), noise, seed)


def filtered(
    name: str,
    *,
    assumed_rate: float,
    ramp: int = 0,
    seed: int = 0,
    epochs: int = EPOCHS,
    on_epoch: Watch | None = None,
    task: Task | None = None,
) -> Run:
    """Train one filter. -> Run with the life of every sample

    name: of FILTERS. assumed_rate: the fraction that it drops, 0 is plain SGD. ramp: epochs over which it grows.
    task: None is `noisy(seed)`. Raises ValueError for an unknown filter.
    """
    make = choose("name", name, FILTERS)
    method = make(rate=assumed_rate, ramp=ramp)
    return train(method, seed=seed, epochs=epochs, on_epoch=on_epoch, task=task)


def train(
    method: Method,
    *,
    seed: int = 0,
    epochs: int = EPOCHS,
    on_epoch: Watch | None = None,
    task: Task | None = None,
) -> Run:
    """Train any method by this lesson's recipe. -> Run with the life of every sample

    task: None is `noisy(seed)`.
    """
    if task is None:
        task = noisy(seed=seed)
    options = {"device": "cpu", "life": True, "on_epoch": on_epoch, "progress": False}
    return fit(method, task, "mlp", epochs, seed, RECIPE, **options)


@lru_cache(maxsize=8)
def plain(*, seed: int, epochs: int = EPOCHS) -> tuple[float, ...]:
    """Return the test accuracy of plain training after every epoch."""
    run = train(ERM(), seed=seed, epochs=epochs)
    return tuple(row["test"] for row in run.rows)


def batch_of(task: Task, seed: int) -> Tensor:
    """Return positions of one batch of BATCH training samples, the same for every method. -> [BATCH]"""
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(task.train), generator=rng)
    return order[:BATCH]


def trusted(method: Method, task: Task, i: Tensor) -> dict[str, Tensor]:
    """Return three scores of the samples i, and which of them the method would keep if they were the next batch.

    method: trained, of one network or two (the first one scores). -> tensors [len(i)]: loss (nats), layer (norm of
    p - e_y), whole (norm of the gradient with respect to all parameters), kept (bool)
    """
    x = task.train.inputs(i)
    y = task.train.y[i]
    with torch.no_grad():
        logits = [net(x) for net in method.nets]
        weights = _weights(method, x, y, i, logits)
        loss = ce(logits[0], y)
        layer = loss_gradient_norm(logits[0], y)
    whole = gradient_norms(method.nets[0], x, lambda output: ce(output, y))
    return {"loss": loss, "layer": layer, "whole": whole, "kept": weights > 0}


def _weights(method, x, y, i, logits):
    """Return the weights [B] with which the first network would learn from a batch. logits: of each network [B, C]"""
    if len(logits) > 1:
        return method.picks(logits, y, i)[0]
    return method.weight(x, y, i, logits[0])


def edge(score: Tensor, kept: Tensor) -> float | None:
    """Return the cut of a filter that ranks by `score`, half-way between the largest kept and the smallest dropped.

    None if nothing is dropped, or if the filter ranks by something else. score [n], kept bool [n]
    """
    if kept.all():
        return None
    largest = score[kept].max()
    smallest = score[~kept].min()
    if largest > smallest:
        return None
    return float(largest + smallest) / 2


def by_class(kept: Tensor, task: Task) -> list[float]:
    """Return the fraction of each class's clean labels that is kept. kept bool [N] -> C fractions"""
    y_clean = task.truth.y
    clean = task.train.y == y_clean
    fractions = []
    for c in range(task.classes):
        of_class = clean & (y_clean == c)
        fraction = kept[of_class].double().mean()
        fractions.append(float(fraction))
    return fractions


def count_shut_out(kept: Tensor, task: Task) -> int:
    """Return of how many classes less than SHUT_OUT of the clean labels is kept. kept bool [N]"""
    count = 0
    for fraction in by_class(kept, task):
        count += fraction < SHUT_OUT
    return count


def shut_out(run: Run, task: Task, below: float = SHUT_OUT) -> pd.DataFrame:
    """Compare the scores of the clean labels of shut-out classes with those of wrong labels among the other classes.

    run: of `filtered`, on `task`. below: a class is shut out if a smaller fraction of its clean labels is kept. Needs
    the truth, as a study may. -> DataFrame of `compared`. Raises ValueError if no class is shut out.
    """
    fractions = torch.tensor(by_class(run.life.selected[-1], task))
    is_any_shut_out = bool((fractions < below).any())
    need(is_any_shut_out, "run", run.config["method"], "a run that shuts out at least one class")
    classes = least_kept(fractions, below)
    return compared(run.method, task, classes)


def start_losses(task: Task, seed: int) -> Tensor:
    """Return the mean loss of the labels of every given class at a network's random weights. -> [C] nats"""
    start = snapshots(ERM(), task, "mlp", 1, seed, RECIPE, "cpu", at_epochs=[0])
    net = start[0][0]
    y = task.train.y
    everything = torch.arange(len(y))
    with torch.no_grad():
        logits = net(task.train.inputs(everything))
        loss = ce(logits, y)
    means = [loss[y == c].mean() for c in range(task.classes)]
    return torch.stack(means)


def least_kept(fractions: Tensor, below: float = SHUT_OUT) -> Tensor:
    """Return the classes of which a smaller fraction than `below` is kept. If there is none, or if fewer than two
    classes would be left, return only the least kept class.

    fractions [C] of the clean labels. -> class numbers, at least one
    """
    is_shut_out = fractions < below
    classes = is_shut_out.nonzero()[:, 0]
    if 0 < len(classes) < len(fractions) - 1:
        return classes
    return fractions.argmin()[None]


def compared(method: Method, task: Task, classes: Tensor) -> pd.DataFrame:
    """Compare the scores of clean labels of some classes with those of wrong labels among the other classes.

    classes: their numbers. -> DataFrame, a row per score: the median of either group, and how often a sample of the
    first group has the smaller score of a pair (1: always, 0.5: a coin)
    """
    y = task.train.y
    y_clean = task.truth.y
    truly_inside = torch.isin(y_clean, classes)
    labelled_inside = torch.isin(y, classes)
    clean = (y == y_clean) & truly_inside
    wrong = (y != y_clean) & ~truly_inside & ~labelled_inside
    everything = torch.arange(len(y))
    scores = trusted(method, task, everything)
    rows = {}
    for name, key in SCORES.items():
        score = scores[key]
        rows[name] = _compare(score[clean], score[wrong])
    return pd.DataFrame(rows).T


def _compare(clean, wrong):
    """Return the medians of two groups of scores, and how often one of the first is smaller. clean [n], wrong [m]"""
    is_smaller = clean[:, None] < wrong[None]
    return {
        "clean, shut out": clean.median().item(),
        "wrong, let in": wrong.median().item(),
        "clean has the smaller score": is_smaller.double().mean().item(),
    }
