"""A Task: tensors on the device, what a method may see of them (`train`), and the truth apart (`truth`)."""

from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
import torch

from ..errors import need


@dataclass(frozen=True)
class Scale:
    """How stored values become inputs: (x / top - mean) / std, with one mean and std per channel."""

    top: float = 1.0
    mean: tuple = (0.0,)
    std: tuple = (1.0,)

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
    regression.
    """

    x: torch.Tensor
    y: torch.Tensor
    classes: int | None
    scale: Scale
    val: "Split | None" = None

    def __len__(self):
        return len(self.y)

    def inputs(self, i=slice(None)):
        """The samples i as network inputs. -> [len(i), ...] float"""
        return self.scale(self.x[i])

    def to(self, device):
        """The same split on `device`."""
        val = self.val and self.val.to(device)
        return replace(self, x=self.x.to(device), y=self.y.to(device), val=val)


@dataclass
class Truth:
    """The true labels of the training split, y [N], and of the validation split, val [V]. Only `measure` and plots read
    it."""

    y: torch.Tensor
    val: torch.Tensor

    def to(self, device):
        """The same labels on `device`."""
        return Truth(self.y.to(device), self.val.to(device))


@dataclass
class Task:
    """A dataset ready for `fit`: `train` (all that a method sees), `test`, `truth`, and the passport of its noise."""

    name: str
    train: Split
    test: Split
    truth: Truth
    noise: object = None

    @property
    def classes(self):
        """Number of classes C, or None for regression."""
        return self.train.classes

    @property
    def shape(self):
        """Shape of one sample."""
        return tuple(self.train.x.shape[1:])

    def to(self, device):
        """The same task on `device`."""
        return replace(self, train=self.train.to(device), test=self.test.to(device), truth=self.truth.to(device))

    def hash(self):
        """Identity of samples and given labels: 16 hexadecimal digits."""
        digest = sha256()
        for tensor in (self.train.x, self.train.y, self.train.val.x, self.train.val.y, self.test.x, self.test.y):
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]

    @classmethod
    def of(cls, x, y, x_test, y_test, name="arrays", val=0.1, scale=None, split_seed=0):
        """A task from arrays.

        x [N, ...], x_test [M, ...]: uint8 images or floats. y, y_test: integer classes [N], or float targets [N, Q] for
        regression. `val` is the share of the training set held out as validation (it is corrupted with the rest: the
        labels you can get are noisy).
        Raises ValueError for lengths that differ, labels outside 0..C-1, values that are not finite, or a share outside
        [0, 1).
        """
        x, y, x_test, y_test = (torch.as_tensor(np.asarray(a)) for a in (x, y, x_test, y_test))
        need(isinstance(val, (int, float)) and 0 <= val < 1, "val", val, "a share in [0, 1)")
        for argument, samples, labels in (("y", x, y), ("y_test", x_test, y_test)):
            need(
                len(labels) == len(samples) > 0,
                f"len({argument})",
                len(labels),
                f"{len(samples)}, one per sample, above 0",
            )
            need(torch.isfinite(samples).all(), "x", "not finite somewhere", "finite everywhere")
        classes = _classes(y, y_test)
        y, y_test = (y.long(), y_test.long()) if classes else (y, y_test)
        order = torch.randperm(len(y), generator=torch.Generator().manual_seed(split_seed))
        held = int(val * len(y))
        v, t = order[:held].sort().values, order[held:].sort().values
        split = lambda x, y, val=None: Split(x, y, classes, scale or Scale(), val)
        truth = Truth(y[t].clone(), y[v].clone())
        return cls(name, split(x[t], y[t], split(x[v], y[v])), split(x_test, y_test), truth)


def _classes(y, y_test):
    """Number of classes of integer labels, None for float targets."""
    if y.is_floating_point():
        need(y.dim() == 2 and torch.isfinite(y).all(), "y", tuple(y.shape), "finite float targets [N, Q]")
        return None
    need(y.dim() == 1 and y.min() >= 0, "y", f"shape {tuple(y.shape)}, minimum {y.min()}", "classes [N] from 0 on")
    classes = int(y.max()) + 1
    need(
        y_test.min() >= 0 and y_test.max() < classes,
        "y_test",
        f"{y_test.min()}..{y_test.max()}",
        f"in 0..{classes - 1}",
    )
    return classes
