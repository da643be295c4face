"""PRL's theorems, checked with numbers: where biased SGD stops (Theorems 1 and 4), and how far a filtered mean of
gradients may be off (Theorems 2 and 3). Notation: see lemmas.py."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ...data import Task
from ...errors import choose
from ...grads import ce_gradient, loss_gradient_norm
from ...noise import corrupt, symmetric
from ...ranks import smallest
from .lemmas import SEND, unseen

DIMENSIONS = 20
STIFF = np.linspace(0.1, 1.0, DIMENSIONS)
LANDSCAPES = {  # name: value and gradient, both with L = 1
    "quadratic": (lambda t: 0.5 * (STIFF * t**2).sum(-1), lambda t: STIFF * t),
    "not convex": (
        lambda t: (0.05 * t**2 + 0.225 * (1 - np.cos(2 * t))).sum(-1),
        lambda t: 0.1 * t + 0.45 * np.sin(2 * t),
    ),
}
BIASES = ("one direction", "against the gradient")
ESTIMATORS = ("mean", "median of each coordinate", "norm filter (Algorithm 1)")
FILTER = ESTIMATORS[2]


# -- Theorems 1 and 4


def biased_sgd(
    zetas: Sequence[float],
    *,
    sigmas: Sequence[float] = (0.0, 0.3),
    steps: int = 2000,
    lr: float = 0.1,
    seeds: int = 3,
    landscapes: Sequence[str] = tuple(LANDSCAPES),
) -> pd.DataFrame:
    """Run SGD with a bias of length zeta in every step, and zero-mean noise with E|n|^2 = sigma^2.

    -> DataFrame, a row per landscape, bias, sigma, zeta and seed: end (root mean square of the gradient's norm over the
    last fifth), mean (of the squared norm over all steps), bound (of it, by the proof of Theorem 4: 2 F / (lr T) +
    zeta^2 + lr L sigma^2)
    """
    tables = []
    for name, bias, sigma in product(landscapes, BIASES, sigmas):
        value, slope = choose("landscape", name, LANDSCAPES)
        zeta = np.repeat(np.asarray(zetas, float), seeds)
        squares, F = _descend(value, slope, bias, zeta, sigma, steps, lr)
        bound = 2 * F / (lr * steps) + zeta**2 + lr * sigma**2
        end = np.sqrt(squares[-(steps // 5) :].mean(0))
        columns = {"landscape": name, "bias": bias, "sigma": sigma, "zeta": zeta}
        columns |= {"seed": list(range(seeds)) * len(zetas), "end": end, "mean": squares.mean(0), "bound": bound}
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def _descend(value, slope, bias, zeta, sigma, steps, lr):
    """Descend in R runs side by side. zeta [R] -> squared gradient norms [steps, R], the objective at the start [R]"""
    rng = np.random.default_rng(0)
    theta = rng.standard_normal((len(zeta), DIMENSIONS))
    direction = np.ones(DIMENSIONS) / DIMENSIONS**0.5
    start = value(theta)
    squares = np.empty((steps, len(zeta)))
    for t in range(steps):
        g = slope(theta)
        squares[t] = (g**2).sum(1)
        b = direction if bias == BIASES[0] else -g / np.maximum(np.sqrt(squares[t]), 1e-12)[:, None]
        noise = sigma / DIMENSIONS**0.5 * rng.standard_normal(theta.shape)
        theta = theta - lr * (g + zeta[:, None] * b + noise)
    return squares, start


def power(x: ArrayLike, y: ArrayLike) -> float:
    """Return the exponent of y ~ x^p, by least squares on logarithms."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def where_training_stops(
    task: Task, rates: Sequence[float], *, seed: int = 0, steps: int = 250, lr: float = 0.3
) -> pd.DataFrame:
    """Train softmax regression by full-batch descent on symmetric noise, with all gradients and with PRL(L)'s.

    Theorem 1 on data. -> DataFrame, a row per rate and method: zeta (distance of the gradient used from the clean one,
    mean of the last ten steps), clean (norm of the clean gradient, likewise)
    """
    rows = []
    for rate, method in product(rates, ("ERM", "PRL(L)")):
        noisy = corrupt(task, symmetric(rate), seed)
        x = noisy.train.inputs().flatten(1).double()
        y, y_clean = noisy.train.y, noisy.truth.y
        kept = len(y) - (int(rate * len(y)) if method == "PRL(L)" else 0)
        W = torch.zeros(task.classes, x.shape[1], dtype=x.dtype)
        trace = []
        for _ in range(steps):
            logits = x @ W.T
            keep = smallest(loss_gradient_norm(logits, y), kept)
            used = ce_gradient(logits[keep], y[keep]).T @ x[keep] / keep.sum()
            clean = ce_gradient(logits, y_clean).T @ x / len(y)
            trace.append(((used - clean).norm().item(), clean.norm().item()))
            W = W - lr * used
        zeta, norm = np.mean(trace[-10:], axis=0)
        rows.append({"rate": rate, "method": method, "zeta": zeta, "clean": norm})
    return pd.DataFrame(rows)


