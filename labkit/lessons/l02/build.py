"""Lesson 02's exercise that asks for a method: plain SGD on softmax regression, batch after batch."""

import torch
from torch.nn.functional import one_hot

from ...exercises.building import Build, Output, bound_to_matrix
from ...grads import ce_gradient
from ...methods import ERM


def draw(rng, seed):
    """-> W [C, D], x [N, D], y [N], batches (tensors of positions), lr"""
    size, classes, pixels = 12 + 2 * seed, 3 + seed, 5 - seed
    W = torch.randn(classes, pixels, generator=rng, dtype=torch.float64)
    x = torch.randn(size, pixels, generator=rng, dtype=torch.float64)
    y = torch.randint(classes, (size,), generator=rng)
    order = torch.randperm(size, generator=rng)
    return W, x, y, list(order.split(4 + seed)), (0.1, 0.3, 0.5)[seed]


def sgd(W, x, y, batches, lr):
    """-> W after a step on each batch"""
    method = bound_to_matrix(ERM(), W, x, y, lr=lr)
    for i in batches:
        method.step(x[i], y[i], i)
    return method.nets[0].weight.detach()


def _walked(W, batches, lr, gradient):
    """W after steps against gradient(W, i). -> [C, D]"""
    for i in batches:
        W = W - lr * gradient(W, i)
    return W


def _summed(W, x, y, batches, lr):
    return _walked(W, batches, lr, lambda W, i: ce_gradient(x[i] @ W.T, y[i]).T @ x[i])


def _divided_by_all(W, x, y, batches, lr):
    return _walked(W, batches, lr, lambda W, i: ce_gradient(x[i] @ W.T, y[i]).T @ x[i] / len(x))


def _whole_set(W, x, y, batches, lr):
    return _walked(W, batches, lr, lambda W, i: ce_gradient(x @ W.T, y).T @ x / len(x))


def _from_the_start(W, x, y, batches, lr):
    return _walked(W, batches, lr, lambda _, i: ce_gradient(x[i] @ W.T, y[i]).T @ x[i] / len(i))


def _uphill(W, x, y, batches, lr):
    return _walked(W, batches, -lr, lambda W, i: ce_gradient(x[i] @ W.T, y[i]).T @ x[i] / len(i))


def _over_samples(W, x, y, batches, lr):
    def gradient(W, i):
        p = (x[i] @ W.T).softmax(0)
        return (p - one_hot(y[i], len(W))).T @ x[i] / len(i)

    return _walked(W, batches, lr, gradient)


MISTAKES = [
    (_summed, "the gradients of a batch are added; a step takes their mean"),
    (_divided_by_all, "the sum over a batch is divided by the whole training set; divide by the size of the batch"),
    (_whole_set, "every step uses all samples; it uses those of its batch, x[i] and y[i]"),
    (_from_the_start, "all gradients are taken at the first W; each step begins where the last one ended"),
    (_uphill, "the sign is turned round: the step goes uphill"),
    (lambda W, x, y, batches, lr: sgd(W, x, y, batches[:1], lr), "that is W after the first batch; go on to the last"),
    (_over_samples, "your softmax runs over the samples; it runs over the classes, the last axis"),
]
plain_sgd = Build(
    draw,
    sgd,
    MISTAKES,
    (Output("W", ("class", "pixel")),),
    "these lines are plain SGD. Each method of the coming lessons changes one of them",
)
