"""Lesson 12's training: the digits with labels of several simulated people, and the ways to learn from them."""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from ... import losses
from ...data import Task, majority, soft_labels
from ...errors import choose
from ...fit import Run, fit
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
        annotations = self.train.annotations
        if self.source == "votes":
            self.p = soft_labels(annotations, self.train.classes)  # [N, C]
        else:
            self.p = estimate(annotations).posterior.float()
        return super().extra()

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        return losses.ce(logits, self.p[i])  # core


def crowds() -> dict[str, Tensor]:
    """Return the crowds by name. -> {name: matrices [A, C, C]}"""
    four = [scattered(rate) for rate in RATES]
    sharing = [next_class(SHARED)] * 3
    copying = [scattered(0.5)] * 3
    named = {
        "one of five guesses": torch.stack([*four, guessing()]),
        "one of five errs in one direction": torch.stack([*four, next_class(0.9)]),
        "three of five share a mistake": torch.stack([*four[:2], *sharing]),
        COPIED: torch.stack([*four[:2], *copying]),
    }
    for rate in (0.4, 0.6):
        for mistakes in MISTAKES:
            name = f"11 people, {100 * rate:.0f} %, {mistakes}"
            named[name] = matrices(11, rate=rate, mistakes=mistakes)
    return named


def annotated(crowd: str, *, seed: int, how: str = "majority") -> Task:
    """Return the digits as a crowd labels them, with its annotations.

    crowd: of `crowds`; how: "majority" or "Dawid-Skene" makes the given labels. Raises ValueError for another crowd.
    """
    clean = digits()
    T = choose("crowd", crowd, crowds())
    y = torch.cat([clean.train.y, clean.train.val.y])
    annotations = labels_of(T, y, seed)
    if crowd == COPIED:
        annotations[:, 3:] = annotations[:, 2:3]
    if how == "Dawid-Skene":
        given = estimate(annotations).y
    else:
        given = majority(annotations, CLASSES, seed)
    n = len(clean.train)
    val = replace(clean.train.val, y=given[n:], annotations=annotations[n:])
    train = replace(clean.train, y=given[:n], annotations=annotations[:n], val=val)
    return replace(clean, train=train, name=f"digits, {crowd}")


def train(way: str, crowd: str, *, seed: int, epochs: int = EPOCHS) -> Run:
    """Train one network on what a crowd said. way: of WAYS, else ValueError."""
    choose("way", way, dict.fromkeys(WAYS))
    methods = {
        "soft labels": SoftLabels(),
        "posteriors": SoftLabels(source="posteriors"),
        "CrowdLayer": CrowdLayer(layer_lr="matched"),
    }
    method = methods.get(way, ERM())
    how = "Dawid-Skene" if way == "Dawid-Skene" else "majority"
    task = annotated(crowd, seed=seed, how=how)
    return fit(method, task, "mlp", epochs, seed, RECIPE, device="cpu", progress=False)
