"""Lesson 09, the forward loss as readers may write it: two right ways and the typical mistakes."""

import torch
from torch.nn.functional import cross_entropy


def by_matrix(logits, y, T):
    return -(logits.softmax(1) @ T)[range(len(y)), y].log()


def by_loop(logits, y, T):
    losses = []
    for z, label in zip(logits, y):
        p = z.exp() / z.exp().sum()
        losses.append(-sum(p[i] * T[i, label] for i in range(len(z))).log())
    return losses


def backward(logits, y, T):
    losses = -logits.log_softmax(1)  # of all labels
    return (losses @ torch.linalg.inv(T).T)[range(len(y)), y]


RIGHT = [("09.build", by_matrix), ("09.build", by_loop)]
MISTAKES = [
    ("09.build", lambda logits, y, T: by_matrix(logits, y, T.T), "rows and columns"),
    ("09.build", lambda logits, y, T: cross_entropy(logits @ T, y, reduction="none"), "mixes the logits"),
    (
        "09.build",
        lambda logits, y, T: cross_entropy(logits.softmax(1) @ T, y, reduction="none"),
        "through a softmax again",
    ),
    ("09.build", backward, "backward loss"),
    ("09.build", lambda logits, y, T: cross_entropy(logits, T[y], reduction="none"), "averages *losses*"),
    ("09.build", lambda *given: by_matrix(*given).mean(), "mean over the batch"),
    ("09.build", lambda logits, y, T: cross_entropy(logits, y, reduction="none"), "T does not occur"),
    ("09.build", lambda *given: by_matrix(*given) * 2, "the loss differs first at sample 0"),
]
