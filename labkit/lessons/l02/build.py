"""Lesson 02's exercise that asks for a method: plain SGD on softmax regression, batch after batch."""

import torch
from torch import Generator, Tensor
from torch.nn.functional import one_hot

from ...exercises.building import Build, Output, bound_to_matrix
from ...grads import ce_gradient
from ...methods import ERM

RATES = (0.1, 0.3, 0.5)  # learning rates, of each seed


def draw(rng: Generator, seed: int) -> tuple[Tensor, Tensor, Tensor, list[Tensor], float]:
    """Draw the arguments of a seed. -> W [C, D], x [N, D], y [N], batches (tensors of positions), lr"""
    size = 12 + 2 * seed
    classes = 3 + seed
    pixels = 5 - seed
    W = torch.randn(classes, pixels, generator=rng, dtype=torch.float64)
    x = torch.randn(size, pixels, generator=rng, dtype=torch.float64)
    y = torch.randint(classes, (size,), generator=rng)
    order = torch.randperm(size, generator=rng)
    return W, x, y, list(order.split(4 + seed)), RATES[seed]


def sgd(W: Tensor, x: Tensor, y: Tensor, batches: list[Tensor], lr: float) -> Tensor:
    """Take a step of plain SGD on each batch. Arguments as `draw` returns them. -> W after the last step [C, D]"""
    method = bound_to_matrix(ERM(), W, x, y, lr=lr)
    for i in batches:
        method.step(x[i], y[i], i)
    net = method.nets[0]
    return net.weight.detach()


def _gradient(W, x, y, size=1):
    """Return the sum of the samples' gradients of cross-entropy by W, divided by a size. -> [C, D]"""
    residuals = ce_gradient(x @ W.T, y)  # [n, C]
    total = residuals.T @ x
    return total / size


def _summed(W, x, y, batches, lr):
    for i in batches:
        step = _gradient(W, x[i], y[i])
        W = W - lr * step
    return W


def _divided_by_all(W, x, y, batches, lr):
    for i in batches:
        step = _gradient(W, x[i], y[i], len(x))
        W = W - lr * step
    return W


def _whole_set(W, x, y, batches, lr):
    for _ in batches:
        step = _gradient(W, x, y, len(x))
        W = W - lr * step
    return W


def _from_the_start(W, x, y, batches, lr):
    start = W
    for i in batches:
        step = _gradient(start, x[i], y[i], len(i))
        W = W - lr * step
    return W


def _uphill(W, x, y, batches, lr):
    for i in batches:
        step = _gradient(W, x[i], y[i], len(i))
        W = W + lr * step
    return W


def _first_batch(W, x, y, batches, lr):
    return sgd(W, x, y, batches[:1], lr)


def _over_samples(W, x, y, batches, lr):
    for i in batches:
        logits = x[i] @ W.T
        p = logits.softmax(0)
        residuals = p - one_hot(y[i], len(W))
        step = residuals.T @ x[i] / len(i)
        W = W - lr * step
    return W


MISTAKES = [
    (_summed, "the gradients of a batch are added; a step takes their mean"),
    (_divided_by_all, "the sum over a batch is divided by the whole training set; divide by the size of the batch"),
    (_whole_set, "every step uses all samples; it uses those of its batch, x[i] and y[i]"),
    (_from_the_start, "all gradients are taken at the first W; each step begins where the last one ended"),
    (_uphill, "the sign is turned round: the step goes uphill"),
    (_first_batch, "that is W after the first batch; go on to the last"),
    (_over_samples, "your softmax runs over the samples; it runs over the classes, the last axis"),
]
plain_sgd = Build(
    draw,
    sgd,
    MISTAKES,
    (Output("W", ("class", "pixel")),),
    "these lines are plain SGD. Each method of the coming lessons changes one of them",
)
