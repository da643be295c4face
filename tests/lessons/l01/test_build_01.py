"""Lesson 01, asymmetric noise as readers may write it: two right ways and the typical mistakes."""

import numpy as np
import torch


def by_segments(y, u, rate, pairs, C):
    T = torch.eye(C, dtype=torch.float64)
    for true, given in pairs.items():
        T[true, true] = 1 - rate
        T[true, given] = rate
    return T, (T.cumsum(1)[y] < u[:, None]).sum(1)


def by_loop(y, u, rate, pairs, C):
    T = [[float(i == j) for j in range(C)] for i in range(C)]
    for true in pairs:
        T[true][true], T[true][pairs[true]] = 1 - rate, rate
    labels = []
    for k in range(len(y)):
        j, end = 0, T[int(y[k])][0]
        while end < u[k]:
            j += 1
            end += T[int(y[k])][j]
        labels.append(j)
    return T, np.array(labels)


def transposed(y, u, rate, pairs, C):
    T, _ = by_segments(y, u, rate, pairs, C)
    return T.T, (T.T.cumsum(1)[y] < u[:, None]).sum(1)


def columns(y, u, rate, pairs, C):
    T, _ = by_segments(y, u, rate, pairs, C)
    return T, (T.T.cumsum(1)[y] < u[:, None]).sum(1)


def full_diagonal(y, u, rate, pairs, C):
    T = torch.eye(C, dtype=torch.float64)
    for true, given in pairs.items():
        T[true, given] = rate
    return T, (T.cumsum(1)[y] < u[:, None]).sum(1)


def coins(y, u, rate, pairs, C):
    labels = [pairs.get(int(c), int(c)) if u[k] < rate else int(c) for k, c in enumerate(y)]
    return by_segments(y, u, rate, pairs, C)[0], labels


def most_likely(y, u, rate, pairs, C):
    T, _ = by_segments(y, u, rate, pairs, C)
    return T, T[y].argmax(1)


def multinomial(y, u, rate, pairs, C):
    T, _ = by_segments(y, u, rate, pairs, C)
    rng = torch.Generator().manual_seed(0)
    return T, torch.multinomial(T[y], 1, generator=rng)[:, 0]


def both_ways(y, u, rate, pairs, C):
    pairs = {given: true for true, given in pairs.items()} | pairs
    return by_segments(y, u, rate, pairs, C)


RIGHT = [("01.build", by_segments), ("01.build", by_loop)]
MISTAKES = [
    ("01.build", transposed, "T is transposed"),
    ("01.build", columns, "drawn from its columns"),
    ("01.build", full_diagonal, "diagonal is still 1"),
    ("01.build", both_ways, "go both ways"),
    ("01.build", coins, "flip where u is below"),
    ("01.build", most_likely, "of its row; use u"),
    ("01.build", lambda *given: by_segments(*given)[0], "has to return 2 things: T and the labels"),
    (
        "01.build",
        lambda *given: (by_segments(*given)[0] + 0.1, given[0]),
        "T differs first at true class 0",
    ),
    (
        "01.build",
        lambda *given: (by_segments(*given)[0], (given[0] + 1) % given[-1]),
        "the labels differ first at sample 0 (counted from 0): ",
    ),
    ("01.build", multinomial, "T is right, so draw each label with its own u"),
]
