"""Lesson 03, GCE as readers may write it: two right ways and the typical mistakes."""

from math import exp

import torch


def by_softmax(logits, y, q):
    p = logits.softmax(1)[range(len(y)), y]
    return (1 - p**q) / q


def by_loop(logits, y, q):
    losses = []
    for row, label in zip(logits.tolist(), y.tolist()):
        p = exp(row[label]) / sum(exp(z) for z in row)
        losses.append((1 - p**q) / q)
    return losses


def softmax_twice(logits, y, q):
    return by_softmax(logits.softmax(1), y, q)


def over_samples(logits, y, q):
    p = logits.softmax(0)[range(len(y)), y]
    return (1 - p**q) / q


def largest(logits, y, q):
    return (1 - logits.softmax(1).max(1).values ** q) / q


RIGHT = [("03.build", by_softmax), ("03.build", by_loop)]
MISTAKES = [
    ("03.build", lambda *given: by_softmax(*given).mean(), "mean over the batch"),
    ("03.build", softmax_twice, "applied twice"),
    ("03.build", over_samples, "runs over the samples"),
    ("03.build", lambda logits, y, q: 1 - logits.softmax(1)[range(len(y)), y] ** q, "divide it by q"),
    ("03.build", largest, "not the largest one"),
    ("03.build", lambda logits, y, q: torch.nn.functional.cross_entropy(logits, y, reduction="none"), "cross-entropy"),
]
