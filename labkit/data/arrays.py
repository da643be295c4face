"""Checks of the arrays that become a task, and their division into training and validation split."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import torch

from ..errors import must, need
from .kinds import labels
from .mapped import chunks, tensor

ABSENT = "; classes=... is for sets in which some are absent"


def checked(
    x: Any, y: Any, x_test: Any, y_test: Any, val: Any, classes: int | None = None, class_names: Sequence[str] = ()
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, int | None]:
    """Return the arrays as tensors, and the number of classes (None: regression).

    Raises ValueError for values, types, shapes and lengths that cannot be used.
    """
    x = inputs("x", x)
    x_test = inputs("x_test", x_test)
    y = labels("y", y)
    y_test = labels("y_test", y_test)
    check_val(val, len(y))
    check_samples("", x, y)
    check_samples("_test", x_test, y_test)
    shape = ["M", *x.shape[1:]]
    may_be = f"[{', '.join(map(str, shape))}]"
    need(x.shape[1:] == x_test.shape[1:], "x_test's shape", tuple(x_test.shape), may_be)
    classes = class_number(y, y_test, classes, class_names)
    if classes:
        y = y.long()
        y_test = y_test.long()
    return x, y, x_test, y_test, classes


def check_samples(ending: str, x: torch.Tensor, y: torch.Tensor) -> None:
    """Raise ValueError unless there are samples, one label for each, and all values are finite.

    ending: of the arguments' names, "" or "_test".
    """
    count = len(x)
    need(len(y) == count > 0, f"len(y{ending})", len(y), f"{count}, one per sample, above 0")
    must(finite(x), f"x{ending}", "not finite somewhere", "finite everywhere")


def inputs(argument: str, x: Any) -> torch.Tensor:
    """Return samples as a tensor of numbers, [N, ...]. Raises ValueError for other types and sparse tensors."""
    if isinstance(x, torch.Tensor):
        is_valid = x.dim() > 0
    else:
        x = np.asarray(x)
        is_valid = x.ndim > 0 and x.dtype.kind in "biuf"
    must(is_valid, argument, f"of type {x.dtype} and shape {tuple(x.shape)}", "an array of numbers, a row per sample")
    if not isinstance(x, torch.Tensor):
        return tensor(x)
    must(x.layout == torch.strided, argument, "a sparse tensor", "a dense one, from x.to_dense()")
    return tensor(x.detach())


def check_names(class_names: Sequence[str], classes: int | None) -> None:
    """Raise ValueError unless there are as many different names as classes, or none."""
    may_be = f"{classes} of them, one per class, or ()"
    need(len(class_names) in (0, classes), "class_names", class_names, may_be)
    twice = repeated(class_names)
    need(not twice, "class_names", class_names, f"different: {twice[:1]} is there twice")


def repeated(values: Iterable) -> list:
    """Return the values that occur more than once."""
    return [value for value, count in Counter(values).items() if count > 1]


def finite(x: torch.Tensor) -> bool:
    """Return whether all values are finite. A large array is checked in parts."""
    if not x.is_floating_point():
        return True
    return all(torch.isfinite(part).all() for part in chunks(x))


def class_number(
    y: torch.Tensor, y_test: torch.Tensor, classes: int | None = None, class_names: Sequence[str] = (),
    advice: str = ABSENT,
) -> int | None:  # fmt: skip
    """Return the number of classes C of integer labels, or None for float targets.

    classes: C, if some classes may have no sample; None: the largest label + 1. advice: end of the message for a class
    without a sample. Raises ValueError for labels that are not [N] in 0..C-1, and targets that are not finite [N, Q].
    """
    if y.is_floating_point():
        check_targets(y, y_test)
        return None
    for argument, values in (("y", y), ("y_test", y_test)):
        need(values.numel(), f"len({argument})", 0, "1 or more, one per sample")
    finding = f"shape {tuple(y.shape)}, minimum {y.min()}"
    must(y.dim() == 1 and y.min() >= 0, "y", finding, "classes [N] from 0 on")
    largest = int(y.max())
    if classes is None:
        classes = largest + 1
        check_every_class(y, classes, class_names, advice)
    must(largest < classes, "y", f"up to {largest}", f"in 0..{classes - 1} with classes={classes}")
    is_integer = y_test.dim() == 1 and not y_test.is_floating_point()
    is_valid = is_integer and y_test.min() >= 0 and y_test.max() < classes
    finding = f"{y_test.min()}..{y_test.max()}"
    must(is_valid, "y_test", finding, f"in 0..{classes - 1}")
    return classes


def check_targets(y: torch.Tensor, y_test: torch.Tensor) -> None:
    """Raise ValueError unless both are finite float targets with the same number of columns, [N, Q] and [M, Q]."""
    may_be = "finite float targets [N, Q], or integer classes [N]"
    for argument, targets in (("y", y), ("y_test", y_test)):
        is_valid = targets.dim() == 2 and targets.is_floating_point()
        need(is_valid, argument, tuple(targets.shape), may_be)
        must(torch.isfinite(targets).all(), argument, "not finite somewhere", may_be)
    columns = y.shape[1]
    need(y_test.shape[1] == columns, "y_test's shape", tuple(y_test.shape), f"[M, {columns}]")


def check_every_class(y: torch.Tensor, classes: int, class_names: Sequence[str], advice: str) -> None:
    """Raise ValueError if a class in 0..C-1 has no sample. The message names up to five classes."""
    largest = classes - 1
    fewer = f"in 0..{len(y) - 1}: classes with a sample each are no more than samples"
    must(classes <= max(len(y), 2**10), "y", f"up to {largest}", fewer)  # before bincount takes memory for all of them
    counts = torch.bincount(y, minlength=classes)
    absent = (counts == 0).nonzero()[:, 0].tolist()
    if not absent:
        return
    listed = []
    for c in absent[:5]:
        has_name = c < len(class_names)
        listed.append(f"{c} ({class_names[c]})" if has_name else str(c))
    finding = f"without a sample of class {', '.join(listed)}"
    must(False, "y", finding, f"classes 0..{largest} with a sample each{advice}")


def is_share(val: Any) -> bool:
    """Return whether `val` is one number, and no list of positions."""
    return isinstance(val, (int, float)) and not isinstance(val, bool)


def check_val(val: Any, n: int) -> None:
    """Raise ValueError unless `val` is a share of n training samples, or positions of validation samples."""
    if is_share(val) or not hasattr(val, "__len__") or isinstance(val, str):
        need(is_share(val) and 0 <= val < 1, "val", val, "a fraction in [0, 1)")
        return
    rows = np.asarray(val)
    is_integer = rows.dtype.kind in "iu" or rows.size == 0
    is_valid = rows.ndim == 1 and is_integer and len(rows) < n
    if is_valid and len(rows):
        are_different = len(np.unique(rows)) == len(rows)
        is_valid = are_different and rows.min() >= 0 and rows.max() < n
    need(is_valid, "val", val, f"a fraction in [0, 1), or different positions in 0..{n - 1}, fewer than {n}")


def held_out(
    n: int, val: float | Sequence[int], seed: int, shuffled: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Return the positions of the validation split and of the training split, both in rising order.

    val: the share held out, or the positions themselves. shuffled: the samples are in random order already, so the
    first of them are held out. -> [int(val n)], [the others]
    """
    if is_share(val):
        rng = torch.Generator().manual_seed(seed)
        order = torch.arange(n) if shuffled else torch.randperm(n, generator=rng)
        count = int(val * n)
        return order[:count].sort().values, order[count:].sort().values
    is_held_out = torch.zeros(n, dtype=torch.bool)
    is_held_out[torch.as_tensor(np.asarray(val, dtype=np.int64))] = True
    return is_held_out.nonzero()[:, 0], (~is_held_out).nonzero()[:, 0]


