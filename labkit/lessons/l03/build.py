"""Lesson 03's exercise that asks for a method: GCE's loss."""

import torch
from torch import Generator, Tensor

from ... import losses
from ...exercises.building import Build, Output


def draw(rng: Generator, seed: int) -> tuple[Tensor, Tensor, float]:
    """Draw logits [B, C], y [B] and q."""
    samples = 6 + seed
    classes = 4 + seed
    logits = 2 * torch.randn(samples, classes, generator=rng, dtype=torch.float64)
    y = torch.randint(classes, (samples,), generator=rng)
    q = (0.7, 0.4, 0.55)[seed]
    return logits, y, q


def _of(p, q):
    """Return GCE of the probabilities p."""
    return (1 - p**q) / q


def _mean(logits, y, q):
    loss = losses.gce(logits, y, q)
    return loss.mean()


def _softmax_twice(logits, y, q):
    p = losses.probability(logits.softmax(-1), y)
    return _of(p, q)


def _over_samples(logits, y, q):
    p = logits.softmax(0)
    p_y = p.gather(1, y[:, None])[:, 0]
    return _of(p_y, q)


def _not_divided(logits, y, q):
    loss = losses.gce(logits, y, q)
    return q * loss


def _of_largest(logits, y, q):
    p = logits.softmax(-1)
    return _of(p.amax(-1), q)


def _cross_entropy(logits, y, q):
    return losses.ce(logits, y)


MISTAKES = [
    (_mean, "that is the mean over the batch; a loss for each sample"),
    (_softmax_twice, "the softmax is applied twice: the logits go through it once"),
    (_over_samples, "your softmax runs over the samples; it runs over the classes, the last axis"),
    (_not_divided, "1 - p^q is right; divide it by q"),
    (_of_largest, "p is that of the *given* label, not the largest one"),
    (_cross_entropy, "that is cross-entropy; q does not occur in it"),
]
LOSS = Output("the loss", ("sample",))
gce = Build(
    draw,
    losses.gce,
    MISTAKES,
    (LOSS,),
    "GCE, to nine digits. With `losses.gce` in the place of cross-entropy plain SGD is a robust method",
)
