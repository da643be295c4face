"""Label files: .pt, .npz, .npy, .csv and .tsv, read without executing anything in them."""

import _codecs
import os
import zipfile
from pathlib import Path

import numpy as np
import torch

from ..data.images import ENDINGS
from ..errors import choose, must, need
from ..tables import check_width, encoding_of, layout, lines
from .base import Clean

LARGEST = 2**31  # bytes of an archive of labels, unpacked
ORIGINAL = {"mnist": 60_000, "fashion-mnist": 60_000, "cifar10": 50_000, "cifar100": 50_000}


def read_columns(
    path: str | os.PathLike, sep: str | None = None, encoding: str | None = None
) -> dict[str, np.ndarray]:  # fmt: skip
    """Return the columns of a label file by name; a column without a name has that of the file.

    sep, encoding: of a table. Raises FileNotFoundError with the folder, ValueError for a file that cannot be read as
    arrays, or that would have to run code.
    """
    path = Path(path).expanduser()
    readers = {".pt": _pt, ".npz": _npz, ".npy": _npy, ".csv": _csv, ".tsv": _csv}
    read = choose(f"kind of the label file {path.name}", path.suffix.lower(), readers)
    options = (sep, encoding) if read is _csv else ()
    if not path.is_file():
        raise FileNotFoundError(
            f"the label file {path.name} is not in {path.absolute().parent}: put it there, or point LABKIT_DATA at the "
            f"folder that holds it"
        )
    try:
        columns = read(path, *options)
        return {str(name): np.asarray(column) for name, column in columns.items()}
    except Exception as error:  # a broken or hostile file may make a reader raise anything
        reason = str(error) if options and str(error) else type(error).__name__
        raise ValueError(
            f"{path.name} is no label file; it must hold named arrays of numbers and nothing that would have to be "
            f"executed ({reason})"
        ) from None


def _pt(path):
    """Read a dict of arrays that torch.save wrote. The unpickler knows these names alone, so that nothing can run."""
    from numpy._core.multiarray import _reconstruct

    allowed = [(_reconstruct, "numpy.core.multiarray._reconstruct"), _reconstruct, np.ndarray, np.dtype, _codecs.encode]
    allowed += [type(np.dtype(kind)) for kind in "bhilqBHILQ"]
    with torch.serialization.safe_globals(allowed):
        return torch.load(path, weights_only=True, map_location="cpu")


def _npz(path):
    """Read an archive of arrays, no larger than LARGEST."""
    with zipfile.ZipFile(path) as file:
        size = sum(member.file_size for member in file.infolist())
    need(size <= LARGEST, f"size of {path.name}", size, f"{LARGEST} bytes at most")
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def _npy(path):
    """Read one array as a column with the file's name."""
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)  # no larger than the file, whatever its header claims
    return {path.stem: np.array(mapped)}


def _csv(path, sep=None, encoding=None):
    """Read a table with or without a first line of names."""
    encoding = encoding_of(path, encoding)
    sep, first = layout(path, sep, encoding)
    rows = [cells for _, cells in lines(path, sep, encoding, first)]
    if _are_whole(rows[0]):
        width = len(rows[0])
        names = [path.stem] if width == 1 else [str(k) for k in range(width)]
    else:
        names = check_width(path, sep, encoding, first)
        files = [name for name in names if name.lower().endswith(ENDINGS)]
        need(not files, "the first line", ", ".join(names), "names of columns: the names of files begin below it")
        rows = rows[1:]
    columns = map(_array, zip(*rows, strict=True))
    return dict(zip(names, columns, strict=True))


def _array(cells):
    """Return a column's cells as whole numbers, or as texts where one is no number."""
    if _are_whole(cells):
        return np.array([int(cell) for cell in cells])
    return np.array([cell.strip() for cell in cells])


def _are_whole(cells):
    """Return whether all cells hold whole numbers."""
    for cell in cells:
        digits = cell.strip().removeprefix("-")
        if not digits.isdecimal():
            return False
    return True


def labels_of_rows(path: Path, name: str, column: np.ndarray, clean: Clean) -> np.ndarray:
    """Return a column of labels as classes: whole numbers 0..C-1, or the names of the task's classes. -> int64 [rows]

    Raises ValueError for values that are not classes.
    """
    argument = f"{name} in {path.name}"
    may_be = f"whole numbers in 0..{clean.classes - 1}, one per sample"
    if clean.class_names:
        examples = ", ".join(clean.class_names[:10])
        may_be += f", or names of classes: {examples}"
    is_text = column.dtype.kind in "US"
    has_values = column.ndim == 1 and len(column) > 0
    readable = column.dtype.kind in "iu" or (is_text and clean.class_names)
    must(has_values and readable, argument, f"{column.dtype} {column.shape}", may_be)
    if clean.class_names:
        texts = column.astype(str).tolist()
        numbers = {text: c for c, text in enumerate(clean.class_names)}
        unknown = sorted(set(texts).difference(numbers))
        need(not is_text or not unknown, argument, unknown[:1], may_be)
        if not unknown:
            return np.array([numbers[text] for text in texts], np.int64)
    low = int(column.min())
    high = int(column.max())
    must(low >= 0 and high < clean.classes, argument, f"{low}..{high}", may_be)
    return column.astype(np.int64)


def rows_in_order(path: Path, column: np.ndarray, clean: Clean) -> np.ndarray:
    """Return the row of each sample in a file that has the order of the original training set. -> [samples]

    Raises ValueError for another length than that of the set.
    """
    minimum = int(clean.ids.max()) + 1
    length = minimum if minimum == len(clean.ids) else ORIGINAL.get(clean.name)  # of the original set; None: unknown
    lengths = length or f"{minimum} or more"
    may_be = f"{lengths}, a label per sample of the original training set of {clean.name!r}"
    right_length = len(column) == length if length else len(column) >= minimum
    need(right_length, f"length of {path.name}", len(column), may_be)
    return clean.ids.numpy()
