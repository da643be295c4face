"""The exercises of lesson 12."""

import numpy as np
import pandas as pd

from ...exercises.answers import call, compare, judge, judge_entries, vector
from .build import dawid_skene_round
from .people import PEOPLE, by_agreement, labelled

ERROR = 0.2  # of each person in 12.1
ERRORS = (0.1, 0.4)  # of each person in 12.2, on class 0 and on class 1


def majority_error(rate):
    """How often two or three of three independent people are wrong. -> float"""
    return 3 * rate**2 * (1 - rate) + rate**3


def of_three(answer):
    """The error rate of a majority of three independent people who are each wrong with probability ERROR."""
    right, two = majority_error(ERROR), 3 * ERROR**2 * (1 - ERROR)
    mistakes = [
        (ERROR, "that is the error rate of one person"),
        (ERROR**3, "that is the probability that all three are wrong; two wrong people are enough"),
        (two, "that is the probability that exactly two are wrong; add the case of all three"),
        (ERROR**2 * (1 - ERROR), "that is one pair of wrong people; there are three pairs"),
        (ERROR**2, "that is the probability that two given people are wrong; there are three pairs"),
        (1 - right, "that is how often the majority is right"),
        (1 - (1 - ERROR) ** 3, "that is the probability that one person at least is wrong"),
    ]
    taken = judge(answer, right, mistakes, tolerance=5e-4, is_fraction=True)
    return f"{right:.1%} instead of {ERROR:.0%}, if the three are independent{taken}"


def majority_matrix(answer):
    """The two entries off the diagonal of the majority's transition matrix, T_01 and T_10."""
    entries = []
    for rate in ERRORS:
        right = majority_error(rate)
        mistakes = [
            (rate, "that is the entry of one person's matrix"),
            (rate**3, "that is the probability that all three are wrong; two are enough"),
            (right - rate**3, "that is the probability that exactly two are wrong; add the case of all three"),
            (1 - right, "that is the entry on the diagonal"),
        ]
        entries.append({"right": right, "mistakes": mistakes, "tolerance": 5e-4, "is_fraction": True})
    taken = judge_entries(answer, "a pair, T_01 and T_10, e.g. (0.1, 0.2)", entries)
    return (
        f"the small error shrinks to about a quarter, the large one hardly. Lesson 09 would correct with this T{taken}"
    )


def random_counts(seed, classes=4, rows=40):
    """Counts like those of `people.joint`, drawn. -> DataFrame"""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=(rows, 4))
    labels[: rows // 2, 1:3] = labels[: rows // 2, :1]
    table = pd.DataFrame(labels, columns=["true", *PEOPLE]).drop_duplicates(ignore_index=True)
    return table.assign(count=rng.integers(1, 30, len(table)))


def together(table):
    """How often the second person is wrong where the first one is wrong, and where the first one is right."""
    n = table["count"].to_numpy()
    first = (table["first"] != table["true"]).to_numpy()
    second = (table["second"] != table["true"]).to_numpy()
    return np.array([np.average(second[first], weights=n[first]), np.average(second[~first], weights=n[~first])])


def err_together(answer):
    """A function counts -> two fractions, as of `together`."""
    for seed in (0, 1, 2):
        table = random_counts(seed)
        right = together(table)
        n, wrong = table["count"], {name: table[name] != table["true"] for name in PEOPLE}
        both, total = n[wrong["first"] & wrong["second"]].sum(), n.sum()
        alone = n[~wrong["first"] & wrong["second"]].sum()
        mistakes = [
            (right[::-1], "the two numbers are exchanged"),
            (together(table.assign(count=1)), "each row counts once; a row stands for `count` images"),
            ([both / total, alone / total], "these are fractions of all images; divide by those of the condition"),
            (1 - right, "that is how often the second person is right"),
            (
                together(table.rename(columns={"first": "second", "second": "first"})),
                "that is the first person, given the second; exchange the two",
            ),
        ]
        compare(vector(call(answer, table.copy()), 2), right, mistakes, 1e-6)
    return "on CIFAR-10N's counts it returns 29 % and 16 %. Independent people would have two equal numbers per class"


def a_fourth_person(answer):
    """The fraction of images that go to a fourth person, and the fraction of wrong labels that are left."""
    table = by_agreement()
    images = len(labelled()[1])
    kept, right = table.loc[3, "images"], table.loc[3, "right"]
    sent, left = 1 - kept / images, kept * (1 - right) / images
    entries = [
        {
            "right": sent,
            "mistakes": [
                (1 - sent, "that is the fraction on which all three agree; the others are sent"),
                (table.loc[1, "images"] / images, "that is the fraction on which nobody agrees; send all that have "
                 "fewer than three equal labels"),
                (table.loc[2, "images"] / images, "those are the images with two equal labels; three different labels "
                 "are sent, too"),
            ],
            "is_fraction": True,
        },
        {
            "right": left,
            "mistakes": [
                (1 - right, "that is the fraction of the images that are *not* sent; divide by all images"),
                (right, "that is how often three equal labels are right"),
            ],
            "tolerance": 2e-4,
            "is_fraction": True,
        },
    ]  # fmt: skip
    taken = judge_entries(answer, "a pair, fraction sent and fraction of wrong labels left, e.g. (0.2, 0.05)", entries)
    return f"{sent:.0%} of the images are sent, and {left:.1%} wrong labels are left{taken}"


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
