"""The true labels of a task's samples: known, known for a part of them, or (None) not known."""

from dataclasses import dataclass, replace

import torch

from ..errors import must, need
from .kinds import labels

GIVEN = "given"  # the labels that were given are the true ones
NOT_KNOWN = "truth not known"
CLEAN = "clean labels"


@dataclass
class Truth:
    """The true labels of the training split, y [N], and of the validation split, val [V]. Only `measure` and plots read
    it.

    known bool [N], val_known bool [V]: where the labels are known; None: everywhere. Elsewhere y and val hold -1
    (classes) or NaN (numbers), which nobody reads. Where no label is known, a task has no Truth, but None.
    """

    y: torch.Tensor
    val: torch.Tensor
    known: torch.Tensor | None = None
    val_known: torch.Tensor | None = None

    def to(self, device: torch.device | str) -> "Truth":
        """The same labels on `device`."""
        return Truth(*(tensor if tensor is None else tensor.to(device) for tensor in self.fields()))

    def fields(self) -> tuple:
        """y, val, known, val_known: all that a Truth holds. -> tuple of tensors and None"""
        return self.y, self.val, self.known, self.val_known

    @property
    def complete(self) -> bool:
        """Are all labels known?"""
        return all(mask is None or bool(mask.all()) for mask in (self.known, self.val_known))

    def masks(self) -> tuple[torch.Tensor, ...]:
        """Where the labels are known. -> bool [N], bool [V]"""
        return _mask(self.known, self.y), _mask(self.val_known, self.val)

    def rows(self, i: torch.Tensor) -> "Truth":
        """The truth of the training samples i [K]; that of the validation split stays. -> Truth"""
        i = i.to(self.y.device)
        return replace(self, y=self.y[i], known=None if self.known is None else self.known[i])


def _mask(known, y):
    """Where the labels y are known. -> bool [len(y)]"""
    return torch.ones(len(y), dtype=torch.bool, device=y.device) if known is None else known


def true_labels(y: torch.Tensor, y_true: object, classes: int | None) -> tuple | None:
    """What `Task.of` is told about the truth, checked. y: checked labels [N] or [N, Q]; y_true: None, "given", or
    labels of the same shape, -1 (classes) or NaN where not known. -> labels, bool [N] (None: known everywhere); or None

    Raises ValueError for another shape, classes that there are not, infinite numbers.
    """
    if y_true is None:
        return None
    if isinstance(y_true, str):
        need(y_true == GIVEN, "y_true", y_true, f"None (not known), {GIVEN!r}, or an array of true labels")
        return y, None
    true = labels("y_true", y_true)
    need(true.shape == y.shape, "y_true's shape", tuple(true.shape), f"{tuple(y.shape)}, as y's")
    values, known = _classes(true, classes) if classes else _numbers(true, y.dtype)
    if not known.any():
        return None
    return values, None if known.all() else known


def trust(test_trusted: bool | None, y_true: object) -> bool:
    """Are the labels of the test set true ones? None: where the given labels of the training set are."""
    need(test_trusted in (None, True, False), "test_trusted", test_trusted, "None, True or False")
    return isinstance(y_true, str) if test_trusted is None else bool(test_trusted)


def _classes(true, classes):
    """True classes and where they are known."""
    absent = true.isnan() if true.is_floating_point() else true == -1
    values = true.masked_fill(absent, -1)
    may_be = f"classes in 0..{classes - 1}, and -1 or NaN where the truth is not known"
    whole = bool((values == values.long()).all())
    must(whole, "y_true", "fractions", may_be)
    values = values.long()
    must(values.min() >= -1 and values.max() < classes, "y_true", f"{values.min()}..{values.max()}", may_be)
    return values, ~absent


def _numbers(true, dtype):
    """True numbers and where they are known: in rows without NaN."""
    values = true.to(dtype)
    must(not values.isinf().any(), "y_true", "infinite somewhere", "finite numbers, and NaN where not known")
    known = ~values.isnan().any(1)
    return values.masked_fill(~known[:, None], float("nan")), known


def label_quality(train, truth: Truth | None) -> str:
    """What is known about labels that no noise model changed: "clean labels", "truth not known", or how many true
    labels are known and how many of the given ones are wrong. train: the training split, with its validation split"""
    if truth is None:
        return NOT_KNOWN
    y = torch.cat([train.y] if train.val is None else [train.y, train.val.y]).cpu()
    true = torch.cat([truth.y, truth.val])[: len(y)].cpu()
    known = torch.cat(truth.masks())[: len(y)].cpu()
    differ = y != true
    wrong = (differ.any(1) if differ.dim() > 1 else differ)[known]
    if not len(wrong):
        return NOT_KNOWN
    share = f"{wrong.double().mean().item():.1%}"
    if len(wrong) < len(y):
        return f"true labels known for {len(wrong):,} of {len(y):,}, {share} of these are given wrong"
    return f"true labels known: {share} of the given ones are wrong" if wrong.any() else CLEAN
