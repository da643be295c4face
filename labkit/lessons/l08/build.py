"""Lesson 08's exercise that asks for a method: the derivative of the meta loss by each sample's weight."""

from typing import Any

import torch
from torch import Generator, Tensor

from ...exercises.building import Build, Output, bound_to_matrix
from ...grads import ce_gradient
from ...grads.meta import along, gradient_at, virtual_step
from ...losses import ce
from ...methods import ERM

LEARNING_RATES = (0.5, 0.8, 1.2)
PIXELS = 4
META = 5  # meta samples


def draw(rng: Generator, seed: int) -> tuple[Any, ...]:
    """Draw the arguments. -> W [C, D], x [B, D], y [B], meta_x [M, D], meta_y [M], weights [B], lr"""
    classes = 3 + seed
    size = 6 + seed
    W = _normal(classes, rng)
    x = _normal(size, rng)
    y = torch.randint(classes, (size,), generator=rng)
    meta_x = _normal(META, rng)
    meta_y = torch.randint(classes, (META,), generator=rng)
    weights = torch.rand(size, generator=rng, dtype=torch.float64)
    shares = weights / weights.sum()
    return W, x, y, meta_x, meta_y, shares, LEARNING_RATES[seed]


def _normal(rows, rng):
    """Draw a matrix of standard normal numbers. -> [rows, D]"""
    return torch.randn(rows, PIXELS, generator=rng, dtype=torch.float64)


def slopes(W: Tensor, x: Tensor, y: Tensor, meta_x: Tensor, meta_y: Tensor, weights: Tensor, lr: float) -> Tensor:
    """Return labkit's derivative of the meta loss after the virtual step by each weight. Shapes as in `draw`. -> [B]"""
    method = bound_to_matrix(ERM(), W, x, y)
    net = method.nets[0]

    def losses(logits: Tensor) -> Tensor:
        return ce(logits, y)

    def meta_loss(logits: Tensor) -> Tensor:
        return ce(logits, meta_y).mean()

    stepped = virtual_step(net, losses(net(x)), weights, lr)
    G = gradient_at(net, stepped, meta_x, meta_loss)
    return -lr * along(net, x, losses, G)


def _derivatives(W, x, y, G, lr):
    """Return -lr <G, grad l_i> of all samples, with gradients at W. -> [B]"""
    residual = ce_gradient(x @ W.T, y)
    inner = residual * (x @ G.T)
    return -lr * inner.sum(1)


def _meta_gradient(W, meta_x, meta_y):
    """Return the gradient of the meta loss at W. -> [C, D]"""
    residual = ce_gradient(meta_x @ W.T, meta_y)
    return residual.T @ meta_x / len(meta_y)


def _stepped(W, x, y, weights, lr):
    """Return W after the virtual step. -> [C, D]"""
    residual = ce_gradient(x @ W.T, y)
    gradient = (weights[:, None] * residual).T @ x
    return W - lr * gradient


def _before_the_step(W, x, y, meta_x, meta_y, weights, lr):
    G = _meta_gradient(W, meta_x, meta_y)
    return _derivatives(W, x, y, G, lr)


def _both_after(W, x, y, meta_x, meta_y, weights, lr):
    stepped = _stepped(W, x, y, weights, lr)
    G = _meta_gradient(stepped, meta_x, meta_y)
    return _derivatives(stepped, x, y, G, lr)


def _equal_weights(W, x, y, meta_x, meta_y, weights, lr):
    equal = torch.full_like(weights, 1 / len(y))
    return slopes(W, x, y, meta_x, meta_y, equal, lr)


def _uphill(W, x, y, meta_x, meta_y, weights, lr):
    stepped = _stepped(W, x, y, weights, -lr)
    G = _meta_gradient(stepped, meta_x, meta_y)
    return _derivatives(W, x, y, G, lr)


def _mean_step(W, x, y, meta_x, meta_y, weights, lr):
    mean_weights = weights / len(y)
    stepped = _stepped(W, x, y, mean_weights, lr)
    G = _meta_gradient(stepped, meta_x, meta_y)
    return _derivatives(W, x, y, G, lr)


def _with_the_sign_turned(*arguments):
    return -slopes(*arguments)


def _without_lr(*arguments):
    lr = arguments[-1]
    return slopes(*arguments) / lr


def _summed(*arguments):
    meta_y = arguments[4]
    return slopes(*arguments) * len(meta_y)


def _times_weights(*arguments):
    weights = arguments[5]
    return slopes(*arguments) * weights


MISTAKES = [
    (_before_the_step, "the meta-gradient is taken at W; take it at the W after the virtual step"),
    (_both_after, "the samples' gradients are taken after the virtual step, too; the step was made with those at W"),
    (_uphill, "your virtual step goes along the gradient; it must go against it"),
    (_mean_step, "your virtual step takes the mean over the batch; it is the weighted sum of the gradients"),
    (_with_the_sign_turned, "the sign is turned round; a step goes *against* the sample's gradient"),
    (_without_lr, "lr is missing; the weight of a sample moves W by lr times its gradient"),
    (_summed, "the meta loss is a mean over the meta set; you have its sum"),
    (
        _times_weights,
        "each derivative is multiplied by its weight, but the derivative of a linear term does not contain the weight",
    ),
    (_equal_weights, "your virtual step gives all samples the same weight; use the given weights"),
]
meta_slopes = Build(
    draw,
    slopes,
    MISTAKES,
    (Output("the derivative", ("sample",)),),
    "this is the derivative that MW-Net passes on to V, and V learns by a step against it",
)
