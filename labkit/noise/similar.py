"""Noise between similar classes: pairs of classes that are easily confused, and super-classes."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

import torch
from torch import Generator, Tensor

from ..arguments import Flag, Rate, Table, Whole
from ..errors import choose, need
from .base import Clean, Noise, learnable, pick

# the super-class of each of CIFAR-100's fine classes, in the order of their ids (which is alphabetical)
# fmt: off
CIFAR100_COARSE = (
    4, 1, 14, 8, 0, 6, 7, 7, 18, 3, 3, 14, 9, 18, 7, 11, 3, 9, 7, 11,
    6, 11, 5, 10, 7, 6, 13, 15, 3, 15, 0, 11, 1, 10, 12, 14, 16, 9, 11, 5,
    5, 19, 8, 8, 15, 13, 14, 17, 18, 10, 16, 4, 17, 4, 2, 0, 17, 4, 18, 17,
    10, 3, 2, 12, 12, 16, 12, 1, 9, 19, 2, 10, 0, 1, 16, 12, 9, 13, 15, 13,
    16, 19, 2, 4, 6, 19, 5, 5, 8, 19, 18, 1, 2, 15, 6, 0, 17, 8, 14, 13,
)
# fmt: on
CIFAR100_BLOCKS = tuple(c // 5 for c in range(100))  # blocks of five consecutive ids
ClassNumber = Annotated[int, Whole(0, 10**6, what="the number of a class, a whole number")]
Pairs = Annotated[dict, Table(Whole(0, 10**6), Whole(0, 10**6), least=1)]
DIGIT_PAIRS = {2: 7, 3: 8, 5: 6, 6: 5}
ASYMMETRIC_PAIRS = {
    "mnist": DIGIT_PAIRS,
    "digits": DIGIT_PAIRS,
    "fashion-mnist": {0: 6, 2: 4, 5: 7, 7: 5},
    "cifar10": {9: 1, 2: 0, 3: 5, 5: 3, 4: 7},
}
SEVEN_TOO = DIGIT_PAIRS | {7: 1}
PATRINI = {"mnist": SEVEN_TOO, "digits": SEVEN_TOO, "cifar10": ASYMMETRIC_PAIRS["cifar10"]}
NAMED_PAIRS = {
    "patrini": PATRINI,
    "jocor": PATRINI,
    "one-way": {"cifar10": {9: 1, 2: 0, 3: 5, 4: 7}},
}


def members(groups: Sequence[int]) -> list[list[int]]:
    """Return the classes of every group, in the order of their ids. groups: the number of each class's group"""
    classes = {group: [] for group in sorted(set(groups))}
    for c, group in enumerate(groups):
        classes[group].append(c)
    return list(classes.values())


def circle(groups: Sequence[int]) -> dict[int, int]:
    """Map every class to the next one of its group, the last one to the first. -> {true: given}"""
    pairs = {}
    for ring in members(groups):
        pairs |= dict(pairwise([*ring, ring[0]]))
    return pairs


