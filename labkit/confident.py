"""Confident learning: who is counted as what, and which labels that makes wrong. Northcutt, Jiang, Chuang, JAIR 2021
(arXiv 1911.00068), by the rules of its authors' package, cleanlab; of equal remainders it rounds any up, this the last.

Rows of a joint are *given* labels, columns true ones: the transpose of a transition matrix's order.
"""

import torch

from .errors import choose

PRUNE = dict.fromkeys(("prune_by_class", "prune_by_noise_rate", "both"))
SLACK = 1e-6  # probabilities that differ by less are equal


def joint(p, y):
    """The calibrated confident joint: how many samples with given label i are of class j (section 3.1). p [N, C]
    out-of-sample probabilities, y [N] given labels -> counts int64 [C, C], whose rows sum to the labels' counts"""
    p, given = p.double(), torch.nn.functional.one_hot(y, p.shape[1]).double()  # [N, C]
    labels = given.sum(0)  # [C]
    threshold = torch.where(labels > 0, (p * given).sum(0) / labels, torch.inf)  # the mean p_j of those labelled j
    sure = p >= threshold - SLACK  # [N, C]
    believed = torch.where(sure.sum(1) == 1, sure.int().argmax(1), p.argmax(1))  # [N]
    counted = sure.any(1)
    counts = given[counted].T @ torch.nn.functional.one_hot(believed[counted], p.shape[1]).double()  # [C, C]
    counts.diagonal().clamp_(min=1)
    return rounded(counts / counts.sum(1, keepdim=True) * labels[:, None])


def issues(p, y, prune="prune_by_noise_rate"):
    """Samples whose label is probably wrong (section 3.2). p [N, C], y [N]; prune: "prune_by_class" |
    "prune_by_noise_rate" | "both" -> bool [N]"""
    choose("prune", prune, PRUNE)
    p, counts = p.double(), one_stays(joint(p, y))
    rules = {"prune_by_class": (by_class,), "prune_by_noise_rate": (by_noise_rate,), "both": (by_class, by_noise_rate)}
    found = torch.stack([rule(p, y, counts) for rule in rules[prune]]).all(0)
    given = torch.nn.functional.one_hot(y, p.shape[1])
    return found & ((p + SLACK * given).argmax(1) != y)  # whom the network agrees with stays


def by_class(p, y, counts):
    """Of each given label, as many as the joint has off its diagonal: those least like it. -> bool [N]"""
    found = torch.zeros_like(y, dtype=torch.bool)
    for k, row in enumerate(counts.tolist()):
        mine = (y == k).nonzero()[:, 0]
        found[mine[p[mine, k].argsort(stable=True)[: max(len(mine) - row[k], 0)]]] = len(mine) > 1
    return found


def by_noise_rate(p, y, counts):
    """Of each given label k and each other class j, as many as the joint says: the largest p_j - p_k. -> bool [N]"""
    found = torch.zeros_like(y, dtype=torch.bool)
    for k, j in (counts - counts.diagonal().diag()).nonzero().tolist():
        mine = (y == k).nonzero()[:, 0]
        margin = p[mine, j] - p[mine, k]
        found[mine[margin.argsort(descending=True, stable=True)[: counts[k, j]]]] = len(mine) > 1
    return found


def one_stays(counts):
    """A joint that calls at least one sample of each given label right; the others of its row give way. -> [C, C]"""
    right = counts.diagonal().clamp(min=1)
    others = ((counts != 0).sum(1) - 1).clamp(min=1)
    less = (counts - ((right - counts.diagonal()) / others)[:, None]).clamp(min=0).long()
    return less - less.diagonal().diag() + right.diag()


def rounded(rows):
    """Whole numbers whose rows sum to what they did: the largest remainders go up, or the smallest down. -> int64"""
    whole = rows.round()
    missing = (rows.sum(1).round() - whole.sum(1))[:, None]
    rank = (rows - whole).argsort(stable=True).argsort()
    return (whole + (rank >= rows.shape[1] - missing).double() - (rank < -missing).double()).long()


def class_weights(counts):
    """1 / P(label is right | class), what makes up for a class's pruned samples: column sum over diagonal of a joint
    [C, C] -> float32 [C]; a diagonal counts as 1 at least."""
    return counts.sum(0) / counts.diagonal().clamp_min(1)
