"""Euclidean distances between n points, kept as a matrix where it fits and made row by row where it does not."""

import numpy as np
import torch

from ..errors import need

LIMIT = 512 * 2**20  # bytes of a float64 matrix n x n that is kept; 8,192 points
BLOCK = 2**18  # entries that are made at once: 2 MiB stay in the cache


class Distances:
    """The distances of points [n, d] (tensor on any device, or array; [n] is read as [n, 1]).

    limit: bytes; a larger float64 matrix is not kept, its rows are made when they are asked for, in O(n d) memory.
    Products are taken in float64 around the mean, so that close points far from the origin keep their distances: what
    is left of equal points is at most about 1e-8 of their distance from the mean. Raises ValueError for points that are
    not finite.
    """

    def __init__(self, points, limit=LIMIT):
        x = torch.as_tensor(points).detach().to("cpu", torch.float64).numpy()
        need(x.ndim in (1, 2) and len(x), "shape of points", list(x.shape), "[n, d] with n > 0")
        x = x.reshape(len(x), -1)
        wrong = len(x) - int(np.isfinite(x).all(1).sum())
        need(not wrong, f"how many of {len(x)} points are not finite", wrong, "0")
        self.x, self.matrix = x - x.mean(0), None
        self.square = np.einsum("nd,nd->n", self.x, self.x)
        if 8 * len(x) ** 2 <= limit:
            matrix = np.empty((len(x), len(x)))
            for block, rows in self.blocks():
                matrix[block] = rows
            self.matrix = matrix

    @classmethod
    def of(cls, points, limit, k):
        """The distances of points of which k shall be chosen; Distances are taken as they are. Raises ValueError for k
        outside 1..n."""
        d = points if isinstance(points, cls) else cls(points, limit)
        whole = isinstance(k, int) and not isinstance(k, bool)
        need(
            whole and 1 <= k <= len(d), "k of a coreset", k, f"a whole number from 1 to {len(d)}, the points there are"
        )
        return d

    def __len__(self):
        return len(self.x)

    def bound(self):
        """No distance is larger: twice the largest one from the mean."""
        return 2 * float(self.square.max()) ** 0.5

    def rows(self, i, j=slice(None)):
        """From the points i to the points j, or to all. -> [len(i), len(j)] float64, without j not to be changed"""
        if self.matrix is not None:
            return self.matrix[i] if isinstance(j, slice) else self.matrix[i][:, j]
        d = self.x[i] @ self.x[j].T
        d *= -2
        d += self.square[i, None]
        d += self.square[j]
        np.sqrt(np.maximum(d, 0, out=d), out=d)
        own = np.arange(len(self))[i]
        if isinstance(j, slice):
            d[np.arange(len(own)), own] = 0
        else:
            d[own[:, None] == j] = 0
        return d

    def row(self, i):
        """From point i to all. -> [n] float64, not to be changed"""
        return self.rows([i])[0] if self.matrix is None else self.matrix[i]

    def blocks(self, i=None, j=slice(None)):
        """The rows of the points i (None: of all, without a copy), block by block. -> iterator of which points,
        [block, len(j)]"""
        step = max(1, BLOCK // len(self))
        for start in range(0, len(self) if i is None else len(i), step):
            block = slice(start, start + step) if i is None else i[start : start + step]
            yield block, self.rows(block, j)

    def sums(self):
        """The sum of the distances from every point to all, [n] float64, and the largest distance."""
        parts = [(rows.sum(1, dtype=np.float64), rows.max()) for _, rows in self.blocks()]
        return np.concatenate([total for total, _ in parts]), max(float(top) for _, top in parts)
