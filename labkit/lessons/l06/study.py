"""Lesson 06: what the directions of a Jacobian hold of right and of wrong labels.

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
    """What is laid over the directions: labels (one-hot, minus the mean of their class), what is wrong with them, and
    the residual p - e_y. -> {name: [m]}"""
    stacked = lambda y: spectrum.stacked(one_hot(y, at.task.classes), centred=True)
    true, given = stacked(at.task.truth.y), stacked(at.task.train.y)
    residual = ce_gradient(at.logits, at.task.train.y).double().flatten()
    return dict(zip(VECTORS, (true, given, given - true, residual)))


def held(at, v):
    """The share of |v|^2 in the first k directions, for every k from 1 to m. v [m] -> [m]"""
    parts = (at.space.vectors.T @ v).square()
    return parts.cumsum(0) / parts.sum()


def named(at, k):
    """What the given labels say after all but the first k directions are taken away: the class with the largest entry.
    -> [n]"""
    V, y = at.space.vectors[:, :k], spectrum.stacked(one_hot(at.task.train.y, at.task.classes))
    return (V @ (V.T @ y)).view(len(at.task.train), -1).argmax(1)


def fates(at, named):
    """What a labelling makes of right and of wrong labels, in the columns of a history. named [n] -> dict"""
    return labels_row(named, at.task.train.y, at.task.truth.y)


@lru_cache(maxsize=32)
def halves(at):
    """Singular values of the Jacobian's rows of right and of wrong samples, as many of the ones as of the others, over
    the root of how many. -> {name: [k C], descending}"""
    groups, values = {"right labels": ~at.wrong, "wrong labels": at.wrong}, {}
    few = min(int(inside.sum()) for inside in groups.values())
    for name, inside in groups.items():
        i = inside.nonzero()[:few, 0]
        squares = torch.linalg.eigvalsh(part(at.K, i, at.task.classes)).clamp_min(0).flip(0)
        values[name] = (squares / few).sqrt()
    return values


def left(values, rate, steps):
    """What gradient descent leaves of a residual in directions of these singular values: squared loss, a network that
    is linear in its parameters. values [m] -> [m] factors"""
    return (1 - rate * values.square()) ** steps


def corrected_by_few(seed):
    """The share of the wrong labels that the first 20 of 1,000 directions set right: symmetric 40 %, 5 epochs."""
    at = look(noise="symmetric 40 %", seed=seed, epoch=5)
    return fates(at, named(at, 20))["noisy_corrected"]
