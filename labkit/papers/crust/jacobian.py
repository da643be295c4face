"""The theory of the paper on CRUST, measured on networks that are small enough for their whole Jacobian.

Snapshots of a training are looked at through one Gram matrix K = J J^T (`labkit.spectrum`) of `n` samples: the
Jacobian of a subset S is the rows of S, so its Gram matrix is a part of K. Rows: i C + c is output c of sample i.
"""

from dataclasses import replace

import pandas as pd
import torch
from torch.nn.functional import one_hot

from ... import coreset, measure, spectrum
from ...fit import snapshots as fit_snapshots
from ...grads import ce_gradient
from ...method import evaluate
from .experiments import chosen_by, looking

CHOICES = {"coreset, Algorithm 1": "facility_location", "coreset, released": "centrality"}
GROUPS = {"facility_location": "prediction", "centrality": "label"}  # as the paper and as the code have it


def snapshots(method, task, net, epochs, seed, recipe, at):
    """The network after each of the epochs `at` of the training that `fit` does; 0: the start. -> {epoch: net}"""
    kept = fit_snapshots(method, task, net, epochs, seed, recipe, task.train.y.device, at_epochs=at)
    return {epoch: nets[0] for epoch, nets in kept.items()}


def some(task, n, seed=0):
    """The first n of the training samples in random order, as a task of their own. -> Task"""
    i = torch.randperm(len(task.train), generator=torch.Generator().manual_seed(seed))[:n].sort().values
    train = replace(task.train, x=task.train.x[i], y=task.train.y[i], ids=task.train.ids[i])
    return replace(task, train=train, truth=replace(task.truth, y=task.truth.y[i]))


def rows_of(i, classes):
    """The rows of samples i in a Jacobian of all outputs. [k] -> [k C]"""
    return (i[:, None] * classes + torch.arange(classes)).flatten()


def part(K, i, classes):
    """The Gram matrix of the samples i alone."""
    rows = rows_of(i, classes)
    return K[rows][:, rows]


def subsets(net, task, keep=0.5, seed=0):
    """The sets of points that the paper speaks of; the random one is as large as the coreset of the released code.
    -> {name: positions}"""
    right, n = task.train.y == task.truth.y, len(task.train)
    sets = {"all points": torch.arange(n)}
    sets |= {"right labels": right.nonzero()[:, 0], "wrong labels": (~right).nonzero()[:, 0]}
    for name, selector in CHOICES.items():
        sets[name] = chosen_by(net, task.train, selector, keep, GROUPS[selector])[0]
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    return sets | {"random subset": order[: len(sets["coreset, released"])]}


def spectra(nets, task, keep=0.5, energy=0.9):
    """Singular values of the Jacobians of the points, the coresets, ... at every snapshot. -> DataFrame, a row per
    snapshot and set

    values: descending, divided by the square root of how many samples the set has, so that sets of different size
    compare; rank: how many of them hold `energy` of the sum of squares; of: how many there are; label_precision.
    """
    rows, right = [], task.train.y == task.truth.y
    for epoch, net in nets.items():
        K = spectrum.gram(net, task.train.inputs())
        for name, i in subsets(net, task, keep).items():
            squares = torch.linalg.eigvalsh(part(K, i, task.classes)).clamp_min(0).flip(0)
            rank = int((squares.cumsum(0) < energy * squares.sum()).sum()) + 1
            row = {"epoch": epoch, "set": name, "samples": len(i), "rank": rank, "of": len(squares)}
            precision = measure.share(right[i])
            rows.append(row | {"label_precision": precision, "values": (squares / len(i)).sqrt().tolist()})
    return pd.DataFrame(rows)


def bounds(nets, task, keeps=(0.1, 0.3, 0.5)):
    """Eq. (7), with r_j the cluster sizes of greedy facility location. -> DataFrame, a row per snapshot and share

    lower, upper: sqrt(r_min) sigma_min(J_S) and sqrt(r_max) |J_S|; least, largest: the extreme singular values of J_r =
    diag(r) J_S, as the paper defines it; root_least, root_largest: those of diag(sqrt r) J_S, for which the bounds are
    true. eps: | |J_r| - |J| | with the root; eps_bound: |sqrt(r_max) |J_S| - |J| |, as the paper bounds it.
    """
    rows = []
    for epoch, net in nets.items():
        K = spectrum.gram(net, task.train.inputs())
        whole = _extremes(K)[1]
        for keep in keeps:
            i, r = chosen_by(net, task.train, "facility_location", keep)
            KS, r = part(K, i, task.classes), r.double().repeat_interleave(task.classes)
            (low, high), (least, largest), (root_least, root_largest) = (
                _extremes(w[:, None] * KS * w) for w in (torch.ones_like(r), r, r.sqrt())
            )
            upper = r.max().item() ** 0.5 * high
            row = {"epoch": epoch, "keep": keep, "r_min": r.min().item(), "r_max": r.max().item()}
            row |= {"lower": r.min().item() ** 0.5 * low, "upper": upper, "least": least, "largest": largest}
            row |= {"root_least": root_least, "root_largest": root_largest}
            rows.append(row | {"eps": abs(root_largest - whole), "eps_bound": abs(upper - whole), "norm": whole})
    return pd.DataFrame(rows)


