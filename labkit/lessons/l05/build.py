"""Lesson 05's exercise that asks for a method: greedy facility location with the sizes of the clusters."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from ...coreset import select
from ...exercises.building import Build, Output


def draw(rng: Generator, seed: int) -> tuple[Tensor, int]:
    """Draw the arguments of the coreset: three clusters and some points between them. -> g [n, d], k"""
    n = 24 + 4 * seed
    cluster = torch.arange(n) % 3
    centres = 3 * torch.randn(3, 3, generator=rng, dtype=torch.float64)
    noise = torch.randn(n, 3, generator=rng, dtype=torch.float64)
    g = centres[cluster] + noise
    k = 4 + seed
    return g, k


def coreset(g: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Choose k medoids of g [n, d] as CRUST does. -> medoids [k], in the order of choice, and their weights [k]"""
    chosen = select(g, k)
    return chosen.indices, chosen.sizes


def sizes(d: Tensor, medoids: Tensor) -> Tensor:
    """Count how many points are nearest to each medoid. d [n, n], medoids [k] -> [k]"""
    cluster = d[:, medoids].argmin(1)
    return cluster.bincount(minlength=len(medoids))


def _choices(d: Tensor, k: int, value: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """Choose k points, each time the one with the largest value(nearest), where nearest [n] is the distance to the
    nearest chosen point. -> medoids, weights"""
    nearest = d.max().repeat(len(d))
    medoids = []
    for _ in range(k):
        gain = value(nearest)
        gain[medoids] = -torch.inf
        best = int(gain.argmax())
        medoids.append(best)
        nearest = nearest.minimum(d[best])
    medoids = torch.tensor(medoids)
    return medoids, sizes(d, medoids)


def _central(g, k):
    d = torch.cdist(g, g)
    order = d.sum(1).argsort()
    medoids = order[:k]
    return medoids, sizes(d, medoids)


def _farthest(g, k):
    d = torch.cdist(g, g)

    def distance(nearest):
        if nearest.min() == nearest.max():  # nothing is chosen yet
            return -d.sum(1)
        return nearest

    return _choices(d, k, distance)


def _squared(g, k):
    d = torch.cdist(g, g).square()

    def gain(nearest):
        nearer = (nearest - d).clamp(min=0)
        return nearer.sum(1)

    return _choices(d, k, gain)


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
    medoids, _ = coreset(g, k)
    medoids = medoids.sort().values
    d = torch.cdist(g, g)
    return medoids, sizes(d, medoids)


MISTAKES = [
    (_central, "these are the points with the smallest sum of distances: F(S + j) is compared and not its increase"),
    (_farthest, "each time the point farthest from S is chosen; the gain sums over all points that come nearer"),
    (_squared, "the distances are squared; facility location adds them as they are"),
    (_without_itself, "the medoids are right; a medoid counts in its own cluster, too"),
    (_equal, "the medoids are right; a weight is the number of points that are nearest to the medoid, and not 1"),
    (_fractions, "the medoids are right; the weights are numbers of points, and sum to n"),
    (_sorted, "the right medoids, but sorted; hand them in as they were chosen"),
]
MEDOIDS = Output("the list of medoids", ("choice",), whole=True)
WEIGHTS = Output("the list of weights", ("choice",), whole=True)
PRAISE = "the medoids and weights of CRUST's Algorithm 1, for one class"
facility_location = Build(draw, coreset, MISTAKES, (MEDOIDS, WEIGHTS), PRAISE)
