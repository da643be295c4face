"""Theorem 4.1 of the paper on CRUST, measured where it is stated: a network with one output, squared loss, labels nu_c
in [-1, 1], gradient descent on the weighted coreset with the step 1 / (2 beta^2).

The constants that the theorem hides in O(.) are taken as 1, which is kind to it: its proof has larger ones.
"""

from math import ceil, inf, log

import pandas as pd
import torch
from torch import Tensor, nn

from ... import coreset, noise, spectrum
from ...data import Task
from ...fit import fit
from ...methods import ERM

CASES = (  # classes, rate of symmetric noise, selector, share that is kept
    (2, 0.2, "facility_location", 0.05),
    (2, 0.1, "facility_location", 0.05),
    (2, 0.4, "centrality", 0.5),
    (10, 0.4, "facility_location", 0.5),
    (10, 0.4, "centrality", 0.05),
    (10, 0.4, "centrality", 0.5),
)
RECIPE = {"lr": 0.05, "batch": 64}  # of the warm-up


def margin(classes: int) -> float:
    """Return delta, how far apart C labels in [-1, 1] can be at most, 2 / (C - 1)."""
    return 2 / (classes - 1)


def premise(runs: pd.DataFrame, *, start: int) -> pd.DataFrame:
    """Count how often the premise rho < delta / 8 is true of the coresets of real runs, epoch by epoch.

    runs: of `runs.grid.grid` with the column `keep`; start: epochs on everything, left out. -> a row per noise, rate
    and keep: rho (mean share of wrong labels among the selected), limit (delta / 8 for ten classes), true (share of
    epochs)
    """
    epochs = runs[runs["method"] == "CRUST"].explode("selected_precision", ignore_index=True)
    epochs["epoch"] = epochs.groupby("run").cumcount()
    epochs["rho"] = 1 - epochs["selected_precision"].astype(float)
    epochs = epochs[epochs["epoch"] >= start].assign(limit=margin(10) / 8)
    epochs["true"] = epochs["rho"] < epochs["limit"]
    return epochs.groupby(["noise", "rate", "keep"])[["rho", "limit", "true"]].mean().reset_index()


def few_classes(task: Task, *, classes: int, n: int, rate: float, seed: int = 0) -> Task:
    """Return n samples of the first classes, with symmetric noise; labels are 0..classes - 1."""
    i = (task.train.y < classes).nonzero()[:, 0][:n]
    x = task.train.x[i]
    y = task.train.y[i]
    name = f"{task.name}, {classes} classes"
    clean = Task.of(x, y, x, y, name, 0.0, task.train.scale, classes=classes, y_true="given")
    return noise.corrupt(clean, noise.symmetric(rate), seed)


def cases(task: Task, *, steps: int, n: int = 250, seed: int = 1) -> pd.DataFrame:
    """Run `theorem` for every line of CASES, on n samples each. task: clean. -> a row per case"""
    rows = []
    for classes, rate, selector, keep in CASES:
        noisy = few_classes(task, classes=classes, n=n, rate=rate, seed=seed)
        rows.append(theorem(noisy, selector=selector, keep=keep, steps=steps, recipe=RECIPE))
    return pd.DataFrame(rows)


def theorem(
    task: Task, *, selector: str, keep: float, steps: int, warm_up: int = 5, seed: int = 0, recipe: dict | None = None
) -> dict:
    """Warm up on all given labels, choose the coreset S, then do gradient descent on S alone. -> see the module

    k: samples in S; rho: wrong labels among them; limit: delta / 8; alpha = sqrt(r_min) sigma_min(J_S); beta =
    sqrt(r_max) |J_S|; eps: error of the largest singular value; eps_allowed, needed: what the theorem asks of eps and
    of the number of steps; steps: those that were made; correct: share of S that is classified as its true class then;
    memorised: share of the wrong labels of S that are classified as given; curves: the last two over the steps.
    """
    x = task.train.inputs()
    nu = torch.linspace(-1, 1, task.classes)
    y = nu[task.train.y][:, None]
    right = task.train.y == task.truth.y
    numbers = Task.of(x, y, x, y, task.name, 0.0, kind="numbers")
    net = fit(ERM(), numbers, "mlp", warm_up, seed, recipe, progress=False).method.nets[0]
    with torch.no_grad():
        f = net(x)
    predicted = nearest(f, nu)
    S = coreset.select(f - y, coreset.shares(predicted, keep), selector, predicted)
    i = S.indices
    r = S.sizes.double()
    rho = 1 - right[i].double().mean().item()
    facts = premises(spectrum.gram(net, x), i, r, rho=rho, classes=task.classes)
    labels = {"given": task.train.y[i], "true": task.truth.y[i]}
    curves = descend(net, x[i], weight=r, nu=nu, **labels, rate=0.5 / facts["beta"] ** 2, steps=steps)
    case = {"classes": task.classes, "samples": len(y), "rate": task.noise.rate, "selector": selector, "keep": keep}
    return case | facts | {"steps": steps, **final_shares(curves), "curves": curves}


