"""Lesson 06's exercise that asks for a method: the cut, from a Jacobian to corrected labels."""

import torch
from torch.nn.functional import one_hot

from ... import spectrum
from ...exercises.building import Build, Output


def draw(rng, seed):
    """-> J [n C, P], whose rows go sample by sample, y [n], C, k"""
    n, classes = 7 + seed, 3 + seed
    J = torch.randn(n * classes, n * classes, generator=rng, dtype=torch.float64)
    y = torch.randint(classes, (n,), generator=rng)
    return J, y, classes, (4, 6, 9)[seed]


def cut(J, y, C, k):
    """-> what is left of the one-hot labels in the first k directions [n, C]"""
    space = spectrum.split(J @ J.T, rank=k)
    return space.information(spectrum.stacked(one_hot(y, C))).view(-1, C)


def _projected(V, v):
    """The part of v [m] in the span of the orthonormal columns V [m, k]. -> [m]"""
    return V @ (V.T @ v)


def _left(J):
    return torch.linalg.svd(J).U


def _labels(y, C):
    return one_hot(y, C).double().flatten()


def _smallest(J, y, C, k):
    return _projected(_left(J)[:, -k:], _labels(y, C)).view(-1, C)


def _right_vectors(J, y, C, k):
    V = torch.linalg.svd(J).Vh.T[:, :k]
    return _projected(V, _labels(y, C)).view(-1, C)


def _nuisance(J, y, C, k):
    return one_hot(y, C) - cut(J, y, C, k)


def _stretched(J, y, C, k):
    return (J @ (J.T @ _labels(y, C))).view(-1, C)


def _by_class(J, y, C, k):
    v = one_hot(y, C).double().T.flatten()
    return _projected(_left(J)[:, :k], v).view(C, -1).T


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
the_cut = Build(
    draw,
    cut,
    MISTAKES,
    (Output("the result", ("sample", "class")),),
    "the information part of the labels. The largest entry of each row is the corrected label",
)
