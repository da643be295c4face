"""Confident learning: Northcutt, Jiang, Chuang, JAIR 2021 (arXiv 1911.00068).

Networks predict the samples that they did not train on. Where they are surer of another class than they are on average
of the samples with that label, the sample counts as one of that class. The table of these counts says how many labels
of each kind are wrong, and as many, the least likely ones, are taken out. A last network learns the remaining samples.

Stages 0 to folds - 1 train on all folds but one; the last one trains on the remaining samples.
Differs from the paper as its authors' package, cleanlab (2.9), does:
    1. a label that the networks predict is never taken out, nor the last sample of a class.
    2. counts of the confident joint are at least 1 on the diagonal, and whole numbers after calibration.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from torch import Generator, Tensor

from labkit import confident
from labkit.arguments import Epochs, Flag, Whole
from labkit.data import Split
from labkit.errors import need
from labkit.method import MakeNet, MakeOpt, Method, Stage, evaluate


@dataclass(kw_only=True, eq=False)
class ConfidentLearning(Method):
    """Cross-validate, take out the labels that are probably wrong, train on the rest.

    folds: of the cross-validation, 2 or more. fold_epochs: epochs for each fold; None: those of the run. keep: "last" |
    "best_val", the epoch that predicts the fold. prune: "prune_by_class" | "prune_by_noise_rate" | "both". reweight:
    classes are weighted by 1 / P(label is right | class), which makes up for the samples that were taken out.
    """

    folds: Annotated[int, Whole(2, 1000)] = 5
    fold_epochs: Epochs | None = None
    keep: Literal["last", "best_val"] = "last"
    prune: Literal["prune_by_class", "prune_by_noise_rate", "both"] = "prune_by_noise_rate"
    reweight: Flag = True

    targets = ("classes",)

    def weight(self, x: Tensor, y: Tensor, i: Tensor, logits: Tensor) -> Tensor:
        trust = self.trust.to(logits.dtype)[y]  # [..., B]
        return trust / trust.sum(-1, keepdim=True)

    def stage(self, k: int, train: Split) -> Stage | None:
        if k < self.folds:
            return Stage(self.fold_epochs, (self.fold != k).nonzero()[:, 0], keep=self.keep)
        return Stage(indices=(~self.issues).nonzero()[:, 0]) if k == self.folds else None

    def end_stage(self, k: int) -> None:
        if k < self.folds:
            held_out = self.fold == k
            self.p[held_out] = evaluate(self.nets[0], self.train)[held_out].softmax(-1)
        if k == self.folds - 1:
            self.clean()

    def clean(self) -> None:
        """Count the labels by given and believed class, choose those to take out, weigh the classes."""
        joint = confident.joint(self.p, self.train.y)  # [C, C]
        self.issues = confident.issues(self.p, self.train.y, self.prune)  # core: prune  [N]
        if self.reweight:
            self.trust = confident.class_weights(joint)  # [C]

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        need(self.folds <= len(train), "folds of confident learning", self.folds, f"at most {len(train)}, the samples")
        device = train.y.device
        self.trust = torch.ones(train.classes, device=device)  # [C]
        self.p = torch.zeros(len(train), train.classes, device=device)  # [N, C]
        self.issues = torch.zeros(len(train), dtype=torch.bool, device=device)
        order = torch.randperm(len(train), generator=rng, device=rng.device).to(device)
        order = order[train.y[order].argsort(stable=True)]  # stratifies the folds by label
        self.fold = torch.empty_like(order)
        self.fold[order] = torch.arange(len(train), device=device) % self.folds  # [N]

    def notes(self) -> dict:
        """Return how many labels were taken out."""
        return {**super().notes(), "label_issues": int(self.issues.sum())}
