"""Lesson 01's exercise that asks for a method: asymmetric noise, as a matrix and as labels."""

import torch
from torch import Generator, Tensor

from ...exercises.building import Build, Output
from ...noise import asymmetric

RATES = (0.3, 0.4, 0.45)  # of each seed
PAIRS = ({0: 2, 3: 1, 1: 3}, {4: 0, 1: 2}, {2: 3, 3: 2, 5: 0})  # of each seed, {true: given}


def draw(rng: Generator, seed: int) -> tuple[Tensor, Tensor, float, dict[int, int], int]:
    """Draw the arguments of a seed. -> true labels y [N], u [N] in [0, 1), rate, pairs {true: given}, C"""
    classes = 4 + seed
    y = torch.randint(classes, (60 + seed,), generator=rng)
    u = torch.rand(len(y), generator=rng, dtype=torch.float64)
    return y, u, RATES[seed], dict(PAIRS[seed]), classes


def transition(rate: float, pairs: dict[int, int], classes: int) -> Tensor:
    """Return the transition matrix of asymmetric noise. -> float64 [C, C]"""
    return asymmetric(rate, pairs).matrix(classes, "")


def labels_from(T: Tensor, y: Tensor, u: Tensor) -> Tensor:
    """Draw a label from the row of each true class: how many ends of segments lie below u. T [C, C], y, u [N] -> [N]"""
    ends = T.cumsum(1)[y]  # [N, C]
    below = ends < u[:, None]
    return below.sum(1)


def noise_model(y: Tensor, u: Tensor, rate: float, pairs: dict[int, int], C: int) -> tuple[Tensor, Tensor]:
    """Draw labels of asymmetric noise. Arguments as `draw` returns them. -> T [C, C], given labels [N]"""
    T = transition(rate, pairs, C)
    return T, labels_from(T, y, u)


def _transposed(y, u, rate, pairs, C):
    T = transition(rate, pairs, C).T
    return T, labels_from(T, y, u)


def _by_columns(y, u, rate, pairs, C):
    T = transition(rate, pairs, C)
    return T, labels_from(T.T, y, u)


def _full_diagonal(y, u, rate, pairs, C):
    T = transition(rate, pairs, C).fill_diagonal_(1)
    return T, labels_from(T, y, u)


def _both_ways(y, u, rate, pairs, C):
    reversed_pairs = {given: true for true, given in pairs.items()}
    return noise_model(y, u, rate, reversed_pairs | pairs, C)


def _coin(y, u, rate, pairs, C):
    T = transition(rate, pairs, C)
    partner = torch.tensor([pairs.get(c, c) for c in range(C)])
    return T, torch.where(u < rate, partner[y], y)


def _most_likely(y, u, rate, pairs, C):
    T = transition(rate, pairs, C)
    return T, T.argmax(1)[y]


MISTAKES = [
    (_transposed, "T is transposed: it has a row for each *true* class, and its rows sum to 1"),
    (_by_columns, "T is right, but the labels are drawn from its columns; use the row of the true class"),
    (_full_diagonal, "the diagonal is still 1 in the rows of `pairs`, but a row has to sum to 1"),
    (_both_ways, "your pairs go both ways; only the class before the colon gets wrong labels"),
    (_coin, "T is right, but labels flip where u is below the rate; use u with the segments of section 3"),
    (_most_likely, "T is right, but every label is the most likely one of its row; use u"),
]
LABELS = Output(
    "the labels", ("sample",), whole=True, plural=True, remark="T is right, so draw each label with its own u"
)
OUTPUTS = (Output("T", ("true class", "given label")), LABELS)
asymmetric_noise = Build(
    draw,
    noise_model,
    MISTAKES,
    OUTPUTS,
    "the same T and the same labels. With another T the same lines draw any noise that looks at the class alone",
)
