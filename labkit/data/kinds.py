"""Are arrays of labels classes or numbers? What could be both is asked for."""

import numpy as np
import torch

from ..errors import ask, choose, must, need
from .mapped import tensor

KINDS = ("classes", "numbers")
EITHER = '"classes" (they become integer classes [N]) or "numbers" (float targets [N, Q])'
LARGEST = 2**62


def as_kind(kind, y, y_test, y_true=None):
    """Return labels as integer classes [N] or float targets [N, Q], as tensors; y_true as they are.

    kind: "classes" | "numbers"; None where the arrays leave nothing open: integers [N] are classes, floats [N, Q] are
    targets. Floats that are all whole, and rows that hold a single 1, are asked about.
    """
    choose("kind", kind, dict.fromkeys((None, *KINDS)))
    y, y_test = labels("y", y), labels("y_test", y_test)
    if kind is None:
        refuse_open(y)
        return y, y_test, y_true
    convert = as_classes if kind == "classes" else as_numbers
    if y_true is not None and not isinstance(y_true, str):
        y_true = convert("y_true", labels("y_true", y_true), unknown=True)
    return convert("y", y), convert("y_test", y_test), y_true


def labels(argument, y):
    """Return classes or targets as a tensor of numbers; whole numbers of every type, and truths, are int64."""
    y = y if isinstance(y, torch.Tensor) else np.asarray(y)
    fine = isinstance(y, torch.Tensor) or y.dtype.kind in "biuf"
    must(fine, argument, f"of type {y.dtype}", "integer classes 0..C-1 [N] or finite float targets [N, Q]")
    if isinstance(y, np.ndarray) and y.dtype == np.uint64 and len(y):
        must(y.max() < LARGEST, argument, f"up to {y.max()}", "classes from 0 on, fewer than samples")
    y = tensor(y.astype(np.int64) if isinstance(y, np.ndarray) and y.dtype.kind in "biu" else y)
    need(y.ndim, argument, y.tolist() if not y.ndim else None, "an array, a class or a row of targets per sample")
    return y if y.is_floating_point() else y.long()


def refuse_open(y):
    """Ask where labels could be classes or numbers."""
    if is_one_hot(y):
        ask("kind", f"every row of y {list(y.shape)} holds a single 1 among zeros", EITHER)
    if y.dim() == 2 and not y.is_floating_point():
        ask("kind", f"y {list(y.shape)} holds whole numbers in columns", EITHER)
    column = y.flatten() if y.dim() == 1 or (y.dim() == 2 and y.shape[1] == 1) else None
    if column is not None and y.is_floating_point() and is_whole(column):
        different = len(column.unique())
        if y.dim() == 1 or different <= len(column) / 2:
            ask("kind", f"y {list(y.shape)} holds whole numbers as floats, {different} different ones", EITHER)


def is_whole(y):
    """Return whether there are numbers, and all are finite and whole."""
    return bool(len(y) and torch.isfinite(y).all() and (y == y.round()).all())


def is_one_hot(y):
    """Return whether every row [Q] holds a single 1 among zeros, and several columns have one."""
    if y.dim() != 2 or y.shape[1] < 2 or not len(y):
        return False
    binary = bool(((y == 0) | (y == 1)).all())
    return binary and bool((y.sum(1) == 1).all()) and int((y != 0).any(0).sum()) > 1


def as_classes(argument, y, unknown=False):
    """Return whole numbers [N] or [N, 1], or rows with a single 1 [N, C], as classes. unknown: may there be -1, NaN?"""
    if y.dim() == 2 and y.shape[1] > 1:
        absent = (y.isnan().any(1) if y.is_floating_point() else (y < 0).any(1)) & unknown
        fine = bool(((y == 0) | (y == 1)).all(1)[~absent].all() and (y.sum(1) == 1)[~absent].all())
        must(fine, argument, f"{list(y.shape)} without a single 1 in every row", "classes [N], or rows with a single 1")
        return y.nan_to_num().argmax(1).masked_fill(absent, -1)
    y = y.flatten()
    if not y.is_floating_point():
        return y
    absent = y.isnan() & unknown
    must(is_whole(y[~absent]), argument, "not whole somewhere", "whole numbers, one per sample")
    return y.masked_fill(absent, -1).long()


def as_numbers(argument, y, unknown=False):
    """Return numbers [N] or [N, Q] as float targets [N, Q]."""
    need(y.dim() in (1, 2), f"{argument}'s shape", tuple(y.shape), "[N] or [N, Q]")
    y = y if y.is_floating_point() else y.float()
    return y[:, None] if y.dim() == 1 else y
