"""Datasets by name: where their files are, and their readers."""

import os
from collections.abc import Callable
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..errors import choose
from . import faces, landmarks, vision, webvision
from .places import folder
from .raw import Raw
from .split import Scale
from .vision import SOURCES

# CIFAR-N (Wei et al., ICLR 2022): the set that was labelled again, its file, and the columns of that file
HUMAN = {
    "cifar10n": ("cifar10", "CIFAR-10_human.pt", {
        "aggregate": "aggre_label", "random1": "random_label1", "random2": "random_label2", "random3": "random_label3",
        "worst": "worse_label",
    }),
    "cifar100n": ("cifar100", "CIFAR-100_human.pt", {"noisy": "noisy_label"}),
}  # fmt: skip
NAMES = ("digits", "faces", *SOURCES, *HUMAN, "celeba-landmarks", "face-landmarks", "webvision-mini")


def _variants():
    """Return the names of CIFAR-N with a column of labels. -> {name: (name of the set, column)}"""
    variants = {}
    for name, (_, _, columns) in HUMAN.items():
        for ending, column in columns.items():
            variants[f"{name}-{ending}"] = (name, column)
    return variants


VARIANTS = _variants()


def find(name: str, root: str | os.PathLike | None = None) -> tuple[Path, bool]:
    """Return the place of a dataset, and whether all its files are there; digits and faces are always there.

    Raises ValueError for an unknown name.
    """
    choose("name", name, dict.fromkeys((*NAMES, *VARIANTS)))
    if name in VARIANTS:
        name, _ = VARIANTS[name]
    if name == "digits":
        return _digits_file(), True
    if name == "faces":
        return Path(faces.__file__), True
    if name in HUMAN:
        base_name, file, _ = HUMAN[name]
        labels = folder(root) / file
        _, base_exists = find(base_name, root)
        return labels, labels.is_file() and base_exists
    if name == "face-landmarks":
        place, files = landmarks.find_faces(root)
        return place, bool(files)
    find_files = {"celeba-landmarks": landmarks.find_celeba, "webvision-mini": webvision.find}
    find_files |= {source_name: source.find for source_name, source in SOURCES.items()}
    place, absent = find_files[name](root)
    return place, not absent


def reader_of(name: str) -> Callable[..., Raw]:
    """Return the reader of a dataset that people have not labelled again: a function of root, download and options."""
    return READERS.get(name) or partial(vision.read, name)


def _digits_file():
    """Return the path of scikit-learn's digits, found without its import, which takes two seconds."""
    return Path(find_spec("sklearn").origin).parent / "datasets" / "data" / "digits.csv.gz"


def _digits(root, download):
    """Read scikit-learn's 1,797 handwritten digits, 8 x 8, grey values 0..16. A fixed fifth, 360, is the test set."""
    rows = np.loadtxt(_digits_file(), np.uint8, delimiter=",")
    x = rows[:, :64].reshape(-1, 1, 8, 8)
    y = rows[:, 64].astype(np.int64)
    order = np.random.default_rng(0).permutation(len(y))
    test = order[:360]
    train = order[360:]
    return Raw(x[train], y[train], x[test], y[test], Scale(16.0, (0.3053,), (0.3761,)), y_true="given")


@lru_cache(1)
def _drawn_faces():
    """Draw the faces once: it takes half a second, and notebooks load them often."""
    return faces.draw()


def _faces(root, download):
    """Read 2,000 drawn faces, 24 x 24, with five landmarks. The last 400 are the test set.

    Inputs are grey values - 0.5. The targets are places: a network that averages over the image (small_cnn) cannot
    predict them.
    """
    x, y = _drawn_faces()
    x = x.copy()
    y = y.copy()
    train = slice(None, faces.TRAIN)
    test = slice(faces.TRAIN, None)
    scale = Scale(255.0, (0.5,), (1.0,))
    return Raw(x[train], y[train], x[test], y[test], scale, standardise=True, y_true="given")


READERS = {
    "digits": _digits,
    "faces": _faces,
    "celeba-landmarks": landmarks.celeba,
    "face-landmarks": landmarks.faces,
    "webvision-mini": webvision.mini,
}
