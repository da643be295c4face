"""Lesson 10, PRL(G)'s gradient as readers may write it: two right ways and the typical mistakes."""

import torch


def rows(W, x, y):
    return torch.einsum("bq,bd->bqd", x @ W.T - y, x)


def mean_of(g, score, keep):
    return g[score.argsort(stable=True)[:keep]].mean(0)


def by_norms(W, x, y, rate, keep=None):
    g = rows(W, x, y)
    return mean_of(g, g.flatten(1).norm(dim=1), keep or int((1 - rate) * len(x)))


def by_autograd(W, x, y, rate):
    W.requires_grad_()
    gradients = []
    for row, target in zip(x, y):
        loss = (W @ row - target).square().sum() / 2
        gradients.append(torch.autograd.grad(loss, W)[0])
    gradients.sort(key=lambda g: g.square().sum())
    keep = int((1 - rate) * len(x))
    return sum(gradients[:keep]) / keep


def longest(W, x, y, rate):
    g = rows(W, x, y)
    return mean_of(g, -g.flatten(1).norm(dim=1), int((1 - rate) * len(x)))


def by_residual(W, x, y, rate):
    return mean_of(rows(W, x, y), (x @ W.T - y).square().sum(1), int((1 - rate) * len(x)))


def over_batch(W, x, y, rate):
    return by_norms(W, x, y, rate) * int((1 - rate) * len(x)) / len(x)


def shortened(W, x, y, rate):
    g = rows(W, x, y)
    norms = g.flatten(1).norm(dim=1)
    limit = norms.sort().values[int((1 - rate) * len(x)) - 1]
    return torch.einsum("b,bqd->qd", torch.minimum(torch.ones_like(norms), limit / norms), g) / len(x)


RIGHT = [("10.build", by_norms), ("10.build", by_autograd)]
MISTAKES = [
    ("10.build", by_residual, "as PRL(L) does"),
    ("10.build", longest, "*longest* gradients"),
    ("10.build", lambda W, x, y, rate: by_norms(W, x, y, rate, round((1 - rate) * len(x))), "one sample too many"),
    ("10.build", over_batch, "divided by B"),
    ("10.build", lambda W, x, y, rate: by_norms(W, x, y, rate) * int((1 - rate) * len(x)), "take their mean"),
    ("10.build", lambda *given: 2 * by_norms(*given), "*half* the squared error"),
    ("10.build", lambda *given: -by_norms(*given), "sign is turned round"),
    ("10.build", shortened, "Ignormclip"),
    ("10.build", lambda W, x, y, rate: rows(W, x, y).mean(0), "nothing is dropped"),
    ("10.build", lambda W, x, y, rate: rows(W, x, y)[0], "the gradient differs first at output 0, feature 0"),
]
