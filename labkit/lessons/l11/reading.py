"""What lesson 11 reads from its stored runs: tables of the lowest and the highest seed."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from .. import seeds as five_seeds
from .study import METHODS, RATES, SEEDS, results

PerSeed = Callable[[pd.DataFrame], Iterable]  # rows -> one value for each seed


def of(
    runs: pd.DataFrame,
    *,
    noise: str,
    method: str,
    assumed_rate: float = 0.0,
    start: str = "at once",
    size: str = "large",
) -> pd.DataFrame:
    """Return the runs of a method on a noise, by seed. SPL that assumes 0 is plain SGD.

    assumed_rate, start: of SPL alone.
    """
    if method == "SPL" and not assumed_rate:
        method = "ERM"
    rows = runs[(runs["noise"] == noise) & (runs["method"] == method)]
    rows = rows[rows["size"] == size]
    if method == "SPL":
        is_setting = np.isclose(rows["rate"], assumed_rate) & (rows["start"] == start)
        rows = rows[is_setting]
    return rows.sort_values("seed")


def swept(runs: pd.DataFrame, *, noise: str, start: str, size: str = "large") -> pd.DataFrame:
    """Return SPL over its assumed rate: test and noisy validation accuracy, means of the last ten epochs.

    -> a row per rate and seed: rate, seed, last10, val10, least_kept, most_kept, clean among the kept
    """
    tables = []
    for rate in RATES:
        rows = of(runs, noise=noise, method="SPL", assumed_rate=rate, start=start, size=size)
        table = rows[["seed", "last10", "least_kept", "most_kept"]].assign(rate=rate)
        table["val10"] = rows["val_noisy"].map(_mean_of_last_ten)
        table["clean among the kept"] = rows["selected_precision"].map(_last)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _mean_of_last_ten(curve):
    return float(np.mean(curve[-10:]))


def _last(curve):
    return curve[-1]


def chosen(table: pd.DataFrame) -> pd.DataFrame:
    """Return what noisy validation chooses, for each seed.

    table: of `swept` -> index seed: best (rate with the best test accuracy), chosen (rate with the best noisy
    validation accuracy), reached (test accuracy with it), lost (what the choice costs)
    """
    test = table.pivot(index="seed", columns="rate", values="last10")
    validation = table.pivot(index="seed", columns="rate", values="val10")
    best = test.idxmax(axis=1)
    choice = validation.idxmax(axis=1)
    reached = pd.Series({seed: test.loc[seed, rate] for seed, rate in choice.items()})
    highest_test = test.max(axis=1)
    lost = highest_test - reached
    return pd.DataFrame({"best": best, "chosen": choice, "reached": reached, "lost": lost})


def leads(runs: pd.DataFrame, *, noise: str, criterion: str) -> pd.DataFrame:
    """Return which of two methods is ahead on every seed.

    -> [methods, methods] of 1 (row ahead), -1 (column ahead), 0 (not decided)
    """
    scores = {}
    for method in METHODS:
        rows = of(runs, noise=noise, method=method).set_index("seed")
        scores[method] = rows[criterion]
    table = pd.DataFrame(0, index=METHODS, columns=METHODS)
    for first in METHODS:
        for second in METHODS:
            lead = scores[first] - scores[second]
            ahead = (lead > 0).all()
            trailing = (lead < 0).all()
            table.loc[first, second] = int(ahead) - int(trailing)
    return table


def carried_over(runs: pd.DataFrame, *, criterion: str) -> pd.Series:
    """Return what becomes, under people's labels, of pairs of methods that are decided under symmetric noise.

    A pair is decided if the same method is ahead on every seed. -> counts: all pairs, decided ones, and of these the
    same, not decided, reversed
    """
    pairs = np.triu_indices(len(METHODS), 1)
    symmetric = leads(runs, noise="symmetric", criterion=criterion).to_numpy()[pairs]
    people = leads(runs, noise="people", criterion=criterion).to_numpy()[pairs]
    decided = symmetric != 0
    product = (symmetric * people)[decided]
    counts = {
        "pairs": len(symmetric),
        "decided": decided.sum(),
        "the same": (product > 0).sum(),
        "not decided": (product == 0).sum(),
        "reversed": (product < 0).sum(),
    }
    return pd.Series(counts)


def ranges(groups: Mapping[str, pd.DataFrame], columns: Mapping[str, PerSeed]) -> pd.DataFrame:
    """Return the lowest and the highest seed in words, a row per group. groups: {name: rows}"""
    table = {}
    for name, values_of in columns.items():
        column = {}
        for group, rows in groups.items():
            column[group] = five_seeds.in_words(pd.Series(values_of(rows)))
        table[name] = column
    return pd.DataFrame(table).rename_axis(f"lowest to highest of {len(SEEDS)} seeds")


def best_assumed(seed: int) -> float:
    """Return SPL's best assumed rate under people's labels, if it filters from the first step on, by test accuracy."""
    table = swept(results(), noise="people", start="at once")
    return float(chosen(table)["best"][seed])


def of_epoch(column: str, epoch: int) -> PerSeed:
    """Return a function rows -> the values of a curve in this epoch, counted from 1, one for each seed."""
    return lambda rows: [curve[epoch - 1] for curve in rows[column]]


def highest(column: str) -> PerSeed:
    """Return a function rows -> the highest value of a curve, one for each seed."""
    return lambda rows: [max(curve) for curve in rows[column]]


def value(column: str) -> PerSeed:
    """Return a function rows -> the values of a column, one for each seed."""
    return lambda rows: rows[column]


def choice(column: str) -> PerSeed:
    """Return a function rows of `swept` -> the values of a column of `chosen`, one for each seed."""
    return lambda rows: chosen(rows)[column]


PLAIN_FACTS = {
    "clean labels fitted, epoch 3": of_epoch("clean_fitted", 3),
    "noisy labels memorised, epoch 3": of_epoch("noisy_memorised", 3),
    "noisy labels corrected, at most": highest("noisy_corrected"),
    "AUC of the loss, at most": highest("auc"),
    "test, last ten epochs": value("last10"),
    "test, best on noisy validation": value("best_val"),
    "test, best on test": value("oracle_best"),
}
HARDNESS = {
    "true class predicted where people err": value("right where people errs"),
    "where people do not err": value("right where people does not err"),
    "where instance noise errs": value("right where instance errs"),
    "where it does not err": value("right where instance does not err"),
}
CHOICE_FACTS = {
    "ε with the best test accuracy": choice("best"),
    "ε that noisy validation chooses": choice("chosen"),
    "test accuracy with this ε": choice("reached"),
    "points lost by the choice": choice("lost"),
}
KEPT_FACTS = {
    "clean among the kept": value("clean among the kept"),
    "clean labels kept, class with the fewest": value("least_kept"),
    "clean labels kept, class with the most": value("most_kept"),
    "test, last ten epochs": value("last10"),
}
