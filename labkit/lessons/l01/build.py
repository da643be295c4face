"""Lesson 01's exercise that asks for a method: asymmetric noise, as a matrix and as labels."""

import torch

from ...exercises.building import Build, Output
from ...noise import asymmetric

PAIRS = ({0: 2, 3: 1, 1: 3}, {4: 0, 1: 2}, {2: 3, 3: 2, 5: 0})  # of each seed, {true: given}


def draw(rng, seed):
    """-> y [N], u [N], rate, pairs, C"""
    classes = 4 + seed
    y = torch.randint(classes, (60 + seed,), generator=rng)
    u = torch.rand(len(y), generator=rng, dtype=torch.float64)
    return y, u, (0.3, 0.4, 0.45)[seed], dict(PAIRS[seed]), classes


def matrix(rate, pairs, classes):
    """T of asymmetric noise. -> [C, C]"""
    return asymmetric(rate, pairs).matrix(classes, "")


def drawn(T, y, u):
    """Return the labels that the rows of T give: how many ends of segments lie below u. -> [N]"""
    ends = T.cumsum(1)[y]  # [N, C]
    return (u[:, None] > ends).sum(1)


def noise_model(y, u, rate, pairs, C):
    """-> T [C, C], labels [N]"""
    T = matrix(rate, pairs, C)
    return T, drawn(T, y, u)


def _transposed(y, u, rate, pairs, C):
    T = matrix(rate, pairs, C).T
    return T, drawn(T, y, u)


def _by_columns(y, u, rate, pairs, C):
    T = matrix(rate, pairs, C)
    return T, drawn(T.T, y, u)


def _full_diagonal(y, u, rate, pairs, C):
    T = matrix(rate, pairs, C).fill_diagonal_(1)
    return T, drawn(T, y, u)


def _both_ways(y, u, rate, pairs, C):
    back = {given: true for true, given in pairs.items()}
    return noise_model(y, u, rate, back | pairs, C)


def _coin(y, u, rate, pairs, C):
    to = torch.tensor([pairs.get(c, c) for c in range(C)])
    return matrix(rate, pairs, C), torch.where(u < rate, to[y], y)


def _most_likely(y, u, rate, pairs, C):
    T = matrix(rate, pairs, C)
    return T, T.argmax(1)[y]


MISTAKES = [
    (_transposed, "T is transposed: it has a row for each *true* class, and its rows sum to 1"),
    (_by_columns, "T is right, but the labels are drawn from its columns; use the row of the true class"),
    (_full_diagonal, "the diagonal is still 1 in the rows of `pairs`, but a row has to sum to 1"),
    (_both_ways, "your pairs go both ways; only the class before the colon gets wrong labels"),
    (_coin, "T is right, but labels flip where u is below the rate; use u with the segments of section 3"),
    (_most_likely, "T is right, but every label is the most likely one of its row; use u"),
]
asymmetric_noise = Build(
    draw,
    noise_model,
    MISTAKES,
    (Output("T", ("true class", "given label")), Output("the labels", ("sample",), whole=True)),
    "the same T and the same labels. With another T the same lines draw any noise that looks at the class alone",
)
