"""The exercises of lesson 12."""

from typing import Any

import numpy as np
import pandas as pd

from ...exercises.answers import call, compare, judge, judge_entries, vector
from .build import dawid_skene_round
from .people import PEOPLE, by_agreement, labelled

ERROR = 0.2  # of each person in 12.1
ERRORS = (0.1, 0.4)  # of each person in 12.2, on class 0 and on class 1


def majority_error(rate: float) -> float:
    """Return how often two or three of three independent people are wrong."""
    exactly_two = 3 * rate**2 * (1 - rate)
    return exactly_two + rate**3


def of_three(answer: Any) -> str:
    """Examine the error rate of a majority of three independent people who are each wrong with probability ERROR."""
    right = majority_error(ERROR)
    all_three = ERROR**3
    one_pair = ERROR**2 * (1 - ERROR)
    nobody = (1 - ERROR) ** 3
    mistakes = [
        (ERROR, "that is the error rate of one person"),
        (all_three, "that is the probability that all three are wrong; two wrong people are enough"),
        (3 * one_pair, "that is the probability that exactly two are wrong; add the case of all three"),
        (one_pair, "that is one pair of wrong people; there are three pairs"),
        (ERROR**2, "that is the probability that two given people are wrong; there are three pairs"),
        (1 - right, "that is how often the majority is right"),
        (1 - nobody, "that is the probability that one person at least is wrong"),
    ]
    reading = judge(answer, right, mistakes, tolerance=5e-4, is_fraction=True)
    return f"{right:.1%} instead of {ERROR:.0%}, if the three are independent{reading}"


def majority_matrix(answer: Any) -> str:
    """Examine the two entries off the diagonal of the majority's transition matrix, T_01 and T_10."""
    entries = []
    for rate in ERRORS:
        right = majority_error(rate)
        all_three = rate**3
        mistakes = [
            (rate, "that is the entry of one person's matrix"),
            (all_three, "that is the probability that all three are wrong; two are enough"),
            (right - all_three, "that is the probability that exactly two are wrong; add the case of all three"),
            (1 - right, "that is the entry on the diagonal"),
        ]
        entries.append({"right": right, "mistakes": mistakes, "tolerance": 5e-4, "is_fraction": True})
    reading = judge_entries(answer, "a pair, T_01 and T_10, e.g. (0.1, 0.2)", entries)
    praise = "the small error shrinks to about a quarter, the large one hardly. Lesson 09 would correct with this T"
    return f"{praise}{reading}"


def random_counts(seed: int, classes: int = 4, rows: int = 40) -> pd.DataFrame:
    """Draw counts like those of `people.joint`. In the first half of the rows the first two people are right."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=(rows, 4))
    half = rows // 2
    labels[:half, 1:3] = labels[:half, :1]
    table = pd.DataFrame(labels, columns=["true", *PEOPLE]).drop_duplicates(ignore_index=True)
    return table.assign(count=rng.integers(1, 30, len(table)))


def second_wrong(table: pd.DataFrame) -> np.ndarray:
    """Return how often the second person is wrong where the first one is wrong, and where the first one is right.

    table: counts as of `people.joint`. -> [2]
    """
    count = table["count"].to_numpy()
    first = _errors(table, "first")
    second = _errors(table, "second")
    where_wrong = np.average(second[first], weights=count[first])
    where_right = np.average(second[~first], weights=count[~first])
    return np.array([where_wrong, where_right])


def _errors(table, person):
    """Return in which rows of counts a person is wrong. -> bool [rows]"""
    is_wrong = table[person] != table["true"]
    return is_wrong.to_numpy()


def err_together(answer: Any) -> str:
    """Examine a function counts -> two fractions, as of `second_wrong`."""
    for seed in (0, 1, 2):
        table = random_counts(seed)
        fractions = vector(call(answer, table.copy()), 2)
        compare(fractions, second_wrong(table), _together_mistakes(table), 1e-6)
    return "on CIFAR-10N's counts it returns 29 % and 16 %. Independent people would have two equal numbers per class"


def _together_mistakes(table):
    """Return the two numbers of each typical mistake, with the words for it. -> list of pairs"""
    right = second_wrong(table)
    exchanged = table.rename(columns={"first": "second", "second": "first"})
    rows_alone = table.assign(count=1)
    return [
        (right[::-1], "the two numbers are exchanged"),
        (second_wrong(rows_alone), "each row counts once; a row stands for `count` images"),
        (_of_all_images(table), "these are fractions of all images; divide by those of the condition"),
        (1 - right, "that is how often the second person is right"),
        (second_wrong(exchanged), "that is the first person, given the second; exchange the two"),
    ]


def _of_all_images(table):
    """Return both cases of `second_wrong` as fractions of all images. -> [2]"""
    count = table["count"].to_numpy()
    first = _errors(table, "first")
    second = _errors(table, "second")
    where_wrong = count[first & second].sum()
    where_right = count[~first & second].sum()
    return np.array([where_wrong, where_right]) / count.sum()


def a_fourth_person(answer: Any) -> str:
    """Examine the fraction of images that go to a fourth person, and the fraction of wrong labels that remain."""
    table = by_agreement()
    _, y = labelled()
    fractions = table["images"] / len(y)
    right = table.loc[3, "right"]
    sent = 1 - fractions[3]
    remaining = fractions[3] * (1 - right)
    sent_mistakes = [
        (1 - sent, "that is the fraction on which all three agree; the others are sent"),
        (
            fractions[1],
            "that is the fraction on which nobody agrees; send all that have fewer than three equal labels",
        ),
        (fractions[2], "those are the images with two equal labels; three different labels are sent, too"),
    ]
    remaining_mistakes = [
        (1 - right, "that is the fraction of the images that are *not* sent; divide by all images"),
        (right, "that is how often three equal labels are right"),
    ]
    entries = [
        {"right": sent, "mistakes": sent_mistakes, "is_fraction": True},
        {"right": remaining, "mistakes": remaining_mistakes, "tolerance": 2e-4, "is_fraction": True},
    ]
    request = "a pair, fraction sent and fraction of wrong labels left, e.g. (0.2, 0.05)"
    reading = judge_entries(answer, request, entries)
    return f"{sent:.0%} of the images are sent, and {remaining:.1%} wrong labels are left{reading}"


EXERCISES = {
    "12.build": dawid_skene_round,
    "12.1": of_three,
    "12.2": majority_matrix,
    "12.3": err_together,
    "12.4": a_fourth_person,
}
HINTS = {
    "12.build": (
        "The M step counts. Sample n counts for class j with the weight posterior[n, j].",
        "The E step multiplies. For each class take the prior times one entry of each annotator's matrix, and divide "
        "by the sum over the classes.",
    ),
    "12.1": (
        "List the cases in which two or three of the three people are wrong.",
        "There are three ways to choose the person who is right when two are wrong.",
    ),
    "12.2": (
        "Each row of T is an exercise of the kind of 12.1, with its own error rate.",
        "The entry off the diagonal is the probability that two or three people give the other label.",
    ),
    "12.3": (
        "A person is wrong in a row if the label differs from the column `true`. A row stands for `count` images.",
        "Keep the rows in which the first person is wrong. What fraction of their count has a wrong second label?",
    ),
    "12.4": (
        "Only the row with three equal labels is not sent.",
        "Wrong labels are left among the images that are not sent. Divide their number by all images.",
    ),
}
