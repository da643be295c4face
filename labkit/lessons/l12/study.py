"""Lesson 12's training: the digits with labels of several simulated people, and the ways to learn from them."""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from ... import losses
from ...data import majority, soft_labels
from ...errors import choose
from ...fit import fit
from ...method import Method
from ...methods import ERM, CrowdLayer
from .crowds import CLASSES, MISTAKES, digits, estimate, guessing, labels_of, matrices, next_class, scattered

EPOCHS = 20
RECIPE = {"lr": 0.1, "momentum": 0.9, "batch": 128}
RATES = (0.3, 0.4, 0.5, 0.6)  # of the first people in a crowd of five
WAYS = ("majority", "Dawid-Skene", "soft labels", "posteriors", "CrowdLayer")
SHARED = 0.8  # error rate of the people who share a mistake
COPIED = "three of five copy one another"


@dataclass(kw_only=True, eq=False)
class SoftLabels(Method):
    """Cross-entropy with soft labels instead of one class per sample.

    source: "votes", each class's fraction of the sample's labels, or "posteriors" of Dawid and Skene's estimate.
    """

    targets = ("classes",)
    source: Literal["votes", "posteriors"] = "votes"

    def extra(self) -> list[dict]:
        annotations, classes = self.train.annotations, self.train.classes
        votes = self.source == "votes"
        self.p = soft_labels(annotations, classes) if votes else estimate(annotations).posterior.float()  # [N, C]
        return super().extra()

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        return losses.ce(logits, self.p[i])  # core


def crowds():
    """Crowds by name. -> {name: matrices [A, C, C]}"""
    four = [scattered(rate) for rate in RATES]
    named = {
        "one of five guesses": torch.stack([*four, guessing()]),
        "one of five errs in one direction": torch.stack([*four, next_class(0.9)]),
        "three of five share a mistake": torch.stack([*four[:2], *[next_class(SHARED)] * 3]),
        COPIED: torch.stack([*four[:2], *[scattered(0.5)] * 3]),
    }
    for rate in (0.4, 0.6):
        for mistakes in MISTAKES:
            named[f"11 people, {100 * rate:.0f} %, {mistakes}"] = matrices(11, rate=rate, mistakes=mistakes)
    return named


def annotated(crowd, *, seed, how="majority"):
    """The digits as a crowd labels them. crowd: of `crowds`; how: "majority" or "Dawid-Skene" makes the given labels.

    -> Task with annotations
    """
    clean = digits()
    T = choose("crowd", crowd, crowds())
    y = torch.cat([clean.train.y, clean.train.val.y])
    annotations = labels_of(T, y, seed)
    if crowd == COPIED:
        annotations[:, 3:] = annotations[:, 2:3]
    given = estimate(annotations).y if how == "Dawid-Skene" else majority(annotations, CLASSES, seed)
    n = len(clean.train)
    val = replace(clean.train.val, y=given[n:], annotations=annotations[n:])
    train = replace(clean.train, y=given[:n], annotations=annotations[:n], val=val)
    return replace(clean, train=train, name=f"digits, {crowd}")


def train(way, crowd, *, seed, epochs=EPOCHS):
    """Train one network on what a crowd said. way: of WAYS. -> Run"""
    choose("way", way, dict.fromkeys(WAYS))
    methods = {
        "soft labels": SoftLabels(),
        "posteriors": SoftLabels(source="posteriors"),
        "CrowdLayer": CrowdLayer(layer_lr="matched"),
    }
    task = annotated(crowd, seed=seed, how="Dawid-Skene" if way == "Dawid-Skene" else "majority")
    return fit(methods.get(way, ERM()), task, "mlp", epochs, seed, RECIPE, device="cpu", progress=False)
