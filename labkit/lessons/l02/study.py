"""Lesson 02: one training on the digits with wrong labels, and what became of every label."""

from functools import lru_cache

import labkit

NOISES = ("symmetric", "uniform", "pairflip", "asymmetric", "instance", "flip", "flip2", "derangement")
METHODS = ("ERM", "CDR", "AUX", "CDR+AUX")
EPOCHS, FAST = 30, 3
SHOWN = 36  # images in the gallery: always the same ones, so that a chosen one stays while the noise changes


def epochs():
    """How long the panel trains."""
    return FAST if labkit.fast() else EPOCHS


@lru_cache(maxsize=16)
def corrupted(noise, rate, seed):
    """The digits with this noise. -> Task"""
    return labkit.corrupt(labkit.load("digits"), labkit.noise.ALL[noise](rate), seed)


def train(noise, rate, method, seed, epochs, on_epoch=None):
    """Train an MLP by one of METHODS; a method that assumes a noise rate gets it. -> Run, with its lives"""
    task, quiet = corrupted(noise, rate, seed), {"device": "cpu", "life": True, "progress": False}
    return labkit.fit(labkit.methods.make(method, rate), task, "mlp", epochs, seed, **quiet, on_epoch=on_epoch)


def corrected(seed):
    """The lesson's question: of the wrong labels at symmetric 40 %, the share of images that are called by their true
    name after each epoch. -> list of shares"""
    run = train("symmetric", 0.4, "ERM", seed, EPOCHS)
    return [row["noisy_corrected"] for row in run.rows]
