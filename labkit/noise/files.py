"""Label files: .pt, .npz, .npy and .csv, read without executing anything in them."""

import _codecs
import csv
from pathlib import Path

import numpy as np
import torch

from ..errors import choose, need

ORIGINAL = {"mnist": 60_000, "fashion-mnist": 60_000, "cifar10": 50_000, "cifar100": 50_000}


def read_columns(path):
    """The columns of a label file. -> {name: numpy array}; a column without a name is called as the file is

    Raises FileNotFoundError with the folder looked at, ValueError for a file that cannot be read as arrays, or that
    would have to run code.
    """
    path = Path(path).expanduser()
    readers = {".pt": _pt, ".npz": _npz, ".npy": _npy, ".csv": _csv}
    read = choose(f"kind of the label file {path.name}", path.suffix, readers)
    if not path.is_file():
        raise FileNotFoundError(
            f"the label file {path.name} is not in {path.absolute().parent}: put it there, or point LABKIT_DATA at the "
            f"folder that holds it"
        )
    try:
        return {str(name): np.asarray(column) for name, column in read(path).items()}
    except Exception as error:  # whatever a broken or hostile file makes a reader say
        raise ValueError(
            f"{path.name} is no label file; it must hold named arrays of numbers and nothing that would have to be "
            f"executed ({type(error).__name__})"
        ) from None


def _pt(path):
    """What torch.save made of a dict of arrays; the unpickler knows a few names and no other: nothing can run."""
    from numpy._core.multiarray import _reconstruct

    named = [(_reconstruct, "numpy.core.multiarray._reconstruct"), _reconstruct, np.ndarray, np.dtype, _codecs.encode]
    with torch.serialization.safe_globals([*named, *(type(np.dtype(kind)) for kind in "bhilqBHILQ")]):
        return torch.load(path, weights_only=True, map_location="cpu")


def _npz(path):
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def _npy(path):
    return {path.stem: np.load(path, allow_pickle=False)}


def _csv(path):
    """With or without a first line of names."""
    with open(path, newline="") as file:
        rows = [row for row in csv.reader(file) if row]
    numbered = all(_whole(cell) for cell in rows[0])
    names = [path.stem] if numbered and len(rows[0]) == 1 else [*map(str, range(len(rows[0])))] if numbered else rows[0]
    columns = zip(*(rows if numbered else rows[1:]), strict=True)
    return {
        name.strip(): np.array([int(c) for c in column] if all(map(_whole, column)) else column)
        for name, column in zip(names, columns, strict=True)
    }


def _whole(cell):
    return cell.strip().removeprefix("-").isdecimal()


def labels_from(path, name, column, clean):
    """One label per sample of a clean task. column: of a file for the original training set -> [N] int64

    Raises ValueError where the length is not that of the original training set, or values are not classes.
    """
    need(
        column.ndim == 1 and column.dtype.kind in "iu",
        f"{name} in {path.name}",
        f"{column.dtype} {column.shape}",
        f"whole numbers in 0..{clean.classes - 1}, one per sample",
    )
    least = int(clean.ids.max()) + 1
    whole = least if least == len(clean.ids) else ORIGINAL.get(clean.name)
    need(
        len(column) == whole if whole else len(column) >= least,
        f"length of {path.name}",
        len(column),
        f"{whole or f'{least} or more'}, a label per sample of the original training set of {clean.name!r}",
    )
    low, high = int(column.min()), int(column.max())
    need(
        low >= 0 and high < clean.classes,
        f"{name} in {path.name}",
        f"{low}..{high}",
        f"whole numbers in 0..{clean.classes - 1}",
    )
    return torch.from_numpy(column.astype(np.int64))[clean.ids]
