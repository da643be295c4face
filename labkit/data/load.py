"""Datasets by name: the embedded digits, and what torchvision reads."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import choose, need
from .task import Scale, Task


def folder(root=None):
    """Where datasets are looked for: `root`, else LABKIT_DATA, else the user's cache folder."""
    if root or os.environ.get("LABKIT_DATA"):
        return Path(root or os.environ["LABKIT_DATA"]).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("labkit") / "data"


@dataclass(frozen=True)
class Source:
    """A dataset that torchvision reads: its class there, the folder and files it needs, the download's size, its
    scale."""

    reader: str
    place: str
    files: tuple
    megabytes: int
    scale: Scale


_IDX = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
_BATCHES = (*(f"data_batch_{k}" for k in range(1, 6)), "test_batch", "batches.meta")
_CIFAR10_SCALE = Scale(255.0, (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))
_CIFAR100_SCALE = Scale(255.0, (0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762))
SOURCES = {
    "mnist": Source("MNIST", "MNIST/raw", _IDX, 12, Scale(255.0, (0.1307,), (0.3081,))),
    "fashion-mnist": Source("FashionMNIST", "FashionMNIST/raw", _IDX, 31, Scale(255.0, (0.2860,), (0.3530,))),
    "cifar10": Source("CIFAR10", "cifar-10-batches-py", _BATCHES, 170, _CIFAR10_SCALE),
    "cifar100": Source("CIFAR100", "cifar-100-python", ("train", "test", "meta"), 169, _CIFAR100_SCALE),
}
NAMES = ("digits", *SOURCES)


def find(name, root=None):
    """Where a dataset is looked for, and whether all its files are there. -> (Path, bool); the digits are embedded."""
    if name == "digits":
        import sklearn

        return Path(sklearn.__file__).parent / "datasets" / "data" / "digits.csv.gz", True
    source = choose("name", name, SOURCES | {"digits": None})
    place = folder(root) / source.place
    return place, all((place / file).is_file() for file in source.files)


def load(name, val=0.1, n=None, root=None, download=False):
    """A clean Task by name: "digits" (embedded), "mnist", "fashion-mnist", "cifar10", "cifar100".

    val: share of the training set held out as the validation split. n: use only this many training samples (a fixed
    random choice).
    root: where to look instead of LABKIT_DATA. download=True fetches what is missing, with progress and checksums, by
    torchvision.
    Raises ValueError for an unknown name, FileNotFoundError (with the folder looked at and how to fetch it) when it is
    not there.
    """
    choose("name", name, dict.fromkeys(NAMES))
    x, y, x_test, y_test, scale = _digits() if name == "digits" else _torchvision(name, root, download)
    if n is not None:
        need(isinstance(n, int) and 0 < n <= len(y), "n", n, f"a whole number in 1..{len(y)}")
        keep = np.random.default_rng(0).permutation(len(y))[:n]
        x, y = x[keep], y[keep]
    return Task.of(x, y, x_test, y_test, name, val, scale)


def _digits():
    """scikit-learn's 1,797 handwritten digits, 8 x 8, grey values 0..16; 360 of them, a fixed fifth, are the test
    set."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    x, y = digits.images.astype(np.uint8)[:, None], digits.target
    order = np.random.default_rng(0).permutation(len(y))
    test, train = order[:360], order[360:]
    return x[train], y[train], x[test], y[test], Scale(16.0, (0.3053,), (0.3761,))


def _torchvision(name, root, download):
    """Read (and on request fetch) one of SOURCES. -> x, y, x_test, y_test, scale; x is uint8 [N, channels, H, W]"""
    import torchvision.datasets

    source, (place, there) = SOURCES[name], find(name, root)
    fetch = f"fetch it with `./lab fetch {name}` or labkit.load({name!r}, download=True), about {source.megabytes} MB"
    if not there and not download:
        missing = ", ".join(f for f in source.files if not (place / f).is_file())
        raise FileNotFoundError(
            f"{name} is not in {place} (missing: {missing}). Either {fetch}; or put the files there; "
            f"or point LABKIT_DATA at the folder that holds {source.place}."
        )
    reader = getattr(torchvision.datasets, source.reader)
    try:
        train, test = (reader(folder(root), train=part, download=not there) for part in (True, False))
    except (OSError, RuntimeError) as error:
        raise FileNotFoundError(
            f"{name} could not be read or fetched into {place}: {error}. With a network, {fetch}."
        ) from None
    pixels = lambda data: (
        np.asarray(data)[:, None] if np.asarray(data).ndim == 3 else np.asarray(data).transpose(0, 3, 1, 2)
    )
    return pixels(train.data), np.asarray(train.targets), pixels(test.data), np.asarray(test.targets), source.scale
