"""Theorem 4.1 of the paper on CRUST, measured where it is stated: a network with one output, squared loss, labels nu_c
in [-1, 1], gradient descent on the weighted coreset with the step 1 / (2 beta^2).

The constants that the theorem hides in O(.) are taken as 1, which is kind to it: its proof has larger ones.
"""

from dataclasses import replace
from math import ceil, inf, log

import pandas as pd
import torch
from torch import nn

from ... import coreset, noise, spectrum
from ...data import Task
from ...fit import fit
from ...methods import ERM


def margin(classes):
    """delta: how far apart C labels in [-1, 1] can be at most, 2 / (C - 1). -> float"""
    return 2 / (classes - 1)


def premise(runs, start):
    """How often the premise rho < delta / 8 is true of the coresets of real runs, epoch by epoch. -> DataFrame

    runs: of `runs.grid.grid` with the column `keep`; start: epochs on everything, left out. A row per noise, rate and
    keep: rho (mean share of wrong labels among the selected), limit (delta / 8 for ten classes), true (share of epochs)
    """
    own = runs[runs["method"] == "CRUST"].explode("selected_precision", ignore_index=True)
    own = own.assign(epoch=own.groupby("run").cumcount(), rho=1 - own["selected_precision"].astype(float))
    own = own[own["epoch"] >= start].assign(limit=margin(10) / 8)
    own["true"] = own["rho"] < own["limit"]
    return own.groupby(["noise", "rate", "keep"])[["rho", "limit", "true"]].mean().reset_index()


def few_classes(task, classes, n, rate, seed=0):
    """n samples of the first classes, with symmetric noise. -> Task with labels 0..classes - 1"""
    i = (task.train.y < classes).nonzero()[:, 0][:n]
    x, y = task.train.x[i], task.train.y[i]
    few = Task.of(x, y, x, y, f"{task.name}, {classes} classes", 0.0, task.train.scale, classes=classes, y_true="given")
    return noise.corrupt(few, noise.symmetric(rate), seed)


CASES = (  # classes, rate of symmetric noise, selector, share that is kept
    (2, 0.2, "facility_location", 0.05),
    (2, 0.1, "facility_location", 0.05),
    (2, 0.4, "centrality", 0.5),
    (10, 0.4, "facility_location", 0.5),
    (10, 0.4, "centrality", 0.05),
    (10, 0.4, "centrality", 0.5),
)


def cases(task, steps, n=250, seed=1):
    """`theorem` for every line of CASES, n samples each. task: clean. -> DataFrame"""
    how = {"steps": steps, "recipe": {"lr": 0.05, "batch": 64}}
    few = lambda classes, rate: few_classes(task, classes, n, rate, seed)
    return pd.DataFrame([theorem(few(*which), selector, keep, **how) for *which, selector, keep in CASES])


def theorem(task, selector, keep, steps, warm=5, seed=0, recipe=None):
    """Warm up on all given labels, choose S, then gradient descent on S alone. -> dict, see the module

    k: samples in S; rho: wrong labels among them; limit: delta / 8; alpha = sqrt(r_min) sigma_min(J_S); beta =
    sqrt(r_max) |J_S|; eps: error of the largest singular value; eps_allowed, needed: what the theorem asks of eps and
    of the number of steps; steps: those that were made; correct: share of S that is classified as its true class then;
    memorised: share of the wrong labels of S that are classified as given; curves: the last two over the steps.
    """
    x, nu = task.train.inputs(), torch.linspace(-1, 1, task.classes)
    y, right = nu[task.train.y][:, None], task.train.y == task.truth.y
    numbers = Task.of(x, y, x, y, task.name, 0.0, kind="numbers")
    net = fit(ERM(), numbers, "mlp", warm, seed, recipe, progress=False).method.nets[0]
    with torch.no_grad():
        residual, believed = net(x) - y, nearest(net(x), nu)
    found = coreset.select(residual, coreset.shares(believed, keep), selector, believed)
    i, r = found.indices, found.sizes.double()
    facts = premises(spectrum.gram(net, x), i, r, 1 - right[i].double().mean().item(), task.classes)
    curves = descend(net, x[i], y[i], r, nu, task, i, 0.5 / facts["beta"] ** 2, steps)
    last = curves.iloc[-1]
    ends = {"correct": last["correct"], "memorised": last["memorised"]}
    what = {"classes": task.classes, "samples": len(y), "rate": task.noise.rate, "selector": selector, "keep": keep}
    return what | facts | {"steps": steps, **ends, "curves": curves}


