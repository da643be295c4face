"""The theory of the paper on CRUST, measured on networks that are small enough for their whole Jacobian.

Snapshots of a training are examined through one Gram matrix K = J J^T (`labkit.spectrum`) of `n` samples: the Jacobian
of a subset S is the rows of S, so its Gram matrix is a part of K. Rows: i C + c is output c of sample i.
"""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ... import coreset, measure, spectrum
from ...data import Task
from ...data.meta import rows
from ...fit import snapshots as fit_snapshots
from ...grads import ce_gradient
from ...method import Method, evaluate
from .experiments import bind_crust, select_coreset

CORESETS = {  # selector and groups of the coreset, as the paper and as the released code have them
    "coreset, Algorithm 1": ("facility_location", "prediction"),
    "coreset, released": ("centrality", "label"),
}
Nets = dict[int, nn.Module]  # epoch: the network after it


def snapshots(
    method: Method,
    task: Task,
    *,
    net: object,
    epochs: int,
    seed: int,
    recipe: object = None,
    at: Sequence[int],
) -> Nets:
    """Return the network after each of the epochs `at` of the training that `fit` does; 0 is the start."""
    networks = fit_snapshots(method, task, net, epochs, seed, recipe, task.train.y.device, at_epochs=at)
    return {epoch: nets[0] for epoch, nets in networks.items()}


def subsample(task: Task, n: int, *, seed: int = 0) -> Task:
    """Return the first n of the training samples in random order, as a task of their own."""
    i = torch.randperm(len(task.train), generator=torch.Generator().manual_seed(seed))[:n].sort().values
    train = rows(task.train, i, task.train.mapped)
    return replace(task, train=train, truth=replace(task.truth, y=task.truth.y[i]))


def part(K: Tensor, i: Tensor, classes: int) -> Tensor:
    """Return the Gram matrix of the samples i alone. K [n C, n C], i [k] -> [k C, k C]"""
    rows = (i[:, None] * classes + torch.arange(classes)).flatten()
    return K[rows][:, rows]


def subsets(net: nn.Module, task: Task, *, keep: float = 0.5, seed: int = 0) -> dict[str, Tensor]:
    """Return the positions of the sets of points that the paper speaks of, by name.

    The random subset is as large as the coreset of the released code.
    """
    right = task.train.y == task.truth.y
    n = len(task.train)
    sets = {"all points": torch.arange(n)}
    sets["right labels"] = right.nonzero()[:, 0]
    sets["wrong labels"] = (~right).nonzero()[:, 0]
    for name, (selector, group_by) in CORESETS.items():
        sets[name], _ = select_coreset(net, task.train, selector=selector, keep=keep, group_by=group_by)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    sets["random subset"] = order[: len(sets["coreset, released"])]
    return sets


def spectra(nets: Nets, task: Task, *, keep: float = 0.5, energy: float = 0.9) -> pd.DataFrame:
    """Measure the singular values of the Jacobian of each set of points, at every snapshot. -> a row per snapshot, set

    values: descending, divided by the root of how many samples the set has, so that sets of different size compare;
    rank: how many of them hold `energy` of the sum of squares; of: how many there are; label_precision.
    """
    rows = []
    right = task.train.y == task.truth.y
    for epoch, net in nets.items():
        K = spectrum.gram(net, task.train.inputs())  # J J^T  [n C, n C]
        for name, i in subsets(net, task, keep=keep).items():
            K_S = part(K, i, task.classes)  # the rows of J that belong to the set S
            squares = torch.linalg.eigvalsh(K_S).clamp_min(0).flip(0)  # squared singular values of J_S, descending
            short = squares.cumsum(0) < energy * squares.sum()
            row = {"epoch": epoch, "set": name, "samples": len(i), "rank": int(short.sum()) + 1, "of": len(squares)}
            row["label_precision"] = measure.share(right[i])
            row["values"] = (squares / len(i)).sqrt().tolist()
            rows.append(row)
    return pd.DataFrame(rows)


def bounds(nets: Nets, task: Task, *, keeps: Sequence[float] = (0.1, 0.3, 0.5)) -> pd.DataFrame:
    """Measure both sides of Eq. (7), with r_j the cluster sizes of greedy facility location.

    A row per snapshot and share that is kept, with the columns
    lower, upper: sqrt(r_min) sigma_min(J_S) and sqrt(r_max) |J_S|; least, largest: the extreme singular values of J_r =
    diag(r) J_S, as the paper defines it; root_least, root_largest: those of diag(sqrt r) J_S, for which the bounds are
    true. eps: | |J_r| - |J| | with the root; eps_bound: |sqrt(r_max) |J_S| - |J| |, as the paper bounds it.
    """
    rows = []
    for epoch, net in nets.items():
        K = spectrum.gram(net, task.train.inputs())
        _, norm = extremes(K)
        for keep in keeps:
            i, r = select_coreset(net, task.train, selector="facility_location", keep=keep)
            K_S = part(K, i, task.classes)
            r = r.double().repeat_interleave(task.classes)  # a weight per row of J_S
            row = {"epoch": epoch, "keep": keep, "r_min": r.min().item(), "r_max": r.max().item()}
            sigma_min, sigma_max = extremes(weighted(K_S, torch.ones_like(r)))
            row["lower"] = r.min().item() ** 0.5 * sigma_min
            row["upper"] = r.max().item() ** 0.5 * sigma_max
            row["least"], row["largest"] = extremes(weighted(K_S, r))
            row["root_least"], row["root_largest"] = extremes(weighted(K_S, r.sqrt()))
            row |= {"eps": abs(row["root_largest"] - norm), "eps_bound": abs(row["upper"] - norm), "norm": norm}
            rows.append(row)
    return pd.DataFrame(rows)


