"""k-medoids by swaps, and centrality: selections that are not greedy."""

import numpy as np

from ..errors import need
from .distances import LIMIT, Distances
from .greedy import facility_location


def centrality(points, k, limit=LIMIT):
    """The k points with the smallest sum of distances to all points, nearest to the middle first; of equal ones the
    earlier. points [n, d], or their Distances -> [k] positions

    This is what the routine called lazy greedy in CRUST's released code comes to: its gain is the whole F(S + j) and
    not the increase, so whatever leaves its heap is accepted.
    """
    return np.argsort(Distances.of(points, limit, k).sums()[0], kind="stable")[:k]


def kmedoids(points, k, start=None, rounds=10, limit=LIMIT):
    """Medoids that no single swap improves, unless `rounds` passes over all points end before (FasterPAM; Schubert and
    Rousseeuw, Information Systems 2021): each point takes the place of the medoid for which that lowers the sum of
    distances most, if it does.

    points [n, d], or their Distances. start: [k] positions to begin with, None is facility_location. -> [k] positions.
    Raises ValueError as facility_location does, and for a start of other size or with repetitions.
    """
    d = Distances.of(points, limit, k)
    medoids = facility_location(d, k) if start is None else np.array(start)
    fine = medoids.shape == (k,) and len(set(medoids.tolist())) == k and medoids.min() >= 0 and medoids.max() < len(d)
    need(fine, "start of kmedoids", start, f"{k} different positions below {len(d)}")
    near = Nearest(d, medoids)
    since = 0  # points tried since the last swap
    for j in np.tile(np.arange(len(d)), rounds).tolist():
        since = 0 if near.try_swap(j) else since + 1
        if since == len(d):
            break
    return near.medoids


class Nearest:
    """The nearest and the second nearest medoid of every point: places in `medoids` [n] and distances [n].

    Where there is one medoid only, the second nearest is infinitely far.
    """

    def __init__(self, d, medoids):
        self.d, self.medoids = d, medoids
        n = len(d)
        self.first, self.second = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.d1, self.d2 = np.zeros(n), np.full(n, np.inf)
        self.find(np.arange(n))

    def find(self, i):
        """Look for the nearest two of the points i anew."""
        for block, rows in self.d.blocks(i, self.medoids):
            line = np.arange(len(block))
            self.first[block] = rows.argmin(1)
            self.d1[block] = rows[line, self.first[block]]
            if len(self.medoids) > 1:
                rows[line, self.first[block]] = np.inf
                self.second[block] = rows.argmin(1)
                self.d2[block] = rows[line, self.second[block]]

    def try_swap(self, j):
        """Put point j in the place of the medoid that is best replaced by it, if the cost falls. -> bool"""
        if (self.medoids == j).any():
            return False
        row, k = self.d.row(j), len(self.medoids)
        change = np.minimum(row - self.d1, 0).sum()  # were j added
        loss = np.minimum(row, self.d2) - np.minimum(row, self.d1)  # and then their nearest medoid taken away
        costs = change + np.bincount(self.first, loss, k)
        place = int(costs.argmin())
        if costs[place] >= -1e-6 * self.d.bound():
            return False
        self.medoids[place] = j
        lost = (self.first == place) | (self.second == place)
        self.take(np.flatnonzero(~lost), row, place)
        self.find(np.flatnonzero(lost))
        return True

    def take(self, i, row, place):
        """The medoid at `place`, at the distances `row` [n], is new: is it among the nearest two of the points i?"""
        nearest = i[row[i] < self.d1[i]]
        second = i[(row[i] >= self.d1[i]) & (row[i] < self.d2[i])]
        self.second[nearest], self.d2[nearest] = self.first[nearest], self.d1[nearest]
        self.first[nearest], self.d1[nearest] = place, row[nearest]
        self.second[second], self.d2[second] = place, row[second]
