"""Lesson 06's exercise that asks for a method: the cut, from a Jacobian to corrected labels."""

import torch
from torch import Generator, Tensor
from torch.nn.functional import one_hot

from ... import spectrum
from ...exercises.building import Build, Output

KEPT = (4, 6, 9)  # directions, by seed


def draw(rng: Generator, seed: int) -> tuple[Tensor, Tensor, int, int]:
    """Draw the arguments of the cut. -> J [n C, P], whose rows go sample by sample, y [n], C, k"""
    n = 7 + seed
    classes = 3 + seed
    rows = n * classes
    J = torch.randn(rows, rows, generator=rng, dtype=torch.float64)
    y = torch.randint(classes, (n,), generator=rng)
    return J, y, classes, KEPT[seed]


def cut(J: Tensor, y: Tensor, C: int, k: int) -> Tensor:
    """Return what is left of the one-hot labels in the first k directions [n, C]. Arguments as of `draw`."""
    K = J @ J.T
    space = spectrum.split(K, rank=k)
    labels = spectrum.stacked(one_hot(y, C))
    return space.information(labels).view(-1, C)


def _projected(V: Tensor, v: Tensor) -> Tensor:
    """Return the part of v [m] in the span of the orthonormal columns V [m, k]. -> [m]"""
    return V @ (V.T @ v)


def _left_vectors(J):
    return torch.linalg.svd(J).U


def _labels(y, C):
    return one_hot(y, C).double().flatten()


def _smallest(J, y, C, k):
    V = _left_vectors(J)[:, -k:]
    labels = _labels(y, C)
    return _projected(V, labels).view(-1, C)


def _right_vectors(J, y, C, k):
    vectors = torch.linalg.svd(J).Vh.T
    V = vectors[:, :k]
    labels = _labels(y, C)
    return _projected(V, labels).view(-1, C)


def _nuisance(J, y, C, k):
    return one_hot(y, C) - cut(J, y, C, k)


def _stretched(J, y, C, k):
    labels = _labels(y, C)
    stretched = J @ (J.T @ labels)
    return stretched.view(-1, C)


def _by_class(J, y, C, k):
    V = _left_vectors(J)[:, :k]
    labels = one_hot(y, C).double()
    by_class = labels.T.flatten()
    projected = _projected(V, by_class)
    return projected.view(C, -1).T


def _of_each_class(J, y, C, k):
    return cut(J, y, C, k * C)


MISTAKES = [
    (_smallest, "these are the k *smallest* directions: eigh sorts upwards, svd downwards"),
    (_right_vectors, "these are directions of the parameters; take the *left* singular vectors, eigenvectors of J J^T"),
    (_nuisance, "that is what is cut off, the nuisance part; hand in what is left"),
    (_stretched, "J J^T y stretches every direction by its squared singular value; a projection does not stretch"),
    (_by_class, "your labels go class by class; row i C + c of J is output c of sample i"),
    (_of_each_class, "you keep k directions for each class; k of all are asked for"),
]
RESULT = Output("the result", ("sample", "class"))
PRAISE = "the information part of the labels. The largest entry of each row is the corrected label"
the_cut = Build(draw, cut, MISTAKES, (RESULT,), PRAISE)