def weighted(K: Tensor, w: Tensor) -> Tensor:
    """Return the Gram matrix of diag(w) J. K = J J^T [m, m], w [m] -> [m, m]"""
    return w[:, None] * K * w


def extremes(K: Tensor) -> tuple[float, float]:
    """Return the least and the largest singular value of J, from K = J J^T."""
    squares = torch.linalg.eigvalsh(K).clamp_min(0)
    return squares[0].item() ** 0.5, squares[-1].item() ** 0.5


def alignment(nets: Nets, task: Task, *, energy: float = 0.9) -> pd.DataFrame:
    """Measure how much of the labels and of the residuals of right and of wrong samples lies in the information space.
    -> a row per snapshot, vector ("labels", "true labels", "residual") and group ("right", "wrong")

    A vector is set to 0 outside of the group; labels are one-hot, minus the mean of their class; the residual is p -
    e_y. share: |Pi_I v|^2 / |v|^2; chance: what a random vector would have, rank / (n C).
    """
    y = task.train.y
    true = task.truth.y
    right = y == true
    rows = []
    for epoch, net in nets.items():
        space = spectrum.split(net, task.train.inputs(), energy=energy)
        vectors = {
            "labels": spectrum.stacked(one_hot(y, task.classes), centred=True),
            "true labels": spectrum.stacked(one_hot(true, task.classes), centred=True),
            "residual": ce_gradient(evaluate(net, task.train), y).double().flatten(),
        }
        for group, members in (("right", right), ("wrong", ~right)):
            mask = members.repeat_interleave(task.classes)
            for name, v in vectors.items():
                row = {"epoch": epoch, "vector": name, "group": group, "share": float(space.alignment(v * mask))}
                rows.append(row | {"chance": space.rank / len(v), "rank": space.rank})
    return pd.DataFrame(rows)


def nuisance(nets: Nets, task: Task, *, keep: float = 0.5, energies: Sequence[float] = (0.9,)) -> pd.DataFrame:
    """Measure |Pi_N(y_S)| / sqrt(k) for every set S of k points (Sec. 4.1), each with the spaces of its own Jacobian.
    -> a row per snapshot, energy and set. Labels are one-hot, so the number is in 0..1"""
    rows = []
    for epoch, net in nets.items():
        K = spectrum.gram(net, task.train.inputs())
        for name, i in subsets(net, task, keep=keep).items():
            y = spectrum.stacked(one_hot(task.train.y[i], task.classes))
            K_S = part(K, i, task.classes)
            for energy in energies:
                _, outside = spectrum.split(K_S, energy=energy).norms(y)
                row = {"epoch": epoch, "set": name, "energy": energy}
                rows.append(row | {"nuisance": outside.item() / len(i) ** 0.5})
    return pd.DataFrame(rows)


def proxies(nets: Nets, task: Task) -> pd.DataFrame:
    """Compare exact distances between per-sample gradients of all parameters with those at the last layer, Eq. (9).
    -> a row per snapshot, space ("logit", "feature") and pairs ("all", "same predicted class")

    spearman: rank correlation over pairs; c1, loose: see `bound_constant`; overlap: share of the half that centrality
    chooses by the exact distances which it chooses by those at the last layer, too.
    """
    from scipy.stats import spearmanr  # here, because it takes longer to load than the rest of this file

    rows = []
    for epoch, net in nets.items():
        exact = exact_points(net, task)
        predicted = evaluate(net, task.train).argmax(1)
        exact_distance = torch.cdist(exact, exact)
        upper = torch.ones_like(exact_distance).triu(1).bool()  # every pair once
        pairs = {"all": upper, "same predicted class": upper & (predicted[:, None] == predicted)}
        central = central_half(exact, predicted)
        for space in ("logit", "feature"):
            g = bind_crust(net, task.train, variant="paper", space=space).gradients(task.train)[0].double()
            distance = torch.cdist(g, g)
            overlap = len(central & central_half(g, predicted)) / len(central)
            for name, chosen in pairs.items():
                a = exact_distance[chosen]
                b = distance[chosen].clamp_min(1e-12)
                row = {"epoch": epoch, "space": space, "pairs": name, "spearman": spearmanr(a, b).statistic}
                rows.append(row | bound_constant(a, b) | {"overlap": overlap})
    return pd.DataFrame(rows)


def central_half(points: Tensor, group: Tensor) -> set[int]:
    """Return the positions of the half of every group that has the smallest sums of distances. points [n, d]"""
    chosen = coreset.select(points, coreset.shares(group, 0.5), "centrality", group)
    return set(chosen.indices.tolist())


def bound_constant(exact: Tensor, proxy: Tensor) -> dict[str, float]:
    """Return c1, the least constant with exact <= c1 proxy for all pairs, and loose, c1 over the median ratio."""
    c1 = (exact / proxy).max().item()
    return {"c1": c1, "loose": c1 / (exact / proxy).median().item()}


def exact_points(net: nn.Module, task: Task) -> Tensor:
    """Return points with the same distances as the gradients of the loss by all parameters, J_i^T (p_i - e_y).

    They are V sqrt(D) of the gradients' Gram matrix V D V^T. -> [n, n]
    """
    n = len(task.train)
    C = task.classes
    r = ce_gradient(evaluate(net, task.train), task.train.y).double()
    K = spectrum.gram(net, task.train.inputs()).view(n, C, n, C)
    squares, vectors = torch.linalg.eigh(torch.einsum("ic,icjd,jd->ij", r, K, r))
    return vectors * squares.clamp_min(0).sqrt()
