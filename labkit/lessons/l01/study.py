"""What lesson 01 computes: how many labels a noise makes wrong, from where on a wrong label is the most frequent one,
how far wrong labels follow the pixels."""

from functools import lru_cache

import torch

from ... import noise
from ...load import load
from ...noise.base import Clean

MODELS = ("symmetric", "uniform", "pairflip", "asymmetric", "flip", "flip2", "instance")


@lru_cache
def digits():
    """The clean digits. -> Task"""
    return load("digits")


@lru_cache(maxsize=512)
def noisy(name, *, noise_rate, seed):
    """The digits under a noise of MODELS. The same seed draws with the same random numbers at every rate. -> Task"""
    return noise.corrupt(digits(), noise.ALL[name](noise_rate), seed)


def wrong_share(T, y):
    """The share of labels that are expected to be wrong. T [C, C], y [N] true labels -> float"""
    return (1 - T.diagonal())[y.cpu()].double().mean().item()


def kept(T):
    """Is the right label the single most frequent one of its class? T [C, C] -> bool [C]"""
    others = T.clone().fill_diagonal_(-1.0).max(1).values
    return T.diagonal() > others + 1e-9


@lru_cache(maxsize=512)
def asked_matrix(name, *, noise_rate, seed):
    """The transition matrix that is asked for on the digits. A noise that depends on the sample has none: the mean over
    the samples of each class is given. -> [C, C] float64"""
    model, clean = noise.ALL[name](noise_rate), Clean.of(digits())
    T = model.matrix(clean.classes, clean.name)
    if T is not None:
        return T
    rng = torch.Generator().manual_seed(seed)
    P = model.probabilities(clean.y, clean.classes, clean.name, clean.x, digits().train.scale, rng)
    members = torch.nn.functional.one_hot(clean.y, clean.classes).double()  # [N, C]
    return members.T @ P / members.sum(0)[:, None]


def everyone(task):
    """The true labels of training and validation samples, which a passport counts together. -> [N]"""
    return torch.cat([task.truth.y, task.truth.val])


@lru_cache
def realised_shares(name, rates, seed):
    """The share of wrong labels that came out at each rate. rates: tuple -> tuple"""
    return tuple(noisy(name, noise_rate=rate, seed=seed).noise.realised for rate in rates)


@lru_cache
def expected_shares(name, rates):
    """The share of wrong labels that is expected at each rate, over the digits' own classes. rates: tuple -> tuple"""
    return tuple(wrong_share(asked_matrix(name, noise_rate=rate, seed=0), everyone(digits())) for rate in rates)


def limit(name, rates):
    """The first of the rates at which some class is no longer called by its own name most often, or None."""
    lost = [rate for rate in rates if not kept(asked_matrix(name, noise_rate=rate, seed=0)).all()]
    return lost[0] if lost else None


def with_the_same_matrix(task, *, seed):
    """The same images under a noise that knows the classes only, and whose matrix is the one that came out in `task`.
    -> Task"""
    return noise.corrupt(digits(), noise.matrix_noise(task.noise.realised_matrix), seed)


def agreement(task):
    """Of the wrong labels, the share that agrees with the nearest image (by pixels) that has the same true label and a
    wrong given one: 1 if the pixels decide which wrong label it is. -> float"""
    wrong = task.train.y != task.truth.y
    x, given, true = task.train.x[wrong].flatten(1).float(), task.train.y[wrong], task.truth.y[wrong]
    distance = torch.cdist(x, x).fill_diagonal_(torch.inf)
    distance[true[:, None] != true] = torch.inf
    nearest = distance.min(1)
    lonely = nearest.values.isinf()
    return (given == given[nearest.indices])[~lonely].double().mean().item()
