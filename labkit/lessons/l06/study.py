"""Lesson 06: what the directions of a Jacobian hold of clean and of wrong labels.

A snapshot is a network after some epochs on noisy labels, and the spectrum of its Jacobian at 100 training images with
all ten outputs: 1,000 rows, 1,000 directions. A vector over them, such as the one-hot labels, is split by direction.
"""

from dataclasses import dataclass
from functools import lru_cache

import pandas as pd
import torch
from torch import Tensor, nn
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


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A task of few samples, the Gram matrix K [m, m] of a network's Jacobian at them (row i C + c: output c of sample
    i), its spectrum with every direction, and the network's outputs [n, C]."""

    task: labkit.Task
    K: Tensor
    space: spectrum.Spectrum
    logits: Tensor

    @property
    def wrong(self) -> Tensor:
        """Return which given labels are wrong. -> bool [n]"""
        return self.task.train.y != self.task.truth.y


def snapshot_of(net: nn.Module, task: labkit.Task) -> Snapshot:
    """Put a network and a task of few samples, with their truth, together with the spectrum of its Jacobian."""
    x = task.train.inputs()
    K = spectrum.gram(net, x)
    space = spectrum.split(K, rank=len(K))
    logits = evaluate(net, task.train)
    return Snapshot(task, K, space, logits)


@lru_cache(maxsize=32)
def train_snapshot(*, noise: str, seed: int, epoch: int) -> Snapshot:
    """Train plain SGD on the digits with a noise of NOISES for `epoch` epochs; its Jacobian is at SAMPLES images."""
    digits = labkit.load("digits")
    task = labkit.corrupt(digits, NOISES[noise], seed)
    plain = labkit.methods.ERM()
    nets = snapshots(plain, task, net="mlp", epochs=max(1, epoch), seed=seed, at=(epoch,))
    subset = subsample(task, SAMPLES, seed=seed)
    return snapshot_of(nets[epoch], subset)


def vectors(snapshot: Snapshot) -> dict[str, Tensor]:
    """Return the vectors that are split by direction: labels (one-hot, minus the mean of each class), their errors, and
    the residual p - e_y. -> {name: [m]}"""
    y = snapshot.task.train.y
    classes = snapshot.task.classes
    true = spectrum.stacked(one_hot(snapshot.task.truth.y, classes), centred=True)
    given = spectrum.stacked(one_hot(y, classes), centred=True)
    residual = ce_gradient(snapshot.logits, y).double()
    return {
        "true labels": true,
        "given labels": given,
        "label errors": given - true,
        "residual": residual.flatten(),
    }


def held(snapshot: Snapshot, v: Tensor) -> Tensor:
    """Return the fraction of |v|^2 in the first k directions, for every k from 1 to m. v [m] -> [m]"""
    coordinates = snapshot.space.vectors.T @ v
    squares = coordinates.square()
    return squares.cumsum(0) / squares.sum()


def cut(snapshot: Snapshot, k: int) -> Tensor:
    """Return the part of the given one-hot labels in the first k directions. -> [n, C]"""
    task = snapshot.task
    y = one_hot(task.train.y, task.classes)
    labels = spectrum.stacked(y)
    V = snapshot.space.vectors[:, :k]
    information = V @ (V.T @ labels)
    return information.view(len(task.train), -1)


def cut_labels(snapshot: Snapshot, k: int) -> Tensor:
    """Return the labels after the cut: each image takes the class with the largest entry. -> [n]"""
    return cut(snapshot, k).argmax(1)


def fates(snapshot: Snapshot, labels: Tensor) -> dict[str, float]:
    """Measure what became of clean and of wrong labels, in the columns of a history. labels [n], e.g. after a cut"""
    task = snapshot.task
    return labels_row(labels, task.train.y, task.truth.y)


