"""A Split, its Scale (how samples become inputs) and its Units (the scale of its targets before they were changed)."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

import torch

from ..arguments import Checked, Number, Positive
from .mapped import limit, take
from .samples import TEST


@dataclass(frozen=True)
class Scale(metaclass=Checked):
    """How stored values become inputs: (x / top - mean) / std, with one mean and std per channel."""

    top: Positive = 1.0
    mean: tuple[Annotated[float, Number()], ...] = (0.0,)
    std: tuple[Positive, ...] = (1.0,)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Return uint8 images [B, channels, H, W] as float32 inputs; samples of other types as they are."""
        if x.dtype != torch.uint8:
            return x
        if len(self.mean) == 1:  # plain numbers, since small tensors would have to be made in every step
            return x.float().mul_(1 / (self.top * self.std[0])).sub_(self.mean[0] / self.std[0])
        mean = torch.tensor(self.mean, device=x.device).view(-1, 1, 1)
        std = torch.tensor(self.std, device=x.device).view(-1, 1, 1)
        return x.float().div_(self.top).sub_(mean).div_(std)


@dataclass
class Split:
    """Samples with the labels that were *given*. A training split also carries its noisy validation split.

    x [N, ...]: uint8 images or floats. y: int64 classes [N], or floats [N, Q] (regression). classes: C, or None for
    regression. scale: turns x into inputs of a network. val: the validation split of a training split. ids [N] int64:
    positions in the set that was loaded (of train and val in its training set, of test in its test set), whose name is
    `origin`. trusted: of a meta set and of a test set, are its labels the true ones? mapped: x is a file on disk, which
    is read where it is indexed, and stays on the CPU. annotations [N, A] int64: the labels of A annotators, -1 where
    one gave none; None: there are none.
    """

    x: torch.Tensor
    y: torch.Tensor
    classes: int | None
    scale: Scale
    val: "Split | None" = None
    ids: torch.Tensor | None = None
    trusted: bool | None = None
    origin: str | None = None
    mapped: bool = False
    annotations: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        shape = list(self.x.shape[1:])
        labels = f"{self.classes} classes" if self.classes else f"{self.y.shape[1]} targets"
        people = "" if self.annotations is None else f", {self.annotations.shape[1]} annotators"
        return f"{len(self):,} samples {shape} ({self.origin}), {labels}{people}"

    def inputs(self, i: torch.Tensor | slice = slice(None)) -> torch.Tensor:
        """Return the samples i as network inputs, on the device of y. -> [len(i), ...] float"""
        if self.x.device == self.y.device:
            return self.scale(self.x[i])
        i = i.to(self.x.device) if isinstance(i, torch.Tensor) else i
        return self.scale(self.x[i].to(self.y.device))

    def to(self, device: torch.device | str) -> "Split":
        """Return the split on `device`; the samples of a mapped one stay where they are."""
        x = self.x if self.mapped else self.x.to(device)
        val = None if self.val is None else self.val.to(device)
        ids = None if self.ids is None else self.ids.to(device)
        annotations = None if self.annotations is None else self.annotations.to(device)
        return replace(self, x=x, y=self.y.to(device), val=val, ids=ids, annotations=annotations)


@dataclass(frozen=True)
class Units:
    """The scale of standardised targets: y = (stored - mean) / std, mean and std [Q] of the training split."""

    mean: torch.Tensor
    std: torch.Tensor

    def standard(self, y: torch.Tensor) -> torch.Tensor:
        """Return stored targets [..., Q] as standardised ones."""
        return ((y - self.mean.to(y.device)) / self.std.to(y.device)).to(y.dtype)

    def stored(self, y: torch.Tensor) -> torch.Tensor:
        """Return standardised targets or outputs [..., Q] in the units that they were stored in."""
        return (y * self.std.to(y.device) + self.mean.to(y.device)).to(y.dtype)


def training_split(
    x: torch.Tensor, y: torch.Tensor, ids: torch.Tensor, train_rows: torch.Tensor, val_rows: torch.Tensor,
    limit_bytes: float | None = None, annotations: torch.Tensor | None = None, **settings: Any,
) -> Split:  # fmt: skip
    """Make the training split with its validation split, each from its rows. settings: classes, scale, origin."""
    mapped = x.nbytes > limit(limit_bytes)

    def part(i):
        people = None if annotations is None else annotations[i]
        return Split(take(x, i, mapped), y[i], ids=ids[i], mapped=mapped, annotations=people, **settings)

    return replace(part(train_rows), val=part(val_rows))


def test_split(
    x: torch.Tensor, y: torch.Tensor, trusted: bool | None, origin: str, limit_bytes: float | None = None,
    **settings: Any,
) -> Split:  # fmt: skip
    """Make the test set of the set called `origin`. settings: classes, scale."""
    mapped = x.nbytes > limit(limit_bytes)
    return Split(x, y, ids=torch.arange(len(y)), trusted=trusted, origin=origin + TEST, mapped=mapped, **settings)
