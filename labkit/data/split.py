"""A Split: samples with the labels that were given; how they become inputs, and what their targets were before."""

from dataclasses import dataclass, replace
from typing import Annotated

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

    def __call__(self, x):
        """uint8 [B, channels, H, W] -> float32 of the same shape; anything but uint8 is returned as it is."""
        if x.dtype != torch.uint8:
            return x
        if len(self.mean) == 1:  # plain numbers: no small tensor to make in every step
            return x.float().mul_(1 / (self.top * self.std[0])).sub_(self.mean[0] / self.std[0])
        mean, std = (torch.tensor(values, device=x.device).view(-1, 1, 1) for values in (self.mean, self.std))
        return x.float().div_(self.top).sub_(mean).div_(std)


@dataclass
class Split:
    """Samples with the labels that were *given*. A training split also carries its noisy validation split.

    x [N, ...] uint8 images or floats; y [N] int64 classes, or [N, Q] floats (regression); classes is C, or None for
    regression. ids [N] int64: positions in the set that was loaded (train and val: in its training set, test: in its
    test set), `origin` says which one that was. trusted: of a meta set and of a test set, are its labels the true ones?
    mapped: x is a file on disk; it is read where it is indexed, and stays on the CPU.
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

    def __len__(self):
        return len(self.y)

    def __repr__(self):
        labels = f"{self.classes} classes" if self.classes else f"{self.y.shape[1]} targets"
        return f"{len(self):,} samples {list(self.x.shape[1:])} ({self.origin}), {labels}"

    def inputs(self, i=slice(None)):
        """The samples i as network inputs, on the device of y. -> [len(i), ...] float"""
        if self.x.device == self.y.device:
            return self.scale(self.x[i])
        i = i.to(self.x.device) if isinstance(i, torch.Tensor) else i
        return self.scale(self.x[i].to(self.y.device))

    def to(self, device):
        """The same split on `device`; the samples of a mapped one stay where they are."""
        x = self.x if self.mapped else self.x.to(device)
        val, ids = self.val and self.val.to(device), None if self.ids is None else self.ids.to(device)
        return replace(self, x=x, y=self.y.to(device), val=val, ids=ids)


@dataclass(frozen=True)
class Units:
    """What standardised targets were before: y = (stored - mean) / std, mean and std [Q] of the training split."""

    mean: torch.Tensor
    std: torch.Tensor

    def standard(self, y):
        """Stored targets [..., Q] -> standardised ones."""
        return ((y - self.mean.to(y.device)) / self.std.to(y.device)).to(y.dtype)

    def stored(self, y):
        """Standardised targets or outputs [..., Q] -> in the units that they were stored in."""
        return (y * self.std.to(y.device) + self.mean.to(y.device)).to(y.dtype)


def training_split(x, y, ids, halves, limit_bytes=None, **settings):
    """The training split with its validation split. halves: positions of the training samples, and of the validation
    samples; settings: classes, scale, origin. -> Split"""
    mapped = x.nbytes > limit(limit_bytes)
    train, val = (Split(take(x, i, mapped), y[i], ids=ids[i], mapped=mapped, **settings) for i in halves)
    return replace(train, val=val)


def test_split(x, y, trusted, origin, limit_bytes=None, **settings):
    """The test set of the set called `origin`. settings: classes, scale. -> Split"""
    mapped = x.nbytes > limit(limit_bytes)
    return Split(x, y, ids=torch.arange(len(y)), trusted=trusted, origin=origin + TEST, mapped=mapped, **settings)
