"""Lesson 08, the derivative by a weight as readers may write it: two right ways and the typical mistakes."""

import torch
from torch.nn.functional import cross_entropy


def by_double_backward(W, x, y, meta_x, meta_y, weights, alpha, reduction="mean"):
    W.requires_grad_()
    weights.requires_grad_()
    losses = cross_entropy(x @ W.T, y, reduction="none")
    (gradient,) = torch.autograd.grad((weights * losses).sum(), W, create_graph=True)
    meta_loss = cross_entropy(meta_x @ (W - alpha * gradient).T, meta_y, reduction=reduction)
    return torch.autograd.grad(meta_loss, weights)[0]


def pull(W, x, y):
    return torch.stack([torch.outer((W @ a).softmax(0) - torch.eye(len(W))[b], a) for a, b in zip(x, y)])


def by_hand(W, x, y, meta_x, meta_y, weights, alpha, at=None, of=None):
    gradients = pull(W, x, y)  # [B, C, D]
    stepped = W - alpha * torch.einsum("b,bcd->cd", weights, gradients)
    G = pull(stepped if at is None else at, meta_x, meta_y).mean(0)
    gradients = gradients if of is None else pull(stepped, x, y)
    return [-alpha * (row * G).sum() for row in gradients]


def one_by_one(W, x, y, meta_x, meta_y, weights, alpha):
    """By finite differences: close, and not to nine digits."""

    def meta_loss(a):
        stepped = W - alpha * torch.einsum("b,bcd->cd", a, pull(W, x, y))
        return cross_entropy(meta_x @ stepped.T, meta_y)

    return [(meta_loss(weights + 1e-3 * e) - meta_loss(weights - 1e-3 * e)) / 2e-3 for e in torch.eye(len(x)).double()]


def changed(change):
    return lambda *given: change(torch.stack(by_hand(*given)), *given)


def all_alike(W, x, y, meta_x, meta_y, weights, alpha):
    return by_hand(W, x, y, meta_x, meta_y, torch.full_like(weights, 1 / len(x)), alpha)


def uphill(W, x, y, meta_x, meta_y, weights, alpha):
    stepped = W + alpha * torch.einsum("b,bcd->cd", weights, pull(W, x, y))
    return by_hand(W, x, y, meta_x, meta_y, weights, alpha, at=stepped)


def mean_step(W, x, y, meta_x, meta_y, weights, alpha):
    stepped = W - alpha * torch.einsum("b,bcd->cd", weights, pull(W, x, y)) / len(x)
    return by_hand(W, x, y, meta_x, meta_y, weights, alpha, at=stepped)


RIGHT = [("08.build", by_double_backward), ("08.build", by_hand)]
MISTAKES = [
    ("08.build", lambda W, *rest: by_hand(W, *rest, at=W), "after the virtual step"),
    ("08.build", lambda *given: by_hand(*given, of="stepped"), "made with those at W"),
    ("08.build", changed(lambda slopes, *given: -slopes), "sign is turned round"),
    ("08.build", changed(lambda slopes, *given: slopes / given[-1]), "lr is missing"),
    ("08.build", lambda *given: by_double_backward(*given, reduction="sum"), "is a mean"),
    ("08.build", changed(lambda slopes, *given: slopes * given[5]), "multiplied by its weight"),
    ("08.build", uphill, "must go against it"),
    ("08.build", mean_step, "mean over the batch"),
    ("08.build", all_alike, "all samples the same weight"),
    ("08.build", one_by_one, "small number"),
    ("08.build", changed(lambda slopes, *given: slopes * 0), "derivative differs first at sample 0"),
]
