"""Noise between similar classes: pairs of classes that are easily taken for each other, and super-classes."""

from itertools import pairwise
from typing import Annotated, Literal

import torch

from ..arguments import Flag, Rate, Table, Whole
from ..errors import choose, need
from .base import Noise, learnable, pick

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


def members(groups):
    """The classes of every group, in the order of their ids. groups: a group's number per class -> list of lists"""
    return [[c for c, group in enumerate(groups) if group == g] for g in sorted(set(groups))]


def circle(groups):
    """Every class to the next one of its group, the last one to the first. -> {true: given}"""
    rings = [[*ring, ring[0]] for ring in members(groups)]
    return {true: given for ring in rings for true, given in pairwise(ring)}


class asymmetric(Noise):
    """Between similar classes (CDR's pairs; MNIST: 2->7, 3->8, 5<->6), the other classes stay clean.

    pairs: {true: given}, one's own pairs instead of the dataset's; or "patrini" = "jocor" (MNIST: 7->1 as well), or
    "one-way" (CIFAR-10: without dog->cat). The share of wrong labels is about rate x (share of the classes in pairs).
    superclass: CIFAR-100 goes round in each super-class, as the papers say; False: in blocks of five consecutive ids,
    as the widely copied code does, which are no super-classes because ids are alphabetical.
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
        unequal = not isinstance(pairs, dict) or all(true != given for true, given in pairs.items())
        need(unequal, "pairs", pairs, "two different classes each")
        need(not (inplace_bug and exact), "exact", exact, "False with inplace_bug, which counts in its own way")
        self.pairs, self.superclass, self.inplace_bug = pairs, superclass, inplace_bug

    def options(self):
        pairs = {str(a): b for a, b in self.pairs.items()} if isinstance(self.pairs, dict) else self.pairs
        unusual = {"pairs": pairs} if pairs else {}
        unusual |= {} if self.superclass else {"superclass": False}
        return unusual | ({"inplace_bug": True} if self.inplace_bug else {}) | super().options()

    def pairs_of(self, classes, dataset):
        """The pairs for a dataset, each checked. -> {true: given}"""
        pairs = self.pairs if isinstance(self.pairs, dict) else self.known_pairs(dataset)
        for true, given in pairs.items():
            need(
                true != given and min(true, given) >= 0 and max(true, given) < classes,
                "pairs",
                pairs,
                f"two classes of 0..{classes - 1} each",
            )
        return pairs

    def known_pairs(self, dataset):
        """The pairs of the literature. -> {true: given}"""
        in_blocks = not self.superclass or self.pairs in ("patrini", "jocor")
        if dataset == "cifar100" and self.pairs != "one-way":
            return circle([c // 5 for c in range(100)] if in_blocks else CIFAR100_COARSE)
        table = NAMED_PAIRS[self.pairs] if self.pairs else ASYMMETRIC_PAIRS
        known = f"given as {{true: given}} for {dataset!r}: no such pairs are known for it"
        need(dataset in table, "pairs", self.pairs, known)
        return table[dataset]

    def matrix(self, classes, dataset):
        T = torch.eye(classes, dtype=torch.float64)
        for true, given in self.pairs_of(classes, dataset).items():
            flip = torch.eye(classes, dtype=torch.float64) if self.inplace_bug else T
            flip[true, true], flip[true, given] = 1 - self.rate, self.rate
            T = T @ flip if self.inplace_bug else T
        return T

    def draw(self, clean, rng):
        if not self.inplace_bug:
            return super().draw(clean, rng)
        given = clean.y.clone()
        for now, then in self.pairs_of(clean.classes, clean.name).items():
            given[pick([(given == now).nonzero()[:, 0]], self.rate, rng)] = then
        return given

    def words(self, classes, realised):
        place = ", in place: some are flipped back" if self.inplace_bug else ""
        where = f"in the paired classes only{place}"
        return f"asymmetric {self.rate:.0%} {where} = {realised:.1%} wrong labels over all classes"


class hierarchical(Noise):
    """To the other classes of the true super-class, each alike (GLC, MW-Net, CIFAR-100): T_ij = rate / 4 within it.

    groups: a super-class number per class, for other data than CIFAR-100. A class that is alone in its group stays
    clean.
    """

    def __init__(self, rate: Rate, groups: list[ClassNumber] | None = None):
        super().__init__(rate)
        self.groups = groups

    def options(self):
        return {"groups": self.groups} if self.groups else {}

    def matrix(self, classes, dataset):
        known = {"cifar100": CIFAR100_COARSE} if self.groups is None else {dataset: self.groups}
        need(dataset in known, "groups", None, f"given for {dataset!r}: a super-class number per class")
        groups = choose("dataset", dataset, known)
        need(len(groups) == classes, "len(groups)", len(groups), f"{classes}, one per class of {dataset!r}")
        T = torch.eye(classes, dtype=torch.float64)
        for ring in members(groups):
            for true in ring[: len(ring) * (len(ring) > 1)]:
                T[true, ring] = self.rate / (len(ring) - 1)
                T[true, true] = 1 - self.rate
        return T

    def words(self, classes, realised):
        kin = max(map(len, members(self.groups or CIFAR100_COARSE)))
        return (
            f"hierarchical {self.rate:.0%} = {realised:.1%} wrong labels, all within the true super-class"
            f"{learnable(self.rate < 1 - 1 / kin)}"
        )
