"""The exercises of lesson 11."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from ...exercises.answers import Wrong, call, judge, need_different, number
from .build import confident_counts
from .cifar10n import true_rate

JOINT = np.array([[30, 6, 4], [2, 20, 8], [0, 10, 20]])  # given (row), class that confident learning counts (column)
THREE = ("random_label1", "random_label2", "random_label3")  # columns of one person each


def independent(answer: Any) -> str:
    """Examine the fraction of images of which one of three people at least would be wrong, were they independent."""
    rates = _rates_of_three()
    all_right = np.prod([1 - rate for rate in rates])
    right = 1 - all_right
    mistakes = [
        (sum(rates), "the sum counts an image twice where two people are wrong"),
        (np.prod(rates), "that is the fraction where all three are wrong"),
        (np.mean(rates), "that is the mean of the three, but one wrong person is enough"),
        (all_right, "that is the fraction where no person is wrong"),
        (_worst_rate(), "that is what was measured; what would independence give?"),
    ]
    reading = _judge_fraction(answer, right, mistakes)
    return f"{right:.1%}. Only 40.2 % were measured, because people stumble over the same images{reading}"


def _judge_fraction(answer, right, mistakes):
    """Judge a fraction that is right within two thousandths. -> how a percentage was read"""
    return judge(answer, right, mistakes, tolerance=2e-3, is_fraction=True)


@cache
def _rates_of_three():
    """Return the fraction of wrong labels of each of the three people."""
    return [true_rate(column) for column in THREE]


@cache
def _worst_rate():
    """Return the fraction of wrong labels of the worst of three labels."""
    return true_rate()


RATES = np.arange(7) / 10
PEAKS = (  # the row in which each column is best, in the two tables of `choose_rate`
    {"val_noisy": 2, "test": 1, "clean_fitted": 0, "memorised": 6},
    {"val_noisy": 5, "test": 3, "clean_fitted": 1, "memorised": 4},
)


def choose_rate(answer: Any) -> str:
    """Examine a function table -> rate, for a table with rate, val_noisy, test, memorised, clean_fitted."""
    rates = []
    for peaks in PEAKS:
        returned = call(answer, _table(peaks))
        rates.append(number(returned))
    need_different(rates, "tables")
    for rate, peaks in zip(rates, PEAKS):
        _judge_rate(rate, peaks)
    return "everybody can measure the accuracy on noisy validation labels"


def _table(peaks):
    """Return seven rates, and columns that are best at their peaks. `memorised` is best where it is smallest."""
    table = pd.DataFrame({"rate": RATES})
    for name, peak in peaks.items():
        distance = np.abs(np.arange(7) - peak)
        table[name] = 0.5 - 0.02 * distance
    table["val_noisy"] -= 0.1
    table["memorised"] = 0.5 - table["memorised"]
    return table


def _judge_rate(rate, peaks):
    """Say which column a wrong rate comes from."""
    best = peaks["val_noisy"]
    if _is_rate(rate, best):
        return
    if rate == best:
        raise Wrong("that is the row's index; return the value of the column `rate`")
    for column, peak in peaks.items():
        if _is_rate(rate, peak):
            raise Wrong(f"`{column}` chooses that rate, but it needs true labels")
    raise Wrong(f"{rate:g} is not the best rate; which column needs noisy labels only, and where is it highest?")


def _is_rate(rate, row):
    """Return whether a rate is that of a row."""
    return abs(rate - RATES[row]) < 1e-9


def estimated(answer: Any) -> str:
    """Examine the fraction of wrong labels by a confident joint."""
    diagonal = JOINT.diagonal()
    clean = JOINT.trace() / JOINT.sum()
    right = 1 - clean
    rows = 1 - diagonal / JOINT.sum(1)
    columns = 1 - diagonal / JOINT.sum(0)
    mistakes = [
        (clean, "that is the fraction of clean labels"),
        (rows.mean(), "the mean over the rows ignores that the classes differ in size"),
        (columns.mean(), "the mean over the columns ignores that the classes differ in size"),
    ]
    reading = _judge_fraction(answer, right, mistakes)
    return f"{right:.0%}, without a look at a true label{reading}"


def uniform_rate(answer: Any) -> str:
    """Examine the rate at which uniform noise over ten classes makes as many labels wrong as people did."""
    wrong = _worst_rate()
    right = wrong / 0.9
    mistakes = [
        (wrong, "that is the fraction of wrong labels; uniform noise draws the true class, too, so its rate is higher"),
        (wrong * 0.9, "you multiplied by 1 - 1/C; at rate r the fraction r (1 - 1/C) is wrong, so divide"),
        (right * 0.1, "that is the fraction of labels that are redrawn and stay right"),
        (wrong / 10, "that is the fraction for one wrong class"),
    ]
    reading = _judge_fraction(answer, right, mistakes)
    return f"{right:.1%}, because a tenth of the redrawn labels is the true class{reading}"


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
