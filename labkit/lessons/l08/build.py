"""Lesson 08's exercise that asks for a method: the derivative of the meta loss by each sample's weight."""

import torch

from ...exercises.building import Build, Output, bound_to_matrix
from ...grads import ce_gradient
from ...grads.meta import along, gradient_at, virtual_step
from ...losses import ce
from ...methods import ERM


def draw(rng, seed):
    """-> W [C, D], x [B, D], y [B], meta_x [M, D], meta_y [M], weights [B], lr"""
    classes, pixels, size = 3 + seed, 4, 6 + seed
    W = torch.randn(classes, pixels, generator=rng, dtype=torch.float64)
    x = torch.randn(size, pixels, generator=rng, dtype=torch.float64)
    y = torch.randint(classes, (size,), generator=rng)
    meta_x = torch.randn(5, pixels, generator=rng, dtype=torch.float64)
    meta_y = torch.randint(classes, (5,), generator=rng)
    weights = torch.rand(size, generator=rng, dtype=torch.float64)
    return W, x, y, meta_x, meta_y, weights / weights.sum(), (0.5, 0.8, 1.2)[seed]


def slopes(W, x, y, meta_x, meta_y, weights, lr):
    """-> the derivative of the meta loss after the virtual step by each weight [B]"""
    net = bound_to_matrix(ERM(), W, x, y).nets[0]
    stepped = virtual_step(net, ce(net(x), y), weights, lr)
    G = gradient_at(net, stepped, meta_x, lambda logits: ce(logits, meta_y).mean())
    return -lr * along(net, x, lambda logits: ce(logits, y), G)


def _inner_products(W, x, y, G, at):
    """<G, grad l_i> of all samples, with gradients taken at another W. -> [B]"""
    return ((ce_gradient(x @ at.T, y)) * (x @ G.T)).sum(1)


def _meta_gradient(W, meta_x, meta_y):
    return ce_gradient(meta_x @ W.T, meta_y).T @ meta_x / len(meta_y)


def _stepped(W, x, y, weights, lr):
    return W - lr * (weights[:, None] * ce_gradient(x @ W.T, y)).T @ x


def _before_the_step(W, x, y, meta_x, meta_y, weights, lr):
    return -lr * _inner_products(W, x, y, _meta_gradient(W, meta_x, meta_y), W)


def _both_after(W, x, y, meta_x, meta_y, weights, lr):
    at = _stepped(W, x, y, weights, lr)
    return -lr * _inner_products(W, x, y, _meta_gradient(at, meta_x, meta_y), at)


def _equal_weights(W, x, y, meta_x, meta_y, weights, lr):
    return slopes(W, x, y, meta_x, meta_y, torch.full_like(weights, 1 / len(y)), lr)


def _uphill(W, x, y, meta_x, meta_y, weights, lr):
    at = _stepped(W, x, y, weights, -lr)
    return -lr * _inner_products(W, x, y, _meta_gradient(at, meta_x, meta_y), W)


def _mean_step(W, x, y, meta_x, meta_y, weights, lr):
    at = _stepped(W, x, y, weights / len(y), lr)
    return -lr * _inner_products(W, x, y, _meta_gradient(at, meta_x, meta_y), W)


def _without_lr(*arguments):
    return slopes(*arguments) / arguments[-1]


def _summed(*arguments):
    return slopes(*arguments) * len(arguments[4])


def _times_weights(*arguments):
    return slopes(*arguments) * arguments[5]


MISTAKES = [
    (_before_the_step, "the meta-gradient is taken at W; take it at the W after the virtual step"),
    (_both_after, "the samples' gradients are taken after the virtual step, too; the step was made with those at W"),
    (_uphill, "your virtual step goes along the gradient; it must go against it"),
    (_mean_step, "your virtual step takes the mean over the batch; it is the weighted sum of the gradients"),
    (lambda *arguments: -slopes(*arguments), "the sign is turned round; a step goes *against* the sample's gradient"),
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
