"""Noise models that need no knowledge of the classes: to any, to the next, to both neighbours, or sample by sample."""

from math import sqrt
from typing import Literal

import torch
from torch import Generator, Tensor

from ..arguments import Positive, Rate
from ..data.split import Scale, Units
from ..data.task import Task
from .base import Clean, Noise, learnable
from .rows import Points, count_rows, draw_rows, landmark_swap


def _off_diagonal(rate, classes):
    """Return T with 1 - rate on the diagonal and the rate spread evenly over the other classes."""
    rate_each = rate / (classes - 1)
    spread = torch.full((classes, classes), rate_each, dtype=torch.float64)
    return spread.fill_diagonal_(1 - rate)


class symmetric(Noise):
    """To the *other* classes with equal probability: T_ii = 1 - rate. CRUST, PRL, Co-teaching, CDR; with exact=True,
    D2L."""

    def matrix(self, classes: int, dataset: str) -> Tensor | None:
        return _off_diagonal(self.rate, classes)

    def words(self, classes: int | None, realised: float) -> str:
        eta = self.rate * classes / (classes - 1)
        as_uniform = f"uniform {eta:.1%}" if eta <= 1 else "more than any uniform noise"
        return f"symmetric {self.rate:.0%} = {self.rate:.0%} wrong labels = {as_uniform} at {classes} classes"


class uniform(Noise):
    """Over *all* classes, the true one included: T_ii = 1 - rate + rate / C. RMNW-Net, MW-Net, GLC; with exact=True,
    DivideMix: exactly int(rate n) labels are redrawn, about one in C of them as it was."""

    def matrix(self, classes: int, dataset: str) -> Tensor | None:
        tau = self.rate * (classes - 1) / classes
        return _off_diagonal(tau, classes)

    def words(self, classes: int | None, realised: float) -> str:
        tau = self.rate * (classes - 1) / classes
        return f"uniform {self.rate:.0%} = {tau:.1%} wrong labels at {classes} classes = symmetric {tau:.1%}"


class pairflip(Noise):
    """To the next class: T_i,(i+1 mod C) = rate. From 50 % on, the wrong label is the majority. Co-teaching, PRL,
    CDR+AUX.

    Regression (PRL on landmarks): exactly int(rate n) rows have landmarks exchanged, each coordinate in its own
    standard units (see targets.py). points: pairs of landmarks, (x, y) each, e.g. [(0, 3), (1, 4)]; None is that, eyes
    for corners of the mouth, where there are five landmarks. Where all landmarks of a face move together (unaligned
    faces), an exchange is a small error.
    """

    kinds = ("classes", "numbers")

    def __init__(self, rate: Rate, points: Points | None = None):
        super().__init__(rate)
        self.points = points

    def options(self) -> dict:
        if self.points is None:
            return {}
        return {"points": [list(pair) for pair in self.points]}

    def matrix(self, classes: int, dataset: str) -> Tensor | None:
        identity = torch.eye(classes, dtype=torch.float64)
        return (1 - self.rate) * identity + self.rate * identity.roll(1, dims=1)

    def check(self, task: Task) -> None:
        super().check(task)
        if not task.classes:
            coordinates = task.train.y.shape[1]
            landmark_swap(self.points, coordinates)

    def draw(self, clean: Clean, rng: Generator) -> Tensor:
        if clean.classes:
            return super().draw(clean, rng)
        return draw_rows([self], self.rate, clean, rng)

    def wrong(self, clean: Clean, units: Units, rows: Tensor, rng: Generator) -> Tensor:
        """Return wrong targets in standard units. rows [k] -> [k, Q]"""
        order = landmark_swap(self.points, clean.y.shape[1])
        targets = units.standard(clean.y[rows].double())
        return targets[:, order]

    def counts(self, sizes: tuple[int, ...]) -> dict[str, int] | None:
        return count_rows([self], self.rate, sizes)

    def words(self, classes: int | None, realised: float) -> str:
        if classes is None:
            return f"pairflip {self.rate:.0%} = {realised:.1%} of the rows have landmarks exchanged"
        warning = learnable(self.rate < 0.5)
        return f"pairflip {self.rate:.0%} = {self.rate:.0%} wrong labels, all of class i called i+1{warning}"


