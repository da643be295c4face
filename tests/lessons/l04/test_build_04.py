"""Lesson 04, small-loss selection as readers may write it: two right ways and the typical mistakes."""

import numpy as np
import torch

from labkit.exercises.building import SEEDS
from labkit.lessons.l04.build import small_loss


def by_sort(losses, rate, keep=None):
    keep = keep or int((1 - rate) * len(losses))
    weights = torch.zeros_like(losses)
    weights[losses.argsort(stable=True)[:keep]] = 1 / keep
    return weights


def by_loop(losses, rate):
    left, keep = list(range(len(losses))), int((1 - rate) * len(losses))
    weights = [0.0] * len(losses)
    for _ in range(keep):
        best = min(left, key=lambda k: losses[k])  # the first of equal ones
        left.remove(best)
        weights[best] = 1 / keep
    return weights


def by_numpy(losses, rate):
    order = np.argsort(losses.numpy(), kind="stable")
    keep = int(len(order) * (1 - rate))
    return np.isin(np.arange(len(order)), order[:keep]) / keep


def rounded(losses, rate):
    return by_sort(losses, rate, round((1 - rate) * len(losses)))


def dropped(losses, rate):
    return by_sort(losses, rate, len(losses) - int(rate * len(losses)))


def later(losses, rate):
    return by_sort(losses.flip(0), rate).flip(0)


def below(losses, rate):
    limit = losses.sort().values[int((1 - rate) * len(losses)) - 1]
    weights = (losses <= limit).double()
    return weights / weights.sum()


def as_in_the_lesson(losses, rate):
    """`weight_of` of section 4, which keeps too many where losses are equal."""
    keep = int((1 - rate) * len(losses))
    return (losses <= losses.kthvalue(keep).values) / keep


RIGHT = [("04.build", answer) for answer in (by_sort, by_loop, by_numpy)]
MISTAKES = [
    ("04.build", rounded, "one sample too many"),
    ("04.build", dropped, "one sample too many"),
    ("04.build", lambda losses, rate: by_sort(-losses, rate), "*largest* loss"),
    ("04.build", lambda losses, rate: by_sort(losses, 1 - rate), "it is dropped"),
    ("04.build", lambda losses, rate: (by_sort(losses, rate) > 0) / len(losses), "1 / B"),
    ("04.build", lambda losses, rate: (by_sort(losses, rate) > 0).int(), "with weight 1"),
    ("04.build", later, "the later samples"),
    ("04.build", below, "up to a threshold"),
    ("04.build", as_in_the_lesson, "`weight_of` of section 4"),
    ("04.build", lambda losses, rate: losses.argsort()[: int((1 - rate) * len(losses))], "the shape of the weight"),
]


def test_the_cut_goes_through_equal_losses():
    for seed in SEEDS:
        losses, rate = small_loss.arguments(seed)
        ordered, keep = losses.sort().values, int((1 - rate) * len(losses))
        assert ordered[keep - 1] == ordered[keep] and (1 - rate) * len(losses) % 1 > 0.5
