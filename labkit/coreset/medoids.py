"""k-medoids by swaps, and centrality: selections that are not greedy."""

import numpy as np

from ..errors import need
from .distances import LIMIT, Distances, Points
from .greedy import facility_location


def centrality(points: Points, k: int, limit: int = LIMIT) -> np.ndarray:
    """Choose the k points with the smallest sum of distances to all points, the smallest first; of equal sums the
    earlier point. points [n, d], or their Distances -> [k] positions

    The routine called lazy greedy in CRUST's released code does the same: its gain is the whole F(S + j) and not the
    increase, so that it accepts every point that leaves its heap.
    """
    d = Distances.of(points, limit, k)
    totals, _ = d.sums()
    order = np.argsort(totals, kind="stable")
    return order[:k]


def kmedoids(
    points: Points,
    k: int,
    start: np.ndarray | list[int] | None = None,
    rounds: int = 10,
    limit: int = LIMIT,
) -> np.ndarray:
    """Choose medoids that no single swap improves, unless `rounds` passes over all points end before (FasterPAM;
    Schubert and Rousseeuw, Information Systems 2021): each point replaces the medoid for which that lowers the sum of
    distances most, if it lowers it.

    points [n, d], or their Distances. start: [k] positions to begin with, None is facility_location. -> [k] positions.
    Raises ValueError as facility_location does, and for a start of other size or with repetitions.
    """
    d = Distances.of(points, limit, k)
    medoids = facility_location(d, k) if start is None else np.array(start)
    different = medoids.shape == (k,) and len(set(medoids.tolist())) == k
    n = len(d)
    valid = different and medoids.min() >= 0 and medoids.max() < n
    need(valid, "start of kmedoids", start, f"{k} different positions below {n}")
    nearest = Nearest(d, medoids)
    unchanged = 0  # points tried since the last swap
    for j in np.tile(np.arange(n), rounds).tolist():
        unchanged = 0 if nearest.try_swap(j) else unchanged + 1
        if unchanged == n:
            break
    return nearest.medoids


class Nearest:
    """The nearest and the second nearest medoid of every point: places in `medoids` [n] and distances [n].

    With one medoid only, the second nearest is infinitely far.
    """

    def __init__(self, d: Distances, medoids: np.ndarray):
        self.d = d
        self.medoids = medoids
        n = len(d)
        self.first = np.zeros(n, np.int64)
        self.second = np.zeros(n, np.int64)
        self.d1 = np.zeros(n)
        self.d2 = np.full(n, np.inf)
        self.find(np.arange(n))

    def find(self, i: np.ndarray) -> None:
        """Find the nearest two medoids of the points i anew."""
        for block, rows in self.d.blocks(i, self.medoids):
            line = np.arange(len(block))
            first = rows.argmin(1)
            self.first[block] = first
            self.d1[block] = rows[line, first]
            if len(self.medoids) > 1:
                rows[line, first] = np.inf
                second = rows.argmin(1)
                self.second[block] = second
                self.d2[block] = rows[line, second]

    def try_swap(self, j: int) -> bool:
        """Replace the medoid by point j for which that lowers the cost most. Return False where it lowers none."""
        if (self.medoids == j).any():
            return False
        row = self.d.row(j)
        change = np.minimum(row - self.d1, 0).sum()  # of the cost, if j is added
        loss = np.minimum(row, self.d2) - np.minimum(row, self.d1)  # if then the nearest medoid is taken away
        costs = change + np.bincount(self.first, loss, len(self.medoids))
        place = int(costs.argmin())
        if costs[place] >= -1e-6 * self.d.bound():
            return False
        self.medoids[place] = j
        affected = (self.first == place) | (self.second == place)
        self.add(np.flatnonzero(~affected), row, place)
        self.find(np.flatnonzero(affected))
        return True

    def add(self, i: np.ndarray, row: np.ndarray, place: int) -> None:
        """Enter a new medoid at `place` where it is among the nearest two of the points i. row [n]: its distances"""
        is_nearest = row[i] < self.d1[i]
        is_second = ~is_nearest & (row[i] < self.d2[i])
        nearest = i[is_nearest]
        second = i[is_second]
        self.second[nearest] = self.first[nearest]
        self.d2[nearest] = self.d1[nearest]
        self.first[nearest] = place
        self.d1[nearest] = row[nearest]
        self.second[second] = place
        self.d2[second] = row[second]