def _extremes(K):
    """The least and the largest singular value of J, from J J^T."""
    squares = torch.linalg.eigvalsh(K).clamp_min(0)
    return squares[0].item() ** 0.5, squares[-1].item() ** 0.5


def alignment(nets, task, energy=0.9):
    """How much of the labels and of the residuals lies in the information space, for right and for wrong labels.
    -> DataFrame, a row per snapshot, vector ("labels", "residual", "true labels") and group ("right", "wrong")

    The vector is set to 0 outside of the group; labels are one-hot, minus the mean of their
    class; the residual is p - e_y.
    share: |Pi_I v|^2 / |v|^2; chance: what a random vector would have, rank / (n C).
    """
    right, y, rows = task.train.y == task.truth.y, task.train.y, []
    for epoch, net in nets.items():
        space = spectrum.split(net, task.train.inputs(), energy=energy)
        residual = ce_gradient(evaluate(net, task.train), y).double().flatten()
        labels = lambda y: spectrum.stacked(one_hot(y, task.classes), centred=True)
        vectors = {"labels": labels(y), "true labels": labels(task.truth.y), "residual": residual}
        for group, inside in (("right", right), ("wrong", ~right)):
            mask = inside.repeat_interleave(task.classes)
            for name, v in vectors.items():
                facts = {"epoch": epoch, "vector": name, "group": group, "share": float(space.alignment(v * mask))}
                rows.append(facts | {"chance": space.rank / len(v), "rank": space.rank})
    return pd.DataFrame(rows)


def nuisance(nets, task, keep=0.5, energies=(0.9,)):
    """|Pi_N(y_S)| / sqrt(k) for every choice of S, with S the whole set too (Sec. 4.1). Each S has the spaces of its
    own Jacobian. -> DataFrame, a row per snapshot, energy and set. Labels are one-hot, so the number is in 0..1"""
    rows = []
    for epoch, net in nets.items():
        K = spectrum.gram(net, task.train.inputs())
        for name, i in subsets(net, task, keep).items():
            y = spectrum.stacked(one_hot(task.train.y[i], task.classes))
            KS = part(K, i, task.classes)
            for energy in energies:
                outside = spectrum.split(KS, energy=energy).norms(y)[1].item()
                rows.append({"epoch": epoch, "set": name, "energy": energy, "nuisance": outside / len(i) ** 0.5})
    return pd.DataFrame(rows)


def proxies(nets, task):
    """Eq. (9): exact distances between per-sample gradients of all parameters, beside those at the last layer.
    -> DataFrame, a row per snapshot, space ("logit", "feature") and pairs ("all", "same predicted class")

    spearman: rank correlation over pairs; c1: the least constant with which the bound holds, c2 = 0; loose: c1 over the
    median of exact / bound; overlap: share of the half that centrality chooses by the exact distances which it chooses
    by the bound, too.
    """
    from scipy.stats import spearmanr

    rows = []
    for epoch, net in nets.items():
        exact, predicted = exact_points(net, task), evaluate(net, task.train).argmax(1)
        far = torch.cdist(exact, exact)
        pairs = torch.ones_like(far).triu(1).bool()
        pairs = {"all": pairs, "same predicted class": pairs & (predicted[:, None] == predicted)}
        budget = coreset.shares(predicted, 0.5)
        central = set(coreset.select(exact, budget, "centrality", predicted).indices.tolist())
        for space in ("logit", "feature"):
            g = looking(net, task.train, variant="paper", space=space).gradients(task.train)[0].double()
            near, found = torch.cdist(g, g), coreset.select(g, budget, "centrality", predicted).indices.tolist()
            for name, which in pairs.items():
                a, b = far[which], near[which].clamp_min(1e-12)
                row = {"epoch": epoch, "space": space, "pairs": name, "spearman": spearmanr(a, b).statistic}
                row |= {"c1": (a / b).max().item(), "loose": (a / b).max().item() / (a / b).median().item()}
                rows.append(row | {"overlap": len(central & set(found)) / len(central)})
    return pd.DataFrame(rows)


def exact_points(net, task):
    """Points with the same distances as the gradients of the loss by all parameters, J_i^T (p_i - e_y). -> [n, n]"""
    n, C = len(task.train), task.classes
    r = ce_gradient(evaluate(net, task.train), task.train.y).double()
    K = spectrum.gram(net, task.train.inputs()).view(n, C, n, C)
    squares, vectors = torch.linalg.eigh(torch.einsum("ic,icjd,jd->ij", r, K, r))
    return vectors * squares.clamp_min(0).sqrt()
