"""Confident learning: the joint counts of given and true labels, and the labels that are probably wrong. Northcutt,
Jiang, Chuang, JAIR 2021 (arXiv 1911.00068), by the rules of its authors' package, cleanlab. Of equal remainders
cleanlab rounds any up, this module the last one.

Rows of a joint are *given* labels, columns true ones: the transpose of a transition matrix's order.
"""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from .errors import choose

PRUNE = dict.fromkeys(("prune_by_class", "prune_by_noise_rate", "both"))
SLACK = 1e-6  # probabilities that differ by less are equal


def counts(p: Tensor, y: Tensor) -> Tensor:
    """Return the confident joint before its calibration (section 3.1): how many samples with given label i are
    confidently of class j. p [N, C] out-of-sample probabilities, y [N] given labels -> float64 [C, C]"""
    classes = p.shape[1]
    p = p.double()  # [N, C]
    given = one_hot(y, classes).double()  # [N, C]
    labels = given.sum(0)  # [C]
    threshold = torch.where(labels > 0, (p * given).sum(0) / labels, torch.inf)  # the mean p_j of samples labelled j
    confident = p >= threshold - SLACK  # [N, C]
    believed = torch.where(confident.sum(1) == 1, confident.int().argmax(1), p.argmax(1))  # [N]
    counted = confident.any(1)
    return given[counted].T @ one_hot(believed[counted], classes).double()


def joint(p: Tensor, y: Tensor) -> Tensor:
    """Return the calibrated confident joint: how many samples with given label i are of class j (section 3.1). p [N, C]
    out-of-sample probabilities, y [N] given labels -> counts int64 [C, C], whose rows sum to the labels' counts"""
    counted = counts(p, y)  # [C, C]
    counted.diagonal().clamp_(min=1)
    labels = y.bincount(minlength=p.shape[1])  # [C]
    return rounded(counted / counted.sum(1, keepdim=True) * labels[:, None])


def issues(p: Tensor, y: Tensor, prune: str = "prune_by_noise_rate") -> Tensor:
    """Return the samples whose label is probably wrong (section 3.2). p [N, C], y [N]; prune: "prune_by_class" |
    "prune_by_noise_rate" | "both" -> bool [N]"""
    choose("prune", prune, PRUNE)
    p, counts = p.double(), keep_one(joint(p, y))
    rules = {"prune_by_class": (by_class,), "prune_by_noise_rate": (by_noise_rate,), "both": (by_class, by_noise_rate)}
    wrong = torch.stack([rule(p, y, counts) for rule in rules[prune]]).all(0)
    predicted = (p + SLACK * one_hot(y, p.shape[1])).argmax(1)
    return wrong & (predicted != y)  # a label that the network predicts is kept


def by_class(p: Tensor, y: Tensor, counts: Tensor) -> Tensor:
    """Choose for each given label as many samples as the joint has off its diagonal, those of smallest p_y. -> bool
    [N]"""
    wrong = torch.zeros_like(y, dtype=torch.bool)
    for k, row in enumerate(counts.tolist()):
        i = (y == k).nonzero()[:, 0]
        number = max(len(i) - row[k], 0)
        order = p[i, k].argsort(stable=True)
        wrong[i[order[:number]]] = len(i) > 1
    return wrong


def by_noise_rate(p: Tensor, y: Tensor, counts: Tensor) -> Tensor:
    """Choose for each given label k and each other class j as many samples as the joint counts, those of largest
    p_j - p_k. -> bool [N]"""
    wrong = torch.zeros_like(y, dtype=torch.bool)
    for k, j in (counts - counts.diagonal().diag()).nonzero().tolist():
        i = (y == k).nonzero()[:, 0]
        margin = p[i, j] - p[i, k]
        order = margin.argsort(descending=True, stable=True)
        wrong[i[order[: counts[k, j]]]] = len(i) > 1
    return wrong


def keep_one(counts: Tensor) -> Tensor:
    """Raise zero diagonal counts to 1, taking the difference from the other entries of the row, so that every class
    keeps a sample. -> [C, C]"""
    right = counts.diagonal().clamp(min=1)
    entries = ((counts != 0).sum(1) - 1).clamp(min=1)
    lowered = (counts - ((right - counts.diagonal()) / entries)[:, None]).clamp(min=0).long()
    return lowered - lowered.diagonal().diag() + right.diag()


def rounded(rows: Tensor) -> Tensor:
    """Round to whole numbers that keep each row's sum: the largest remainders go up, or the smallest down. -> int64"""
    whole = rows.round()
    missing = (rows.sum(1).round() - whole.sum(1))[:, None]
    rank = (rows - whole).argsort(stable=True).argsort()
    return (whole + (rank >= rows.shape[1] - missing).double() - (rank < -missing).double()).long()


def class_weights(counts: Tensor) -> Tensor:
    """Return 1 / P(label is right | class), which makes up for the pruned samples of a class: column sum over diagonal
    of a joint [C, C], a diagonal entry of at least 1. -> float32 [C]"""
    return counts.sum(0) / counts.diagonal().clamp_min(1)
