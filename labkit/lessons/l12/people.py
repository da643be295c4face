"""CIFAR-10N's three people per image, as counts: how often which three labels were given to each class.

`python -m labkit.lessons.l12.people` counts them anew. It needs CIFAR-10_human.pt under LABKIT_DATA (Wei et al.,
"Learning with noisy labels revisited", ICLR 2022). The file has no label of a single image.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from ...data import dawid_skene, majority, soft_labels
from ...data.dawid_skene import DawidSkene
from ...measure import share
from ...noise.annotators import THREE
from ...noise.files import read_columns
from ...noise.human import published_file
from ...state import atomic_write

FILE = Path(__file__).parent / "cifar10n_joint.csv"
PEOPLE = ("first", "second", "third")
CLASSES = 10
EDGES = (0.0, 0.5, 0.7, 0.9, 0.99, 1.0)  # of the ranges of the largest probability


def counted() -> pd.DataFrame:
    """Count anew how many of the 50,000 images of each true class have which three labels.

    -> columns true, first, second, third, count. Raises FileNotFoundError without the file of the labels.
    """
    columns = read_columns(published_file("cifar10"))
    labels = {"true": columns["clean_label"]}
    for person, column in zip(PEOPLE, THREE):
        labels[person] = columns[column]
    table = pd.DataFrame(labels).astype(int)
    return table.groupby(list(labels)).size().rename("count").reset_index()


def joint() -> pd.DataFrame:
    """Return the stored counts. -> columns true, first, second, third, count"""
    return pd.read_csv(FILE)


@cache
def labelled() -> tuple[Tensor, Tensor]:
    """Return the counts as a row per image, in an order that says nothing. -> annotations int64 [N, 3], true [N]"""
    table = joint()
    rows = table.loc[table.index.repeat(table["count"])]
    annotations = torch.tensor(rows[list(PEOPLE)].to_numpy())
    y = torch.tensor(rows["true"].to_numpy())
    return annotations, y


def redrawn(seed: int) -> Tensor:
    """Make the three people independent given the class: shuffle every column within each class. -> [N, 3]

    Each column keeps the labels that it had for a class.
    """
    annotations, y = labelled()
    rng = torch.Generator().manual_seed(seed)
    shuffled = annotations.clone()
    for c in range(CLASSES):
        members = (y == c).nonzero()[:, 0]
        for a in range(annotations.shape[1]):
            order = torch.randperm(len(members), generator=rng)
            shuffled[members, a] = annotations[members[order], a]
    return shuffled


@cache
def estimate(shuffle: int | None = None) -> DawidSkene:
    """Return Dawid and Skene's estimate of the people's labels, or of those that `redrawn` shuffles with a seed."""
    annotations, _ = labelled()
    if shuffle is not None:
        annotations = redrawn(shuffle)
    return dawid_skene(annotations, CLASSES)


def summary(shuffle: int | None = None) -> dict[str, float]:
    """Return how wrong three people are alone, together and combined, as fractions. shuffle: as of `estimate`."""
    annotations, y = labelled()
    if shuffle is not None:
        annotations = redrawn(shuffle)
    wrong = annotations != y[:, None]
    first = wrong[:, 0]
    second = wrong[:, 1]
    model = estimate(shuffle)
    largest = model.posterior.max(1).values
    return {
        "one person wrong": share(wrong),
        "second wrong where the first is wrong": share(second[first]),
        "second wrong where the first is right": share(second[~first]),
        "all three wrong": share(wrong.all(1)),
        "majority wrong": share(majority(annotations, CLASSES, shuffle or 0) != y),
        "Dawid-Skene wrong": share(model.y != y),
        "Dawid-Skene says wrong": 1 - largest.mean().item(),
    }


def calibration(p: Tensor, y: Tensor, edges: Sequence[float] = EDGES) -> pd.DataFrame:
    """Compare how sure p is of its likeliest class with how often that is right.

    p [N, C], y [N]. -> a row for each range of the largest p: images, mean of p ("says"), fraction that is right
    """
    largest, label = p.max(1)
    right = label == y
    rows = {}
    for low, high in zip(edges, edges[1:]):
        inside = (largest > low) & (largest <= high + 1e-9)
        if inside.any():
            rows[f"{low:.0%} to {high:.0%}"] = {
                "images": int(inside.sum()),
                "says": largest[inside].double().mean().item(),
                "right": share(right[inside]),
            }
    return pd.DataFrame(rows).T.astype({"images": int}).rename_axis("largest probability")


def by_agreement() -> pd.DataFrame:
    """Return how often the majority is right, by how many of the three people agree.

    -> a row for 1, 2 and 3 people who agree: images, what soft labels say (1/3, 2/3 and 1), fraction that is right
    """
    annotations, y = labelled()
    p = soft_labels(annotations, CLASSES)
    largest = p.max(1).values
    agreeing = (3 * largest).round()
    right = majority(annotations, CLASSES) == y
    rows = []
    for n in (1, 2, 3):
        inside = agreeing == n
        images = int(inside.sum())
        rows.append({"images": images, "soft label says": n / 3, "right": share(right[inside])})
    return pd.DataFrame(rows, index=pd.Index((1, 2, 3), name="people who agree"))


def store() -> None:
    """Count anew and store the counts beside this file."""
    atomic_write(FILE, counted().to_csv(index=False).encode())


if __name__ == "__main__":
    store()
