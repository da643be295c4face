"""The exercises of lesson 11."""

from functools import cache

import numpy as np
import pandas as pd

from ...exercises.answers import Wrong, call, judge, need_different, number
from .build import confident_counts
from .study import counts

JOINT = np.array([[30, 6, 4], [2, 20, 8], [0, 10, 20]])  # given (row), class that confident learning counts (column)


def independent(answer):
    """The fraction of images of which one of three people at least would be wrong, if they erred independently."""
    *rates, worst = _rates()
    right = 1 - np.prod([1 - rate for rate in rates])
    mistakes = [
        (sum(rates), "the sum counts an image twice where two people are wrong"),
        (np.prod(rates), "that is the fraction where all three are wrong"),
        (np.mean(rates), "that is the mean of the three, but one wrong person is enough"),
        (1 - right, "that is the fraction where no person is wrong"),
        (worst, "that is what was measured; what would independence give?"),
    ]
    taken = judge(answer, right, mistakes, tolerance=2e-3, is_fraction=True)
    return f"{right:.1%}. Only 40.2 % were measured, because people stumble over the same images{taken}"


@cache
def _rates():
    """The fraction of wrong labels of each of the three people, then of the worst of their three labels."""
    names = [f"random_label{k}" for k in (1, 2, 3)]
    tables = [*map(counts, names), counts()]
    return [1 - table.trace() / table.sum() for table in tables]


RATES = np.arange(7) / 10
PEAKS = (  # the row in which each column is best, in the two tables of `choose_rate`
    {"val_noisy": 2, "test": 1, "clean_fitted": 0, "memorised": 6},
    {"val_noisy": 5, "test": 3, "clean_fitted": 1, "memorised": 4},
)


def choose_rate(answer):
    """A function table -> rate, for a table with rate, val_noisy, test, memorised, clean_fitted."""
    rates = [number(call(answer, _table(peaks))) for peaks in PEAKS]
    need_different(rates, "tables")
    for rate, peaks in zip(rates, PEAKS):
        _judge_rate(rate, peaks)
    return "everybody can measure the accuracy on noisy validation labels"


def _table(peaks):
    """Seven rates, and columns that are best at their peaks. `memorised` is best where it is smallest."""
    columns = {name: 0.5 - 0.02 * np.abs(np.arange(7) - peak) for name, peak in peaks.items()}
    columns["val_noisy"] -= 0.1
    columns["memorised"] = 0.5 - columns["memorised"]
    return pd.DataFrame({"rate": RATES, **columns})


def _judge_rate(rate, peaks):
    """Say which column a wrong rate comes from."""
    best = peaks["val_noisy"]
    if abs(rate - RATES[best]) < 1e-9:
        return
    if rate == best:
        raise Wrong("that is the row's index; return the value of the column `rate`")
    for column, peak in peaks.items():
        if abs(rate - RATES[peak]) < 1e-9:
            raise Wrong(f"`{column}` chooses that rate, but it needs true labels")
    raise Wrong(f"{rate:g} is not the best rate; which column needs noisy labels only, and where is it highest?")


def estimated(answer):
    """The fraction of wrong labels by a confident joint."""
    right = 1 - JOINT.trace() / JOINT.sum()
    rows = (1 - JOINT.diagonal() / JOINT.sum(1)).mean()
    columns = (1 - JOINT.diagonal() / JOINT.sum(0)).mean()
    mistakes = [
        (1 - right, "that is the fraction of clean labels"),
        (rows, "the mean over the rows ignores that the classes differ in size"),
        (columns, "the mean over the columns ignores that the classes differ in size"),
    ]
    taken = judge(answer, right, mistakes, tolerance=2e-3, is_fraction=True)
    return f"{right:.0%}, without a look at a true label{taken}"


def uniform_rate(answer):
    """The rate at which uniform noise over ten classes makes as many labels wrong as people did."""
    *_, wrong = _rates()
    right = wrong / 0.9
    mistakes = [
        (wrong, "that is the fraction of wrong labels; uniform noise draws the true class, too, so its rate is higher"),
        (wrong * 0.9, "you multiplied by 1 - 1/C; at rate r the fraction r (1 - 1/C) is wrong, so divide"),
        (wrong / 0.9 * 0.1, "that is the fraction of labels that are redrawn and stay right"),
        (wrong * 9 / 10 / 9, "that is the fraction for one wrong class"),
    ]
    taken = judge(answer, right, mistakes, tolerance=2e-3, is_fraction=True)
    return f"{right:.1%}, because a tenth of the redrawn labels is the true class{taken}"


EXERCISES = {
    "11.build": confident_counts,
    "11.1": independent,
    "11.7": uniform_rate,
    "11.5": choose_rate,
    "11.6": estimated,
}
HINTS = {
    "11.build": (
        "Compute the thresholds first: a mean for each class, over the samples that have its label.",
        "Look for the largest probability among those that reach their thresholds; a sample may have none of them.",
    ),
    "11.1": (
        "It is easier to compute on which fraction of the images all three are right.",
        "Independent probabilities multiply; subtract the product from 1.",
    ),
    "11.5": (
        "Ask of each column whether it needs true labels.",
        "`idxmax` finds the row with the highest value; return the `rate` of this row.",
    ),
    "11.7": (
        "Uniform noise redraws a label from all ten classes. How often does it draw the true one?",
        "A redrawn label is wrong with probability 9/10.",
    ),
    "11.6": (
        "A label counts as wrong where the given label differs from the counted class.",
        "Add up what is off the diagonal, and divide by the number of samples.",
    ),
}
