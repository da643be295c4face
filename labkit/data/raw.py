"""What a reader has read, and the task that it becomes."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch

from ..arguments import Whole, scalar
from ..errors import need
from . import arrays
from .divide import by_class
from .kinds import labels
from .mapped import limit, take, tensor
from .task import Scale, Task

VAL = 0.1  # the share for validation where nobody asks for another


@dataclass
class Raw:
    """Samples and targets of the training and of the test set, as Task.of takes them.

    standardise: what regression targets get where nobody asks for something else. ids: positions of the training rows
    in the original set; shuffled: these rows are in random order already. y_true: the true labels, see Task.of: None,
    "given", or an array in the order of y; test_trusted: are the labels of the test set true? files, test_files: names
    of the rows, in the order of y and y_test. val_rows: positions of the rows that are for validation, None where `val`
    is a share; by_class: is that share one of every class? reading: what was read, in words. classes: see Task.of.
    rows: of what was read, those of the training and of the test set.
    """

    x: object
    y: object
    x_test: object
    y_test: object
    scale: Scale | None = None
    standardise: bool = False
    class_names: tuple = ()
    ids: object = None
    shuffled: bool = False
    y_true: object = None
    test_trusted: bool | None = None
    files: object = ()
    test_files: object = ()
    val_rows: object = None
    by_class: bool = False
    reading: str = ""
    classes: int | None = None
    rows: tuple = ()

    def task(self, name, val=None, n=None, origin=None, standardise=None, limit_bytes=None):
        """A task of n of the training samples (None: all), always the same ones. val: None = .1, or `val_rows`. origin:
        None = `name`."""
        x, y = tensor(self.x), labels("y", self.y)
        classes = arrays.class_number(y, labels("y_test", self.y_test), self.classes, self.class_names, "")
        ids, y_true, files = arrays.positions(self.ids, len(y)), self.y_true, self.files
        val, val_rows = VAL if val is None else val, self.val_rows
        if n is not None:
            keep, val_rows = self._chosen(n, len(y))
            x, y, ids = take(x, keep, x.nbytes > limit(limit_bytes)), y[keep], ids[keep]
            y_true = y_true if y_true is None or isinstance(y_true, str) else labels("y_true", y_true)[keep]
            files = [files[k] for k in keep.tolist()] if len(files) else ()
        if val_rows is None and self.by_class and arrays.is_share(val) and 0 < val < 1:
            val_rows = np.sort(by_class(y.numpy(), val, np.random.default_rng(0), least=0)[1])
        val = val if val_rows is None else val_rows
        kind = "numbers" if classes is None else "classes"
        make = partial(
            Task.of, name=name, val=val, kind=kind, scale=self.scale, classes=classes, class_names=self.class_names
        )
        standardise = self.standardise and classes is None if standardise is None else standardise
        task = make(x, y, self.x_test, self.y_test, standardise=standardise, ids=ids, shuffled=self.shuffled,
                    origin=origin or name, limit_bytes=limit_bytes, y_true=y_true, test_trusted=self.test_trusted,
                    files=files, test_files=self.test_files)  # fmt: skip
        return replace(task, reading=self.reading)

    def _chosen(self, n, rows):
        """The rows of a choice of n training samples, and which of them are for validation: all that were before."""
        held = 0 if self.val_rows is None else len(self.val_rows)
        need(Whole(1, rows - held).takes(n), "n", n, f"a whole number in 1..{rows - held}")
        n = int(scalar(n))
        if self.shuffled:
            keep = np.concatenate([np.arange(n), np.arange(rows - held, rows)])
        else:
            keep = np.random.default_rng(0).permutation(rows)[:n]
        return torch.from_numpy(keep), np.arange(n, n + held) if held else None


def test_share(n, share):
    """A fixed random division of n samples. -> positions of the training samples and of the test samples, in random
    order"""
    need(isinstance(share, (int, float)) and 0 < share < 1, "test", share, "a share in (0, 1)")
    order = np.random.default_rng(0).permutation(n)
    held = max(1, int(share * n))
    need(held < n, "samples", n, "2 or more, so that some are left for training")
    return order[held:], order[:held]
