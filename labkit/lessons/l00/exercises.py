"""The exercise of lesson 00."""

from functools import cache
from typing import Any

import labkit

from ...exercises.answers import judge


def wrong_labels(answer: Any) -> str:
    """Judge the fraction of the training labels that is wrong at symmetric 40 %, seed 0."""
    right, realised, size = _fractions()
    count = right * size
    mistakes = [
        (0.4, "that is the rate that was asked for; count the labels that came out wrong"),
        (1 - right, "that is the fraction of clean labels; count where the given label differs from the true one"),
        (count, "that is the number of wrong labels; divide by the number of all training labels"),
        (realised, "almost: the passport counts the validation labels, too; count the training labels alone"),
    ]
    reading = judge(answer, right, mistakes, tolerance=2e-4, is_fraction=True)
    return f"{right:.1%} are wrong. 40 % were asked for; chance did the rest{reading}"


@cache
def _fractions():
    """Return the fraction of wrong training labels, the one in the passport, and the number of training labels."""
    digits = labkit.load("digits")
    noisy = labkit.corrupt(digits, labkit.noise.symmetric(0.4), 0)
    wrong = noisy.train.y != noisy.truth.y
    fraction = wrong.double().mean().item()
    return fraction, noisy.noise.realised, len(noisy.train)


EXERCISES = {"00.1": wrong_labels}
HINTS = {
    "00.1": (
        "The comparison `noisy.train.y != noisy.truth.y` is true where a label is wrong.",
        "The mean of truth values is the fraction of those that are true; `.double()` makes numbers of them.",
    )
}
