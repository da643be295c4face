"""What torchvision reads and fetches: MNIST, Fashion-MNIST, CIFAR."""

import os
from dataclasses import dataclass
from math import prod

import numpy as np

from ..errors import must, need
from .places import folder
from .raw import Raw
from .task import Scale


@dataclass(frozen=True)
class Source:
    """A dataset that torchvision reads: its class there, the folder and files it needs, the download's size, its
    scale."""

    reader: str
    place: str
    files: tuple
    megabytes: int
    scale: Scale

    def find(self, root=None):
        """The folder, and the files that are not in it. -> Path, list"""
        place = folder(root) / self.place
        return place, [file for file in self.files if not (place / file).is_file()]


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


def check_idx(place, fetch):
    """Raise ValueError that names the file of MNIST's four that is none, is not whole, or holds too few labels."""
    rows = {}
    for name in _IDX:
        dimensions = 3 if "images" in name else 1
        magic = 0x800 + dimensions
        with (place / name).open("rb") as file:
            head = file.read(4 * (dimensions + 1))
        size = (place / name).stat().st_size
        numbers = [int.from_bytes(head[4 * k : 4 * k + 4], "big") for k in range(dimensions + 1)]
        whole = size == len(head) + prod(numbers[1:])
        may_be = f"an IDX file, which begins with the number {magic} and is as long as it says; delete it, then {fetch}"
        content = f"{size} bytes that begin with {head[:4]!r}"
        must(numbers[0] == magic and whole, str(place / name), content, may_be)
        rows[name] = numbers[1]
    for images, labels in (_IDX[:2], _IDX[2:]):
        may_be = f"{rows[images]}, as in {images}; delete both, then {fetch}"
        need(rows[labels] == rows[images], f"the number of labels in {place / labels}", rows[labels], may_be)


def check_sums(place, reader, fetch):
    """Raise ValueError that names the files whose checksum is not the one that torchvision knows."""
    from torchvision.datasets.utils import check_integrity

    sums = [*getattr(reader, "train_list", ()), *getattr(reader, "test_list", ())]
    if meta := getattr(reader, "meta", None):
        sums.append((meta["filename"], meta["md5"]))
    bad = [name for name, md5 in sums if not check_integrity(str(place / name), md5)]
    must(
        not bad,
        f"the checksum of {', '.join(bad)} in {place}",
        "another",
        f"the published one; delete it, then {fetch}",
    )


def mirrored(reader: type) -> type:
    """A reader of torchvision that fetches its files from LABKIT_MIRROR, where that is set; checksums stay the same."""
    mirror = os.environ.get("LABKIT_MIRROR", "").rstrip("/")
    if not mirror:
        return reader
    own = {"mirrors": [f"{mirror}/"]}
    if hasattr(reader, "filename"):
        own["url"] = f"{mirror}/{reader.filename}"
    return type(reader.__name__, (reader,), own)  # the name is that of its folder


def read(name, root, download):
    """Read (and on request fetch) one of SOURCES. -> Raw; x is uint8 [N, channels, H, W]"""
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
        train, test = (reader(folder(root), train=part, download=bool(missing)) for part in (True, False))
    except (OSError, RuntimeError) as error:
        if not missing:
            check_sums(place, reader, fetch)
        raise FileNotFoundError(
            f"{name} could not be read or fetched into {place}: {error}. With a network, {fetch}."
        ) from None
    except Exception as error:  # whatever a broken file makes a reader say
        raise ValueError(
            f"{place} holds files that are not those of {name}: {error or type(error).__name__}; delete them, "
            f"then {fetch}"
        ) from None
    pixels = lambda data: (
        np.asarray(data)[:, None] if np.asarray(data).ndim == 3 else np.asarray(data).transpose(0, 3, 1, 2)
    )
    y, y_test = np.asarray(train.targets), np.asarray(test.targets)
    return Raw(pixels(train.data), y, pixels(test.data), y_test, source.scale, y_true="given")
