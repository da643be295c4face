"""The true labels of a task's samples, which may be known for all of them, for some, or (None) for none."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from ..errors import choose, must, need
from .kinds import labels

if TYPE_CHECKING:
    from .split import Split

GIVEN = "given"  # the given labels are the true ones
NOT_KNOWN = "truth not known"
CLEAN = "clean labels"
LABELS_ARE = {"given": None, "true": GIVEN}  # argument of the readers of your own files -> y_true of Task.of


@dataclass
class Truth:
    """The true labels of the training split, y [N], and of the validation split, val [V].

    Only `measure` and plots read them. known bool [N], val_known bool [V]: where the labels are known; None:
    everywhere. Elsewhere y and val hold -1 (classes) or NaN (numbers), which nobody reads. A task without a known label
    has None instead of a Truth.
    """

    y: torch.Tensor
    val: torch.Tensor
    known: torch.Tensor | None = None
    val_known: torch.Tensor | None = None

    def to(self, device: torch.device | str) -> "Truth":
        """Return the truth on `device`."""
        moved = []
        for tensor in self.fields():
            moved.append(None if tensor is None else tensor.to(device))
        return Truth(*moved)

    def fields(self) -> tuple[torch.Tensor | None, ...]:
        """Return y, val, known, val_known."""
        return self.y, self.val, self.known, self.val_known

    @property
    def complete(self) -> bool:
        """Whether all labels are known."""
        known, val_known = self.masks()
        return bool(known.all() and val_known.all())

    def masks(self) -> tuple[torch.Tensor, ...]:
        """Return where the labels are known. -> bool [N], bool [V]"""
        return _mask(self.known, self.y), _mask(self.val_known, self.val)

    def rows(self, i: torch.Tensor) -> "Truth":
        """Return the truth of the training samples i [K], with all of the validation split."""
        i = i.to(self.y.device)
        known = None if self.known is None else self.known[i]
        return replace(self, y=self.y[i], known=known)


def _mask(known, y):
    """Return where the labels y are known, for None everywhere. -> bool [len(y)]"""
    if known is None:
        return torch.ones(len(y), dtype=torch.bool, device=y.device)
    return known


def true_labels(
    y: torch.Tensor, y_true: object, classes: int | None
) -> tuple[torch.Tensor, torch.Tensor | None] | None:  # fmt: skip
    """Check the true labels that `Task.of` gets. -> labels, bool [N] (None: known everywhere); or None if none is known

    y: checked labels [N] or [N, Q]. y_true: None, "given", or labels of the same shape, -1 (classes) or NaN where not
    known. Raises ValueError for another shape, classes outside 0..C-1, and infinite numbers.
    """
    if y_true is None:
        return None
    if isinstance(y_true, str):
        need(y_true == GIVEN, "y_true", y_true, f"None (not known), {GIVEN!r}, or an array of true labels")
        return y, None
    true = labels("y_true", y_true)
    shape = tuple(true.shape)
    need(shape == tuple(y.shape), "y_true's shape", shape, f"{tuple(y.shape)}, as y's")
    values, known = _classes(true, classes) if classes else _numbers(true, y.dtype)
    if not known.any():
        return None
    return values, None if known.all() else known


def truth_of(labels_are: str, true_label: str | None = None) -> str | None:
    """Return what the argument `labels_are` says about the true labels: None or "given", see Task.of.

    true_label: the name of true labels, if there are some. Raises ValueError for "true" beside them.
    """
    y_true = choose("labels_are", labels_are, LABELS_ARE)
    need(true_label is None or y_true is None, "labels_are", labels_are, "left out where true_label is given")
    return y_true


def trust(test_trusted: bool | None, y_true: object) -> bool:
    """Return whether the labels of the test set are true. None: yes if the given labels of the training set are."""
    need(test_trusted in (None, True, False), "test_trusted", test_trusted, "None, True or False")
    return isinstance(y_true, str) if test_trusted is None else bool(test_trusted)


def _classes(true, classes):
    """Return true classes, and where they are known. Raises ValueError for fractions and classes outside 0..C-1."""
    absent = true.isnan() if true.is_floating_point() else true == -1
    values = true.masked_fill(absent, -1)
    may_be = f"classes in 0..{classes - 1}, and -1 or NaN where the truth is not known"
    is_whole = bool((values == values.long()).all())
    must(is_whole, "y_true", "fractions", may_be)
    values = values.long()
    is_valid = values.min() >= -1 and values.max() < classes
    must(is_valid, "y_true", f"{values.min()}..{values.max()}", may_be)
    return values, ~absent


def _numbers(true, dtype):
    """Return true numbers [N, Q], and where they are known: in rows without NaN. Infinite ones are an error."""
    values = true.to(dtype)
    must(not values.isinf().any(), "y_true", "infinite somewhere", "finite numbers, and NaN where not known")
    known = ~values.isnan().any(1)
    return values.masked_fill(~known[:, None], float("nan")), known


def label_quality(train: "Split", truth: Truth | None) -> str:
    """Return what is known about labels that no noise model changed.

    That is "clean labels", "truth not known", or for how many samples the truth is known and the share of wrong labels
    among them. train: the training split, with its validation split
    """
    if truth is None:
        return NOT_KNOWN
    y = train.y if train.val is None else torch.cat([train.y, train.val.y])
    y = y.cpu()
    true = torch.cat([truth.y, truth.val])[: len(y)].cpu()
    known = torch.cat(truth.masks())[: len(y)].cpu()
    is_wrong = y != true
    if is_wrong.dim() > 1:
        is_wrong = is_wrong.any(1)
    is_wrong = is_wrong[known]
    if not len(is_wrong):
        return NOT_KNOWN
    share = f"{is_wrong.double().mean().item():.1%}"
    if len(is_wrong) < len(y):
        return f"true labels known for {len(is_wrong):,} of {len(y):,}, {share} of these are given wrong"
    return f"true labels known: {share} of the given ones are wrong" if is_wrong.any() else CLEAN
