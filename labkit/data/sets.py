"""Datasets by name: what there is, where it is looked for, and what reads it."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..errors import choose
from . import faces, landmarks, vision, webvision
from .places import folder
from .raw import Raw
from .task import Scale
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
VARIANTS = {
    f"{name}-{word}": (name, column) for name, (_, _, columns) in HUMAN.items() for word, column in columns.items()
}


def find(name, root=None):
    """Where a dataset is looked for, and whether all its files are there. -> (Path, bool); digits and faces are
    embedded."""
    choose("name", name, dict.fromkeys((*NAMES, *VARIANTS)))
    name = VARIANTS.get(name, (name,))[0]
    if name == "digits":
        return _digits_file(), True
    if name == "faces":
        return Path(faces.__file__), True
    if name in HUMAN:
        labels = folder(root) / HUMAN[name][1]
        return labels, labels.is_file() and find(HUMAN[name][0], root)[1]
    if name == "face-landmarks":
        place, there = landmarks.find_faces(root)
        return place, bool(there)
    others = {"celeba-landmarks": landmarks.find_celeba, "webvision-mini": webvision.find}
    place, absent = (SOURCES[name].find if name in SOURCES else others[name])(root)
    return place, not absent


def reader_of(name):
    """What reads a set that is not labelled by people. -> function of root, download and options, which returns Raw"""
    return READERS.get(name, lambda root, download: vision.read(name, root, download))


def _digits_file():
    """Where scikit-learn keeps its digits; found without importing it, which takes two seconds."""
    return Path(find_spec("sklearn").origin).parent / "datasets" / "data" / "digits.csv.gz"


def _digits(root, download):
    """scikit-learn's 1,797 handwritten digits, 8 x 8, grey values 0..16; 360 of them, a fixed fifth, are the test
    set."""
    rows = np.loadtxt(_digits_file(), np.uint8, delimiter=",")
    x, y = rows[:, :64].reshape(-1, 1, 8, 8), rows[:, 64].astype(np.int64)
    order = np.random.default_rng(0).permutation(len(y))
    test, train = order[:360], order[360:]
    return Raw(x[train], y[train], x[test], y[test], Scale(16.0, (0.3053,), (0.3761,)), y_true="given")


@lru_cache(1)
def _drawn():
    """The drawn faces: half a second, and a notebook asks for them again and again."""
    return faces.draw()


def _faces(root, download):
    """2,000 drawn faces, 24 x 24, with five landmarks; the last 400 are the test set. Inputs are grey values - 0.5.

    The targets are places: a network that averages over the image (small_cnn) cannot tell them.
    """
    x, y = (drawn.copy() for drawn in _drawn())
    train, test = slice(None, faces.TRAIN), slice(faces.TRAIN, None)
    return Raw(x[train], y[train], x[test], y[test], Scale(255.0, (0.5,), (1.0,)), True, y_true="given")


READERS = {
    "digits": _digits,
    "faces": _faces,
    "celeba-landmarks": landmarks.celeba,
    "face-landmarks": landmarks.faces,
    "webvision-mini": webvision.mini,
}
