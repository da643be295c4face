"""PRL's words and tables against themselves and against labkit, without any training."""

from itertools import combinations

import pandas as pd

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
