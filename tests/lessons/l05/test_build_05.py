"""Lesson 05, greedy facility location as readers may write it: two right ways and the typical mistakes."""

import pytest
import torch

from labkit.exercises.building import SEEDS
from labkit.lessons.l05.build import facility_location


def by_gain(g, k, power=1):
    d = (g[:, None] - g).norm(dim=2) ** power
    near, medoids = torch.full((len(g),), d.max().item(), dtype=g.dtype), []
    for _ in range(k):
        gain = (near - d).clamp(min=0).sum(1)
        medoids.append(int(gain.argmax()))
        near = torch.minimum(near, d[medoids[-1]])
    return medoids, d[:, medoids].argmin(1).bincount(minlength=k)


def by_value(g, k):
    """F of each set as a whole, entry by entry: the largest F(S + j) for a fixed S has the largest increase, too."""
    d = torch.cdist(g, g).tolist()
    d0, points, medoids = max(map(max, d)), range(len(d)), []
    for _ in range(k):
        F = {j: sum(max(d0 - d[i][m] for m in [*medoids, j]) for i in points) for j in points if j not in medoids}
        medoids.append(max(F, key=F.get))
    weights = [0] * k
    for i in points:
        weights[min(range(k), key=lambda m: d[i][medoids[m]])] += 1
    return torch.tensor(medoids), weights


def central(g, k):
    d = torch.cdist(g, g)
    medoids = d.sum(1).argsort()[:k]
    return medoids, d[:, medoids].argmin(1).bincount(minlength=k)


def farthest(g, k):
    d = torch.cdist(g, g)
    medoids = [int(d.sum(1).argmin())]
    while len(medoids) < k:
        medoids.append(int(d[:, medoids].min(1).values.argmax()))
    return medoids, d[:, medoids].argmin(1).bincount(minlength=k)


def changed(change):
    return lambda g, k: change(*map(torch.as_tensor, by_gain(g, k)), g)


def sorted_medoids(medoids, weights, g):
    medoids = medoids.sort().values
    return medoids, torch.cdist(g, g[medoids]).argmin(1).bincount()


RIGHT = [("05.build", by_gain), ("05.build", by_value)]
MISTAKES = [
    ("05.build", central, "smallest sum of distances"),
    ("05.build", farthest, "farthest from S"),
    ("05.build", lambda g, k: by_gain(g, k, power=2), "are squared"),
    ("05.build", changed(lambda medoids, weights, g: (medoids, weights - 1)), "counts in its own cluster"),
    ("05.build", changed(lambda medoids, weights, g: (medoids, torch.ones_like(weights))), "and not 1"),
    ("05.build", changed(lambda medoids, weights, g: (medoids, weights / len(g))), "numbers of points"),
    ("05.build", changed(sorted_medoids), "as they were chosen"),
    ("05.build", changed(lambda medoids, weights, g: (medoids.flip(0), weights)), "medoids differs first at choice 0"),
    ("05.build", changed(lambda medoids, weights, g: medoids), "2 things"),
]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_choice_is_a_matter_of_rounding(seed):
    g, k = facility_location.arguments(seed)
    d = torch.cdist(g, g)
    near = torch.full((len(g),), d.max().item(), dtype=g.dtype)
    for j in by_gain(g, k)[0]:
        first, second = (near - d).clamp(min=0).sum(1).topk(2).values
        assert first - second > 1e-6
        near = near.minimum(d[j])
