"""Lesson 03's exercise that asks for a method: GCE's loss."""

import torch

from ... import losses
from ...exercises.building import Build, Output


def draw(rng, seed):
    """-> logits [B, C], y [B], q"""
    logits = 2 * torch.randn(6 + seed, 4 + seed, generator=rng, dtype=torch.float64)
    y = torch.randint(4 + seed, (6 + seed,), generator=rng)
    return logits, y, (0.7, 0.4, 0.55)[seed]


def _of(p, q):
    """GCE of the probabilities p."""
    return (1 - p**q) / q


def _softmax_twice(logits, y, q):
    return _of(losses.probability(logits.softmax(-1), y), q)


def _over_samples(logits, y, q):
    return _of(logits.softmax(0).gather(1, y[:, None])[:, 0], q)


MISTAKES = [
    (lambda logits, y, q: losses.gce(logits, y, q).mean(), "that is the mean over the batch; a loss for each sample"),
    (_softmax_twice, "the softmax is applied twice: the logits go through it once"),
    (_over_samples, "your softmax runs over the samples; it runs over the classes, the last axis"),
    (lambda logits, y, q: q * losses.gce(logits, y, q), "1 - p^q is right; divide it by q"),
    (lambda logits, y, q: _of(logits.softmax(-1).amax(-1), q), "p is that of the *given* label, not the largest one"),
    (lambda logits, y, q: losses.ce(logits, y), "that is cross-entropy; q does not occur in it"),
]
gce = Build(
    draw,
    losses.gce,
    MISTAKES,
    (Output("the loss", ("sample",)),),
    "GCE, to nine digits. With `losses.gce` in the place of cross-entropy plain SGD is a robust method",
)
