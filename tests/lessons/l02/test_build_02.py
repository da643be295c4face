"""Lesson 02, plain SGD as readers may write it: two right ways and the typical mistakes."""

import torch


def gradient(W, x, y, axis=1):
    p = (x @ W.T).softmax(axis)
    return (p - torch.eye(len(W))[y]).T @ x


def by_formula(W, x, y, batches, lr):
    for i in batches:
        W = W - lr * gradient(W, x[i], y[i]) / len(i)
    return W


def by_autograd(W, x, y, batches, lr):
    W.requires_grad_()
    for i in batches:
        loss = torch.nn.functional.cross_entropy(x[i] @ W.T, y[i])
        (slope,) = torch.autograd.grad(loss, W)
        with torch.no_grad():
            W -= lr * slope
    return W


def by_loop(W, x, y, batches, lr):
    for i in batches:
        step = torch.zeros_like(W)
        for k in i.tolist():
            p = (W @ x[k]).exp()
            p = p / p.sum()
            p[y[k]] -= 1
            step += torch.outer(p, x[k]) / len(i)
        W = W - lr * step
    return W


def summed(W, x, y, batches, lr):
    for i in batches:
        W = W - lr * gradient(W, x[i], y[i])
    return W


def divided_by_all(W, x, y, batches, lr):
    for i in batches:
        W = W - lr * gradient(W, x[i], y[i]) / len(x)
    return W


def whole_set(W, x, y, batches, lr):
    for _ in batches:
        W = W - lr * gradient(W, x, y) / len(x)
    return W


def from_the_start(W, x, y, batches, lr):
    return W - lr * sum(gradient(W, x[i], y[i]) / len(i) for i in batches)


def over_samples(W, x, y, batches, lr):
    for i in batches:
        W = W - lr * gradient(W, x[i], y[i], axis=0) / len(i)
    return W


def returned_early(W, x, y, batches, lr):
    for i in batches:
        W = W - lr * gradient(W, x[i], y[i]) / len(i)
        return W


RIGHT = [("02.build", answer) for answer in (by_formula, by_autograd, by_loop)]
MISTAKES = [
    ("02.build", summed, "a step takes their mean"),
    ("02.build", divided_by_all, "divide by the size of the batch"),
    ("02.build", whole_set, "every step uses all samples"),
    ("02.build", from_the_start, "at the first W"),
    ("02.build", lambda W, x, y, batches, lr: by_formula(W, x, y, batches, -lr), "uphill"),
    ("02.build", over_samples, "runs over the samples"),
    ("02.build", returned_early, "after the first batch"),
    ("02.build", lambda W, *others: W, "W differs first at class 0, pixel 0"),
]
