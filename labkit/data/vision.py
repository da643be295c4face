"""Datasets that torchvision reads and fetches: MNIST, Fashion-MNIST, CIFAR."""

import os
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import must, need
from .places import absent_files, folder
from .raw import Raw
from .split import Scale


@dataclass(frozen=True)
class Source:
    """A dataset that torchvision reads.

    reader: its class in torchvision; place: its folder below that of the datasets; files: in that folder; megabytes: of
    the download; scale: of its images.
    """

    reader: str
    place: str
    files: tuple[str, ...]
    megabytes: int
    scale: Scale

    def find(self, root: str | os.PathLike | None = None) -> tuple[Path, list[str]]:
        """Return the folder, and the files that are missing in it."""
        place = folder(root) / self.place
        return place, absent_files(place, self.files)


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


def check_idx(place: Path, fetch: str) -> None:
    """Raise ValueError for a file of MNIST's four that is none, is not whole, or holds too few labels.

    fetch: how to fetch the dataset, in words
    """
    counts = {}
    for name in _IDX:
        dimensions = 3 if "images" in name else 1
        counts[name] = _idx_count(place / name, dimensions, fetch)
    for images, labels in (_IDX[:2], _IDX[2:]):
        count = counts[labels]
        may_be = f"{counts[images]}, as in {images}; delete both, then {fetch}"
        need(count == counts[images], f"the number of labels in {place / labels}", count, may_be)


def _idx_count(path, dimensions, fetch):
    """Return the number of samples in an IDX file. Raises ValueError if it is not one, or not as long as it says."""
    magic = 0x800 + dimensions
    with path.open("rb") as file:
        head = file.read(4 * (dimensions + 1))
    size = path.stat().st_size
    numbers = []
    for start in range(0, 4 * (dimensions + 1), 4):
        numbers.append(int.from_bytes(head[start : start + 4], "big"))
    is_whole = size == len(head) + prod(numbers[1:])
    may_be = f"an IDX file, which begins with the number {magic} and is as long as it says; delete it, then {fetch}"
    content = f"{size} bytes that begin with {head[:4]!r}"
    must(numbers[0] == magic and is_whole, str(path), content, may_be)
    return numbers[1]


def check_sums(place: Path, reader: type, fetch: str) -> None:
    """Raise ValueError for files whose checksums are not those that torchvision knows.

    reader: class of torchvision; fetch: how to fetch the dataset, in words
    """
    from torchvision.datasets.utils import check_integrity

    checksums = [*getattr(reader, "train_list", ()), *getattr(reader, "test_list", ())]
    meta = getattr(reader, "meta", None)
    if meta:
        checksums.append((meta["filename"], meta["md5"]))
    bad = [name for name, md5 in checksums if not check_integrity(str(place / name), md5)]
    subject = f"the checksum of {', '.join(bad)} in {place}"
    must(not bad, subject, "another", f"the published one; delete it, then {fetch}")


def mirrored(reader: type) -> type:
    """Return a reader of torchvision that fetches its files from LABKIT_MIRROR, if that is set. Checksums stay."""
    mirror = os.environ.get("LABKIT_MIRROR", "").rstrip("/")
    if not mirror:
        return reader
    attributes = {"mirrors": [f"{mirror}/"]}
    if hasattr(reader, "filename"):
        attributes["url"] = f"{mirror}/{reader.filename}"
    return type(reader.__name__, (reader,), attributes)  # torchvision names the folder by the class


def read(name: str, root: str | os.PathLike | None, download: bool) -> Raw:
    """Read one of SOURCES, and fetch it first if it is missing and `download`. -> Raw; x uint8 [N, channels, H, W]

    Raises FileNotFoundError for files that are missing, ValueError for files that are not those of the dataset.
    """
    source = SOURCES[name]
    place, missing = source.find(root)
    fetch = f"fetch it with `./lab fetch {name}` or labkit.load({name!r}, download=True), about {source.megabytes} MB"
    if missing and not download:
        raise FileNotFoundError(
            f"{name} is not in {place} (missing: {', '.join(missing)}). Either {fetch}; or put the files there; "
            f"or point LABKIT_DATA at the folder that holds {source.place}."
        )
    if not missing and source.files == _IDX:
        check_idx(place, fetch)
    import torchvision.datasets

    reader = mirrored(getattr(torchvision.datasets, source.reader))
    try:
        train = reader(folder(root), train=True, download=bool(missing))
        test = reader(folder(root), train=False, download=bool(missing))
    except (OSError, RuntimeError) as error:
        if not missing:
            check_sums(place, reader, fetch)
        raise FileNotFoundError(
            f"{name} could not be read or fetched into {place}: {error}. With a network, {fetch}."
        ) from None
    except Exception as error:  # a broken file can make a reader raise anything
        raise ValueError(
            f"{place} holds files that are not those of {name}: {error or type(error).__name__}; delete them, "
            f"then {fetch}"
        ) from None
    x = _channels_first(train.data)
    x_test = _channels_first(test.data)
    return Raw(x, np.asarray(train.targets), x_test, np.asarray(test.targets), source.scale, y_true="given")


def _channels_first(images: Any) -> np.ndarray:
    """Return images [N, H, W] or [N, H, W, channels] as [N, channels, H, W]."""
    images = np.asarray(images)
    return images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
