"""The exercise of lesson 00."""

import labkit

from ...exercises.answers import compare, share


def wrong_labels(answer):
    """Which share of the training labels is wrong at symmetric 40 %, seed 0?"""
    noisy = labkit.corrupt(labkit.load("digits"), labkit.noise.symmetric(0.4), 0)
    right = (noisy.train.y != noisy.truth.y).double().mean().item()
    mistakes = [
        (0.4, "0.4 is the rate that was asked; count what came out"),
        (1 - right, "that is the share of right labels; count where given and true label differ"),
        (noisy.noise.realised, "almost: the passport counts the validation labels too; count the training labels"),
    ]
    compare(share(answer), right, mistakes, tolerance=2e-4)
    return f"{right:.1%} are wrong. 40 % were asked; chance did the rest"


EXERCISES = {"00.1": wrong_labels}
