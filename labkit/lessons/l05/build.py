"""Lesson 05's exercise that asks for a method: greedy facility location with the sizes of the clusters."""

import torch

from ...coreset import select
from ...exercises.building import Build, Output


def draw(rng, seed):
    """-> g [n, d], k: three clusters and some points between them"""
    n = 24 + 4 * seed
    centres = 3 * torch.randn(3, 3, generator=rng, dtype=torch.float64)
    g = centres[torch.arange(n) % 3] + torch.randn(n, 3, generator=rng, dtype=torch.float64)
    return g, 4 + seed


def coreset(g, k):
    """-> medoids [k], in the order of choice, and their weights [k]"""
    chosen = select(g, k)
    return chosen.indices, chosen.sizes


def sizes(d, medoids):
    """How many points are nearest to each medoid. -> [k]"""
    return d[:, medoids].argmin(1).bincount(minlength=len(medoids))


def _chosen(k, value, d):
    """k points, each time the one with the largest value(near), where near [n] is the distance to the nearest chosen
    one. -> medoids, weights"""
    near, medoids = torch.full((len(d),), d.max().item(), dtype=d.dtype), []
    for _ in range(k):
        gain = value(near)
        gain[medoids] = -torch.inf
        medoids.append(int(gain.argmax()))
        near = near.minimum(d[medoids[-1]])
    return torch.tensor(medoids), sizes(d, medoids)


def _central(g, k):
    d = torch.cdist(g, g)
    medoids = d.sum(1).argsort()[:k]
    return medoids, sizes(d, medoids)


def _farthest(g, k):
    d = torch.cdist(g, g)
    return _chosen(k, lambda near: near if near.min() < near.max() else -d.sum(1), d)


def _squared(g, k):
    d = torch.cdist(g, g).square()
    return _chosen(k, lambda near: (near - d).clamp(min=0).sum(1), d)


def _without_itself(g, k):
    medoids, weights = coreset(g, k)
    return medoids, weights - 1


def _equal(g, k):
    medoids, weights = coreset(g, k)
    return medoids, torch.ones_like(weights)


def _fractions(g, k):
    medoids, weights = coreset(g, k)
    return medoids, weights / len(g)


def _sorted(g, k):
    medoids = coreset(g, k)[0].sort().values
    return medoids, sizes(torch.cdist(g, g), medoids)


MISTAKES = [
    (_central, "these are the points with the smallest sum of distances: F(S + j) is compared and not its increase"),
    (_farthest, "each time the point farthest from S is chosen; the gain sums over all points that come nearer"),
    (_squared, "the distances are squared; facility location adds them as they are"),
    (_without_itself, "the medoids are right; a medoid counts in its own cluster, too"),
    (_equal, "the medoids are right; a weight is the number of points that are nearest to the medoid, and not 1"),
    (_fractions, "the medoids are right; the weights are numbers of points, and sum to n"),
    (_sorted, "the right medoids, but sorted; hand them in as they were chosen"),
]
facility_location = Build(
    draw,
    coreset,
    MISTAKES,
    (Output("the list of medoids", ("choice",), whole=True), Output("the list of weights", ("choice",), whole=True)),
    "the medoids and weights of CRUST's Algorithm 1, for one class",
)