def premises(K: Tensor, i: Tensor, r: Tensor, *, rho: float, classes: int) -> dict:
    """Return what the theorem asks and what there is. K [n, n] Gram matrix of all, i [k] chosen, r [k] weights"""
    K_S = K[i][:, i]
    delta = margin(classes)
    k = len(i)
    values = singular_values(K_S)
    norm = singular_values(K)[-1].item()
    alpha = (r.min().sqrt() * values[0]).item()
    beta = (r.max().sqrt() * values[-1]).item()
    eps = abs(singular_values(r.sqrt()[:, None] * K_S * r.sqrt())[-1].item() - norm)
    steps = 2 * beta**2 / max(alpha, 1e-12) ** 2
    logarithm = log(k**0.5 / rho) if rho > 0 else inf
    return {
        "k": k,
        "rho": rho,
        "limit": delta / 8,
        "premise": rho < delta / 8,
        "alpha": alpha,
        "beta": beta,
        "eps": eps,
        "eps_allowed": delta * alpha**2 / (k * beta * logarithm),
        "needed": steps * logarithm,
    }


def singular_values(K: Tensor) -> Tensor:
    """Return the singular values of J, ascending, from K = J J^T."""
    return torch.linalg.eigvalsh(K).clamp_min(0).sqrt()


def counterexample(k: int = 12) -> dict:
    """Return an exact case of Theorem 4.1 with all its premises and a wrong label. -> of `premises`; steps, correct,
    memorised

    k orthonormal samples, a linear network without bias that starts at 0, two classes, S = everything. J = I, so alpha
    = beta = 1, eps = 0 and L = 0; rho = 1 / k < delta / 8 = 1 / 4. After the steps that the theorem asks for, the wrong
    label is fitted as it was given.
    """
    x = torch.eye(k)
    true = torch.arange(k) % 2
    nu = torch.tensor([-1.0, 1.0])
    given = true.clone()
    given[0] = 1 - given[0]
    net = nn.Linear(k, 1, bias=False)
    nn.init.zeros_(net.weight)
    i = torch.arange(k)
    r = torch.ones(k, dtype=torch.float64)
    facts = premises(spectrum.gram(net, x), i, r, rho=1 / k, classes=2)
    steps = ceil(facts["needed"])
    curves = descend(net, x, weight=r, nu=nu, given=given, true=true, rate=0.5 / facts["beta"] ** 2, steps=steps)
    return facts | {"steps": steps, **final_shares(curves)}


def descend(
    net: nn.Module, x: Tensor, *, weight: Tensor, nu: Tensor, given: Tensor, true: Tensor, rate: float, steps: int
) -> pd.DataFrame:
    """Do gradient descent, Eq. (8): W <- W - rate J^T diag(r) (f - y). -> a row for some of the steps

    x [k, ...]; weight [k], r of Eq. (8); nu [C]: the label of each class; given, true [k]: classes. correct: share of
    samples that are classified as their true class; memorised: share of the wrong labels that are classified as given.
    """
    y = nu[given][:, None]
    r = weight.to(x.dtype)[:, None]
    wrong = given != true
    rows = []
    measured = {round(steps ** (k / 20)) for k in range(21)}
    for step in range(1, steps + 1):
        f = net(x)  # [k, 1]
        loss = (0.5 * r * (f - y).square()).sum()
        gradients = torch.autograd.grad(loss, list(net.parameters()))
        with torch.no_grad():
            for p, g in zip(net.parameters(), gradients):
                p -= rate * g
        if step in measured:
            predicted = nearest(f.detach(), nu)
            correct = (predicted == true).double().mean()
            memorised = (predicted == given)[wrong].double().mean()
            rows.append({"step": step, "correct": correct.item(), "memorised": memorised.item()})
    return pd.DataFrame(rows)


def final_shares(curves: pd.DataFrame) -> dict[str, float]:
    """Return correct and memorised after the last step. curves: of `descend`"""
    return {name: curves[name].iloc[-1] for name in ("correct", "memorised")}


def nearest(f: Tensor, nu: Tensor) -> Tensor:
    """Return the class whose label is nearest to the output. f [n, 1], nu [C] -> [n]"""
    return (f - nu).abs().argmin(1)
