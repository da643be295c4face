"""PRL's words, tables and README against themselves and against labkit, without any training."""

from itertools import combinations

import pandas as pd
import torch

from ...ranks import kept, smallest
from ...recipes import PAPERS

TABLE_4 = {  # "Main Hyperparameters": labkit's recipe; batch size, learning rate, optimiser, momentum (Adam's beta 1)
    "CIFAR-10": ("PRL, CIFAR", 128, 0.001, "adam", 0.9),
    "CIFAR-100": ("PRL, CIFAR", 128, 0.001, "adam", 0.9),
    "CelebA": ("PRL, CelebA", 512, 0.0003, "adam", 0.9),
}
HYPERPARAMETERS = ("batch size", "learning rate", "optimiser", "momentum")


def repeated_rows(cells: pd.DataFrame) -> pd.DataFrame:
    """Find noises for which the paper prints the same means and deviations of a method: too alike to be measured twice.

    cells: rows of `printed_tables.cells`. -> DataFrame: method, noises, rates (at which they agree), n (how many), of
    (how many rates both noises have)
    """
    rows = []
    for method, method_cells in cells.groupby("method", sort=False):
        tables = {}
        for noise, noise_cells in method_cells.groupby("noise", sort=False):
            tables[noise] = noise_cells.set_index("rate")[["mean", "std"]]
        for a, b in combinations(tables, 2):
            pair = pd.concat({"a": tables[a], "b": tables[b]}, axis=1, join="inner")
            equal = pair[(pair["a"] == pair["b"]).all(axis=1)]
            if len(equal):
                rates = ", ".join([f"{rate:.0%}" for rate in equal.index])
                counts = {"n": len(equal), "of": len(pair)}
                rows.append({"method": method, "noises": f"{a} = {b}", "rates": rates} | counts)
    return pd.DataFrame(rows).sort_values("n", ascending=False, ignore_index=True)


def hyperparameters() -> pd.DataFrame:
    """Lay Table 4 beside labkit.recipes. -> DataFrame: dataset, what, printed, labkit, agree"""
    rows = []
    for dataset, (plan, *printed_values) in TABLE_4.items():
        recipe = PAPERS[plan].recipe
        values = (recipe.batch, recipe.lr, recipe.optimiser, recipe.betas[0])
        for name, printed, value in zip(HYPERPARAMETERS, printed_values, values):
            row = {"dataset": dataset, "what": name, "printed": printed, "labkit": value, "agree": printed == value}
            rows.append(row)
    return pd.DataFrame(rows)


def snippet(output: torch.Tensor, y: torch.Tensor, *, rate: float) -> pd.DataFrame:
    """Return which samples of a batch the README of the released code learns from, and which it means to.

    The snippet takes the squared error of every sample *and output*, sorts it along the last axis, and indexes the
    batch with the sorting order. output, y [B, Q] -> DataFrame, a row per reading: used (how many samples have a
    weight), of (B), largest (the largest loss used, by rank; 1 is the smallest of the batch)
    """
    batch = len(y)
    squares = (output - y).square()
    loss = squares.sum(1)
    meant = smallest(loss, kept(rate, batch)).nonzero()[:, 0]
    used = {
        "as released: not summed, so the order of the outputs indexes samples": squares.argsort(-1).flatten().unique(),
        "summed, but indexed with the whole order": loss.argsort(),
        "summed, and only the first int((1 - rate) B) kept: PRL(L)": meant,
    }
    rank = loss.argsort().argsort() + 1
    rows = []
    for reading, i in used.items():
        rows.append({"reading": reading, "used": len(i), "of": batch, "largest": int(rank[i].max())})
    return pd.DataFrame(rows)
