"""Transition matrices T[i, j] = P(given label j | true label i): their estimates, and the losses that use them.

Losses act on the last axes. Rows sum to 1; p is the network's probability of the *true* class, T^T p of the given one.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import torch
from torch import Tensor

from . import losses
from .arguments import Description, Number, listed
from .errors import must, need

ENTRY = Number(0)


@dataclass(frozen=True, repr=False)
class Transitions(Description):
    """A transition matrix: nested lists, or an array [C, C]. A checked one is nested lists of floats."""

    may_be: str = "a transition matrix [C, C]: a list of rows that are >= 0 and sum to 1"

    def check(self, name: str, value: Any) -> list[list[float]]:
        """Return the matrix as nested lists of floats. Raises ValueError for what is no transition matrix."""
        rows = self._rows(value)
        need(rows and all(rows), name, value, self.may_be)
        shape = (len(rows), *sorted({len(row) for row in rows}))
        square = shape == (len(rows), len(rows)) and len(rows) > 1
        need(square, f"shape of {name}", shape, "[C, C], two classes or more")
        matrix = []
        for row in rows:
            matrix.append([ENTRY.check(f"an entry of {name}", entry) for entry in row])
        for k, row in enumerate(matrix):
            need(abs(sum(row) - 1) < 1e-6, f"row {k} of {name}", row, "one that sums to 1")
        return matrix

    def _rows(self, value):
        """Return the rows of nested lists or of an array as lists; None for a row that is no list."""
        if isinstance(value, (np.ndarray, Tensor)) and value.ndim == 2:
            value = value.tolist()
        return [listed(row) for row in listed(value) or ()]


Matrix = Annotated[list, Transitions()]


def a_matrix(name: str, T: Any, classes: int | None = None) -> Tensor:
    """Make a transition matrix from nested lists or an array. classes: how many it must have. -> float64 [C, C]

    Raises ValueError unless it is square, >= 0, and its rows sum to 1; the message calls it `name`.
    """
    T = torch.tensor(Transitions().check(name, T), dtype=torch.float64)
    must(classes in (None, len(T)), name, f"of shape {tuple(T.shape)}", f"[{classes}, {classes}]")
    return T


def check_invertible(name: str, T: Tensor) -> None:
    """Raise ValueError unless T [C, C] has an inverse, up to the rounding of its number type."""
    values = torch.linalg.svdvals(T.double())
    ratio = (values[-1] / values[0]).item()
    invertible = ratio > len(T) * torch.finfo(T.dtype).eps
    finding = f"without one (smallest by largest singular value {ratio:.1e})"
    may_be = "a matrix with an inverse: no row may be a mixture of others, as it is where two classes look alike"
    must(invertible, name, finding, may_be)


def anchors(p: Tensor, quantile: float | None = 0.97, shared: bool = False, columns: bool = False) -> Tensor:
    """Estimate T from the samples that look most like each class (Patrini et al., CVPR 2017): row i is the prediction
    at the largest p_i below its `quantile` (None: no outlier is left out).

    p [N, C] noisy posteriors. shared=True repeats the released code, which writes zeros for outliers into the one array
    that later rows are read from. columns=True repeats T-Revision's code, which divides column j by the sum of row j.
    -> [C, C]; rows sum to 1, unless columns
    """
    p = p.clone()
    rows = []
    for i in range(p.shape[1]):
        column = p[:, i] if shared else p[:, i].clone()
        if quantile is not None:
            column[column >= column.quantile(quantile)] = 0.0
        rows.append(p[column.argmax()].clone())
    T = torch.stack(rows)
    sums = T.sum(1)
    return T / (sums if columns else sums[:, None])


def class_means(p: Tensor, y: Tensor, classes: int) -> Tensor:
    """Estimate T from samples whose true class is known (GLC, Hendrycks et al., NeurIPS 2018): row k is the mean
    prediction over class k. p [M, C], y [M] -> [C, C]"""
    weight = torch.nn.functional.one_hot(y, classes).to(p.dtype)  # [M, C]
    return weight.T @ p / weight.sum(0)[:, None]


def forward(logits: Tensor, y: Tensor, T: Tensor) -> Tensor:
    """Return the forward-corrected loss -log (T^T p)_y (Patrini et al.). logits [..., B, C], y [..., B], T [C, C] ->
    [..., B]"""
    given = logits.log_softmax(-1)[..., None] + T.clamp(min=1e-30).log()  # log p_i T_ij  [..., B, C, C]
    return -given.logsumexp(-2).gather(-1, y[..., None])[..., 0]


def backward(logits: Tensor, y: Tensor, T: Tensor) -> Tensor:
    """Return the backward-corrected loss sum_j (T^-1)_yj CE(logits, j) (Patrini et al.). It is unbiased and may be
    negative. logits [..., B, C], y [..., B], T [C, C] -> [..., B]"""
    return (torch.linalg.inv(T)[y] * -logits.log_softmax(-1)).sum(-1)


def importance(logits: Tensor, y: Tensor, T: Tensor) -> Tensor:
    """Return P(true label is y) / P(given label is y) = p_y / (T^T p)_y (T-Revision, Xia et al., NeurIPS 2019). logits
    [..., B, C], y [..., B], T [C, C] or [B, C, C] -> [..., B]"""
    given = (logits.softmax(-1)[..., None] * T).sum(-2).gather(-1, y[..., None])[..., 0]
    return losses.probability(logits, y) / given.clamp(min=1e-6)
