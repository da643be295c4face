"""What lesson 09 computes: transition matrices that are known, estimated or wrong, and the labels they make suspect.

The gold samples of GLC are the only place where true labels reach a method: they are a trusted meta set.
"""

from dataclasses import replace

import torch

import labkit

from ... import methods, transition
from ...data import meta_split
from ...fit import fit
from ...losses import probability
from ...method import evaluate

GOLD = 50  # trusted samples for GLC, five of each digit
REVISE = 5  # epochs of T-Revision's last stage
ESTIMATE_FIRST = ("F-correction", "GLC", "T-Revision", "S-Model")  # by a first training of plain SGD
MAKERS = {
    "plain SGD": lambda T: methods.ALL["ERM"](),
    "Forward, true T": lambda T: methods.ALL["F-correction"](T=T.tolist()),
    "Backward, true T": lambda T: methods.ALL["B-correction"](T=T.tolist()),
    "F-correction": lambda T: methods.ALL["F-correction"](),
    "GLC": lambda T: methods.ALL["GLC"](),
    "T-Revision": lambda T: methods.ALL["T-Revision"](revise=1 if labkit.fast() else REVISE),
    "S-Model": lambda T: methods.ALL["S-Model"](),
}


def true_matrix(task):
    """The matrix of a task's noise; where the noise depends on the sample, the one that came out. -> [C, C] float64"""
    asked = task.noise.matrix
    return task.noise.realised_matrix if asked is None else asked


def train(name, task, *, epochs, seed, T=None, **options):
    """Train a method of MAKERS. T: the matrix that "Forward" and "Backward" are told; None: the true one. -> Run"""
    T, meta = true_matrix(task) if T is None else T, None
    if name == "GLC":
        task, meta = meta_split(task, GOLD, trusted=True, balanced="true", seed=seed)
    return fit(MAKERS[name](T), task, "mlp", epochs, seed, device="cpu", meta=meta, **options)


def matrix_of(method):
    """The matrix that a bound method uses, estimated or told; None for one without. -> [C, C] float64"""
    notes = method.notes()
    T = next((notes[name] for name in ("T", "C", "theta") if notes.get(name) is not None), None)
    return None if T is None else torch.tensor(T, dtype=torch.float64) + torch.tensor(notes.get("dT", 0.0))


def main_rows(name, run):
    """The epochs of the training that knows the matrix, counted from 1. -> list of rows, empty while it is estimated"""
    rows = [row for row in run.rows if row["stage"] > 0 or name not in ESTIMATE_FIRST]
    return [{**row, "epoch": k + 1} for k, row in enumerate(rows)]


def error(estimate, T):
    """Measure the part of a row that is in the wrong place: half the sum of differences, mean over rows. -> float"""
    return (0.5 * (estimate.double() - T.double()).abs().sum(1)).mean().item()


def posterior(p, y, T):
    """P(true class | image, given label): p_i T_iy, divided by its sum. p [..., C], y [...] -> [..., C]"""
    q = p * T.to(p.dtype).T[y]
    return q / q.sum(-1, keepdim=True).clamp(min=1e-30)


def doubt(logits, y, T=None):
    """The chance that a given label is wrong. T None: 1 - p_y, else from the posterior. logits [N, C], y [N] -> [N]"""
    if T is None:
        return 1 - probability(logits, y)
    return 1 - posterior(logits.softmax(-1), y, T).gather(-1, y[:, None])[:, 0]


def doubts(run, task):
    """The chance that each training label is wrong, as a trained method sees it. -> [N]"""
    return doubt(evaluate(run.method.nets[0], task.train), task.train.y, matrix_of(run.method))


def precision(chance, task, k=100):
    """Return the fraction of wrong labels among the k that are most probably wrong. chance [N] -> float"""
    first = chance.argsort(descending=True, stable=True)[:k]
    return (task.train.y[first] != task.truth.y[first]).double().mean().item()


def anchors_by_epoch(task, *, epochs, seed):
    """T read off at the anchors after each epoch of plain SGD. -> list of (error, mean diagonal, how many anchors are
    of their own class, and of the class before it), and the Run"""
    found, T = [], true_matrix(task)
    own = torch.arange(len(T))

    def read(run):
        p = evaluate(run.method.nets[0], task.train).softmax(1)
        estimate, true = transition.anchors(p), task.truth.y[anchor_images(p)]
        before = (own - 1) % len(T)
        counts = int((true == own).sum()), int((true == before).sum())
        found.append((error(estimate, T), estimate.diagonal().mean().item(), *counts))

    run = fit("ERM", task, "mlp", epochs, seed, device="cpu", on_epoch=read)
    return found, run


def anchor_images(p, quantile=0.97):
    """The image whose prediction `transition.anchors` reads for each class, in training order. p [N, C] -> list of C"""
    rows = transition.anchors(p, quantile)
    return [int((p / p.sum(1, keepdim=True) - row).abs().sum(1).argmin()) for row in rows]


def relabelled(task, looked_at):
    """The task after a simulated person has replaced the labels of the images that were looked at by the true ones.
    looked_at: bool [N], or positions in the training set -> Task"""
    y = task.train.y.clone()
    y[looked_at] = task.truth.y[looked_at]
    return replace(task, train=replace(task.train, y=y))


def cross_validated(task, *, epochs, seed, folds=5):
    """Confident learning: what networks that did not train on a sample say of it. -> p [N, C], issues bool [N]"""
    method = methods.ALL["Confident learning"](folds=folds, fold_epochs=epochs)
    run = fit(method, task, "mlp", 1, seed, device="cpu")
    return run.method.p, run.method.issues
