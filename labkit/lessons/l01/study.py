"""What lesson 01 computes: how many labels a noise makes wrong, from which rate on a wrong label is the most frequent
one, and how far wrong labels follow the pixels."""

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ... import noise
from ...data import Task
from ...load import load
from ...noise.base import Clean

MODELS = ("symmetric", "uniform", "pairflip", "asymmetric", "flip", "flip2", "instance")


@lru_cache
def digits() -> Task:
    """Return the clean digits."""
    return load("digits")


@lru_cache(maxsize=512)
def noisy(name: str, *, noise_rate: float, seed: int) -> Task:
    """Return the digits under a noise of MODELS. One seed means the same random numbers at every rate."""
    model = noise.ALL[name](noise_rate)
    return noise.corrupt(digits(), model, seed)


def wrong_fraction(T: Tensor, y: Tensor) -> float:
    """Return the fraction of labels that is expected to be wrong. T [C, C], y [N] true labels"""
    wrong_by_class = 1 - T.diagonal()
    return wrong_by_class[y.cpu()].double().mean().item()


def clean_leads(T: Tensor) -> Tensor:
    """Return for each true class whether the clean label is the single most frequent one. T [C, C] -> bool [C]"""
    largest_wrong = T.clone().fill_diagonal_(-1.0).max(1).values
    return T.diagonal() > largest_wrong + 1e-9


@lru_cache(maxsize=512)
def asked_matrix(name: str, *, noise_rate: float, seed: int) -> Tensor:
    """Return the transition matrix that is asked for on the digits. -> float64 [C, C]

    A noise that depends on the sample has none, so its row is the mean over the samples of the class.
    """
    model = noise.ALL[name](noise_rate)
    clean = Clean.of(digits())
    T = model.matrix(clean.classes, clean.name)
    if T is not None:
        return T
    rng = torch.Generator().manual_seed(seed)
    scale = digits().train.scale
    P = model.probabilities(clean.y, clean.classes, clean.name, clean.x, scale, rng)
    members = one_hot(clean.y, clean.classes).double()  # [N, C]
    sizes = members.sum(0)
    return members.T @ P / sizes[:, None]


def true_labels(task: Task) -> Tensor:
    """Return the true labels of training and validation samples, which a passport counts together. -> [N]"""
    return torch.cat([task.truth.y, task.truth.val])


def size() -> int:
    """Return how many labels get noise: those of training and validation samples."""
    return len(true_labels(digits()))


@lru_cache
def realised_fractions(name: str, rates: tuple[float, ...], seed: int) -> tuple[float, ...]:
    """Return the fraction of wrong labels that came out at each rate."""
    fractions = []
    for rate in rates:
        task = noisy(name, noise_rate=rate, seed=seed)
        fractions.append(task.noise.realised)
    return tuple(fractions)


@lru_cache
def expected_fractions(name: str, rates: tuple[float, ...]) -> tuple[float, ...]:
    """Return the expected fraction of wrong labels at each rate, for the digits' classes."""
    y = true_labels(digits())
    fractions = []
    for rate in rates:
        T = asked_matrix(name, noise_rate=rate, seed=0)
        fractions.append(wrong_fraction(T, y))
    return tuple(fractions)


def limit(name: str, rates: Sequence[float]) -> float | None:
    """Return the first of the rates at which the clean label of some class does not lead, or None."""
    for rate in rates:
        T = asked_matrix(name, noise_rate=rate, seed=0)
        if not clean_leads(T).all():
            return rate
    return None


def with_the_same_matrix(task: Task, *, seed: int) -> Task:
    """Return the same images with labels drawn from the matrix that came out in `task`; pixels are ignored."""
    model = noise.matrix_noise(task.noise.realised_matrix)
    return noise.corrupt(digits(), model, seed)


def agreement(task: Task) -> float:
    """Return the fraction of wrong labels that agree with the most similar image.

    That is the nearest image by pixels among those of the same true class that have a wrong label, too.
    """
    wrong = task.train.y != task.truth.y
    x = task.train.x[wrong].flatten(1).float()
    given = task.train.y[wrong]
    true = task.truth.y[wrong]
    distance = torch.cdist(x, x).fill_diagonal_(torch.inf)
    distance[true[:, None] != true] = torch.inf
    nearest = distance.min(1)
    has_neighbour = nearest.values.isfinite()
    agrees = given == given[nearest.indices]
    return agrees[has_neighbour].double().mean().item()
