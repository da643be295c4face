"""What arrays must be before they become a task, and how their rows are divided."""

from collections import Counter
from uuid import uuid4

import numpy as np
import torch

from ..errors import must, need
from .kinds import labels
from .mapped import chunks, tensor

ABSENT = "; classes=... is for sets in which some are absent"


def checked(x, y, x_test, y_test, val, classes=None, class_names=()):
    """The arrays as tensors, and the number of classes (None: regression). Raises ValueError for what cannot be
    used."""
    x, x_test = inputs("x", x), inputs("x_test", x_test)
    y, y_test = labels("y", y), labels("y_test", y_test)
    check_val(val, len(y))
    for argument, samples, given in (("", x, y), ("_test", x_test, y_test)):
        fine, allowed = len(given) == len(samples) > 0, f"{len(samples)}, one per sample, above 0"
        need(fine, f"len(y{argument})", len(given), allowed)
        must(finite(samples), f"x{argument}", "not finite somewhere", "finite everywhere")
    need(x.shape[1:] == x_test.shape[1:], "x_test's shape", tuple(x_test.shape), f"[M, {str(list(x.shape[1:]))[1:]}")
    classes = class_number(y, y_test, classes, class_names)
    y, y_test = (y.long(), y_test.long()) if classes else (y, y_test)
    return x, y, x_test, y_test, classes


def inputs(argument, x):
    """Samples as a tensor of numbers, [N, ...]."""
    x = x if isinstance(x, torch.Tensor) else np.asarray(x)
    fine = x.ndim and (isinstance(x, torch.Tensor) or x.dtype.kind in "biuf")
    must(fine, argument, f"of type {x.dtype} and shape {tuple(x.shape)}", "an array of numbers, a row per sample")
    dense = not isinstance(x, torch.Tensor) or x.layout == torch.strided
    must(dense, argument, "a sparse tensor", "a dense one, from x.to_dense()")
    return tensor(x.detach() if isinstance(x, torch.Tensor) else x)


def check_names(names, classes):
    """Raise ValueError unless there are as many names as classes, or none."""
    need(len(names) in (0, classes), "class_names", names, f"{classes} of them, one per class, or ()")
    twice = [name for name, count in Counter(names).items() if count > 1]
    need(not twice, "class_names", names, f"different: {twice[:1]} is there twice")


def finite(x):
    """Are all values finite? A large array is looked at in parts."""
    return not x.is_floating_point() or all(torch.isfinite(part).all() for part in chunks(x))


def class_number(y, y_test, classes=None, names=(), advice=ABSENT):
    """Number of classes of integer labels, None for float targets. classes: the number where some may be absent."""
    if y.is_floating_point():
        allowed = "finite float targets [N, Q], or integer classes [N]"
        for argument, targets in (("y", y), ("y_test", y_test)):
            need(targets.dim() == 2 and targets.is_floating_point(), argument, tuple(targets.shape), allowed)
            must(torch.isfinite(targets).all(), argument, "not finite somewhere", allowed)
        need(y_test.shape[1] == y.shape[1], "y_test's shape", tuple(y_test.shape), f"[M, {y.shape[1]}]")
        return None
    for argument, given in (("y", y), ("y_test", y_test)):
        need(given.numel(), f"len({argument})", 0, "1 or more, one per sample")
    must(y.dim() == 1 and y.min() >= 0, "y", f"shape {tuple(y.shape)}, minimum {y.min()}", "classes [N] from 0 on")
    largest = int(y.max())
    if classes is None:
        classes = largest + 1
        many = f"in 0..{len(y) - 1}: classes with a sample each are no more than samples"
        must(classes <= max(len(y), 2**10), "y", f"up to {largest}", many)
        absent = (torch.bincount(y.long(), minlength=classes) == 0).nonzero()[:, 0].tolist()
        word = lambda c: f"{c} ({names[c]})" if names else str(c)
        must(not absent, "y", f"without a sample of class {', '.join(map(word, absent[:5]))}",
             f"classes 0..{largest} with a sample each{advice}")  # fmt: skip
    must(largest < classes, "y", f"up to {largest}", f"in 0..{classes - 1} with classes={classes}")
    fine = y_test.dim() == 1 and not y_test.is_floating_point() and y_test.min() >= 0 and y_test.max() < classes
    must(fine, "y_test", f"{y_test.min()}..{y_test.max()}", f"in 0..{classes - 1}")
    return classes


