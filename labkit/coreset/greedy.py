"""Facility location by greedy algorithms: F(S) = sum_i max_{j in S} (d0 - d_ij), d0 >= every d_ij.

F is monotone and submodular, so greedy reaches (1 - 1/e) of the best value (Nemhauser, Wolsey, Fisher 1978). What d0 is
moves every F(S) by the same amount, and changes no choice.
"""

from heapq import heapify, heappop, heappush, heapreplace
from math import ceil, log

import numpy as np

from ..errors import need
from .distances import LIMIT, Distances

TOGETHER = 64  # gains that are renewed at once where rows have to be made
NEAR = 2**22  # points that all candidates together may remember


class Gains:
    """F(S + j) - F(S) while S grows from nothing. best: [n] float64, distances to the nearest point of S.

    A candidate gains from the points that are nearer to it than to S. They only become fewer: a candidate that has few
    remembers them, and its gain then costs these few numbers in place of a row of n.
    """

    def __init__(self, d):
        self.d, self.near, self.few = d, {}, NEAR // len(d)
        self.best = np.full(len(d), d.bound())

    def add(self, j):
        """S takes j in."""
        np.minimum(self.best, self.d.row(j), out=self.best)

    def of(self, candidates):
        """The gains of the candidates, from their rows. -> list"""
        if len(candidates) == 1:  # the usual case, without the copy that several rows are
            return [self.of_row(candidates[0], self.d.row(candidates[0]))]
        return [self.of_row(j, row) for block, rows in self.d.blocks(candidates) for j, row in zip(block, rows)]

    def of_row(self, j, row):
        """The gain of j, whose distances are row [n]."""
        points = np.flatnonzero(row < self.best)
        distances = row[points]
        if len(points) <= self.few:
            self.near[j] = points, distances
        return float(np.add.reduce(self.best[points] - distances))

    def of_any(self, candidates):
        """The gains of the candidates, by the shortest way."""
        far = [j for j in candidates if j not in self.near]
        new = dict(zip(far, self.of(far)))
        return [new[j] if j in new else self.of_near(j) for j in candidates]

    def of_near(self, j):
        """The gain of j, from the points that it remembers."""
        points, distances = self.near[j]
        less = self.best[points] - distances
        return float(np.add.reduce(np.maximum(less, 0, out=less)))


def facility_location(points, k, limit=LIMIT):
    """Lazy greedy (Minoux 1978): exactly the greedy choice, while most gains are never renewed.

    points [n, d], or their Distances -> [k] positions in the order of choice. Raises ValueError for k outside 1..n and
    for points that are not finite. Of equal gains the later point is taken, as submodlib does: two points from which
    nobody gains but they themselves have equal gains, so at large k ties are common.
    """
    d = Distances.of(points, limit, k)
    gains, chosen = Gains(d), [len(d) - 1 - int(d.sums()[0][::-1].argmin())]
    gains.add(chosen[0])
    others = [j for j in range(len(d)) if j != chosen[0]]
    heap = [(-gain, -j, 1) for gain, j in zip(gains.of(others), others)]  # 1: the size of S when it was so
    heapify(heap)
    while len(chosen) < k:
        renew(heap, gains, len(chosen), TOGETHER if d.matrix is None else 1)
        chosen.append(-heappop(heap)[1])
        gains.add(chosen[-1])
    return np.array(chosen)


def renew(heap, gains, size, together):
    """Renew the largest gains until the first of the heap is up to date: then nobody can gain more."""
    while heap[0][2] < size:
        stale = []
        while heap and heap[0][2] < size and len(stale) < together:
            j = -heap[0][1]
            if j in gains.near:
                heapreplace(heap, (-gains.of_near(j), -j, size))
            else:
                stale.append(-heappop(heap)[1])
        for gain, j in zip(gains.of(stale), stale):
            heappush(heap, (-gain, -j, size))


def stochastic_greedy(points, k, eps=0.01, seed=0, limit=LIMIT):
    """Every choice is the best of ceil(n / k ln(1 / eps)) points, drawn with replacement: 1 - 1/e - eps of the best
    value on average (Mirzasoleiman et al., AAAI 2015).

    points [n, d], or their Distances -> [k] positions in the order of choice. Raises ValueError as facility_location
    does, and for eps outside (0, 1).
    """
    need(isinstance(eps, (int, float)) and 0 < eps < 1, "eps of stochastic_greedy", eps, "a number in (0, 1)")
    d = Distances.of(points, limit, k)
    n, size = len(d), ceil(len(d) / k * log(1 / eps))
    left, gains = np.arange(n), Gains(d)
    draws = np.random.default_rng(seed)
    for last in range(n - 1, n - 1 - k, -1):  # left[:last + 1] are not chosen yet
        places = (draws.random(size) * (last + 1)).astype(np.int64)
        place = places[int(np.argmax(gains.of_any(left[places].tolist())))]
        left[place], left[last] = left[last], left[place]
        gains.add(left[last])
    return left[n - k :][::-1].copy()


def value(points, chosen, top=None, limit=LIMIT):
    """F(S) of the chosen positions, in float64. top: d0, None is the largest distance there is. -> float"""
    d = points if isinstance(points, Distances) else Distances(points, limit)
    top = d.sums()[1] if top is None else top
    return len(d) * top - sum(rows.min(1).sum() for _, rows in d.blocks(j=np.asarray(chosen)))
