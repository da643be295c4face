"""Lesson 06: what the directions of a Jacobian hold of clean and of wrong labels.

A look is a network after some epochs on noisy labels, and the spectrum of its Jacobian at 100 training images with all
ten outputs: 1,000 rows, 1,000 directions. A vector over them, such as the one-hot labels, is split by direction.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch.nn.functional import one_hot

import labkit

from ... import spectrum
from ...grads import ce_gradient
from ...measure import labels_row
from ...method import evaluate
from ...papers.crust.jacobian import part, snapshots, subsample

NOISES = {
    "symmetric 20 %": labkit.noise.symmetric(0.2),
    "symmetric 40 %": labkit.noise.symmetric(0.4),
    "symmetric 60 %": labkit.noise.symmetric(0.6),
    "pairflip 45 %": labkit.noise.pairflip(0.45),
}
EPOCHS = (0, 1, 3, 5, 10, 20, 40)
COUNTS = (2, 5, 10, 20, 50, 100, 200, 300, 500, 700, 1000)  # of directions
SAMPLES = 100
VECTORS = ("true labels", "given labels", "label errors", "residual")


@dataclass(frozen=True, eq=False)
class Look:
    """A task of few samples, the Gram matrix K [m, m] of a network's Jacobian at them (row i C + c: output c of sample
    i), its spectrum with every direction, and the network's outputs [n, C]."""

    task: labkit.Task
    K: torch.Tensor
    space: spectrum.Spectrum
    logits: torch.Tensor

    @property
    def wrong(self):
        return self.task.train.y != self.task.truth.y


def look_at(net, task):
    """-> Look. task: of few samples, with the truth beside it"""
    K = spectrum.gram(net, task.train.inputs())
    return Look(task, K, spectrum.split(K, rank=len(K)), evaluate(net, task.train))


@lru_cache(maxsize=32)
def look(*, noise, seed, epoch):
    """The digits with a noise of NOISES after `epoch` epochs of plain SGD, seen at SAMPLES training images. -> Look"""
    task = labkit.corrupt(labkit.load("digits"), NOISES[noise], seed)
    net = snapshots(labkit.methods.ERM(), task, net="mlp", epochs=max(1, epoch), seed=seed, at=(epoch,))[epoch]
    return look_at(net, subsample(task, SAMPLES, seed=seed))


def vectors(at):
    """The vectors that are split by direction: labels (one-hot, minus the mean of each class), their errors, and the
    residual p - e_y. -> {name: [m]}"""
    stacked = lambda y: spectrum.stacked(one_hot(y, at.task.classes), centred=True)
    true, given = stacked(at.task.truth.y), stacked(at.task.train.y)
    residual = ce_gradient(at.logits, at.task.train.y).double().flatten()
    return dict(zip(VECTORS, (true, given, given - true, residual)))


def held(at, v):
    """The fraction of |v|^2 in the first k directions, for every k from 1 to m. v [m] -> [m]"""
    parts = (at.space.vectors.T @ v).square()
    return parts.cumsum(0) / parts.sum()


def cut(at, k):
    """The part of the given one-hot labels in the first k directions. -> [n, C]"""
    V, y = at.space.vectors[:, :k], spectrum.stacked(one_hot(at.task.train.y, at.task.classes))
    return (V @ (V.T @ y)).view(len(at.task.train), -1)


def cut_labels(at, k):
    """The labels after the cut: each image takes the class with the largest entry. -> [n]"""
    return cut(at, k).argmax(1)


def fates(at, labels):
    """What became of clean and of wrong labels, in the columns of a history. labels [n], e.g. after a cut -> dict"""
    return labels_row(labels, at.task.train.y, at.task.truth.y)


def in_information_space(at, *, energy=0.9):
    """How much of the given labels and of the residuals of clean and of wrong samples lies in the information space,
    the first directions whose squared singular values make up `energy` of the sum of all. -> {name: fraction}

    A vector is set to 0 outside of its group of samples. "random vector" is the space's fraction of all directions.
    """
    squares = at.space.values.square()
    rank = int((squares.cumsum(0) < energy * squares.sum()).sum()) + 1
    found = {"random vector": rank / len(squares)}
    for group, inside in (("clean", ~at.wrong), ("wrong", at.wrong)):
        mask = inside.repeat_interleave(at.task.classes)
        for name in ("given labels", "residual"):
            v = vectors(at)[name] * mask
            found[f"{name}, {group} samples"] = float(held(at, v)[rank - 1])
    found["wrong samples' labels minus random"] = found["given labels, wrong samples"] - found["random vector"]
    return found


@lru_cache(maxsize=32)
def halves(at):
    """Singular values of the Jacobian's rows of clean and of wrong samples, the same number of both, divided by the
    root of this number. -> {name: [k C], descending}"""
    groups, values = {"clean labels": ~at.wrong, "wrong labels": at.wrong}, {}
    few = min(int(inside.sum()) for inside in groups.values())
    for name, inside in groups.items():
        i = inside.nonzero()[:few, 0]
        squares = torch.linalg.eigvalsh(part(at.K, i, at.task.classes)).clamp_min(0).flip(0)
        values[name] = (squares / few).sqrt()
    return values


def ratio_of_spectra(at):
    """The median ratio of a singular value of the wrong samples' rows to that of the clean samples' rows at the same
    place. -> float"""
    clean, wrong = halves(at).values()
    return float((wrong / clean).median())


def left(values, lr, steps):
    """What gradient descent leaves of a residual in directions of these singular values, for the squared loss and a
    network that is linear in its parameters. values [m] -> [m] factors"""
    return (1 - lr * values.square()) ** steps


def corrected_by_few(seed):
    """The fraction of the wrong labels that the cut at 20 of 1,000 directions corrects: symmetric 40 %, 5 epochs."""
    at = look(noise="symmetric 40 %", seed=seed, epoch=5)
    return fates(at, cut_labels(at, 20))["noisy_corrected"]


def step_of_change(lr):
    """The first step at which the by-hand network of section 3 predicts the given label of sample 2. -> int

    Its group mean has sigma^2 = 28, its difference from the mean 1; the mean of the given labels is (2, 0, 1) / 3.
    """
    label, mean = torch.tensor([0.0, 0, 1]), torch.tensor([2.0, 0, 1]) / 3
    sigmas = torch.tensor([28.0, 1]).sqrt()
    for step in range(1, 10_000):
        learnt = 1 - left(sigmas, lr, step)
        output = learnt[0] * mean + learnt[1] * (label - mean)
        if output.argmax() == 2:
            return step
    raise ValueError(f"lr is {lr}, which is too small for 10,000 steps")