def positions(ids: Any, n: int) -> torch.Tensor:
    """Return ids [n] as int64, 0..n-1 for None. Raises ValueError unless they are different whole numbers from 0 on."""
    ids = np.arange(n) if ids is None else np.asarray(ids)
    must(ids.dtype.kind in "iu", "ids", f"of type {ids.dtype}", "whole numbers, one per sample")
    ids = torch.as_tensor(ids).long()
    need(ids.shape == (n,), "ids' shape", tuple(ids.shape), f"[{n}], one per sample")
    are_different = len(ids.unique()) == n
    need(are_different and ids.min() >= 0, "ids", ids[:5].tolist(), "different positions from 0 on")
    return ids


def names(argument: str, files: Sequence, ids: torch.Tensor) -> tuple[str, ...]:
    """Return the names of the rows by their ids, "" for an id without a row; () for no names.

    files: a name per row, all different, or none at all; else a ValueError is raised.
    """
    files = list(map(str, files))
    if not files:
        return ()
    count = len(files)
    need(count == len(ids), f"len({argument})", count, f"{len(ids)}, one per row, or 0")
    twice = repeated(files)
    must(not twice, argument, f"a list with {twice[:1]} more than once", "one with a different name in every row")
    by_id = [""] * (int(ids.max()) + 1)
    for row_id, file in zip(ids.tolist(), files, strict=True):
        by_id[row_id] = file
    return tuple(by_id)


def origin_of(path: Path, test: float, **choices: object) -> str:
    """Return a name for the rows of a file or folder, made of all that chooses them.

    choices: {argument: value}; None is left out
    """
    marks = [str(path.resolve()), f"test={test}"]
    for argument, value in choices.items():
        if value is not None:
            marks.append(f"{argument}={value}")
    return " ".join(marks)


def fresh_origin(name: str) -> str:
    """Return a name for a set of arrays that no other set has."""
    return f"{name}-{uuid4().hex}"


def statistics(y: torch.Tensor, standardise: bool) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Return mean and standard deviation of the targets [N, Q] per coordinate, or None if they stay as they are.

    Raises ValueError for classes, and for a coordinate in which all targets are the same. -> float32 [Q], [Q]
    """
    need(isinstance(standardise, bool), "standardise", standardise, "True or False")
    if not standardise:
        return None
    need(y.is_floating_point(), "standardise", True, "False for classes: only regression targets have units")
    y = y.double()
    mean = y.mean(0)
    std = y.std(0, correction=0)
    is_constant = std <= 1e-12 * (1 + mean.abs())
    constant = is_constant.nonzero()[:, 0].tolist()
    must(not constant, "y", f"the same for all samples in coordinate {constant[:1]}", "targets that differ")
    return mean.float(), std.float()
