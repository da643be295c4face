"""Facility location by greedy algorithms: F(S) = sum_i max_{j in S} (d0 - d_ij), d0 >= every d_ij.

F is monotone and submodular, so greedy reaches (1 - 1/e) of the best value (Nemhauser, Wolsey, Fisher 1978). Another d0
moves every F(S) by the same amount, and changes no choice.
"""

from heapq import heapify, heappop, heappush, heapreplace
from math import ceil, log

import numpy as np

from ..errors import need
from .distances import LIMIT, Distances, Points

BATCH = 64  # gains that are renewed at once where rows have to be computed
NEAR = 2**22  # points that are stored for all candidates together


class Gains:
    """F(S + j) - F(S) while S grows from nothing. best: [n] float64, distances to the nearest point of S.

    A candidate gains from the points that are nearer to it than to S. They only become fewer: for a candidate with few
    of them they are stored, and its gain then costs these few numbers in place of a row of n.
    """

    def __init__(self, d: Distances):
        self.d = d
        self.near = {}
        self.most_near = NEAR // len(d)  # points that are stored for one candidate
        self.best = np.full(len(d), d.bound())

    def add(self, j: int) -> None:
        """Add j to S."""
        np.minimum(self.best, self.d.row(j), out=self.best)

    def of(self, candidates: list[int]) -> list[float]:
        """Return the gains of the candidates, from their rows."""
        if len(candidates) == 1:  # the usual case, without the copy that several rows are
            [j] = candidates
            return [self.of_row(j, self.d.row(j))]
        gains = []
        for block, rows in self.d.blocks(candidates):
            gains += map(self.of_row, block, rows)
        return gains

    def of_row(self, j: int, row: np.ndarray) -> float:
        """Return the gain of j, whose distances are row [n]."""
        points = np.flatnonzero(row < self.best)
        distances = row[points]
        if len(points) <= self.most_near:
            self.near[j] = points, distances
        gains = self.best[points] - distances
        return float(np.add.reduce(gains))

    def of_any(self, candidates: list[int]) -> list[float]:
        """Return the gains of the candidates, from stored points where there are some, else from their rows."""
        not_stored = [j for j in candidates if j not in self.near]
        gains = dict(zip(not_stored, self.of(not_stored)))
        return [gains[j] if j in gains else self.of_near(j) for j in candidates]

    def of_near(self, j: int) -> float:
        """Return the gain of j from its stored points."""
        points, distances = self.near[j]
        gains = self.best[points] - distances
        np.maximum(gains, 0, out=gains)
        return float(np.add.reduce(gains))


def facility_location(points: Points, k: int, limit: int = LIMIT) -> np.ndarray:
    """Choose k points by lazy greedy (Minoux 1978): exactly the greedy choice, while most gains are never renewed.

    points [n, d], or their Distances -> [k] positions in the order of choice. Raises ValueError for k outside 1..n and
    for points that are not finite. Of equal gains the later point is taken, as in submodlib. At large k ties are
    common, because two points that only gain from each other have equal gains.
    """
    d = Distances.of(points, limit, k)
    totals, _ = d.sums()
    last_of_least = len(d) - 1 - int(totals[::-1].argmin())
    chosen = [last_of_least]
    gains = Gains(d)
    gains.add(last_of_least)
    candidates = list(range(len(d)))
    candidates.remove(last_of_least)
    heap = [(-gain, -j, 1) for gain, j in zip(gains.of(candidates), candidates)]  # 1: the size of S for this gain
    heapify(heap)
    batch = BATCH if d.matrix is None else 1
    while len(chosen) < k:
        renew(heap, gains, len(chosen), batch)
        _, minus_j, _ = heappop(heap)
        chosen.append(-minus_j)
        gains.add(-minus_j)
    return np.array(chosen)


def renew(heap: list[tuple[float, int, int]], gains: Gains, size: int, batch: int) -> None:
    """Renew the largest gains, `batch` at once, until the first of the heap is up to date, so that no candidate gains
    more."""
    while heap[0][2] < size:
        stale = []
        while heap and heap[0][2] < size and len(stale) < batch:
            j = -heap[0][1]
            if j in gains.near:
                gain = gains.of_near(j)
                heapreplace(heap, (-gain, -j, size))
            else:
                heappop(heap)
                stale.append(j)
        for gain, j in zip(gains.of(stale), stale):
            heappush(heap, (-gain, -j, size))


def stochastic_greedy(points: Points, k: int, eps: float = 0.01, seed: int = 0, limit: int = LIMIT) -> np.ndarray:
    """Choose k points, each the best of ceil(n / k ln(1 / eps)) points drawn with replacement: 1 - 1/e - eps of the
    best value on average (Mirzasoleiman et al., AAAI 2015).

    points [n, d], or their Distances -> [k] positions in the order of choice. Raises ValueError as facility_location
    does, and for eps outside (0, 1).
    """
    need(isinstance(eps, (int, float)) and 0 < eps < 1, "eps of stochastic_greedy", eps, "a number in (0, 1)")
    d = Distances.of(points, limit, k)
    n = len(d)
    size = ceil(n / k * log(1 / eps))
    order = np.arange(n)
    gains = Gains(d)
    rng = np.random.default_rng(seed)
    for last in range(n - 1, n - 1 - k, -1):  # order[:last + 1] are not chosen yet
        places = rng.random(size) * (last + 1)
        places = places.astype(np.int64)
        candidates = order[places].tolist()
        best = np.argmax(gains.of_any(candidates))
        place = places[best]
        order[place], order[last] = order[last], order[place]
        gains.add(order[last])
    return order[n - k :][::-1].copy()


def value(
    points: Points,
    chosen: np.ndarray | list[int],
    top: float | None = None,
    limit: int = LIMIT,
) -> float:
    """Return F(S) of the chosen positions, in float64. top: d0; None is the largest distance."""
    d = points if isinstance(points, Distances) else Distances(points, limit)
    if top is None:
        _, top = d.sums()
    cost = 0.0
    for _, rows in d.blocks(j=np.asarray(chosen)):
        cost += rows.min(1).sum()
    return len(d) * top - cost
