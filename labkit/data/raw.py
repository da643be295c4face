"""Arrays as a reader has read them, and the task that they become."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ..arguments import Whole, scalar
from ..errors import need
from . import arrays
from .divide import Division, by_class, pick
from .kinds import labels
from .mapped import limit, take, tensor
from .reading import describe
from .task import Scale, Task

VAL = 0.1  # the share for validation if none is asked for


@dataclass
class Raw:
    """Samples and targets of the training and of the test set, as Task.of takes them.

    standardise: for regression targets, if `task` gets no other value. ids: positions of the training rows in the
    original set; shuffled: these rows are in random order already. y_true: the true labels, see Task.of: None, "given",
    or an array in the order of y; test_trusted: are the labels of the test set true? files, test_files: names of the
    rows, in the order of y and y_test. val_rows: positions of the rows that are for validation, None if a share is;
    by_class: is that share taken of every class? reading: what was read, in words. classes: see Task.of.
    """

    x: Any
    y: Any
    x_test: Any
    y_test: Any
    scale: Scale | None = None
    standardise: bool = False
    class_names: tuple[str, ...] = ()
    ids: np.ndarray | None = None
    shuffled: bool = False
    y_true: np.ndarray | str | None = None
    test_trusted: bool | None = None
    files: Sequence[str] = ()
    test_files: Sequence[str] = ()
    val_rows: np.ndarray | None = None
    by_class: bool = False
    reading: str = ""
    classes: int | None = None

    def task(
        self, name: str, val: float | None = None, n: int | None = None, origin: str | None = None,
        standardise: bool | None = None, limit_bytes: float | None = None,
    ) -> Task:  # fmt: skip
        """Make a task of n of the training samples (None: all), always the same ones.

        val: None: `val_rows`, or the share VAL. origin: None: `name`. Raises ValueError for n out of range, and for
        arrays that Task.of refuses.
        """
        x = tensor(self.x)
        y = labels("y", self.y)
        y_true = self.y_true
        files = self.files
        classes = arrays.class_number(y, labels("y_test", self.y_test), self.classes, self.class_names, "")
        ids = arrays.positions(self.ids, len(y))
        val_rows = self.val_rows
        val = VAL if val is None else val
        if n is not None:
            keep, val_rows = self._chosen(n, len(y))
            x = take(x, keep, x.nbytes > limit(limit_bytes))
            y = y[keep]
            ids = ids[keep]
            if y_true is not None and not isinstance(y_true, str):
                y_true = labels("y_true", y_true)[keep]
            if len(files):
                files = pick(files, keep.tolist())
        if val_rows is None and self.by_class and arrays.is_share(val) and 0 < val < 1:
            _, held_out = by_class(y.numpy(), val, np.random.default_rng(0), minimum=0)
            val_rows = np.sort(held_out)
        if standardise is None:
            standardise = self.standardise and classes is None
        task = Task.of(
            x,
            y,
            self.x_test,
            self.y_test,
            name=name,
            val=val if val_rows is None else val_rows,
            scale=self.scale,
            standardise=standardise,
            classes=classes,
            class_names=self.class_names,
            ids=ids,
            origin=origin or name,
            shuffled=self.shuffled,
            limit_bytes=limit_bytes,
            y_true=y_true,
            test_trusted=self.test_trusted,
            files=files,
            test_files=self.test_files,
            kind="numbers" if classes is None else "classes",
        )
        return replace(task, reading=self.reading)

    def _chosen(self, n, count):
        """Choose n of `count` training rows, and all validation rows. -> rows, positions of the validation rows in them

        The second is None if there are no validation rows.
        """
        held_out = 0 if self.val_rows is None else len(self.val_rows)
        need(Whole(1, count - held_out).takes(n), "n", n, f"a whole number in 1..{count - held_out}")
        n = int(scalar(n))
        if self.shuffled:
            keep = np.concatenate([np.arange(n), np.arange(count - held_out, count)])
        else:
            keep = np.random.default_rng(0).permutation(count)[:n]
        return torch.from_numpy(keep), np.arange(n, n + held_out) if held_out else None


def divided_raw(
    x: Any, x_test: Any, y: np.ndarray, rows: Division, class_names: tuple[str, ...], notes: Sequence[str] = ()
) -> Raw:  # fmt: skip
    """Make a Raw of the samples x of a training set and x_test of a test set.

    y: all labels [N] or [N, Q]; rows: their division. notes: texts for the report of what was read, besides those of
    the division. If there are class names and true labels, a class may have no sample among the given labels.
    """
    may_be_absent = class_names and rows.y_true is not None
    return Raw(
        x,
        y[rows.train],
        x_test,
        rows.y_test,
        standardise=y.ndim == 2,
        class_names=class_names,
        ids=rows.ids,
        shuffled=True,
        y_true=rows.y_true,
        test_trusted=rows.test_trusted,
        val_rows=rows.val,
        by_class=y.ndim == 1,
        reading=describe(y, class_names, [*notes, *rows.notes]),
        classes=len(class_names) if may_be_absent else None,
    )
