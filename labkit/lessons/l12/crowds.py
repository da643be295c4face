"""Simulated annotators: how each of them labels, and what becomes of their votes."""

from functools import lru_cache

import torch
from torch import Tensor

from ...data import Task, dawid_skene, majority
from ...data.dawid_skene import DawidSkene, maximised
from ...errors import choose
from ...load import load
from ...measure import share

CLASSES = 10
ROUNDS = 50  # E and M steps of Dawid and Skene's estimate
MISTAKES = ("scattered", "half of them guess", "all in one direction")
COMBINED = ("majority", "Dawid-Skene")


def scattered(rate: float, classes: int = CLASSES) -> Tensor:
    """Return the matrix of a person whose wrong labels fall on all other classes equally often.

    -> float64 [C, C], a row for each true class
    """
    other_classes = classes - 1
    T = torch.full((classes, classes), rate / other_classes, dtype=torch.float64)
    return T.fill_diagonal_(1 - rate)


def next_class(rate: float, classes: int = CLASSES) -> Tensor:
    """Return the matrix of a person whose wrong labels are all the next class. -> float64 [C, C]"""
    eye = torch.eye(classes, dtype=torch.float64)
    return (1 - rate) * eye + rate * eye.roll(1, 1)


def guessing(classes: int = CLASSES) -> Tensor:
    """Return the matrix of a person who guesses at random. -> float64 [C, C]"""
    return torch.full((classes, classes), 1 / classes, dtype=torch.float64)


def matrices(people: int, *, rate: float, mistakes: str) -> Tensor:
    """Return the transition matrices of several people. -> float64 [A, C, C]

    rate: the error rate of each person. mistakes: of MISTAKES. Where half of them guess, every second person does.
    Raises ValueError for other mistakes.
    """
    choose("mistakes", mistakes, dict.fromkeys(MISTAKES))
    if mistakes == "all in one direction":
        T = next_class(rate)
    else:
        T = scattered(rate)
    crowd = [T] * people
    if mistakes == "half of them guess":
        guessers = people // 2
        crowd[1::2] = [guessing()] * guessers
    return torch.stack(crowd)


def labels_of(T: Tensor, y: Tensor, seed: int) -> Tensor:
    """Draw the labels of people who err independently of each other, given the true class.

    T [A, C, C], y [N] true classes. The first people draw the same labels, however many follow. -> int64 [N, A]
    """
    columns = []
    for a, matrix in enumerate(T):
        rng = torch.Generator().manual_seed(1000 * seed + a)
        labels = torch.multinomial(matrix[y], 1, generator=rng)
        columns.append(labels[:, 0])
    return torch.stack(columns, 1)


def estimate(annotations: Tensor) -> DawidSkene:
    """Return Dawid and Skene's estimate after ROUNDS rounds. annotations [N, A]"""
    return dawid_skene(annotations, CLASSES, iterations=ROUNDS)


@lru_cache
def digits() -> Task:
    """Return the clean digits."""
    return load("digits")


@lru_cache(maxsize=512)
def voted(people: int, *, rate: float, mistakes: str, seed: int = 0) -> Tensor:
    """Return the labels that people give to the training digits. -> int64 [N, A]"""
    T = matrices(people, rate=rate, mistakes=mistakes)
    return labels_of(T, digits().train.y, seed)


@lru_cache(maxsize=512)
def combined(how: str, people: int, *, rate: float, mistakes: str, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Combine people's votes on the training digits. -> labels int64 [N], the matrices that are estimated [A, C, C]

    how: of COMBINED. After a majority vote each person's labels are counted against the majority's.
    Raises ValueError for another way.
    """
    annotations = voted(people, rate=rate, mistakes=mistakes, seed=seed)
    choose("how", how, dict.fromkeys(COMBINED))
    if how == "Dawid-Skene":
        model = estimate(annotations)
        return model.y, model.confusion
    y = majority(annotations, CLASSES, seed)
    one_hot = torch.nn.functional.one_hot(y, CLASSES).double()
    _, confusion = maximised(annotations, one_hot)
    return y, confusion


def wrong(how: str, people: int, *, rate: float, mistakes: str, seed: int = 0) -> float:
    """Return the fraction of wrong labels among the combined ones. Arguments as of `combined`."""
    y, _ = combined(how, people, rate=rate, mistakes=mistakes, seed=seed)
    return share(y != digits().train.y)


def error_rates(T: Tensor, y: Tensor) -> Tensor:
    """Return how often each person is wrong on the classes y [N], by the matrices T [A, C, C]. -> [A]"""
    right = T.diagonal(dim1=1, dim2=2)  # [A, C]
    return 1 - right[:, y].mean(1)
