"""Noise, the base class of all noise models, and Clean, what a noise model sees of a task."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import torch
from torch import Generator, Tensor

from ..arguments import Checked, Flag, Rate
from ..data.split import Scale
from ..data.task import Task
from ..errors import need

KINDS = {"classes": "class labels", "numbers": "regression targets"}


@dataclass(frozen=True)
class Clean:
    """What a noise model sees of a clean task: training and validation samples in one, on the CPU.

    y: true labels (the given ones, where the truth is not known), [N] classes or [N, Q] numbers; sizes: (number of
    training samples, number of validation samples), in this order; halves: their samples as they are stored; ids [N]:
    positions in the original training set, None where they are not known; files: the names of the samples, () where
    they have none; class_names: of the classes, where known.
    """

    name: str
    classes: int | None
    y: Tensor = field(repr=False)
    halves: tuple[Tensor, Tensor] = field(repr=False)
    scale: Scale
    sizes: tuple[int, int]
    ids: Tensor | None = field(default=None, repr=False)
    files: tuple = field(default=(), repr=False)
    class_names: tuple = field(default=(), repr=False)

    @classmethod
    def of(cls, task: Task) -> Self:
        """Collect what a noise model may see of a task."""
        train = task.train
        val = task.train.val
        labels = (task.truth.y, task.truth.val) if task.truth else (train.y, val.y)
        y = torch.cat(labels).cpu()
        ids = None
        files = ()
        if train.ids is not None and val.ids is not None:
            ids = torch.cat([train.ids, val.ids]).cpu()
            if task.files:
                files = tuple(task.files[position] for position in ids.tolist())
        halves = (train.x, val.x)
        sizes = (len(train), len(val))
        return cls(task.name, task.classes, y, halves, train.scale, sizes, ids, files, task.class_names)

    @property
    def x(self) -> Tensor:
        """Return all samples [N, ...] as stored. They may lie on disk: use them only where the noise needs them."""
        return torch.cat(self.halves).cpu()

    def splits(self) -> tuple[Tensor, ...]:
        """Return the positions of the training samples and of the validation samples. -> two tensors"""
        return torch.arange(sum(self.sizes)).split(list(self.sizes))


class Noise(metaclass=Checked):
    """A noise model: a transition matrix, or probabilities that depend on the sample.

    rate: the share of labels to change, in [0, 1). exact: change the labels of exactly int(rate n) of the n training
    samples, and of the validation samples alike, drawn without replacement (D2L; DivideMix, where a label may be
    redrawn as it was); otherwise every label is drawn on its own, and the realised rate scatters.
    kinds: the tasks that it can corrupt, "classes" or "numbers". by_class: whether `exact` counts in every class.
    """

    kinds = ("classes",)
    by_class = False

    def __init__(self, rate: Rate, exact: Flag = False):
        self.rate = float(rate)
        self.exact = exact

    @classmethod
    def argument(cls, name: str) -> str:
        """Return how a message calls an argument."""
        return f"{name} of {cls.__name__.removesuffix('_noise')} noise"

    def __repr__(self):
        arguments = [f"{self.rate:g}"]
        for key, value in self.options().items():
            arguments.append(f"{key}={value!r}")
        return f"{type(self).__name__}({', '.join(arguments)})"

    def options(self) -> dict:
        """Return the settings beside the rate, for the passport."""
        return {"exact": True} if self.exact else {}

    def check(self, task: Task) -> None:
        """Raise ValueError unless the model can corrupt this task: its kind of labels, and its classes."""
        kind = "classes" if task.classes else "numbers"
        suited = " and ".join(KINDS[known] for known in self.kinds)
        may_be = f"one for {KINDS[kind]}, as those of task {task.name!r}; {type(self).__name__} is for {suited}"
        need(kind in self.kinds, "noise", self, may_be)
        if task.classes:
            argument = f"classes of task {task.name!r}"
            need(task.classes > 1, argument, task.classes, "2 or more: noise changes classes")
            self.matrix(task.classes, task.name)

    def matrix(self, classes: int, dataset: str) -> Tensor | None:
        """Return T[i, j] = P(given j | true i). -> float64 [C, C], or None for a noise that depends on the sample"""
        raise NotImplementedError

    def probabilities(
        self, y: Tensor, classes: int, dataset: str, x: Tensor | None, scale: Scale, rng: Generator
    ) -> Tensor:
        """Return P(given label) of every sample. y [N] true classes; x [N, ...] as stored, None where there is a matrix
        -> float64 [N, C]"""
        return self.matrix(classes, dataset)[y]

    def annotations(self, clean: Clean) -> Tensor | None:
        """Return the labels that several annotators gave. -> int64 [N, A], -1 where one gave none; None: there are
        none"""
        return None

    def draw(self, clean: Clean, rng: Generator) -> Tensor:
        """Draw the given labels. -> int64 [N], or [N, Q] for regression"""
        if self.exact and self.rate:
            return self.draw_exactly(clean, rng)
        T = self.matrix(clean.classes, clean.name)
        x = clean.x if T is None else None
        P = self.probabilities(clean.y, clean.classes, clean.name, x, clean.scale, rng)
        return torch.multinomial(P, 1, generator=rng)[:, 0]

    def draw_exactly(self, clean: Clean, rng: Generator) -> Tensor:
        """Redraw int(rate n) labels of each split (or of each class of it) from R, where T = (1 - rate) I + rate R. ->
        int64 [N]"""
        T = self.matrix(clean.classes, clean.name)
        kept = (1 - self.rate) * torch.eye(len(T), dtype=T.dtype)
        R = (T - kept) / self.rate
        R = R.clamp(min=0)
        given = clean.y.clone()
        groups = _by_class(clean) if self.by_class else clean.splits()
        rows = pick(groups, self.rate, rng)
        if len(rows):
            P = R[clean.y[rows]]
            given[rows] = torch.multinomial(P, 1, generator=rng)[:, 0]
        return given

    def counts(self, sizes: tuple[int, ...]) -> dict[str, int] | None:
        """Return how many rows of regression targets were changed in which way; None for class labels. sizes: see
        Clean"""
        return None

    def words(self, classes: int | None, realised: float) -> str:
        """Return the same noise in the words of other papers. classes: None for regression; realised: its rate"""
        return f"{self.rate:.0%} asked, {realised:.1%} of the labels are wrong"


def _by_class(clean):
    """Return the positions of each class in each split, as a list of groups."""
    groups = []
    for split in clean.splits():
        y = clean.y[split]
        for c in range(clean.classes):
            groups.append(split[y == c])
    return groups


def pick(groups: Sequence[Tensor], rate: float, rng: Generator) -> Tensor:
    """Draw int(rate n) of the n positions of every group, without replacement. -> positions"""
    # not by `rng` itself: a training from the same seed shuffles its first epoch by the permutation that `rng` would
    # give here, so that all wrong samples would come first
    seed = torch.randint(2**62, (1,), generator=rng)
    group_rng = torch.Generator().manual_seed(int(seed))
    picked = []
    for group in groups:
        size = int(rate * len(group))
        order = torch.randperm(len(group), generator=group_rng)
        picked.append(group[order[:size]])
    return torch.cat(picked)


def learnable(majority_right: bool) -> str:
    """Return the warning for a noise under which the majority of a class has a wrong label; else an empty text."""
    if majority_right:
        return ""
    return "; the wrong label is the majority: not learnable without outside knowledge"