class tridiagonal(Noise):
    """To both neighbouring classes: T_i,i-1 = T_i,i+1 = rate / 2, the first and the last class being neighbours, too.
    For classes in the order of a spectrum, as grades or ages are. Not learnable from 2/3 on.

    Zhang, Niu, Sugiyama, ICML 2021 (arXiv 2102.02414) make it of two pairflips p in opposite directions: the rate is
    2 p (1 - p), 42 % for their p of 30 %.
    """

    def matrix(self, classes: int, dataset: str) -> Tensor | None:
        identity = torch.eye(classes, dtype=torch.float64)
        neighbours = identity.roll(1, dims=1) + identity.roll(-1, dims=1)
        return (1 - self.rate) * identity + self.rate / 2 * neighbours

    def words(self, classes: int | None, realised: float) -> str:
        flips = "more than any two pairflips"
        if self.rate <= 0.5:
            p = (1 - sqrt(1 - 2 * self.rate)) / 2
            flips = f"two pairflips of {p:.1%}, one in each direction"
        wrong_classes = min(2, classes - 1)
        limit = wrong_classes / (wrong_classes + 1)
        warning = learnable(self.rate < limit)
        return f"tridiagonal {self.rate:.0%} = {self.rate:.0%} wrong labels, called i-1 or i+1 = {flips}{warning}"


class instance(Noise):
    """Depends on the sample: part-dependent noise, Xia et al., NeurIPS 2020 (arXiv 2006.07836), as its official code
    draws it.

    A sample's own rate q is drawn from a normal (mean rate, `std`) cut to [0, 1]; the wrong class from softmax(x W_y),
    W_y [d, C] ~ N(0, 1).
    x_scale: "raw" (stored values, 0..255: the softmax is then one-hot, as in the official code), "unit" (x / top) or
    "standard" (as the network sees it).
    """

    def __init__(self, rate: Rate, std: Positive = 0.1, x_scale: Literal["raw", "unit", "standard"] = "raw"):
        super().__init__(rate)
        self.std = std
        self.x_scale = x_scale

    def options(self) -> dict:
        return {"std": self.std, "x_scale": self.x_scale}

    def matrix(self, classes: int, dataset: str) -> Tensor | None:
        return None

    def probabilities(
        self, y: Tensor, classes: int, dataset: str, x: Tensor | None, scale: Scale, rng: Generator
    ) -> Tensor:
        if self.x_scale == "unit":
            x = x / scale.top
        elif self.x_scale == "standard":
            x = scale(x)
        flat = x.flatten(1).double()
        features = flat.shape[1]
        W = torch.randn(classes, features, classes, generator=rng, dtype=torch.float64)
        q = self.flip_rates(len(y), rng)
        scores = torch.empty(len(y), classes, dtype=torch.float64)
        for c in range(classes):
            in_class = y == c
            scores[in_class] = flat[in_class] @ W[c]
        y = y[:, None]
        q = q[:, None]
        scores.scatter_(1, y, -torch.inf)
        P = q * scores.softmax(1)
        return P.scatter(1, y, 1 - q)

    def flip_rates(self, n: int, rng: Generator) -> Tensor:
        """Draw q ~ normal (rate, std) cut to [0, 1], by inversion; zeros without noise. -> [n]"""
        if self.rate == 0:
            return torch.zeros(n, dtype=torch.float64)
        lower = torch.tensor((0 - self.rate) / self.std, dtype=torch.float64)
        upper = torch.tensor((1 - self.rate) / self.std, dtype=torch.float64)
        low = torch.special.ndtr(lower)
        high = torch.special.ndtr(upper)
        u = torch.rand(n, generator=rng, dtype=torch.float64)
        z = torch.special.ndtri(low + u * (high - low))
        return (self.rate + self.std * z).clamp(0, 1)

    def words(self, classes: int | None, realised: float) -> str:
        return f"instance {self.rate:.0%} (sample by sample, {self.x_scale} pixels) = {realised:.1%} wrong labels"