def fates_of_cuts(snapshot: Snapshot) -> pd.DataFrame:
    """Measure the `fates` of the given labels after the cut at each of COUNTS. -> a row per cut"""
    rows = []
    for k in COUNTS:
        labels = cut_labels(snapshot, k)
        rows.append(fates(snapshot, labels))
    return pd.DataFrame(rows)


def in_information_space(snapshot: Snapshot, *, energy: float = 0.9) -> dict[str, float]:
    """Measure how much of the given labels and of the residuals of clean and of wrong samples lies in the information
    space, the first directions whose squared singular values make up `energy` of the sum of all. -> {name: fraction}

    A vector is set to 0 outside of its group of samples. "random vector" is the space's fraction of all directions.
    """
    squares = snapshot.space.values.square()
    is_before = squares.cumsum(0) < energy * squares.sum()
    rank = int(is_before.sum()) + 1
    random = rank / len(squares)
    fractions = {"random vector": random}
    all_vectors = vectors(snapshot)
    for group, members in (("clean", ~snapshot.wrong), ("wrong", snapshot.wrong)):
        mask = members.repeat_interleave(snapshot.task.classes)
        for name in ("given labels", "residual"):
            v = all_vectors[name] * mask
            fraction = held(snapshot, v)[rank - 1]
            fractions[f"{name}, {group} samples"] = float(fraction)
    of_wrong = fractions["given labels, wrong samples"]
    fractions["wrong samples' labels minus random"] = of_wrong - random
    return fractions


@lru_cache(maxsize=32)
def halves(snapshot: Snapshot) -> dict[str, Tensor]:
    """Return the singular values of the Jacobian's rows of clean and of wrong samples, the same number of both, divided
    by the root of this number. -> {name: [k C], descending}"""
    groups = {"clean labels": ~snapshot.wrong, "wrong labels": snapshot.wrong}
    size = min(int(members.sum()) for members in groups.values())
    values = {}
    for name, members in groups.items():
        i = members.nonzero()[:size, 0]
        K = part(snapshot.K, i, snapshot.task.classes)
        squares = torch.linalg.eigvalsh(K).clamp_min(0)
        descending = squares.flip(0)
        values[name] = (descending / size).sqrt()
    return values


def ratio_of_spectra(snapshot: Snapshot) -> float:
    """Return the median ratio of a singular value of the wrong samples' rows to that of the clean samples' rows at the
    same place."""
    clean, wrong = halves(snapshot).values()
    ratio = wrong / clean
    return float(ratio.median())


def remaining(values: Tensor, lr: float, steps: int) -> Tensor:
    """Return what gradient descent leaves of a residual in directions of these singular values, for the squared loss
    and a network that is linear in its parameters. values [m] -> [m] factors"""
    return (1 - lr * values.square()) ** steps


def corrected_by_few(seed: int) -> float:
    """Measure the fraction of the wrong labels that the cut at 20 of 1,000 directions corrects: symmetric 40 %, 5
    epochs."""
    snapshot = train_snapshot(noise="symmetric 40 %", seed=seed, epoch=5)
    labels = cut_labels(snapshot, 20)
    return fates(snapshot, labels)["noisy_corrected"]


def step_of_change(lr: float) -> int:
    """Return the first step at which the by-hand network of section 3 predicts the given label of sample 2.

    Its group mean has sigma^2 = 28, its difference from the mean 1; the mean of the given labels is (2, 0, 1) / 3.
    Raises ValueError for a learning rate with which this takes 10,000 steps or more.
    """
    label = torch.tensor([0.0, 0, 1])
    mean = torch.tensor([2.0, 0, 1]) / 3
    sigmas = torch.tensor([28.0, 1]).sqrt()
    for step in range(1, 10_000):
        of_mean, of_difference = 1 - remaining(sigmas, lr, step)  # what is learnt
        output = of_mean * mean + of_difference * (label - mean)
        if output.argmax() == 2:
            return step
    raise ValueError(f"lr is {lr}, which is too small for 10,000 steps")
