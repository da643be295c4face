"""Lesson 11, confident learning's counts as readers may write them: two right ways and the typical mistakes."""

import numpy as np
import pytest
import torch

from labkit.exercises.building import SEEDS
from labkit.lessons.l11.build import confident_counts


def limits(p, y):
    return [p[y == j, j].mean() for j in range(p.shape[1])]


def by_table(p, y, t=None, first=False):
    confident = p >= torch.stack(t or limits(p, y))
    believed = (confident.double() if first else p * confident).argmax(1)
    counts = torch.zeros(p.shape[1], p.shape[1])
    for k in range(len(y)):
        if confident[k].any():
            counts[y[k], believed[k]] += 1
    return counts


def by_loop(p, y):
    p, y = p.numpy(), y.numpy()
    t = np.array([p[y == j, j].mean() for j in range(p.shape[1])])
    counts = np.zeros((p.shape[1], p.shape[1]), int)
    for row, label in zip(p, y):
        above = [j for j in range(len(t)) if row[j] >= t[j]]
        if above:
            counts[label, max(above, key=row.__getitem__)] += 1
    return counts


def of_predictions(p, y):
    return by_table(p, y, limits(p, p.argmax(1)))


def everybody(p, y):
    t = torch.stack(limits(p, y))
    counts = torch.zeros(len(t), len(t))
    for row, label in zip(p, y):
        above = row * (row >= t)
        counts[label, (above if above.any() else row).argmax()] += 1
    return counts


def several(p, y):
    return torch.eye(p.shape[1])[y].T @ (p >= torch.stack(limits(p, y))).float()


def left_out_as_first(p, y):
    eye, confident = torch.eye(p.shape[1]), p >= torch.stack(limits(p, y))
    return eye[y].T @ eye[(p * confident).argmax(1)]


def likeliest_alone(p, y):
    t, counts = limits(p, y), torch.zeros(p.shape[1], p.shape[1])
    for row, label in zip(p, y):
        counts[label, row.argmax()] += row.max() >= t[row.argmax()]
    return counts


def predictions(p, y):
    return torch.eye(p.shape[1])[y].T @ torch.eye(p.shape[1])[p.argmax(1)]


RIGHT = [("11.build", by_table), ("11.build", by_loop)]
MISTAKES = [
    ("11.build", lambda p, y: by_table(p, y).T, "transposed"),
    ("11.build", lambda p, y: by_table(p, y, list(p.mean(0))), "over all samples"),
    ("11.build", of_predictions, "*predicted* as j"),
    ("11.build", everybody, "leave them out"),
    ("11.build", lambda p, y: by_table(p, y, first=True), "the first is taken"),
    ("11.build", several, "counts several times"),
    ("11.build", predictions, "no threshold"),
    ("11.build", left_out_as_first, "counted as class 0"),
    ("11.build", likeliest_alone, "need not reach its threshold"),
    ("11.build", lambda p, y: by_table(p, y) / by_table(p, y).sum(), "these are fractions; return"),
    ("11.build", lambda p, y: by_table(p, y) / by_table(p, y).sum(1, keepdim=True), "fractions of each row"),
    ("11.build", lambda p, y: by_table(p, y) / len(y), "the table differs first at given label 0"),
]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rules_of_the_paper_and_of_cleanlab_agree_on_the_data(seed):
    p, y = confident_counts.arguments(seed)
    confident = p >= torch.stack(limits(p, y))
    above = confident.sum(1)
    assert (above > 1).sum() >= 3 and (above == 0).sum() >= 3
    by_paper, by_cleanlab = (p * confident).argmax(1), p.argmax(1)
    assert torch.equal(by_paper[above > 1], by_cleanlab[above > 1])
