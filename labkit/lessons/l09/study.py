"""What lesson 09 computes: transition matrices that are known, estimated or wrong, and the labels they make suspect.

The gold samples of GLC are the only place where true labels reach a method: they are a trusted meta set.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

import labkit

from ... import methods, transition
from ...data import Task, meta_split
from ...fit import Run, fit
from ...losses import probability
from ...method import Method, evaluate

GOLD = 50  # trusted samples for GLC, five of each digit
REVISE = 5  # epochs of T-Revision's last stage
ESTIMATE_FIRST = ("F-correction", "GLC", "T-Revision", "S-Model")  # by a first training of plain SGD
TAKES_T = ("Forward, true T", "Backward, true T")  # they do not estimate T
METHOD_OF = {  # training of the lesson: its method in labkit.methods
    "plain SGD": "ERM",
    "Forward, true T": "F-correction",
    "Backward, true T": "B-correction",
    "F-correction": "F-correction",
    "GLC": "GLC",
    "T-Revision": "T-Revision",
    "S-Model": "S-Model",
}


class AnchorEstimate(NamedTuple):
    """A matrix that is read off at anchors.

    error: see `error`. diagonal: its mean. own_class, class_before: how many anchors show an image of their own class,
    and of the class before it.
    """

    error: float
    diagonal: float
    own_class: int
    class_before: int


def true_matrix(task: Task) -> Tensor:
    """Return the matrix of a task's noise; where the noise depends on the sample, the one that came out.

    -> [C, C] float64
    """
    matrix = task.noise.matrix
    return task.noise.realised_matrix if matrix is None else matrix


def train(name: str, task: Task, *, epochs: int, seed: int, T: Tensor | None = None, **options: Any) -> Run:
    """Train a method of METHOD_OF.

    T: the matrix [C, C] that "Forward" and "Backward" are told; None: the true one. options: of `labkit.fit`.
    """
    if T is None:
        T = true_matrix(task)
    method = method_for(name, T)
    meta = None
    if name == "GLC":
        task, meta = meta_split(task, GOLD, trusted=True, balanced="true", seed=seed)
    return fit(method, task, "mlp", epochs, seed, device="cpu", meta=meta, **options)


def method_for(name: str, T: Tensor) -> Method:
    """Return the method of a training of METHOD_OF. T [C, C]: for those of TAKES_T."""
    options = {}
    if name in TAKES_T:
        options["T"] = T.tolist()
    if name == "T-Revision":
        options["revise"] = 1 if labkit.fast() else REVISE
    return methods.ALL[METHOD_OF[name]](**options)


def matrix_of(method: Method) -> Tensor | None:
    """Return the matrix that a bound method uses, estimated or told; None for one without. -> [C, C] float64"""
    notes = method.notes()
    for name in ("T", "C", "theta"):
        if notes.get(name) is not None:
            T = torch.tensor(notes[name], dtype=torch.float64)
            dT = notes.get("dT", 0.0)
            return T + torch.tensor(dT)
    return None


def main_rows(name: str, run: Run) -> list[dict]:
    """Return the epochs of the training that knows the matrix, counted from 1; none while it is estimated.

    name: of METHOD_OF. -> rows of the history
    """
    first_stage = 1 if name in ESTIMATE_FIRST else 0
    rows = []
    for row in run.rows:
        if row["stage"] >= first_stage:
            epoch = len(rows) + 1
            rows.append({**row, "epoch": epoch})
    return rows


def error(estimate: Tensor, T: Tensor) -> float:
    """Measure the part of a row that is in the wrong place: half the sum of differences, mean over rows.

    estimate, T [C, C]
    """
    differences = estimate.double() - T.double()
    wrong = 0.5 * differences.abs().sum(1)
    return wrong.mean().item()


def posterior(p: Tensor, y: Tensor, T: Tensor) -> Tensor:
    """Return mu, P(true class | image, given label): p_i T_iy, divided by its sum. p [..., C], y [...] -> [..., C]"""
    T = T.to(p.dtype)
    joint = p * T.T[y]
    total = joint.sum(-1, keepdim=True)
    return joint / total.clamp(min=1e-30)


def doubt(logits: Tensor, y: Tensor, T: Tensor | None = None) -> Tensor:
    """Return the chance that a given label is wrong. T None: 1 - p_y, else 1 - mu_y. logits [N, C], y [N] -> [N]"""
    if T is None:
        return 1 - probability(logits, y)
    p = logits.softmax(-1)
    mu = posterior(p, y, T)
    mu_y = mu.gather(-1, y[:, None])[:, 0]
    return 1 - mu_y


def doubts(run: Run, task: Task) -> Tensor:
    """Return the chance that each training label is wrong, as a trained method sees it. -> [N]"""
    net = run.method.nets[0]
    logits = evaluate(net, task.train)
    T = matrix_of(run.method)
    return doubt(logits, task.train.y, T)


def precision(chance: Tensor, task: Task, k: int = 100) -> float:
    """Return the fraction of wrong labels among the k that are most probably wrong. chance [N]"""
    order = chance.argsort(descending=True, stable=True)
    first = order[:k]
    given = task.train.y[first]
    true = task.truth.y[first]
    wrong = given != true
    return wrong.double().mean().item()


def anchors_by_epoch(task: Task, *, epochs: int, seed: int) -> tuple[list[AnchorEstimate], Run]:
    """Train plain SGD, and read T off at the anchors after each epoch. -> an estimate for each epoch, and the Run"""
    T = true_matrix(task)
    classes = torch.arange(len(T))
    estimates = []

    def read(run):
        net = run.method.nets[0]
        logits = evaluate(net, task.train)
        p = logits.softmax(1)
        matrix = transition.anchors(p)
        images = anchor_images(p)
        true = task.truth.y[images]
        own_class = int((true == classes).sum())
        class_before = int((true == (classes - 1) % len(T)).sum())
        diagonal = matrix.diagonal().mean().item()
        estimate = AnchorEstimate(error(matrix, T), diagonal, own_class, class_before)
        estimates.append(estimate)

    run = fit("ERM", task, "mlp", epochs, seed, device="cpu", on_epoch=read)
    return estimates, run


def anchor_images(p: Tensor, quantile: float = 0.97) -> list[int]:
    """Find the image whose prediction `transition.anchors` reads for each class. p [N, C] -> positions [C]"""
    row_sums = p.sum(1, keepdim=True)
    scaled = p / row_sums
    images = []
    for row in transition.anchors(p, quantile):
        difference = scaled - row
        distance = difference.abs().sum(1)
        nearest = distance.argmin()
        images.append(int(nearest))
    return images


def relabelled(task: Task, looked_at: Tensor) -> Task:
    """Return the task after a simulated person has replaced the labels of some images by the true ones.

    looked_at: bool [N], or positions in the training set
    """
    y = task.train.y.clone()
    y[looked_at] = task.truth.y[looked_at]
    return replace(task, train=replace(task.train, y=y))


def cross_validated(task: Task, *, epochs: int, seed: int, folds: int = 5) -> tuple[Tensor, Tensor]:
    """Run confident learning: what networks that did not train on a sample say of it. -> p [N, C], issues bool [N]"""
    method = methods.ALL["Confident learning"](folds=folds, fold_epochs=epochs)
    run = fit(method, task, "mlp", 1, seed, device="cpu")
    return run.method.p, run.method.issues
