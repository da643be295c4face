"""Estimates the noise rate of a task's labels from cross-validated predictions, without any truth."""

from dataclasses import dataclass, field, replace

import torch

from .. import confident
from ..data import Split, Task
from ..errors import need
from ..method import Stage
from ..methods import ConfidentLearning
from .network import NetMaker
from .recipe import Recipe


@dataclass(frozen=True)
class RateEstimate:
    """The estimated noise rate of the training labels, and where it comes from.

    rate: the share of the labels that is probably wrong. how: a sentence on the estimate's method and size.
    joint [C, C]: the number of samples with given label i (row) that are counted as class j.
    matrix [C, C]: the estimated P(given j | true i), row = true class, as passports have it.
    """

    rate: float
    how: str
    joint: torch.Tensor = field(repr=False)
    matrix: torch.Tensor = field(repr=False)


@dataclass(kw_only=True, eq=False)
class CrossValidation(ConfidentLearning):
    """The folds of confident learning alone: no label is taken out, and no last network learns."""

    def stage(self, k: int, train: Split) -> Stage | None:
        return super().stage(k, train) if k < self.folds else None


def estimate_rate(
    task: Task, net: NetMaker, epochs: int, folds: int = 5, seed: int = 0, recipe: Recipe | dict | None = None,
    device: torch.device | str | None = None, progress: bool | None = None,
) -> RateEstimate:  # fmt: skip
    """Estimate the noise rate of a task's training labels. The truth is not used.

    A network learns all folds but one and predicts that one, fold after fold, with the weights that are best on the
    noisy validation split; confident learning counts the labels that are wrong by these predictions (Northcutt, Jiang,
    Chuang, JAIR 2021). net, epochs (of each fold), seed, recipe, device, progress: as of labkit.fit. folds: 2 or more.

    The estimate is mostly too high, because every mistake of the network counts as a wrong label, and more so for a
    weak network. Digits, mlp, 10 epochs, five seeds: clean .004 to .008; symmetric .2 (.192 to .219 were wrong) .202 to
    .230; symmetric .4 (.400 to .413) .423 to .447; pairflip .3 (.291 to .313) .335 to .367.

    Raises ValueError for a regression, and for what `fit` and ConfidentLearning refuse.
    """
    from . import fit

    need(isinstance(task, Task), "task", type(task).__name__, "a labkit.Task")
    need(task.classes, "task", task.name, "one with classes: what is counted are confused classes")
    method = CrossValidation(folds=folds, keep="best_val", reweight=False)
    run = fit(method, replace(task, truth=None), net, epochs, seed, recipe, device, progress=progress)
    joint = confident.joint(run.method.p, run.method.train.y).cpu()
    wrong = len(task.train) - int(joint.diagonal().sum())
    how = f"confident learning, {folds} folds of {epochs} epochs, {len(task.train):,} training samples"
    matrix = joint.T.double() / joint.sum(0)[:, None].clamp(min=1)
    return RateEstimate(wrong / len(task.train), how, joint, matrix)
