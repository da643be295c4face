"""A Task: tensors on the device, what a method may see of them (`train`), and the truth apart (`truth`)."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from ..arguments import Fits, Flag, Name, Number, Seed, Whole, checked, scalar
from ..paths import printable
from . import arrays, samples
from .hashing import task_hash
from .kinds import as_kind
from .split import Scale, Split, Units, test_split, training_split
from .truth import Truth, label_quality, true_labels, trust

Classes = Annotated[int, Whole(1, 10**6)]
Bytes = Annotated[float, Number(0, 10**18, what="a number of bytes")]


A_SCALE = Annotated[Scale, Fits(lambda value: isinstance(value, Scale), "a labkit.data.Scale")]


@dataclass
class Task:
    """A dataset ready for `fit`: `train` (all that a method sees), `test`, `truth`, and the passport of its noise.

    truth: a Truth, whose labels may be known for a part of the samples, or None: the true labels are not known. units:
    where regression targets were standardised, what they were before. class_names: of the classes, where known. files,
    test_files: what each sample of the original training and test set is called, by its id ("" where not read), mostly
    the file that it was in; () where samples have no names. They may tell the class: no method gets them. reading: what
    was read from files of one's own, in words.
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

    def __repr__(self):
        val = 0 if self.train.val is None else len(self.train.val)
        sizes = f"{self.train!r}; validation {val:,}, test {len(self.test):,}"
        return printable(f"{self.name}: {sizes}; {self.noise_text}{'; ' * bool(self.reading)}{self.reading}")

    @property
    def noise_text(self) -> str:
        """The noise of the labels in words: of its passport, else what is known: "clean labels", "truth not known"."""
        return self.noise.words if self.noise else label_quality(self.train, self.truth)

    def samples(self, split="train"):
        """What there is to know about every sample of a split, a row each, in the order of its positions. -> DataFrame

        split: "train", "val", "test", or a Split of this task, such as a meta set. Columns: id (position in the
        original set), file (where samples have names), given, true, known: the given label, the true one and whether
        that is known. Numbers have a column each, given_0, true_0, ..., in the units that they were stored in.
        """
        return samples.table(self, split)

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
        truth = self.truth and self.truth.to(device)
        return replace(self, train=self.train.to(device), test=self.test.to(device), truth=truth)

    def hash(self):
        """Identity of all that can move a number: samples, given labels, their types and shapes, scale, truth, units.
        -> 16 hexadecimal digits"""
        return task_hash(self)

    @classmethod
    @checked
    def of(
        cls, x, y, x_test, y_test, name: Name = "arrays", val=0.1, scale: A_SCALE | None = None, split_seed: Seed = 0,
        *, standardise: Flag = False, classes: Classes | None = None, class_names: tuple[Name, ...] = (), ids=None,
        origin: Name | None = None, shuffled: Flag = False, limit_bytes: Bytes | None = None, y_true=None,
        test_trusted: Flag | None = None, files=(), test_files=(), kind: Literal["classes", "numbers"] | None = None,
    ):  # fmt: skip
        """A task from arrays.

        x [N, ...], x_test [M, ...]: uint8 images or floats. y, y_test: integer classes [N], or float targets [N, Q] for
        regression; kind="classes" | "numbers" settles what could be both, such as floats that are all whole or rows
        with a single 1. `val` is the share of the training set held out as validation, or the positions of these
        samples (they are corrupted with the rest: the labels you can get are noisy).
        standardise: regression targets get mean 0 and standard deviation 1 per coordinate on the training split (R2
        stays what it was; `task.units.stored(y)` leads back). classes: their number, where some may have no sample
        here.
        ids [N]: positions of the rows in the set called `origin`; None: 0..N-1 of a set of its own. shuffled: the rows
        are in random order already, so the first of them become the validation split. limit_bytes: larger arrays are
        kept on disk and read batch by batch (None: half of the memory).
        y_true: the true labels of the rows. None: not known, y may be noisy; "given": y holds them; or an array like y,
        with -1 or NaN (a row with NaN) where the truth is not known. test_trusted: are y_test's labels true? None:
        where y_true is "given".
        files, test_files: names of the rows of x and x_test, such as their files, all different; see Task.samples.
        Raises ValueError for lengths that differ, labels outside 0..C-1, a class without a sample, values that are not
        finite, or a share outside [0, 1).
        """
        val = scalar(val)
        y, y_test, y_true = as_kind(kind, y, y_test, y_true)
        x, y, x_test, y_test, classes = arrays.checked(x, y, x_test, y_test, val, classes, class_names)
        arrays.check_names(class_names, classes)
        told, test_trusted = true_labels(y, y_true, classes), trust(test_trusted, y_true)
        v, t = arrays.held_out(len(y), val, split_seed, shuffled)
        ids, origin = arrays.positions(ids, len(y)), origin or arrays.fresh_origin(name)
        units = arrays.statistics(y[t], standardise)
        units = units and Units(*units)
        y, y_test = (units.standard(a) if units else a for a in (y, y_test))
        settings = {"classes": classes, "scale": scale or Scale()}
        train = training_split(x, y, ids, (t, v), limit_bytes, origin=origin, **settings)
        test = test_split(x_test, y_test, test_trusted, origin, limit_bytes, **settings)
        files, test_files = arrays.names("files", files, ids), arrays.names("test_files", test_files, test.ids)
        return cls(name, train, test, _truth(told, units, t, v), None, units, tuple(class_names), files, test_files)


WHERE_FROM = "a labkit.Task, from labkit.load(...) or labkit.Task.of(...)"
A_TASK = Annotated[Task, Fits(lambda value: isinstance(value, Task), WHERE_FROM)]


def _truth(told, units, train, val):
    """The Truth of a task. told: of `true_labels`; units: of its targets; train, val: positions. -> Truth or None"""
    if told is None:
        return None
    y, known = told
    y = units.standard(y) if units else y
    masks = (None, None) if known is None else (known[train], known[val])
    return Truth(y[train].clone(), y[val].clone(), *masks)
