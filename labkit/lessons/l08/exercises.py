"""The exercises of lesson 08."""

from functools import cache
from typing import Any

import numpy as np

import labkit

from ...exercises.answers import judge, judge_entries
from .build import meta_slopes

G = np.array([1.0, -2.0])
GRADIENTS = np.array([[2.0, 1.0], [1.0, -1.0], [-1.0, 1.0]])  # of three samples


def slopes(answer: Any) -> str:
    """Judge the derivatives by three weights, minus the learning rate times inner products with G."""
    lr = 0.1
    right = -lr * GRADIENTS @ G
    norms = np.linalg.norm(GRADIENTS, axis=1) * np.linalg.norm(G)
    mistakes = [
        (-right, "the sign is turned round; a step goes *against* the gradient, so agreement lowers the meta loss"),
        (right / lr, "the learning rate of the step is missing"),
        (-right / lr, "the inner products are right; the step still needs its sign and its learning rate"),
        (right / norms, "those are cosines, which ignore how far the step goes; take inner products"),
    ]
    judge(answer, right, mistakes)
    return (
        "the first sample's weight does not change the meta loss. More weight for the second lowers it, and more "
        "weight for the third raises it"
    )


def turned(answer: Any) -> str:
    """Judge MNW-Net's lowest printed AUC with its order turned round, and its lead in accuracy over MW-Net there."""
    low, lead = _lowest()
    areas = [
        (low, "that is the printed AUC; in the reversed order each pair that was right is wrong"),
        (-low, "an AUC is a probability, so that of the reversed order is not its negative"),
        (0.5, "chance would stay chance, but this AUC is far from chance"),
    ]
    leads = [
        (-lead, "the sign is turned round; subtract MW-Net's accuracy from MNW-Net's"),
        (lead / 100, "give it in points; Table 1 is in percent"),
    ]
    reversed_area = 1 - low
    entries = [
        {"right": reversed_area, "mistakes": areas, "tolerance": 2e-3, "is_fraction": True},
        {"right": lead, "mistakes": leads, "tolerance": 0.005},
    ]
    reading = judge_entries(answer, "a pair, an AUC and a number of points, e.g. (0.6, 1.5)", entries)
    return (
        f"weights in the reversed order would be the better detector, AUC {reversed_area:.2f}. Still, the accuracy is "
        f"{lead:.2f} points above that with a clean meta set. AUC and accuracy are two questions{reading}"
    )


@cache
def _lowest():
    """Return MNW-Net's lowest printed AUC on CIFAR-10, and its lead in accuracy over MW-Net there. -> pair"""
    areas = labkit.ledger.printed("rmnw_table3_auc").query("dataset == 'CIFAR-10' and method == 'MNW-Net'")
    lowest = areas.loc[areas["mean"].idxmin()]
    table = labkit.ledger.printed("rmnw_table1")
    for column in ("dataset", "noise", "rate"):
        table = table[table[column] == lowest[column]]
    accuracy = table.set_index("method")["mean"]
    lead = accuracy["MNW-Net"] - accuracy["MW-Net*"]
    return float(lowest["mean"]), float(lead)


def chances(answer: Any) -> str:
    """Judge of how many test accuracies the best is printed, and which fraction of training is at lr / 100."""
    right = 1 - 19 / 60
    measured = [
        (60_000, "the accuracy is measured every 100 iterations, not in each"),
        (120, "that is once an epoch; the accuracy is measured every 100 iterations"),
        (100, "that is the number of iterations between two measurements"),
    ]
    slow = [
        (1 - 18 / 60, "from 18,000 on it is a tenth; a hundredth begins later"),
        (19 / 60, "that is the fraction before; what fraction comes after it?"),
    ]
    entries = [
        {"right": 600, "mistakes": measured, "tolerance": 1.5, "is_count": True},
        {"right": right, "mistakes": slow, "tolerance": 5e-3, "is_fraction": True},
    ]
    reading = judge_entries(answer, "a pair, a number of test accuracies and a fraction, e.g. (100, 0.5)", entries)
    return f"the printed number is the best of 600, most of them at a hundredth of the learning rate{reading}"


def silent(answer: Any) -> str:
    """Judge the rate of symmetric noise at which MAE's expected meta-gradient is zero, ten classes."""
    mistakes = [
        (1.0, "that is for uniform noise, which draws the true class, too; symmetric noise draws from the nine others"),
        (0.5, "from there on wrong labels are the majority, but they are spread over nine classes"),
        (0.1, "that is the fraction of labels that stay clean; the noise rate is asked for"),
        (10 / 9, "no rate is above 1; which symmetric rate is uniform 100 %?"),
    ]
    reading = judge(answer, 0.9, mistakes, is_fraction=True)
    return (
        "uniform 100 % is symmetric 90 %, where every label is equally likely. Below it MAE's meta-gradient points the "
        f"right way on average{reading}"
    )


EXERCISES = {
    "08.build": meta_slopes,
    "08.1": slopes,
    "08.3": turned,
    "08.5": chances,
    "08.6": silent,
}
HINTS = {
    "08.build": (
        "Write the W after the virtual step as a function of the weights, and differentiate the meta loss through it.",
        "The step is linear in each weight, so its derivative is minus lr times that sample's gradient at W.",
    ),
    "08.1": (
        "A virtual step with weight v moves the parameters by -lr v times the sample's gradient.",
        "The change of the meta loss is the inner product of the meta-gradient with this move.",
    ),
    "08.3": (
        "The AUC of the weights is the probability that a clean label weighs more than a wrong one.",
        "When the order is reversed, each pair that was wrong is right. The second number is a subtraction in Table 1.",
    ),
    "08.5": (
        "One test accuracy is measured every 100 iterations.",
        "The learning rate is a hundredth from 19,000 to the end; divide this stretch by all iterations.",
    ),
    "08.6": (
        "The expected meta-gradient is zero where all ten classes are equally likely labels.",
        "With symmetric noise the true label keeps 1 - tau, and each other class gets tau / 9.",
    ),
}
