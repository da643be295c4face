"""Simulated annotators: how each of them labels, and what becomes of their votes."""

from functools import lru_cache

import torch

from ...data import dawid_skene, majority
from ...data.dawid_skene import maximised
from ...errors import choose
from ...load import load

CLASSES, ROUNDS = 10, 50  # ROUNDS: E and M steps of Dawid and Skene's estimate
MISTAKES = ("scattered", "half of them guess", "all in one direction")
COMBINED = ("majority", "Dawid-Skene")


def scattered(rate, classes=CLASSES):
    """The matrix of a person whose wrong labels fall on all other classes equally often. -> [C, C], row: true class"""
    T = torch.full((classes, classes), rate / (classes - 1), dtype=torch.float64)
    return T.fill_diagonal_(1 - rate)


def next_class(rate, classes=CLASSES):
    """The matrix of a person whose wrong labels are all the next class. -> [C, C]"""
    eye = torch.eye(classes, dtype=torch.float64)
    return (1 - rate) * eye + rate * eye.roll(1, 1)


def guessing(classes=CLASSES):
    """The matrix of a person who guesses without looking. -> [C, C]"""
    return torch.full((classes, classes), 1 / classes, dtype=torch.float64)


def matrices(people, *, rate, mistakes):
    """The transition matrices of several people. -> [A, C, C]

    rate: the error rate of each. mistakes: of MISTAKES. Where half of them guess, every second person does.
    """
    choose("mistakes", mistakes, dict.fromkeys(MISTAKES))
    T = next_class(rate) if mistakes == "all in one direction" else scattered(rate)
    crowd = [T] * people
    if mistakes == "half of them guess":
        crowd[1::2] = [guessing()] * (people // 2)
    return torch.stack(crowd)


def labels_of(T, y, seed):
    """Draw the labels of people who err independently of each other, given the true class.

    T [A, C, C], y [N] true classes. The first people draw the same labels, however many follow. -> int64 [N, A]
    """
    columns = []
    for a, matrix in enumerate(T):
        rng = torch.Generator().manual_seed(1000 * seed + a)
        columns.append(torch.multinomial(matrix[y], 1, generator=rng)[:, 0])
    return torch.stack(columns, 1)


def estimate(annotations):
    """Dawid and Skene's estimate after ROUNDS rounds. annotations [N, A] -> labkit.data.dawid_skene's result"""
    return dawid_skene(annotations, CLASSES, iterations=ROUNDS)


@lru_cache
def digits():
    """The clean digits. -> Task"""
    return load("digits")


@lru_cache(maxsize=512)
def voted(people, *, rate, mistakes, seed=0):
    """The labels that people give to the training digits. -> int64 [N, A]"""
    T = matrices(people, rate=rate, mistakes=mistakes)
    return labels_of(T, digits().train.y, seed)


@lru_cache(maxsize=512)
def combined(how, people, *, rate, mistakes, seed=0):
    """What becomes of the votes on the training digits. -> labels int64 [N], the matrices that are estimated [A, C, C]

    how: of COMBINED. After a majority vote each person's labels are counted against the majority's.
    """
    annotations = voted(people, rate=rate, mistakes=mistakes, seed=seed)
    choose("how", how, dict.fromkeys(COMBINED))
    if how == "Dawid-Skene":
        model = estimate(annotations)
        return model.y, model.confusion
    y = majority(annotations, CLASSES, seed)
    one_hot = torch.nn.functional.one_hot(y, CLASSES).double()
    return y, maximised(annotations, one_hot)[1]


def wrong(how, people, *, rate, mistakes, seed=0):
    """The fraction of wrong labels among the combined ones. -> float"""
    y, _ = combined(how, people, rate=rate, mistakes=mistakes, seed=seed)
    return (y != digits().train.y).double().mean().item()


def error_rates(T, y):
    """How often each person is wrong on the classes y, by the matrices T [A, C, C]. -> [A]"""
    right = T.diagonal(dim1=1, dim2=2)  # [A, C]
    return 1 - right[:, y].mean(1)
