"""A Task: tensors on the device, what a method may see of them (`train`), and the truth apart (`truth`)."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import torch

from ..arguments import Checked, Fits, Flag, Name, Number, Positive, Seed, Whole, checked, scalar
from ..paths import printable
from . import arrays, samples
from .hashing import task_hash
from .kinds import as_kind
from .mapped import limit, take
from .samples import TEST
from .truth import Truth, label_quality, true_labels, trust

Classes = Annotated[int, Whole(1, 10**6)]
Bytes = Annotated[float, Number(0, 10**18, what="a number of bytes")]


@dataclass(frozen=True)
class Scale(metaclass=Checked):
    """How stored values become inputs: (x / top - mean) / std, with one mean and std per channel."""

    top: Positive = 1.0
    mean: tuple[Annotated[float, Number()], ...] = (0.0,)
    std: tuple[Positive, ...] = (1.0,)

    def __call__(self, x):
        """uint8 [B, channels, H, W] -> float32 of the same shape; anything but uint8 is returned as it is."""
        if x.dtype != torch.uint8:
            return x
        if len(self.mean) == 1:  # plain numbers: no small tensor to make in every step
            return x.float().mul_(1 / (self.top * self.std[0])).sub_(self.mean[0] / self.std[0])
        mean, std = (torch.tensor(values, device=x.device).view(-1, 1, 1) for values in (self.mean, self.std))
        return x.float().div_(self.top).sub_(mean).div_(std)


@dataclass
class Split:
    """Samples with the labels that were *given*. A training split also carries its noisy validation split.

    x [N, ...] uint8 images or floats; y [N] int64 classes, or [N, Q] floats (regression); classes is C, or None for
    regression. ids [N] int64: positions in the set that was loaded (train and val: in its training set, test: in its
    test set), `origin` says which one that was. trusted: of a meta set and of a test set, are its labels the true ones?
    mapped: x is a file on disk; it is read where it is indexed, and stays on the CPU.
    """

    x: torch.Tensor
    y: torch.Tensor
    classes: int | None
    scale: Scale
    val: "Split | None" = None
    ids: torch.Tensor | None = None
    trusted: bool | None = None
    origin: str | None = None
    mapped: bool = False

    def __len__(self):
        return len(self.y)

    def __repr__(self):
        labels = f"{self.classes} classes" if self.classes else f"{self.y.shape[1]} targets"
        return f"{len(self):,} samples {list(self.x.shape[1:])} ({self.origin}), {labels}"

    def inputs(self, i=slice(None)):
        """The samples i as network inputs, on the device of y. -> [len(i), ...] float"""
        if self.x.device == self.y.device:
            return self.scale(self.x[i])
        i = i.to(self.x.device) if isinstance(i, torch.Tensor) else i
        return self.scale(self.x[i].to(self.y.device))

    def to(self, device):
        """The same split on `device`; the samples of a mapped one stay where they are."""
        x = self.x if self.mapped else self.x.to(device)
        val, ids = self.val and self.val.to(device), None if self.ids is None else self.ids.to(device)
        return replace(self, x=x, y=self.y.to(device), val=val, ids=ids)


@dataclass(frozen=True)
class Units:
    """What standardised targets were before: y = (stored - mean) / std, mean and std [Q] of the training split."""

    mean: torch.Tensor
    std: torch.Tensor

    def standard(self, y):
        """Stored targets [..., Q] -> standardised ones."""
        return ((y - self.mean.to(y.device)) / self.std.to(y.device)).to(y.dtype)

    def stored(self, y):
        """Standardised targets or outputs [..., Q] -> in the units that they were stored in."""
        return (y * self.std.to(y.device) + self.mean.to(y.device)).to(y.dtype)


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
        test_ids = torch.arange(len(y_test))
        files, test_files = arrays.names("files", files, ids), arrays.names("test_files", test_files, test_ids)
        units = arrays.statistics(y[t], standardise)
        units = units and Units(*units)
        y, y_test = (units.standard(a) if units else a for a in (y, y_test))
        mapped, mapped_test = (a.nbytes > limit(limit_bytes) for a in (x, x_test))

        def part(i, val=None):
            return Split(take(x, i, mapped), y[i], classes, scale or Scale(), val, ids[i], origin=origin, mapped=mapped)

        train, truth = part(t, part(v)), _truth(told, units, t, v)
        test = Split(x_test, y_test, classes, train.scale, None, test_ids, test_trusted, origin + TEST)
        test.mapped = mapped_test
        return cls(name, train, test, truth, units=units, class_names=tuple(class_names), files=files,
                   test_files=test_files)  # fmt: skip


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
