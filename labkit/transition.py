"""Transition matrices T[i, j] = P(given label j | true label i): how they are estimated, and the losses that know them.

Losses act on the last axes. Rows sum to 1; p is the network's belief in the *true* class, T^T p in the given one.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch

from . import losses
from .arguments import Description, Number, listed
from .errors import must, need

ENTRY = Number(0)


@dataclass(frozen=True, repr=False)
class Transitions(Description):
    """A transition matrix: nested lists, or an array [C, C]. A checked one is nested lists of floats."""

    may_be: str = "a transition matrix [C, C]: a list of rows that are >= 0 and sum to 1"

    def check(self, name, value):
        plane = isinstance(value, (np.ndarray, torch.Tensor)) and value.ndim == 2
        rows = [listed(row) for row in listed(value.tolist() if plane else value) or ()]
        need(rows and all(rows), name, value, self.may_be)
        shape = f"shape of {name}", (len(rows), *sorted({len(row) for row in rows}))
        need(shape[1] == (len(rows), len(rows)) and len(rows) > 1, *shape, "[C, C], two classes or more")
        rows = [[ENTRY.check(f"an entry of {name}", entry) for entry in row] for row in rows]
        for k, row in enumerate(rows):
            need(abs(sum(row) - 1) < 1e-6, f"row {k} of {name}", row, "one that sums to 1")
        return rows


Matrix = Annotated[list, Transitions()]


def a_matrix(name, T, classes=None):
    """A transition matrix from nested lists, of so many classes. -> [C, C] float64. Raises ValueError unless it is
    square, >= 0, and its rows sum to 1."""
    T = torch.tensor(Transitions().check(name, T), dtype=torch.float64)
    must(classes in (None, len(T)), name, f"of shape {tuple(T.shape)}", f"[{classes}, {classes}]")
    return T


def check_invertible(name, T):
    """Raise ValueError unless T [C, C] has an inverse, up to the rounding of its number type."""
    values = torch.linalg.svdvals(T.double())
    share = (values[-1] / values[0]).item()
    allowed = "a matrix with an inverse: no row may be a mixture of others, as it is where two classes look alike"
    must(
        share > len(T) * torch.finfo(T.dtype).eps,
        name,
        f"without one (smallest by largest singular value {share:.1e})",
        allowed,
    )


def anchors(p, quantile=0.97, shared=False, columns=False):
    """T from the samples that look most like each class (Patrini et al., CVPR 2017): row i is the
    prediction at the largest p_i below its `quantile` (None: no outlier is left out).

    p [N, C] noisy posteriors. shared=True repeats the released code, which writes zeros for outliers into the one array
    that later rows are read from. columns=True repeats T-Revision's, which divides column j by the sum of row j. ->
    [C, C]; rows sum to 1, unless columns
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


def class_means(p, y, classes):
    """T from samples whose true class is known (GLC, Hendrycks et al., NeurIPS 2018): row k is the mean prediction over
    class k. p [M, C], y [M] -> [C, C]"""
    weight = torch.nn.functional.one_hot(y, classes).to(p.dtype)  # [M, C]
    return weight.T @ p / weight.sum(0)[:, None]


def forward(logits, y, T):
    """Forward-corrected loss -log (T^T p)_y (Patrini et al.). logits [..., B, C], y [..., B], T [C, C] -> [...,
    B]"""
    given = logits.log_softmax(-1)[..., None] + T.clamp(min=1e-30).log()  # log p_i T_ij  [..., B, C, C]
    return -given.logsumexp(-2).gather(-1, y[..., None])[..., 0]


def backward(logits, y, T):
    """Backward-corrected loss sum_j (T^-1)_yj CE(logits, j) (Patrini et al.): unbiased, may be negative. ->
    [..., B]"""
    return (torch.linalg.inv(T)[y] * -logits.log_softmax(-1)).sum(-1)


def importance(logits, y, T):
    """P(true label is y) / P(given label is y) = p_y / (T^T p)_y (T-Revision, Xia et al., NeurIPS 2019). ->
    [..., B]"""
    given = (logits.softmax(-1)[..., None] * T).sum(-2).gather(-1, y[..., None])[..., 0]
    return losses.probability(logits, y) / given.clamp(min=1e-6)
