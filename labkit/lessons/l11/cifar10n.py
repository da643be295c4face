"""The labels that people gave to CIFAR-10 (CIFAR-10N), as counts: no label of a single image is stored here."""

from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent
COLUMN = "worse_label"  # of CIFAR-10_human.pt
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def counts(labels: str = COLUMN) -> np.ndarray:
    """Return how often people gave each label to each class, in the 50,000 training images of CIFAR-10.

    labels: a column of the label file, "worse_label", "aggre_label", "random_label1" to "random_label3".
    -> int [10, 10], a row for each true class
    """
    rows = pd.read_csv(FOLDER / "cifar10n_counts.csv")
    of_column = rows[rows["labels"] == labels]
    return of_column.pivot(index="true", columns="given", values="count").to_numpy()


def agreement() -> pd.DataFrame:
    """Return how often three annotators of CIFAR-10 agree. -> columns fact and value"""
    return pd.read_csv(FOLDER / "cifar10n_agreement.csv")


def matrix(labels: str = COLUMN) -> np.ndarray:
    """Return the transition matrix of people's labels. -> float64 [10, 10], a row for each true class, sums are 1"""
    n = counts(labels)
    return n / n.sum(1, keepdims=True)


def true_rate(labels: str = COLUMN) -> float:
    """Return the fraction of wrong labels that people gave."""
    n = counts(labels)
    return float(1 - n.trace() / n.sum())
