"""Noise models for regression targets: the corruptions of Liu, Sun, Wang, Tan, Zhou, "Learning deep neural networks
under agnostic corrupted supervision", ICML 2021 (PRL).

The paper defines each in one line and its code has none of them. Here, exactly int(rate n) of the n rows of each split
change, in all Q coordinates; all is computed in standard units (each coordinate with mean 0 and variance 1 over the
clean training set), and the targets stay in the task's own units. Constants are chosen so that least squares lose as
much as in the paper's Table 1 at 40 %: 1 - R2 grows by D rate^2, with D about 207 (linadv), 4 (signflip), .9 to
1.5 (uninoise), 18 to 32 (mixture). `pairflip`, in models.py, is the fifth.
"""

from typing import Literal

import torch
from torch import Generator, Tensor

from ..arguments import Positive, Rate, Seed
from ..data.split import Units
from ..errors import must
from .base import Clean, Noise
from .models import pairflip
from .rows import Points, count_rows, draw_rows

BLOCK = 4096  # rows that are held in float64 at a time


class Rows(Noise):
    """The base class of noise for regression targets: exactly int(rate n) rows change; there is no matrix."""

    kinds = ("numbers",)
    what = ""  # completes "40 % of the rows are ..."

    def parts(self) -> list[Noise]:
        """Return the corruptions among which the rows are divided."""
        return [self]

    def wrong(self, clean: Clean, units: Units, rows: Tensor, rng: Generator) -> Tensor:
        """Return wrong targets in standard units. rows [k] -> float64 [k, Q]"""
        raise NotImplementedError

    def matrix(self, classes: int, dataset: str) -> Tensor | None:
        return None

    def draw(self, clean: Clean, rng: Generator) -> Tensor:
        return draw_rows(self.parts(), self.rate, clean, rng)

    def counts(self, sizes: tuple[int, ...]) -> dict[str, int] | None:
        return count_rows(self.parts(), self.rate, sizes)

    def words(self, classes: int | None, realised: float) -> str:
        return f"{type(self).__name__} {self.rate:.0%} = {realised:.1%} of the rows are {self.what}"


class linadv(Rows):
    """y = s V x: a linear map of the inputs, which a network learns before anything else.

    V [Q, d] ~ N(0, 1/d), one matrix for the dataset, drawn from map_seed; x flattened, each feature standardised over
    the training set; s makes s V x `times` as wide as the targets (root mean square over the training set).
    """

    def __init__(self, rate: Rate, times: Positive = 14.4, map_seed: Seed = 1):
        super().__init__(rate)
        self.times = times
        self.map_seed = map_seed
        self.what = f"a linear map of the inputs, {times:g} times as wide as the targets"

    def options(self) -> dict:
        return {"times": self.times, "map_seed": self.map_seed}

    def wrong(self, clean: Clean, units: Units, rows: Tensor, rng: Generator) -> Tensor:
        map_rng = torch.Generator().manual_seed(self.map_seed)
        outputs = clean.y.shape[1]
        features = clean.halves[0][0].numel()
        V = torch.randn(outputs, features, generator=map_rng, dtype=torch.float64)
        V = V / features**0.5
        mapped = standard_inputs_times(V, clean)
        train_mapped = mapped[: clean.sizes[0]]
        width = train_mapped.square().mean().sqrt()
        must(width > 0, "x", "the same in every sample", "different: linadv is a map of the inputs")
        return self.times / width * mapped[rows]


def standard_inputs_times(V: Tensor, clean: Clean) -> Tensor:
    """Return V x of every sample, x standardised feature by feature; a constant feature counts as 0. V [Q, d] ->
    float64 [N, Q]"""
    train, _ = clean.halves
    n, _ = clean.sizes
    total = 0
    squares = 0
    for x in _blocks(train, clean.scale):
        total = total + x.sum(0)
    mean = total / n
    for x in _blocks(train, clean.scale):
        squares = squares + (x - mean).square().sum(0)
    std = (squares / n).sqrt()
    varies = std > 1e-8 * std.max()
    W = V / torch.where(varies, std, torch.inf)
    products = []
    for half in clean.halves:
        for x in _blocks(half, clean.scale):
            products.append((x - mean) @ W.T)
    return torch.cat(products)


def _blocks(x, scale):
    """Yield blocks of samples as inputs of a network. x [N, ...] as stored -> float64 [at most BLOCK, d]"""
    for block in x.split(BLOCK):
        yield scale(block.cpu()).flatten(1).double()


class signflip(Rows):
    """y = -y, about the mean: the paper's numbers are those of centred targets."""

    what = "mirrored about the mean"

    def wrong(self, clean: Clean, units: Units, rows: Tensor, rng: Generator) -> Tensor:
        targets = units.standard(clean.y[rows].double())
        return -targets


class uninoise(Rows):
    """y_k ~ uniform between the smallest and the largest clean training value of coordinate k."""

    what = "drawn evenly between the smallest and the largest value of each coordinate"

    def wrong(self, clean: Clean, units: Units, rows: Tensor, rng: Generator) -> Tensor:
        train_y = clean.y[: clean.sizes[0]]
        smallest, largest = torch.aminmax(train_y, dim=0)
        low = units.standard(smallest.double())
        high = units.standard(largest.double())
        u = torch.rand(len(rows), len(low), generator=rng, dtype=torch.float64)
        return low + (high - low) * u


class mixture(Rows):
    """Equal parts of linadv, signflip and uninoise; with parts=4 also of pairflip (points: see there). The paper does
    not say which of the two it used."""

    def __init__(self, rate: Rate, parts: Literal[3, 4] = 3, points: Points | None = None):
        super().__init__(rate)
        mixed = [linadv(rate), signflip(rate), uninoise(rate), pairflip(rate, points)]
        self.mixed = mixed[:parts]
        names = ", ".join(type(part).__name__ for part in self.mixed)
        self.what = f"in equal parts: {names}"

    def options(self) -> dict:
        pairflip_options = self.mixed[3].options() if len(self.mixed) == 4 else {}
        return {"parts": len(self.mixed)} | pairflip_options

    def parts(self) -> list[Noise]:
        return self.mixed
