"""Euclidean distances between n points, kept as a matrix where it fits and computed row by row where it does not."""

from collections.abc import Iterator
from typing import Self

import numpy as np
import torch
from torch import Tensor

from ..errors import need

LIMIT = 512 * 2**20  # bytes of a float64 matrix n x n that is kept; 8,192 points
BLOCK = 2**18  # entries that are made at once: 2 MiB stay in the cache


class Distances:
    """The distances of points [n, d] (tensor on any device, or array; [n] is read as [n, 1]).

    limit: bytes; a larger float64 matrix is not kept, its rows are computed when they are used, in O(n d) memory.
    Products are taken in float64 around the mean, so that close points far from the origin keep their distances: the
    distance of equal points is at most about 1e-8 of their distance from the mean. Raises ValueError for points that
    are not finite.
    """

    def __init__(self, points: Tensor | np.ndarray, limit: int = LIMIT):
        x = torch.as_tensor(points).detach().to("cpu", torch.float64).numpy()
        need(x.ndim in (1, 2) and len(x), "shape of points", list(x.shape), "[n, d] with n > 0")
        n = len(x)
        x = x.reshape(n, -1)
        is_finite = np.isfinite(x).all(1)
        not_finite = n - int(is_finite.sum())
        need(not not_finite, f"how many of {n} points are not finite", not_finite, "0")
        self.x = x - x.mean(0)
        self.matrix = None
        self.square = np.einsum("nd,nd->n", self.x, self.x)
        if 8 * n**2 <= limit:
            matrix = np.empty((n, n))
            for block, rows in self.blocks():
                matrix[block] = rows
            self.matrix = matrix

    @classmethod
    def of(cls, points: "Tensor | np.ndarray | Distances", limit: int, k: int) -> Self:
        """Return the distances of points of which k are to be chosen; Distances are returned as they are. Raises
        ValueError for k outside 1..n."""
        d = points if isinstance(points, cls) else cls(points, limit)
        is_whole = isinstance(k, int) and not isinstance(k, bool)
        may_be = f"a whole number from 1 to {len(d)}, the points there are"
        need(is_whole and 1 <= k <= len(d), "k of a coreset", k, may_be)
        return d

    def __len__(self):
        return len(self.x)

    def bound(self) -> float:
        """Return a bound of all distances, twice the largest one from the mean."""
        largest = float(self.square.max()) ** 0.5
        return 2 * largest

    def rows(self, i: np.ndarray | list | slice, j: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return the distances from the points i to the points j, or to all. -> float64 [len(i), len(j)]; without j do
        not change them"""
        if self.matrix is not None:
            rows = self.matrix[i]
            return rows if isinstance(j, slice) else rows[:, j]
        d = self.x[i] @ self.x[j].T
        d *= -2
        d += self.square[i, None]
        d += self.square[j]
        np.maximum(d, 0, out=d)
        np.sqrt(d, out=d)
        positions = np.arange(len(self))[i]
        if isinstance(j, slice):
            d[np.arange(len(positions)), positions] = 0
        else:
            same_point = positions[:, None] == j
            d[same_point] = 0
        return d

    def row(self, i: int) -> np.ndarray:
        """Return the distances from point i to all. -> float64 [n], not to be changed"""
        if self.matrix is None:
            return self.rows([i])[0]
        return self.matrix[i]

    def blocks(
        self, i: np.ndarray | list | None = None, j: np.ndarray | slice = slice(None)
    ) -> Iterator[tuple[np.ndarray | list | slice, np.ndarray]]:
        """Yield the rows of the points i (None: of all, without a copy), block by block: the points, and their
        distances [block, len(j)]."""
        step = max(1, BLOCK // len(self))
        number = len(self) if i is None else len(i)
        for start in range(0, number, step):
            block = slice(start, start + step)
            if i is not None:
                block = i[block]
            yield block, self.rows(block, j)

    def sums(self) -> tuple[np.ndarray, float]:
        """Return the sum of the distances from every point to all, float64 [n], and the largest distance."""
        totals = []
        largest = 0.0
        for _, rows in self.blocks():
            totals.append(rows.sum(1, dtype=np.float64))
            largest = max(largest, float(rows.max()))
        return np.concatenate(totals), largest


Points = Tensor | np.ndarray | Distances
