"""Confident learning by the package cleanlab, tensors in and tensors out. Northcutt, Jiang, Chuang, JAIR 2021 (arXiv
1911.00068).

Rows of a joint are *given* labels, columns true ones: the transpose of a transition matrix's order.
"""

import torch

from .errors import choose

PRUNE = dict.fromkeys(("prune_by_class", "prune_by_noise_rate", "both"))


def package():
    """The module cleanlab. Raises ModuleNotFoundError that says how to get it."""
    try:
        import cleanlab.count
        import cleanlab.filter
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"confident learning takes the package cleanlab: pip install cleanlab ({error})"
        ) from None
    return cleanlab


def joint(p, y):
    """The calibrated confident joint: how many samples with given label i are of class j. p [N, C] out-of-sample
    probabilities, y [N] given labels -> counts int64 [C, C], whose rows sum to the counts of the labels"""
    counts = package().count.compute_confident_joint(_numpy(y), _numpy(p.double()))
    return torch.as_tensor(counts, device=y.device)


def issues(p, y, prune="prune_by_noise_rate"):
    """Samples whose label is probably wrong. p [N, C], y [N]; prune: "prune_by_class" | "prune_by_noise_rate" | "both"
    -> bool [N]"""
    choose("prune", prune, PRUNE)
    found = package().filter.find_label_issues(_numpy(y), _numpy(p.double()), filter_by=prune, n_jobs=1)
    return torch.as_tensor(found, device=y.device)


def class_weights(counts):
    """1 / P(label is right | class), what makes up for a class's pruned samples: column sum over diagonal of a joint
    [C, C] -> float32 [C]; a diagonal counts as 1 at least."""
    return counts.sum(0) / counts.diagonal().clamp_min(1)


def _numpy(tensor):
    return tensor.detach().cpu().numpy()
