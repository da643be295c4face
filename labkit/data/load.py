"""Datasets by name, and tasks from the user's own files."""

import inspect
import os
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..errors import choose, need
from . import faces, landmarks, vision, webvision
from .folders import from_folder
from .npz import from_npz
from .places import folder, missing
from .raw import Raw
from .tables import from_csv
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
ENDINGS = {".csv": from_csv, ".npz": from_npz}


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


def load(name, val=0.1, n=None, root=None, download=False, *, standardise=None, limit_bytes=None, **options):
    """A clean Task by name, or from files of your own.

    name: "digits", "faces" (both embedded), "mnist", "fashion-mnist", "cifar10", "cifar100", "celeba-landmarks",
    "face-landmarks", "webvision-mini"; "cifar10n", "cifar100n": CIFAR, once the file of human labels is found beside it
    (corrupt it with labkit.noise.human); "cifar10n-worst", "-aggregate", "-random1" to "-random3", "cifar100n-noisy":
    not clean, with those labels given. Or the path of a folder of images (from_folder), of a .csv (from_csv) or an .npz
    (from_npz).
    val: share of the training set held out as the validation split. n: use only this many training samples (a fixed
    random choice).
    root: where to look instead of LABKIT_DATA. download=True fetches what is missing, with progress and checksums, by
    torchvision. standardise: regression targets to mean 0, standard deviation 1 per coordinate (None: all sets of
    landmarks and your own files do). limit_bytes: larger arrays stay on disk (None: half of the memory).
    options: what else the reader takes: size, classes, test of webvision-mini; size, channels of celeba-landmarks; file
    of face-landmarks; target, kind, test, labels, ... of your own files.
    Raises ValueError for an unknown name or option, FileNotFoundError (with the folder looked at, its layout and how to
    fetch it) when it is not there.
    """
    common = {"standardise": standardise, "limit_bytes": limit_bytes}
    if reader := _path_reader(name):
        return reader(name, **_fitting(reader, val=val, n=n, **common, **options))
    choose("name", name, dict.fromkeys((*NAMES, *VARIANTS)))
    base, column = VARIANTS.get(name, (name, None))
    if base in HUMAN:
        base = _human_base(base, root, download)
    reader = READERS.get(base, lambda root, download: vision.read(base, root, download))
    takes = inspect.signature(reader).parameters
    options = _fitting(reader, **options, **({"limit_bytes": limit_bytes} if "limit_bytes" in takes else {}))
    task = reader(root, download, **options).task(base, val, n, **common)
    return _with_human_labels(task, column, root) if column else task


def _path_reader(name):
    """What reads `name` if it is a path, else None."""
    path = Path(name)
    if str(name) in NAMES or str(name) in VARIANTS:
        return None
    if path.suffix.lower() in ENDINGS:
        need(path.is_file(), "name", str(name), "a file that exists")
        return ENDINGS[path.suffix.lower()]
    if isinstance(name, os.PathLike) or os.sep in str(name) or path.is_dir():
        need(
            path.is_dir(),
            "name",
            str(name),
            f"a folder that exists, a {' or '.join(ENDINGS)} file, or the name of a set",
        )
        return from_folder
    return None


def _fitting(reader, **options):
    """The options, if the reader takes them all."""
    takes = {key: None for key in inspect.signature(reader).parameters if key not in ("path", "root", "download")}
    for key in options:
        choose("option", key, takes)
    return options


def _human_base(name, root, download):
    """The set that was labelled again, if the file of human labels is there."""
    base, file, _ = HUMAN[name]
    if not (folder(root) / file).is_file():
        if download:
            vision.read(base, root, download)
        layout = f"{file}     of the CIFAR-N project (cifar-10-100n), beside {SOURCES[base].place}"
        raise missing(name, folder(root), [file], layout)
    return base


def _with_human_labels(task, column, root):
    """CIFAR with one of the columns of human labels given."""
    from .. import noise  # noise stands beside data and imports it

    file = folder(root) / HUMAN[f"{task.name}n"][1] if root else None
    return noise.corrupt(task, noise.human(column, file), 0)


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
