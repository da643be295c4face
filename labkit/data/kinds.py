"""Arrays of labels as classes or as numbers. Where both are possible, the error asks for `kind`."""

from typing import Any

import numpy as np
import torch

from ..errors import ask, choose, must, need
from .mapped import tensor

KINDS = ("classes", "numbers")
EITHER = '"classes" (they become integer classes [N]) or "numbers" (float targets [N, Q])'
LARGEST = 2**62


def as_kind(
    kind: str | None, y: Any, y_test: Any, y_true: Any = None
) -> tuple[torch.Tensor, torch.Tensor, Any]:  # fmt: skip
    """Return labels as tensors of integer classes [N] or float targets [N, Q].

    kind: "classes" | "numbers"; None: integers [N] are classes and floats [N, Q] are targets. y_true: true labels,
    converted like y if `kind` is given; None and texts are returned as they are.
    Raises ValueError for labels of another kind, and without `kind` for labels that could be both: floats that are all
    whole, whole numbers in columns, and rows that hold a single 1.
    """
    choose("kind", kind, dict.fromkeys((None, *KINDS)))
    y = labels("y", y)
    y_test = labels("y_test", y_test)
    if kind is None:
        refuse_ambiguous(y)
        return y, y_test, y_true
    convert = as_classes if kind == "classes" else as_numbers
    if y_true is not None and not isinstance(y_true, str):
        y_true = convert("y_true", labels("y_true", y_true), unknown=True)
    return convert("y", y), convert("y_test", y_test), y_true


def labels(argument: str, y: Any) -> torch.Tensor:
    """Return classes or targets as a tensor; whole numbers of every type and truth values become int64.

    Raises ValueError for other types, and for a single number.
    """
    if not isinstance(y, torch.Tensor):
        y = _number_array(argument, np.asarray(y))
    y = tensor(y)
    if not y.ndim:
        need(False, argument, y.tolist(), "an array, a class or a row of targets per sample")
    return y if y.is_floating_point() else y.long()


def _number_array(argument, y):
    """Return an array of labels, its whole numbers and truth values as int64. Raises ValueError for other types."""
    may_be = "integer classes 0..C-1 [N] or finite float targets [N, Q]"
    must(y.dtype.kind in "biuf", argument, f"of type {y.dtype}", may_be)
    if y.dtype == np.uint64 and len(y):
        must(y.max() < LARGEST, argument, f"up to {y.max()}", "classes from 0 on, fewer than samples")
    return y if y.dtype.kind == "f" else y.astype(np.int64)


def refuse_ambiguous(y: torch.Tensor) -> None:
    """Raise ValueError, which asks for `kind`, if labels could be classes or numbers."""
    shape = list(y.shape)
    if is_one_hot(y):
        ask("kind", f"every row of y {shape} holds a single 1 among zeros", EITHER)
    if y.dim() == 2 and not y.is_floating_point():
        ask("kind", f"y {shape} holds whole numbers in columns", EITHER)
    is_column = y.dim() == 1 or (y.dim() == 2 and y.shape[1] == 1)
    if not is_column or not y.is_floating_point() or not is_whole(y):
        return
    different = len(y.flatten().unique())
    if y.dim() == 1 or different <= len(y) / 2:
        ask("kind", f"y {shape} holds whole numbers as floats, {different} different ones", EITHER)


def is_whole(y: torch.Tensor) -> bool:
    """Return whether there are numbers, and all are finite and whole."""
    return bool(len(y) and torch.isfinite(y).all() and (y == y.round()).all())


def is_one_hot(y: torch.Tensor | np.ndarray) -> bool:
    """Return whether every row [Q] holds a single 1 among zeros, and several columns have one."""
    if y.ndim != 2 or y.shape[1] < 2 or not len(y):
        return False
    is_binary = ((y == 0) | (y == 1)).all()
    if not is_binary or not (y.sum(1) == 1).all():
        return False
    used_columns = (y != 0).any(0).sum()
    return int(used_columns) > 1


def as_classes(argument: str, y: torch.Tensor, unknown: bool = False) -> torch.Tensor:
    """Return whole numbers [N] or [N, 1], or rows with a single 1 [N, C], as classes int64 [N].

    unknown: negative numbers and NaN are allowed, and become -1. Raises ValueError for other numbers.
    """
    if y.dim() == 2 and y.shape[1] > 1:
        return _one_hot_classes(argument, y, unknown)
    y = y.flatten()
    if not y.is_floating_point():
        return y
    absent = y.isnan() & unknown
    must(is_whole(y[~absent]), argument, "not whole somewhere", "whole numbers, one per sample")
    return y.masked_fill(absent, -1).long()


def _one_hot_classes(argument, y, unknown):
    """Return the classes of rows with a single 1 among zeros, y [N, C]. -> int64 [N], -1 for unknown ones"""
    is_missing = y.isnan() if y.is_floating_point() else y < 0
    absent = is_missing.any(1) & unknown
    is_binary = ((y == 0) | (y == 1)).all(1)
    has_one = y.sum(1) == 1
    is_valid = (is_binary & has_one)[~absent].all()
    must(is_valid, argument, f"{list(y.shape)} without a single 1 in every row", "classes [N], or rows with a single 1")
    return y.nan_to_num().argmax(1).masked_fill(absent, -1)


def as_numbers(argument: str, y: torch.Tensor, unknown: bool = False) -> torch.Tensor:
    """Return numbers [N] or [N, Q] as float targets [N, Q]. unknown: as for `as_classes`; NaN stays NaN."""
    need(y.dim() in (1, 2), f"{argument}'s shape", tuple(y.shape), "[N] or [N, Q]")
    if not y.is_floating_point():
        y = y.float()
    return y[:, None] if y.dim() == 1 else y
