"""What lesson 12 quotes: how wrong crowds are, alone and combined, and what networks learn from them."""

from functools import lru_cache

import torch

from ...data import majority
from . import study
from .crowds import CLASSES, estimate

OF_FIVE = tuple(name for name in study.crowds() if "of five" in name)
OF_ELEVEN = tuple(name for name in study.crowds() if "11 people" in name)


def settings():
    """Return every way for the crowds of five, and a majority's labels for those of eleven. -> SETTINGS"""
    cells = [(crowd, way) for crowd in OF_FIVE for way in study.WAYS]
    cells += [(crowd, "majority") for crowd in OF_ELEVEN]
    return {f"{crowd}, {way}": {"crowd": crowd, "way": way} for crowd, way in cells}


SETTINGS = settings()


def measure(seed, crowd, way):
    """Train on what a crowd said. -> fractions of wrong labels, Dawid and Skene's own expectation, test accuracy"""
    return of_votes(crowd, seed) | {"last": study.train(way, crowd, seed=seed).accuracy["last"]}


@lru_cache
def of_votes(crowd, seed):
    """Return how wrong a crowd is on the training digits. -> dict of fractions"""
    task = study.annotated(crowd, seed=seed)
    annotations, y = task.train.annotations, task.truth.y
    model = estimate(annotations)
    return {
        "one person wrong": fraction(annotations != y[:, None]),
        "majority wrong": fraction(majority(annotations, CLASSES, seed) != y),
        "Dawid-Skene wrong": fraction(model.y != y),
        "Dawid-Skene says wrong": 1 - model.posterior.max(1).values.mean().item(),
    }


def fraction(wrong):
    """Return the fraction of True. -> float"""
    return wrong.to(torch.float64).mean().item()
