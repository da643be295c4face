"""Label files: .pt, .npz, .npy, .csv and .tsv, read without executing anything in them."""

import _codecs
import zipfile
from pathlib import Path

import numpy as np
import torch

from ..data.images import ENDINGS
from ..errors import choose, must, need
from ..tables import check_width, encoding_of, layout, lines

LARGEST = 2**31  # bytes of an archive of labels, unpacked
ORIGINAL = {"mnist": 60_000, "fashion-mnist": 60_000, "cifar10": 50_000, "cifar100": 50_000}


def read_columns(path, sep=None, encoding=None):
    """The columns of a label file. -> {name: numpy array}; a column without a name is called as the file is

    sep, encoding: of a table. Raises FileNotFoundError with the folder looked at, ValueError for a file that cannot be
    read as arrays, or that would have to run code.
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
        return {str(name): np.asarray(column) for name, column in read(path, *options).items()}
    except Exception as error:  # whatever a broken or hostile file makes a reader say
        raise ValueError(
            f"{path.name} is no label file; it must hold named arrays of numbers and nothing that would have to be "
            f"executed ({error if options and str(error) else type(error).__name__})"
        ) from None


def _pt(path):
    """What torch.save made of a dict of arrays; the unpickler knows a few names and no other: nothing can run."""
    from numpy._core.multiarray import _reconstruct

    named = [(_reconstruct, "numpy.core.multiarray._reconstruct"), _reconstruct, np.ndarray, np.dtype, _codecs.encode]
    with torch.serialization.safe_globals([*named, *(type(np.dtype(kind)) for kind in "bhilqBHILQ")]):
        return torch.load(path, weights_only=True, map_location="cpu")


def _npz(path):
    with zipfile.ZipFile(path) as file:
        size = sum(member.file_size for member in file.infolist())
    need(size <= LARGEST, f"size of {path.name}", size, f"{LARGEST} bytes at most")
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def _npy(path):
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)  # no larger than the file, whatever its header says
    return {path.stem: np.array(mapped)}


def _csv(path, sep=None, encoding=None):
    """With or without a first line of names."""
    encoding = encoding_of(path, encoding)
    sep, first = layout(path, sep, encoding)
    rows = [cells for _, cells in lines(path, sep, encoding, first)]
    numbered = all(_whole(cell) for cell in rows[0])
    names = [path.stem] if numbered and len(rows[0]) == 1 else [*map(str, range(len(rows[0])))]
    if not numbered:
        names = check_width(path, sep, encoding, first)
        heads = [name for name in names if name.lower().endswith(ENDINGS)]
        need(not heads, "the first line", ", ".join(names), "names of columns: the names of files begin below it")
    columns = zip(*(rows if numbered else rows[1:]), strict=True)
    return {
        name: np.array([int(c) for c in column] if all(map(_whole, column)) else [c.strip() for c in column])
        for name, column in zip(names, columns, strict=True)
    }


def _whole(cell):
    return cell.strip().removeprefix("-").isdecimal()


def labels_of_rows(path, name, column, clean):
    """A column of labels as classes: whole numbers 0..C-1, or the names of the task's classes. -> [rows] int64

    Raises ValueError where values are not classes.
    """
    may_be = f"whole numbers in 0..{clean.classes - 1}, one per sample"
    if clean.class_names:
        may_be += f", or names of classes: {', '.join(clean.class_names[:10])}"
    words = column.dtype.kind in "US"
    fine = column.ndim == 1 and len(column) and (column.dtype.kind in "iu" or (words and clean.class_names))
    must(fine, f"{name} in {path.name}", f"{column.dtype} {column.shape}", may_be)
    if clean.class_names:
        texts, numbers = column.astype(str), {text: c for c, text in enumerate(clean.class_names)}
        unknown = sorted({text for text in texts.tolist() if text not in numbers})
        need(not words or not unknown, f"{name} in {path.name}", unknown[:1], may_be)
        if not unknown:
            return np.array([numbers[text] for text in texts.tolist()], np.int64)
    low, high = int(column.min()), int(column.max())
    must(low >= 0 and high < clean.classes, f"{name} in {path.name}", f"{low}..{high}", may_be)
    return column.astype(np.int64)


def places_in_order(path, column, clean):
    """The rows of a file in the order of the original training set. -> [samples]

    Raises ValueError where the length is not that of the set.
    """
    least = int(clean.ids.max()) + 1
    whole = least if least == len(clean.ids) else ORIGINAL.get(clean.name)
    fine = len(column) == whole if whole else len(column) >= least
    may_be = f"{whole or f'{least} or more'}, a label per sample of the original training set of {clean.name!r}"
    need(fine, f"length of {path.name}", len(column), may_be)
    return clean.ids.numpy()
