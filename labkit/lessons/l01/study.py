"""What lesson 01 computes: how many labels a noise makes wrong, from which rate on a wrong label is the most frequent
one, and how far wrong labels follow the pixels."""

from functools import lru_cache

import torch

from ... import noise
from ...load import load
from ...noise.base import Clean

MODELS = ("symmetric", "uniform", "pairflip", "asymmetric", "flip", "flip2", "instance")


@lru_cache
def digits():
    """Return the clean digits. -> Task"""
    return load("digits")


@lru_cache(maxsize=512)
def noisy(name, *, noise_rate, seed):
    """Return the digits under a noise of MODELS. One seed means the same random numbers at every rate. -> Task"""
    return noise.corrupt(digits(), noise.ALL[name](noise_rate), seed)


def wrong_fraction(T, y):
    """Return the fraction of labels that is expected to be wrong. T [C, C], y [N] true labels -> float"""
    return (1 - T.diagonal())[y.cpu()].double().mean().item()


def clean_leads(T):
    """Say for each true class whether the clean label is the single most frequent one. T [C, C] -> bool [C]"""
    others = T.clone().fill_diagonal_(-1.0).max(1).values
    return T.diagonal() > others + 1e-9


@lru_cache(maxsize=512)
def asked_matrix(name, *, noise_rate, seed):
    """Return the transition matrix that is asked for on the digits. A noise that depends on the sample has none, so its
    row is the mean over the samples of the class. -> [C, C] float64"""
    model, clean = noise.ALL[name](noise_rate), Clean.of(digits())
    T = model.matrix(clean.classes, clean.name)
    if T is not None:
        return T
    rng = torch.Generator().manual_seed(seed)
    P = model.probabilities(clean.y, clean.classes, clean.name, clean.x, digits().train.scale, rng)
    members = torch.nn.functional.one_hot(clean.y, clean.classes).double()  # [N, C]
    return members.T @ P / members.sum(0)[:, None]


def true_labels(task):
    """Return the true labels of training and validation samples, which a passport counts together. -> [N]"""
    return torch.cat([task.truth.y, task.truth.val])


@lru_cache
def realised_fractions(name, rates, seed):
    """Return the fraction of wrong labels that came out at each rate. rates: tuple -> tuple"""
    return tuple(noisy(name, noise_rate=rate, seed=seed).noise.realised for rate in rates)


@lru_cache
def expected_fractions(name, rates):
    """Return the expected fraction of wrong labels at each rate, for the digits' classes. rates: tuple -> tuple"""
    y = true_labels(digits())
    return tuple(wrong_fraction(asked_matrix(name, noise_rate=rate, seed=0), y) for rate in rates)


def limit(name, rates):
    """Return the first of the rates at which the clean label of some class does not lead, or None."""
    lost = [rate for rate in rates if not clean_leads(asked_matrix(name, noise_rate=rate, seed=0)).all()]
    return lost[0] if lost else None


def with_the_same_matrix(task, *, seed):
    """Return the same images with labels drawn from the matrix that came out in `task`, without a look at the pixels.
    -> Task"""
    return noise.corrupt(digits(), noise.matrix_noise(task.noise.realised_matrix), seed)


def agreement(task):
    """Return the fraction of wrong labels that agree with the most similar image: the nearest one by pixels among those
    of the same true class that have a wrong label, too. -> float"""
    wrong = task.train.y != task.truth.y
    x, given, true = task.train.x[wrong].flatten(1).float(), task.train.y[wrong], task.truth.y[wrong]
    distance = torch.cdist(x, x).fill_diagonal_(torch.inf)
    distance[true[:, None] != true] = torch.inf
    nearest = distance.min(1)
    has_neighbour = nearest.values.isfinite()
    return (given == given[nearest.indices])[has_neighbour].double().mean().item()