def is_share(val):
    """Is it one number?"""
    return isinstance(val, (int, float)) and not isinstance(val, bool)


def check_val(val, n):
    """A share of the training set, or the positions of the validation samples in it."""
    if is_share(val) or not hasattr(val, "__len__") or isinstance(val, str):
        need(is_share(val) and 0 <= val < 1, "val", val, "a share in [0, 1)")
        return
    rows = np.asarray(val)
    fine = rows.ndim == 1 and (rows.dtype.kind in "iu" or not len(rows)) and len(np.unique(rows)) == len(rows) < n
    fine = fine and (not len(rows) or (rows.min() >= 0 and rows.max() < n))
    need(fine, "val", val, f"a share in [0, 1), or different positions in 0..{n - 1}, fewer than {n}")


def held_out(n, val, seed, shuffled=False):
    """Positions of the validation split and of the training split, in rising order. val: a share, or the positions
    themselves. -> [int(val n)], [the rest]"""
    if not is_share(val):
        chosen = torch.zeros(n, dtype=torch.bool)
        chosen[torch.as_tensor(np.asarray(val, dtype=np.int64))] = True
        return chosen.nonzero()[:, 0], (~chosen).nonzero()[:, 0]
    order = torch.arange(n) if shuffled else torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    held = int(val * n)
    return order[:held].sort().values, order[held:].sort().values


def positions(ids, n):
    """ids [n] as int64, or 0..n-1."""
    ids = np.arange(n) if ids is None else np.asarray(ids)
    must(ids.dtype.kind in "iu", "ids", f"of type {ids.dtype}", "whole numbers, one per sample")
    ids = torch.as_tensor(ids).long()
    need(ids.shape == (n,), "ids' shape", tuple(ids.shape), f"[{n}], one per sample")
    need(len(ids.unique()) == n and ids.min() >= 0, "ids", ids.tolist()[:5], "different positions from 0 on")
    return ids


def names(argument, files, ids):
    """Names of the rows, by their ids. files: a name per row, all different, or none at all. -> tuple, "" for ids
    without a row; () for no names"""
    files = [str(file) for file in files]
    if not files:
        return ()
    need(len(files) == len(ids), f"len({argument})", len(files), f"{len(ids)}, one per row, or 0")
    twice = [file for file, count in Counter(files).items() if count > 1]
    must(not twice, argument, f"a list with {twice[:1]} more than once", "one with a different name in every row")
    by_id = [""] * (int(ids.max()) + 1)
    for place, file in zip(ids.tolist(), files, strict=True):
        by_id[place] = file
    return tuple(by_id)


def fresh_origin(name):
    """A name for a set of arrays that no other set has."""
    return f"{name}-{uuid4().hex}"


def statistics(y, standardise):
    """Mean and standard deviation of the targets [N, Q] per coordinate. -> float32 [Q], [Q], or None where they stay"""
    need(isinstance(standardise, bool), "standardise", standardise, "True or False")
    if not standardise:
        return None
    need(y.is_floating_point(), "standardise", True, "False for classes: only regression targets have units")
    mean, std = y.double().mean(0), y.double().std(0, correction=0)
    constant = (std <= 1e-12 * (1 + mean.abs())).nonzero()[:, 0].tolist()
    must(not constant, "y", f"the same for all samples in coordinate {constant[:1]}", "targets that differ")
    return mean.float(), std.float()
