"""What every noise model shares: its rate, what it is told of a task, and how it draws."""

from dataclasses import dataclass, field

import torch

from ..arguments import Checked, Flag, Rate
from ..errors import need

KINDS = {"classes": "class labels", "numbers": "regression targets"}


@dataclass(frozen=True)
class Clean:
    """What a noise model is told of a clean task: training and validation samples in one, on the CPU.

    y: true labels (the given ones, where the truth is not known), [N] classes or [N, Q] numbers; sizes: (number of
    training samples, number of validation samples), in this order; halves: their samples as they are stored; ids [N]:
    positions in the original training set, None where they are not known; files: what the samples are called, ()
    where they have no names; class_names: of the classes, where known.
    """

    name: str
    classes: int | None
    y: torch.Tensor = field(repr=False)
    halves: tuple = field(repr=False)
    scale: object
    sizes: tuple
    ids: torch.Tensor | None = field(default=None, repr=False)
    files: tuple = field(default=(), repr=False)
    class_names: tuple = field(default=(), repr=False)

    @classmethod
    def of(cls, task):
        """What there is to tell of a task. -> Clean"""
        halves = task.train, task.train.val
        known = all(half.ids is not None for half in halves)
        y, val = (task.truth.y, task.truth.val) if task.truth else (half.y for half in halves)
        ids = torch.cat([half.ids for half in halves]).cpu() if known else None
        files = tuple(task.files[place] for place in ids.tolist()) if known and task.files else ()
        return cls(
            task.name,
            task.classes,
            torch.cat([y, val]).cpu(),
            tuple(half.x for half in halves),
            task.train.scale,
            tuple(map(len, halves)),
            ids,
            files,
            task.class_names,
        )

    @property
    def x(self):
        """All samples [N, ...] as stored. They may lie on disk: only a noise that depends on them asks."""
        return torch.cat(self.halves).cpu()

    def splits(self):
        """Positions of the training samples and of the validation samples. -> two tensors"""
        return torch.arange(sum(self.sizes)).split(list(self.sizes))


class Noise(metaclass=Checked):
    """A noise model: a transition matrix, or probabilities that depend on the sample.

    rate: the share of labels it is asked to change, in [0, 1). exact: change the labels of exactly int(rate n) of the n
    training samples, and of the validation samples alike, drawn without replacement (D2L; DivideMix, where a label may
    be redrawn as it was); otherwise every label is drawn on its own, and the realised rate scatters.
    kinds: the tasks that it can corrupt, "classes" or "numbers". by_class: does `exact` count in every class?
    """

    kinds = ("classes",)
    by_class = False

    def __init__(self, rate: Rate, exact: Flag = False):
        self.rate, self.exact = float(rate), exact

    @classmethod
    def argument(cls, name):
        """How a message calls an argument."""
        return f"{name} of {cls.__name__.removesuffix('_noise')} noise"

    def __repr__(self):
        options = "".join(f", {key}={value!r}" for key, value in self.options().items())
        return f"{type(self).__name__}({self.rate:g}{options})"

    def options(self):
        """Settings beside the rate, for the passport."""
        return {"exact": True} if self.exact else {}

    def check(self, task):
        """Raise ValueError unless it can corrupt this task: classes or numbers, and classes that it knows."""
        kind = "classes" if task.classes else "numbers"
        may_be = f"one for {KINDS[kind]}, as those of task {task.name!r}; {type(self).__name__} is for "
        need(kind in self.kinds, "noise", self, may_be + " and ".join(KINDS[known] for known in self.kinds))
        if task.classes:
            need(task.classes > 1, f"classes of task {task.name!r}", task.classes, "2 or more: noise changes classes")
            self.matrix(task.classes, task.name)

    def matrix(self, classes, dataset):
        """T[i, j] = P(given j | true i). -> [C, C] float64, or None when it depends on the sample"""
        raise NotImplementedError

    def probabilities(self, y, classes, dataset, x, scale, rng):
        """P(given label) of every sample. y [N], x [N, ...] as stored (None where there is a matrix) -> [N, C]
        float64"""
        return self.matrix(classes, dataset)[y]

    def draw(self, clean, rng):
        """The labels that are given. clean: a Clean -> [N] int64, or [N, Q] for regression"""
        if self.exact and self.rate:
            return self.draw_exactly(clean, rng)
        x = clean.x if self.matrix(clean.classes, clean.name) is None else None
        P = self.probabilities(clean.y, clean.classes, clean.name, x, clean.scale, rng)
        return torch.multinomial(P, 1, generator=rng)[:, 0]

    def draw_exactly(self, clean, rng):
        """T = (1 - rate) I + rate R: int(rate n) labels of each split (or of each class of it) are redrawn from R."""
        T = self.matrix(clean.classes, clean.name)
        R = ((T - (1 - self.rate) * torch.eye(len(T), dtype=T.dtype)) / self.rate).clamp(min=0)
        groups, given = clean.splits(), clean.y.clone()
        if self.by_class:
            groups = [group[clean.y[group] == c] for group in groups for c in range(clean.classes)]
        rows = pick(groups, self.rate, rng)
        if len(rows):
            given[rows] = torch.multinomial(R[clean.y[rows]], 1, generator=rng)[:, 0]
        return given

    def counts(self, sizes):
        """How many targets of each kind were changed, of a noise that counts. sizes: see Clean -> dict or None"""
        return None

    def words(self, classes, realised):
        """The same noise in other papers' words."""
        return f"{self.rate:.0%} asked, {realised:.1%} of the labels are wrong"


def pick(groups, rate, rng):
    """int(rate n) of the n positions of every group, at random, without replacement. -> positions"""
    # a training from the same seed shuffles its first epoch by the permutation that `rng` itself would give here: all
    # the wrong samples would come first
    other = torch.Generator().manual_seed(int(torch.randint(2**62, (1,), generator=rng)))
    return torch.cat([group[torch.randperm(len(group), generator=other)[: int(rate * len(group))]] for group in groups])


def learnable(fine):
    """The warning for a noise under which some class is no longer called by its own name most often. -> str"""
    return "" if fine else "; the wrong label is the majority: not learnable without outside knowledge"
