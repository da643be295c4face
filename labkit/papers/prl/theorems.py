"""PRL's theorems, checked with numbers: where biased SGD stops (Theorems 1 and 4), and how far a filtered mean of
gradients may be off (Theorems 2 and 3). Notation: see prl_theory.py."""

from itertools import product

import numpy as np
import pandas as pd
import torch

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


# -- Theorems 1 and 4


def biased_sgd(zetas, sigmas=(0.0, 0.3), steps=2000, lr=0.1, seeds=3, landscapes=tuple(LANDSCAPES)):
    """SGD with a bias of length zeta in every step, and zero-mean noise with E|n|^2 = sigma^2.

    -> DataFrame, a row per landscape, bias, sigma, zeta and seed: end (root mean square of the gradient's norm over the
    last fifth), mean (of the squared norm over all steps), bound (of it, by the proof of Theorem 4: 2 F / (lr T) +
    zeta^2 + lr L sigma^2)
    """
    rows = []
    for name, bias, sigma in product(landscapes, BIASES, sigmas):
        value, slope = choose("landscape", name, LANDSCAPES)
        zeta = np.repeat(np.asarray(zetas, float), seeds)
        squares, began = _descend(value, slope, bias, zeta, sigma, steps, lr)
        bound = 2 * began / (lr * steps) + zeta**2 + lr * sigma**2
        end = np.sqrt(squares[-(steps // 5) :].mean(0))
        facts = {"landscape": name, "bias": bias, "sigma": sigma, "zeta": zeta, "seed": list(range(seeds)) * len(zetas)}
        rows.append(pd.DataFrame(facts | {"end": end, "mean": squares.mean(0), "bound": bound}))
    return pd.concat(rows, ignore_index=True)


def _descend(value, slope, bias, zeta, sigma, steps, lr):
    """All runs side by side. zeta [R] -> squared gradient norms [steps, R], the first value of the objective [R]"""
    rng = np.random.default_rng(0)
    theta = rng.standard_normal((len(zeta), DIMENSIONS))
    way = np.ones(DIMENSIONS) / DIMENSIONS**0.5
    began, squares = value(theta), np.empty((steps, len(zeta)))
    for t in range(steps):
        g = slope(theta)
        squares[t] = (g**2).sum(1)
        b = way if bias == BIASES[0] else -g / np.maximum(np.sqrt(squares[t]), 1e-12)[:, None]
        noise = sigma / DIMENSIONS**0.5 * rng.standard_normal(theta.shape)
        theta = theta - lr * (g + zeta[:, None] * b + noise)
    return squares, began


def power(x, y):
    """The exponent of y ~ x^p, by least squares on logarithms."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def where_training_stops(task, rates, seed=0, steps=250, lr=0.3):
    """Theorem 1 on data: softmax regression by full-batch descent, on symmetric noise, with all gradients and with
    PRL(L)'s.

    -> DataFrame, a row per rate and method: zeta (distance of the gradient used from the clean one, mean of the last
    ten steps), clean (norm of the clean gradient, likewise)
    """
    rows = []
    for rate, method in product(rates, ("ERM", "PRL(L)")):
        noisy = corrupt(task, symmetric(rate), seed)
        x, y, y_clean = noisy.train.inputs().flatten(1).double(), noisy.train.y, noisy.truth.y
        W, trace = torch.zeros(task.classes, x.shape[1], dtype=x.dtype), []
        for _ in range(steps):
            logits = x @ W.T
            length = loss_gradient_norm(logits, y) if method == "PRL(L)" else torch.zeros(len(y))
            keep = smallest(length, len(y) - (int(rate * len(y)) if method == "PRL(L)" else 0))
            used = ce_gradient(logits[keep], y[keep]).T @ x[keep] / keep.sum()
            clean = ce_gradient(logits, y_clean).T @ x / len(y)
            trace.append(((used - clean).norm().item(), clean.norm().item()))
            W = W - lr * used
        zeta, norm = np.mean(trace[-10:], axis=0)
        rows.append({"rate": rate, "method": method, "zeta": zeta, "clean": norm})
    return pd.DataFrame(rows)


# -- Theorems 2 and 3


def estimate(name, rows, bad):
    """A mean of gradients by name of ESTIMATORS, given that `bad` rows are corrupted. rows [m, d] -> [d]"""
    if name == "mean":
        return rows.mean(0)
    if name == ESTIMATORS[1]:
        return rows.median(0).values
    return rows[smallest(rows.norm(dim=1), len(rows) - bad)].mean(0)


def robust_mean(corruption, rate=0.2, d=100, q=10, size=None, m=200, draws=5, seed=0):
    """The error of every estimator under an adversary who moves the mean as far as it can.

    corruption: "general" (Theorem 2): clean rows ~ N(0, I_d), the corrupted ones anywhere; "supervision" (Theorem 3):
    alpha_i ~ N(0, I_q), all behind one W with q orthonormal rows, so C = 1; only the delta_i are the adversary's. size:
    length of the corrupted rows as a multiple of the longest clean one; None: just below what the filter sees.
    -> DataFrame, a row per draw and estimator: error, bound (4 eps L, L the longest clean row)
    """
    rng, bad, rows = torch.Generator().manual_seed(seed), int(rate * m), []
    axes = choose("corruption", corruption, {"general": d, "supervision": min(q, d)})
    normal = lambda *shape: torch.randn(*shape, generator=rng, dtype=torch.float64)
    for draw in range(draws):
        clean = normal(m, axes)
        if corruption == "supervision":
            clean = clean @ torch.linalg.qr(normal(d, axes)).Q.T
        lengths = clean.norm(dim=1)
        longest, hidden = lengths.max(), SEND * unseen(lengths, bad)
        away = -clean.mean(0) / clean.mean(0).norm()
        wrong = clean.clone()
        wrong[:bad] = (hidden if size is None else size * longest) * away
        for name in ESTIMATORS:
            error = (estimate(name, wrong, bad) - clean.mean(0)).norm().item()
            facts = {"corruption": corruption, "rate": rate, "d": d, "q": q, "size": size, "draw": draw}
            rows.append(facts | {"estimator": name, "error": error, "bound": 4 * bad / m * longest.item()})
    return pd.DataFrame(rows)


def sweeps(rates, dims, qs, sizes, draws=5):
    """`robust_mean` over four things, one at a time. -> DataFrame with columns what (which sweep), x (its value)"""
    plan = {
        "corruption rate": [("general", {"rate": rate}, rate) for rate in rates],
        "dimension d of the gradient": [(kind, {"d": d}, d) for kind in ("general", "supervision") for d in dims],
        "dimension q of the targets": [("supervision", {"q": q, "d": max(qs)}, q) for q in qs],
        "length, corrupted / longest clean": [("general", {"size": size}, size) for size in sizes],
    }
    runs = [(what, kind, more, x) for what, cells in plan.items() for kind, more, x in cells]
    return pd.concat(
        [robust_mean(kind, draws=draws, **more).assign(what=what, x=x) for what, kind, more, x in runs],
        ignore_index=True,
    )
