"""What lesson 11 reads from its stored runs: tables of the lowest and the highest seed."""

import numpy as np
import pandas as pd

from .. import seeds as five_seeds
from .study import OTHERS, RATES, SEEDS, results


def of(runs, *, noise, method, assumed_rate=0.0, start="at once", size="large"):
    """The runs of a method on a noise, by seed. SPL that assumes 0 is plain SGD. start: of SPL alone. -> rows"""
    if method == "SPL" and not assumed_rate:
        method = "ERM"
    wanted = (runs["noise"] == noise) & (runs["method"] == method) & (runs["size"] == size)
    if method == "SPL":
        wanted &= np.isclose(runs["rate"], assumed_rate) & (runs["start"] == start)
    return runs[wanted].sort_values("seed")


def swept(runs, *, noise, start, size="large"):
    """SPL over its assumed rate: test and noisy validation accuracy, means of the last ten epochs. -> DataFrame, a row
    per rate and seed: rate, seed, last10, val10, least_kept, most_kept, clean among the kept"""
    tables = []
    for rate in RATES:
        rows = of(runs, noise=noise, method="SPL", assumed_rate=rate, start=start, size=size)
        table = rows[["seed", "last10", "least_kept", "most_kept"]].assign(rate=rate)
        table["val10"] = [float(np.mean(curve[-10:])) for curve in rows["val_noisy"]]
        table["clean among the kept"] = [curve[-1] for curve in rows["selected_precision"]]
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def chosen(table):
    """Return what noisy validation chooses, for each seed.

    table: of `swept` -> DataFrame, index seed: best (rate with the best
    test accuracy), chosen (rate with the best noisy validation accuracy), reached (test accuracy
    with it), lost (what the choice costs)"""
    test = table.pivot(index="seed", columns="rate", values="last10")
    seen = table.pivot(index="seed", columns="rate", values="val10")
    choice = seen.idxmax(axis=1)
    reached = pd.Series({seed: test.loc[seed, rate] for seed, rate in choice.items()})
    lost = test.max(axis=1) - reached
    return pd.DataFrame({"best": test.idxmax(axis=1), "chosen": choice, "reached": reached, "lost": lost})


def leads(runs, *, noise, criterion):
    """Which of two methods is ahead on every seed. -> DataFrame [methods, methods] of 1 (row ahead), -1 (column ahead),
    0 (not decided)"""
    scores = pd.DataFrame({name: of(runs, noise=noise, method=name).set_index("seed")[criterion] for name in OTHERS})
    table = pd.DataFrame(0, index=OTHERS, columns=OTHERS)
    for first in OTHERS:
        for second in OTHERS:
            ahead = scores[first] > scores[second]
            behind = scores[first] < scores[second]
            table.loc[first, second] = int(ahead.all()) - int(behind.all())
    return table


def carried_over(runs, *, criterion):
    """What becomes of the pairs of methods whose order is the same on every seed of symmetric noise, under people's
    labels. -> Series of counts: all pairs, decided under symmetric noise, and of these the same, open, reversed"""
    under_symmetric, under_people = (leads(runs, noise=noise, criterion=criterion) for noise in ("symmetric", "people"))
    pairs = np.triu_indices(len(OTHERS), 1)
    before, after = under_symmetric.to_numpy()[pairs], under_people.to_numpy()[pairs]
    decided = before != 0
    product = (before * after)[decided]
    counts = {"pairs": len(before), "decided": decided.sum()}
    counts |= {"the same": (product > 0).sum(), "not decided": (product == 0).sum(), "reversed": (product < 0).sum()}
    return pd.Series(counts)


def ranges(groups, columns):
    """Return the lowest and the highest seed in words. groups: {name: rows}; columns: {name: function rows -> one value
    per seed} -> DataFrame, a row per group"""
    table = {}
    for name, values_of in columns.items():
        table[name] = {group: five_seeds.in_words(pd.Series(values_of(rows))) for group, rows in groups.items()}
    return pd.DataFrame(table).rename_axis(f"lowest to highest of {len(SEEDS)} seeds")


def best_assumed(seed):
    """Return SPL's best assumed rate under people's labels, if it filters from the first step on, by test accuracy.

    -> a rate
    """
    table = swept(results(), noise="people", start="at once")
    return float(chosen(table)["best"][seed])


def of_epoch(column, epoch):
    """Return a function rows -> the values of a curve in this epoch, counted from 1, one for each seed."""
    return lambda rows: [curve[epoch - 1] for curve in rows[column]]


def highest(column):
    """Return a function rows -> the highest value of a curve, one for each seed."""
    return lambda rows: [max(curve) for curve in rows[column]]


def value(column):
    """Return a function rows -> the values of a column, one for each seed."""
    return lambda rows: rows[column]


def choice(column):
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
