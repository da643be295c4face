"""A Task: tensors on the device, what a method may see of them (`train`), and the truth apart (`truth`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import torch

from ..arguments import Fits, Flag, Name, Number, Seed, Whole, checked, scalar
from ..paths import printable
from . import arrays, samples
from .annotators import annotations_of
from .hashing import task_hash
from .kinds import as_kind
from .split import Scale, Split, Units, test_split, training_split
from .truth import Truth, label_quality, true_labels, trust

if TYPE_CHECKING:
    import pandas as pd

Classes = Annotated[int, Whole(1, 10**6)]
Bytes = Annotated[float, Number(0, 10**18, what="a number of bytes")]
A_SCALE = Annotated[Scale, Fits(lambda value: isinstance(value, Scale), "a labkit.data.Scale")]


@dataclass
class Task:
    """A dataset ready for `fit`: `train` (all that a method sees), `test`, `truth`, and the passport of its noise.

    truth: a Truth, or None if no true label is known. units: the scale of regression targets before they were
    standardised, or None. class_names: one per class, or (). files, test_files: names of the samples of the original
    training and test set, by id ("" for samples that were not loaded), mostly the files that they were in; () if they
    have no names. A name may tell the class, so no method gets them. reading: what was read from your own files, in
    words.
    """

    name: str
    train: Split
    test: Split
    truth: Truth | None = None
    noise: object = None
    units: Units | None = None
    class_names: tuple = ()
    files: tuple = field(default=(), repr=False)
    test_files: tuple = field(default=(), repr=False)
    reading: str = field(default="", repr=False)

    def __repr__(self) -> str:
        val = 0 if self.train.val is None else len(self.train.val)
        parts = [f"{self.name}: {self.train!r}"]
        parts.append(f"validation {val:,}, test {len(self.test):,}")
        parts.append(self.noise_text)
        if self.reading:
            parts.append(self.reading)
        return printable("; ".join(parts))

    @property
    def noise_text(self) -> str:
        """The noise of the labels in words: its passport's, or without a noise model "clean labels" or the like."""
        return self.noise.words if self.noise else label_quality(self.train, self.truth)

    def samples(self, split: str | Split = "train") -> "pd.DataFrame":
        """Return a row for each sample of a split, in the order of their positions. -> DataFrame

        split: "train", "val", "test", or a Split of this task, such as a meta set. Columns: id (position in the
        original set), file (if samples have names), given, true, known: the given label, the true one and whether that
        is known; annotator_0, ...: the labels of several annotators, if there are some. Numbers have a column each,
        given_0, true_0, ..., in the units that they were stored in.
        """
        return samples.table(self, split)

    @property
    def classes(self) -> int | None:
        """Number of classes C, or None for regression."""
        return self.train.classes

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return tuple(self.train.x.shape[1:])

    def to(self, device: torch.device | str) -> "Task":
        """Return the task on `device`."""
        truth = None if self.truth is None else self.truth.to(device)
        return replace(self, train=self.train.to(device), test=self.test.to(device), truth=truth)

    def hash(self) -> str:
        """Hash all that can move a number: samples, given labels, their types and shapes, scale, truth, units.

        -> 16 hexadecimal digits
        """
        return task_hash(self)

    @classmethod
    @checked
    def of(
        cls, x: Any, y: Any, x_test: Any, y_test: Any, name: Name = "arrays", val: Any = 0.1,
        scale: A_SCALE | None = None, split_seed: Seed = 0, *, standardise: Flag = False,
        classes: Classes | None = None, class_names: tuple[Name, ...] = (), ids: Any = None,
        origin: Name | None = None, shuffled: Flag = False, limit_bytes: Bytes | None = None, y_true: Any = None,
        test_trusted: Flag | None = None, files: Sequence = (), test_files: Sequence = (),
        kind: Literal["classes", "numbers"] | None = None, annotations: Any = None,
    ) -> "Task":  # fmt: skip
        """Make a task from arrays.

        x [N, ...], x_test [M, ...]: uint8 images or floats. y, y_test: integer classes [N], or float targets [N, Q] for
        regression; kind="classes" | "numbers" settles what could be both, such as floats that are all whole or rows
        with a single 1. val: the share of the training set held out as validation, or the positions of these samples
        (they are corrupted with the rest, since the labels you can get are noisy).
        standardise: scale regression targets to mean 0 and standard deviation 1 per coordinate on the training split
        (R2 stays what it was; `task.units.stored(y)` returns the old ones). classes: their number, if some may have no
        sample here.
        ids [N]: positions of the rows in the set called `origin`; None: 0..N-1 of a new set. shuffled: the rows are in
        random order already, so the first of them become the validation split. limit_bytes: larger arrays stay on disk
        and are read batch by batch (None: half of the memory).
        y_true: the true labels of the rows. None: not known, y may be noisy; "given": y holds them; or an array like y,
        with -1 or NaN (a row with NaN) where the truth is not known. test_trusted: are y_test's labels true? None: yes
        if y_true is "given".
        files, test_files: names of the rows of x and x_test, such as their files, all different; see Task.samples.
        annotations [N, A]: labels of A annotators for the rows of x, -1 or NaN where one gave none. Methods for several
        annotators learn from them; y is still needed, e.g. labkit.data.majority(annotations, C).
        Raises ValueError for lengths that differ, labels outside 0..C-1, a class without a sample, values that are not
        finite, or a share outside [0, 1).
        """
        val = scalar(val)
        y, y_test, y_true = as_kind(kind, y, y_test, y_true)
        x, y, x_test, y_test, classes = arrays.checked(x, y, x_test, y_test, val, classes, class_names)
        arrays.check_names(class_names, classes)
        true = true_labels(y, y_true, classes)
        test_trusted = trust(test_trusted, y_true)
        val_rows, train_rows = arrays.held_out(len(y), val, split_seed, shuffled)
        ids = arrays.positions(ids, len(y))
        origin = origin or arrays.fresh_origin(name)
        statistics = arrays.statistics(y[train_rows], standardise)
        units = None if statistics is None else Units(*statistics)
        if units:
            y = units.standard(y)
            y_test = units.standard(y_test)
        settings = {"classes": classes, "scale": scale or Scale()}
        if annotations is not None:
            annotations = annotations_of("annotations", annotations, classes, len(y))
        train = training_split(x, y, ids, train_rows, val_rows, limit_bytes, annotations, origin=origin, **settings)
        test = test_split(x_test, y_test, test_trusted, origin, limit_bytes, **settings)
        return cls(
            name,
            train,
            test,
            truth=_truth(true, units, train_rows, val_rows),
            units=units,
            class_names=tuple(class_names),
            files=arrays.names("files", files, ids),
            test_files=arrays.names("test_files", test_files, test.ids),
        )


WHERE_FROM = "a labkit.Task, from labkit.load(...) or labkit.Task.of(...)"
A_TASK = Annotated[Task, Fits(lambda value: isinstance(value, Task), WHERE_FROM)]


def _truth(true, units, train_rows, val_rows):
    """Return the Truth of a task, or None. true: labels and where they are known, from `true_labels`"""
    if true is None:
        return None
    y, known = true
    if units:
        y = units.standard(y)
    truth = Truth(y[train_rows].clone(), y[val_rows].clone())
    if known is not None:
        truth.known = known[train_rows]
        truth.val_known = known[val_rows]
    return truth
