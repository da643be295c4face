"""CIFAR-10N's three people per image, as counts: how often which three labels were given to each class.

`python -m labkit.lessons.l12.people` counts them anew. It needs CIFAR-10_human.pt under LABKIT_DATA (Wei et al.,
"Learning with noisy labels revisited", ICLR 2022). The file has no label of a single image.
"""

from functools import cache
from pathlib import Path

import pandas as pd
import torch

from ...data import dawid_skene, majority, soft_labels
from ...noise.annotators import THREE
from ...noise.files import read_columns
from ...noise.human import published_file
from ...state import atomic_write

FILE = Path(__file__).parent / "cifar10n_joint.csv"
PEOPLE = ("first", "second", "third")
CLASSES = 10


def counted():
    """Count anew: for each true class and each three labels in the order of the columns, how many of the 50,000 images
    have them. -> DataFrame, columns true, first, second, third, count"""
    columns = read_columns(published_file("cifar10"))
    labels = {"true": columns["clean_label"]}
    for person, column in zip(PEOPLE, THREE):
        labels[person] = columns[column]
    table = pd.DataFrame(labels).astype(int)
    return table.groupby(list(labels)).size().rename("count").reset_index()


def joint():
    """The stored counts. -> DataFrame, columns true, first, second, third, count"""
    return pd.read_csv(FILE)


@cache
def labelled():
    """The counts as a row per image, in an order that says nothing. -> annotations int64 [N, 3], true classes [N]"""
    table = joint()
    rows = table.loc[table.index.repeat(table["count"])]
    return torch.tensor(rows[list(PEOPLE)].to_numpy()), torch.tensor(rows["true"].to_numpy())


def redrawn(seed):
    """Make the three people independent given the class: within each class every column is shuffled, so that each has
    the labels that it had. -> annotations [N, 3]"""
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
def estimate(shuffle=None):
    """Dawid and Skene's estimate of the people's labels, or of those that `redrawn` shuffles with a seed."""
    annotations = labelled()[0] if shuffle is None else redrawn(shuffle)
    return dawid_skene(annotations, CLASSES)


def summary(shuffle=None):
    """How wrong three people are alone, together and combined. shuffle: as of `estimate`. -> dict of fractions"""
    annotations, y = labelled()
    if shuffle is not None:
        annotations = redrawn(shuffle)
    wrong = annotations != y[:, None]
    first, second = wrong[:, 0], wrong[:, 1]
    model = estimate(shuffle)
    return {
        "one person wrong": fraction(wrong),
        "second wrong where the first is wrong": fraction(second[first]),
        "second wrong where the first is right": fraction(second[~first]),
        "all three wrong": fraction(wrong.all(1)),
        "majority wrong": fraction(majority(annotations, CLASSES, shuffle or 0) != y),
        "Dawid-Skene wrong": fraction(model.y != y),
        "Dawid-Skene says wrong": 1 - model.posterior.max(1).values.mean().item(),
    }


def fraction(wrong):
    """The fraction of True. -> float"""
    return wrong.to(torch.float64).mean().item()


def calibration(p, y, edges=(0.0, 0.5, 0.7, 0.9, 0.99, 1.0)):
    """Compare how sure p is of its likeliest class with how often that is right.

    p [N, C], y [N]. -> DataFrame, a row for each range of the largest p: images, mean of p, fraction that is right
    """
    sure, label = p.max(1)
    right = (label == y).double()
    rows = {}
    for low, high in zip(edges, edges[1:]):
        inside = (sure > low) & (sure <= high + 1e-9)
        if inside.any():
            rows[f"{low:.0%} to {high:.0%}"] = {
                "images": int(inside.sum()),
                "says": sure[inside].double().mean().item(),
                "right": right[inside].mean().item(),
            }
    return pd.DataFrame(rows).T.astype({"images": int}).rename_axis("largest probability")


def by_agreement():
    """How often the majority is right, by how many of the three people agree. Soft labels say 1/3, 2/3 and 1.

    -> DataFrame, a row for 1, 2 and 3 people who agree: images, what soft labels say, fraction that is right
    """
    annotations, y = labelled()
    p = soft_labels(annotations, CLASSES)
    agreeing = (3 * p.max(1).values).round().long()
    right = (majority(annotations, CLASSES) == y).double()
    rows = []
    for n in (1, 2, 3):
        inside = agreeing == n
        rows.append({"images": int(inside.sum()), "soft label says": n / 3, "right": right[inside].mean().item()})
    return pd.DataFrame(rows, index=pd.Index((1, 2, 3), name="people who agree"))


def store():
    """Count anew and store the counts beside this file."""
    atomic_write(FILE, counted().to_csv(index=False).encode())


if __name__ == "__main__":
    store()