# -- Theorems 2 and 3


def estimate(name: str, rows: Tensor, bad: int) -> Tensor:
    """Return a mean of gradients by its name in ESTIMATORS, given that `bad` rows are corrupted. rows [m, d] -> [d]"""
    if name == "mean":
        return rows.mean(0)
    if name == "median of each coordinate":
        return rows.median(0).values
    return rows[smallest(rows.norm(dim=1), len(rows) - bad)].mean(0)


def robust_mean(
    corruption: str,
    *,
    rate: float = 0.2,
    d: int = 100,
    q: int = 10,
    size: float | None = None,
    m: int = 200,
    draws: int = 5,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure the error of every estimator under an adversary who moves the mean as far as it can.

    corruption: "general" (Theorem 2): clean rows ~ N(0, I_d), the corrupted ones anywhere; "supervision" (Theorem 3):
    alpha_i ~ N(0, I_q), all behind one W with q orthonormal rows, so C = 1; only the delta_i are the adversary's. size:
    length of the corrupted rows as a multiple of the longest clean one; None: just below what the filter sees.
    -> DataFrame, a row per draw and estimator: error, bound (4 eps L, L the longest clean row). Raises ValueError for
    another corruption.
    """
    rng = torch.Generator().manual_seed(seed)
    dimensions = choose("corruption", corruption, {"general": d, "supervision": min(q, d)})
    bad = int(rate * m)
    rows = []
    for draw in range(draws):
        clean = torch.randn(m, dimensions, generator=rng, dtype=torch.float64)
        if corruption == "supervision":
            W = torch.randn(d, dimensions, generator=rng, dtype=torch.float64)
            clean = clean @ torch.linalg.qr(W).Q.T
        lengths = clean.norm(dim=1)
        length = SEND * unseen(lengths, bad) if size is None else size * lengths.max()
        away = -clean.mean(0) / clean.mean(0).norm()
        corrupted = clean.clone()
        corrupted[:bad] = length * away
        for name in ESTIMATORS:
            error = (estimate(name, corrupted, bad) - clean.mean(0)).norm().item()
            row = {"corruption": corruption, "rate": rate, "d": d, "q": q, "size": size, "draw": draw}
            rows.append(row | {"estimator": name, "error": error, "bound": 4 * bad / m * lengths.max().item()})
    return pd.DataFrame(rows)


def sweeps(
    *,
    rates: Sequence[float],
    dims: Sequence[int],
    qs: Sequence[int],
    sizes: Sequence[float],
    draws: int = 5,
) -> pd.DataFrame:
    """Vary four arguments of `robust_mean`, one at a time. -> DataFrame with columns what (which sweep), x (its value)

    rates: corruption rates. dims: dimensions d of the gradient. qs: dimensions q of the targets. sizes: lengths of the
    corrupted rows.
    """
    plan = [("corruption rate", "general", {"rate": rate}, rate) for rate in rates]
    for corruption in ("general", "supervision"):
        plan += [("dimension d of the gradient", corruption, {"d": d}, d) for d in dims]
    plan += [("dimension q of the targets", "supervision", {"q": q, "d": max(qs)}, q) for q in qs]
    plan += [("length, corrupted / longest clean", "general", {"size": size}, size) for size in sizes]
    tables = []
    for sweep, corruption, changed, x in plan:
        tables.append(robust_mean(corruption, draws=draws, **changed).assign(what=sweep, x=x))
    return pd.concat(tables, ignore_index=True)


def exponents(errors: pd.DataFrame) -> pd.Series:
    """Return the exponents with which the filter's error grows in `sweeps`."""
    filtered = errors[errors["estimator"] == FILTER]
    d, q = "dimension d of the gradient", "dimension q of the targets"
    names = {"eps (Theorem 2)": ("corruption rate", "general"), "d (Theorem 2)": (d, "general")}
    names |= {"d (Theorem 3)": (d, "supervision"), "q (Theorem 3)": (q, "supervision")}
    powers = {}
    for name, (sweep, corruption) in names.items():
        rows = filtered[(filtered["what"] == sweep) & (filtered["corruption"] == corruption)]
        powers[name] = power(rows["x"], rows["error"])
    return pd.Series(powers, name="exponent")
