"""Lesson 02: one training on the digits with wrong labels, and what became of every label."""

from collections.abc import Callable
from functools import lru_cache

import labkit

from ...data import Task
from ...fit import Run

NOISES = ("symmetric", "uniform", "pairflip", "asymmetric", "instance", "flip", "flip2", "derangement")
METHODS = ("ERM", "CDR", "AUX", "CDR+AUX")
EPOCHS, FAST = 30, 3
SHOWN = 36  # images in the gallery: always the same ones, so that a chosen one stays while the noise changes


def epochs() -> int:
    """Return how long the panel trains."""
    return FAST if labkit.fast() else EPOCHS


@lru_cache(maxsize=16)
def corrupted(noise: str, rate: float, seed: int) -> Task:
    """Return the digits with this noise."""
    digits = labkit.load("digits")
    model = labkit.noise.ALL[noise](rate)
    return labkit.corrupt(digits, model, seed)


def train(
    noise: str, rate: float, method: str, seed: int, epochs: int, on_epoch: Callable[[Run], object] | None = None
) -> Run:
    """Train an MLP by one of METHODS; a method that assumes a noise rate gets it. The Run has its lives."""
    task = corrupted(noise, rate, seed)
    chosen_method = labkit.methods.make(method, rate)
    options = {"device": "cpu", "life": True, "progress": False, "on_epoch": on_epoch}
    return labkit.fit(chosen_method, task, "mlp", epochs, seed, **options)


def corrected(seed: int) -> list[float]:
    """Answer the lesson's question: which fraction of the mislabelled images is classified correctly after each epoch.

    They are trained with symmetric noise of 40 %.
    """
    run = train("symmetric", 0.4, "ERM", seed, EPOCHS)
    return [row["noisy_corrected"] for row in run.rows]
