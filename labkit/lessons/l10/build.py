"""Lesson 10's exercise that asks for a method: PRL(G)'s gradient."""

import torch
from torch import Generator, Tensor

from ...exercises.building import Build, Output, bound_to_matrix
from ...methods import PRL_G
from ...ranks import kept, smallest

SIZES = ((11, 2, 3), (11, 2, 4), (14, 3, 4))  # samples, outputs and features for each seed
RATES = (0.4, 0.3, 0.45)


def draw(rng: Generator, seed: int) -> tuple[Tensor, Tensor, Tensor, float]:
    """Draw the arguments of PRL(G)'s gradient. -> W [Q, D], x [B, D], y [B, Q], rate. Long x belong to short
    residuals."""
    samples, outputs, features = SIZES[seed]
    W = torch.randn(outputs, features, generator=rng, dtype=torch.float64)
    x = torch.randn(samples, features, generator=rng, dtype=torch.float64)
    order = torch.randperm(samples, generator=rng)
    scale = torch.logspace(-0.5, 0.5, samples, dtype=torch.float64)
    scale = scale[order][:, None]
    x = x * scale
    noise = torch.randn(samples, outputs, generator=rng, dtype=torch.float64)
    y = x @ W.T + noise / scale.sqrt()
    return W, x, y, RATES[seed]


def gradient(W: Tensor, x: Tensor, y: Tensor, rate: float) -> Tensor:
    """Return the mean gradient of the kept samples. W [Q, D], x [B, D], y [B, Q] -> [Q, D]"""
    method = bound_to_matrix(PRL_G(rate=rate), W, x, y)
    i = torch.arange(len(x))
    samples, losses = method.gradients(x, y, i)
    norms = samples.backward(losses).norms()
    samples.accumulate(method.trust(norms))
    return method.nets[0].weight.grad


def _residuals(W, x, y):
    """Return the residual of each sample. -> [B, Q]"""
    return x @ W.T - y


def _rows(W, x, y):
    """Return the gradient of half the squared error of each sample. -> [B, Q, D]"""
    residuals = _residuals(W, x, y)
    return residuals[:, :, None] * x[:, None, :]


def _norms(rows):
    """Return the norm of each sample's gradient. [B, Q, D] -> [B]"""
    flat = rows.flatten(1)
    return flat.norm(dim=1)


def _mean_of(rows, score, keep):
    """Return the mean of the `keep` rows of smallest score. -> [Q, D]"""
    selected = smallest(score, keep)
    return rows[selected].mean(0)


def _by_residual(W, x, y, rate):
    residuals = _residuals(W, x, y)
    score = residuals.norm(dim=1)
    return _mean_of(_rows(W, x, y), score, kept(rate, len(x)))


def _longest(W, x, y, rate):
    rows = _rows(W, x, y)
    return _mean_of(rows, -_norms(rows), kept(rate, len(x)))


def _one_sample_more(W, x, y, rate):
    rows = _rows(W, x, y)
    return _mean_of(rows, _norms(rows), kept(rate, len(x)) + 1)


def _over_batch(W, x, y, rate):
    total = _summed(W, x, y, rate)
    return total / len(x)


def _summed(W, x, y, rate):
    return gradient(W, x, y, rate) * kept(rate, len(x))


def _doubled(W, x, y, rate):
    return 2 * gradient(W, x, y, rate)


def _turned(W, x, y, rate):
    return -gradient(W, x, y, rate)


def _clipped(W, x, y, rate):
    rows = _rows(W, x, y)
    norms = _norms(rows)
    keep = kept(rate, len(x))
    limit = norms.sort().values[keep - 1]
    factors = (limit / norms).clamp(max=1)
    clipped = rows * factors[:, None, None]
    return clipped.mean(0)


def _of_all(W, x, y, rate):
    rows = _rows(W, x, y)
    return rows.mean(0)


MISTAKES = [
    (_by_residual, "you rank by the residual, as PRL(L) does; the gradient by W is that times x, so a long x counts"),
    (_longest, "these are the *longest* gradients; they are dropped"),
    (_one_sample_more, "one sample too many: int((1 - rate) * B) cuts"),
    (_over_batch, "the sum over the kept samples is divided by B; divide by how many are kept"),
    (_summed, "that is the sum over the kept samples; take their mean"),
    (_doubled, "twice too long: the loss is *half* the squared error"),
    (_turned, "the sign is turned round; the residual is W x - y here"),
    (_clipped, "the long gradients are shortened, as Ignormclip does; PRL(G) drops them"),
    (_of_all, "that is the mean of all gradients; nothing is dropped"),
]
short_gradients = Build(
    draw,
    gradient,
    MISTAKES,
    (Output("the gradient", ("output", "feature")),),
    "PRL(G)'s step: whatever a target is, its pull is as short as that of a kept sample, or nothing",
)
