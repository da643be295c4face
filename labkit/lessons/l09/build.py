"""Lesson 09's exercise that asks for a method: the forward loss."""

import torch
from torch import Generator, Tensor

from ... import transition
from ...exercises.building import Build, Output
from ...losses import ce


def draw(rng: Generator, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw the arguments of the forward loss. -> logits [B, C], y [B], T [C, C], not symmetric"""
    classes = 3 + seed
    samples = 6 + seed
    logits = torch.randn(samples, classes, generator=rng, dtype=torch.float64)
    y = torch.randint(classes, (samples,), generator=rng)
    T = torch.rand(classes, classes, generator=rng, dtype=torch.float64)
    T = T + 2 * torch.eye(classes)
    row_sums = T.sum(1, keepdim=True)
    return logits, y, T / row_sums


def _turned(logits, y, T):
    return transition.forward(logits, y, T.T)


def _softmax_of_logits_mixed(logits, y, T):
    mixed = logits @ T
    return ce(mixed, y)


def _softmax_twice(logits, y, T):
    p_tilde = logits.softmax(1) @ T
    return ce(p_tilde, y)


def _mixed_losses(logits, y, T):
    losses = -logits.log_softmax(1)
    return (T[y] * losses).sum(1)


def _mean(logits, y, T):
    losses = transition.forward(logits, y, T)
    return losses.mean()


def _cross_entropy(logits, y, T):
    return ce(logits, y)


MISTAKES = [
    (_turned, "rows and columns are exchanged: (T^T p)_y sums p_i T_iy over the true classes i, so p @ T"),
    (_softmax_of_logits_mixed, "T mixes the logits; it mixes probabilities, after the softmax"),
    (
        _softmax_twice,
        "T^T p goes through a softmax again, but its entries are probabilities already, so take their logarithm",
    ),
    (transition.backward, "that is the backward loss, with the inverse of T; the forward loss changes p"),
    (
        _mixed_losses,
        "that averages *losses* with row y of T; average probabilities first, then take the logarithm",
    ),
    (_mean, "that is the mean over the batch; return a loss for each sample"),
    (_cross_entropy, "that is cross-entropy, and T does not occur in it"),
]
forward_loss = Build(
    draw,
    transition.forward,
    MISTAKES,
    (Output("the loss", ("sample",)),),
    "that is F-correction's loss. The hard part is to know T",
)