def premises(K, i, r, rho, classes):
    """What the theorem asks, and what is there. K [n, n] Gram matrix of all, i [k] chosen, r [k] weights. -> dict"""
    values = lambda K: torch.linalg.eigvalsh(K).clamp_min(0).sqrt()
    KS, delta, k = K[i][:, i], margin(classes), len(i)
    own, whole = values(KS), values(K)[-1].item()
    alpha, beta = (r.min().sqrt() * own[0]).item(), (r.max().sqrt() * own[-1]).item()
    eps = abs(values(r.sqrt()[:, None] * KS * r.sqrt())[-1].item() - whole)
    steps = 2 * beta**2 / max(alpha, 1e-12) ** 2
    hard = log(k**0.5 / rho) if rho > 0 else inf
    return {
        "k": k,
        "rho": rho,
        "limit": delta / 8,
        "premise": rho < delta / 8,
        "alpha": alpha,
        "beta": beta,
        "eps": eps,
        "eps_allowed": delta * alpha**2 / (k * beta * hard),
        "needed": steps * hard,
    }


def counterexample(k=12):
    """Theorem 4.1 with all its premises, and a wrong label: k orthonormal samples, a linear network without bias that
    starts at 0, two classes, S = everything. J = I, so alpha = beta = 1, eps = 0 and L = 0; rho = 1 / k < delta / 8 =
    1 / 4. -> dict: of `premises`, steps, correct and memorised

    After the steps that the theorem asks for, the wrong label is fitted as it was given.
    """
    x, y = torch.eye(k), torch.arange(k) % 2
    clean = Task.of(x, y, x, y, "orthonormal", 0.0, y_true="given")
    given = clean.train.y.clone()
    given[0] = 1 - given[0]
    task, nu = replace(clean, train=replace(clean.train, y=given)), torch.tensor([-1.0, 1.0])
    net = nn.Linear(k, 1, bias=False)
    nn.init.zeros_(net.weight)
    i, r = torch.arange(k), torch.ones(k, dtype=torch.float64)
    facts = premises(spectrum.gram(net, task.train.x), i, r, 1 / k, 2)
    steps = ceil(facts["needed"])
    curves = descend(net, task.train.x, nu[given][:, None], r, nu, task, i, 0.5 / facts["beta"] ** 2, steps)
    ends = {name: curves.iloc[-1][name] for name in ("correct", "memorised")}
    return facts | {"steps": steps, **ends}


def descend(net, x, y, r, nu, task, i, rate, steps):
    """Gradient descent, Eq. (8): W <- W - rate J^T diag(r) (f - y). -> DataFrame, a row per looked-at step"""
    look = {round(steps ** (k / 20)) for k in range(21)}
    given, true, rows = task.train.y[i], task.truth.y[i], []
    wrong, r, parameters = given != true, r.to(x.dtype)[:, None], list(net.parameters())
    for step in range(1, steps + 1):
        f = net(x)
        slopes = torch.autograd.grad((0.5 * r * (f - y).square()).sum(), parameters)
        with torch.no_grad():
            for p, g in zip(parameters, slopes):
                p -= rate * g
        if step in look:
            believed = nearest(f.detach(), nu)
            correct, memorised = (believed == true).double().mean(), (believed == given)[wrong].double().mean()
            rows.append({"step": step, "correct": correct.item(), "memorised": memorised.item()})
    return pd.DataFrame(rows)


def nearest(f, nu):
    """The class whose label is nearest to the output. f [n, 1], nu [C] -> [n]"""
    return (f - nu).abs().argmin(1)
