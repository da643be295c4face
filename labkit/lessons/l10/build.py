"""Lesson 10's exercise that asks for a method: PRL(G)'s gradient."""

import torch

from ...exercises.building import Build, Output, bound_to_matrix
from ...methods import PRL_G
from ...ranks import kept, smallest


def draw(rng, seed):
    """-> W [Q, D], x [B, D], y [B, Q], rate. Long x belong to short residuals."""
    size, outputs, features = (11, 2, 3 + seed) if seed < 2 else (14, 3, 4)
    W = torch.randn(outputs, features, generator=rng, dtype=torch.float64)
    x = torch.randn(size, features, generator=rng, dtype=torch.float64)
    scale = torch.logspace(-0.5, 0.5, size, dtype=torch.float64)[torch.randperm(size, generator=rng)]
    x = x * scale[:, None]
    noise = torch.randn(size, outputs, generator=rng, dtype=torch.float64) / scale[:, None].sqrt()
    return W, x, x @ W.T + noise, (0.4, 0.3, 0.45)[seed]


def gradient(W, x, y, rate):
    """-> the mean gradient of the kept samples [Q, D]"""
    method = bound_to_matrix(PRL_G(rate=rate), W, x, y)
    samples, losses = method.gradients(x, y, torch.arange(len(x)))
    samples.accumulate(method.trust(samples.backward(losses).norms()))
    return method.nets[0].weight.grad


def _rows(W, x, y):
    """The gradient of half the squared error of each sample. -> [B, Q, D]"""
    return (x @ W.T - y)[:, :, None] * x[:, None, :]


def _mean_of(rows, score, keep):
    """The mean of the `keep` rows of smallest score. -> [Q, D]"""
    return rows[smallest(score, keep)].mean(0)


def _by_residual(W, x, y, rate):
    return _mean_of(_rows(W, x, y), (x @ W.T - y).norm(dim=1), kept(rate, len(x)))


def _longest(W, x, y, rate):
    rows = _rows(W, x, y)
    return _mean_of(rows, -rows.flatten(1).norm(dim=1), kept(rate, len(x)))


def _one_more(W, x, y, rate):
    rows = _rows(W, x, y)
    return _mean_of(rows, rows.flatten(1).norm(dim=1), kept(rate, len(x)) + 1)


def _over_batch(W, x, y, rate):
    return gradient(W, x, y, rate) * kept(rate, len(x)) / len(x)


def _summed(W, x, y, rate):
    return gradient(W, x, y, rate) * kept(rate, len(x))


def _clipped(W, x, y, rate):
    rows = _rows(W, x, y)
    norms = rows.flatten(1).norm(dim=1)
    limit = norms.sort().values[kept(rate, len(x)) - 1]
    return (rows * (limit / norms).clamp(max=1)[:, None, None]).mean(0)


MISTAKES = [
    (_by_residual, "you rank by the residual, as PRL(L) does; the gradient by W is that times x, so a long x counts"),
    (_longest, "these are the *longest* gradients; they are dropped"),
    (_one_more, "one sample too many: int((1 - rate) * B) cuts"),
    (_over_batch, "the sum over the kept samples is divided by B; divide by how many are kept"),
    (_summed, "that is the sum over the kept samples; take their mean"),
    (lambda W, x, y, rate: 2 * gradient(W, x, y, rate), "twice too long: the loss is *half* the squared error"),
    (lambda W, x, y, rate: -gradient(W, x, y, rate), "the sign is turned round; the residual is W x - y here"),
    (_clipped, "the long gradients are shortened, as Ignormclip does; PRL(G) drops them"),
    (lambda W, x, y, rate: _rows(W, x, y).mean(0), "that is the mean of all gradients; nothing is dropped"),
]
short_gradients = Build(
    draw,
    gradient,
    MISTAKES,
    (Output("the gradient", ("output", "feature")),),
    "PRL(G)'s step: whatever a target is, its pull is as short as that of a kept sample, or nothing",
)