class asymmetric(Noise):
    """Between similar classes (CDR's pairs; MNIST: 2->7, 3->8, 5<->6), the other classes stay clean.

    pairs: {true: given}, your own pairs instead of the dataset's; or "patrini" = "jocor" (MNIST: 7->1 as well), or
    "one-way" (CIFAR-10: without dog->cat). The share of wrong labels is about rate x (share of the classes in pairs).
    superclass: in CIFAR-100 each class goes to the next one of its super-class, as the papers say; False: of its block
    of five consecutive ids, as in the widely copied code. Blocks are no super-classes because ids are alphabetical.
    Labels are drawn from the true ones. inplace_bug: as the widely copied code does, flip int(rate n_c) of the n_c
    labels that *now* are class c, one pair after the other, so that some flipped cats (CIFAR-10: 9, 2, 3, 5, 4) are
    flipped back: at 40 %, 24 % of the cats are wrong. exact: int(rate n_c) labels of every class, from the true ones.
    """

    by_class = True

    def __init__(
        self, rate: Rate, pairs: Pairs | Literal["patrini", "jocor", "one-way"] | None = None, superclass: Flag = True,
        inplace_bug: Flag = False, exact: Flag = False,
    ):  # fmt: skip
        super().__init__(rate, exact)
        if isinstance(pairs, dict):
            unequal = all(true != given for true, given in pairs.items())
            need(unequal, "pairs", pairs, "two different classes each")
        need(not (inplace_bug and exact), "exact", exact, "False with inplace_bug, which counts in its own way")
        self.pairs = pairs
        self.superclass = superclass
        self.inplace_bug = inplace_bug

    def options(self) -> dict:
        options = {}
        if isinstance(self.pairs, dict):
            options["pairs"] = {str(true): given for true, given in self.pairs.items()}
        elif self.pairs:
            options["pairs"] = self.pairs
        if not self.superclass:
            options["superclass"] = False
        if self.inplace_bug:
            options["inplace_bug"] = True
        return options | super().options()

    def pairs_of(self, classes: int, dataset: str) -> dict[int, int]:
        """Return the pairs for a dataset, each checked. -> {true: given}"""
        pairs = self.pairs if isinstance(self.pairs, dict) else self.known_pairs(dataset)
        for true, given in pairs.items():
            known = true in range(classes) and given in range(classes)
            need(known and true != given, "pairs", pairs, f"two classes of 0..{classes - 1} each")
        return pairs

    def known_pairs(self, dataset: str) -> dict[int, int]:
        """Return the pairs of the literature. -> {true: given}"""
        in_blocks = not self.superclass or self.pairs in ("patrini", "jocor")
        if dataset == "cifar100" and self.pairs != "one-way":
            groups = CIFAR100_BLOCKS if in_blocks else CIFAR100_COARSE
            return circle(groups)
        table = NAMED_PAIRS[self.pairs] if self.pairs else ASYMMETRIC_PAIRS
        may_be = f"given as {{true: given}} for {dataset!r}: no such pairs are known for it"
        need(dataset in table, "pairs", self.pairs, may_be)
        return table[dataset]

    def matrix(self, classes: int, dataset: str) -> Tensor | None:
        identity = torch.eye(classes, dtype=torch.float64)
        T = identity.clone()
        for true, given in self.pairs_of(classes, dataset).items():
            flip = identity.clone() if self.inplace_bug else T
            flip[true, true] = 1 - self.rate
            flip[true, given] = self.rate
            if self.inplace_bug:
                T = T @ flip
        return T

    def draw(self, clean: Clean, rng: Generator) -> Tensor:
        if not self.inplace_bug:
            return super().draw(clean, rng)
        given = clean.y.clone()
        for old, new in self.pairs_of(clean.classes, clean.name).items():
            candidates = (given == old).nonzero()[:, 0]
            rows = pick([candidates], self.rate, rng)
            given[rows] = new
        return given

    def words(self, classes: int | None, realised: float) -> str:
        note = ", in place: some are flipped back" if self.inplace_bug else ""
        classes_text = f"in the paired classes only{note}"
        return f"asymmetric {self.rate:.0%} {classes_text} = {realised:.1%} wrong labels over all classes"


class hierarchical(Noise):
    """To the other classes of the true super-class with equal probability (GLC, MW-Net, CIFAR-100): T_ij = rate / 4
    within it.

    groups: a super-class number per class, for other data than CIFAR-100. A class that is alone in its group stays
    clean.
    """

    def __init__(self, rate: Rate, groups: list[ClassNumber] | None = None):
        super().__init__(rate)
        self.groups = groups

    def options(self) -> dict:
        return {"groups": self.groups} if self.groups else {}

    def matrix(self, classes: int, dataset: str) -> Tensor | None:
        known = {"cifar100": CIFAR100_COARSE} if self.groups is None else {dataset: self.groups}
        need(dataset in known, "groups", None, f"given for {dataset!r}: a super-class number per class")
        groups = choose("dataset", dataset, known)
        need(len(groups) == classes, "len(groups)", len(groups), f"{classes}, one per class of {dataset!r}")
        T = torch.eye(classes, dtype=torch.float64)
        for group in members(groups):
            if len(group) == 1:
                continue
            rate_each = self.rate / (len(group) - 1)
            for true in group:
                T[true, group] = rate_each
                T[true, true] = 1 - self.rate
        return T

    def words(self, classes: int | None, realised: float) -> str:
        groups = members(self.groups or CIFAR100_COARSE)
        largest = max(map(len, groups))
        warning = learnable(self.rate < 1 - 1 / largest)
        return f"hierarchical {self.rate:.0%} = {realised:.1%} wrong labels, all within the true super-class{warning}"
