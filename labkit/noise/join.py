"""Which row of a label file belongs to which sample: by name where names are there, else by position."""

import numpy as np

from ..data.images import ENDINGS
from ..data.matching import matched
from ..errors import ask, choose, need

FILE_NAMES = {"file", "filename", "file_name", "path", "filepath", "image", "image_id", "image_path", "img", "name"}


def places(path, columns, key, clean):
    """The row of every sample of a clean task. key: the column that names the samples, None: the one that names each of
    them, False: rows are in the order of the original training set. -> [samples], or None for this order; the columns
    that are left

    Raises ValueError where the names do not fit, and where there are names and none of them is known.
    """
    if key is None:
        key = key_of(path, columns, clean)
    if key is False:
        return None, columns
    column = choose("key", key, columns)
    need(clean.files, "key", key, f"False: the samples of {clean.name!r} have no names")
    found = rows_by_name(column, clean.files)
    absent = [name for name, row in zip(clean.files, found) if row < 0]
    may_be = f"a name for every sample: {absent[:1]} has no line, or several ({len(absent)} have)"
    need(not absent, f"the key {key!r} in {path.name}", str(column[0]), may_be)
    return found, {name: column for name, column in columns.items() if name != key}


def key_of(path, columns, clean):
    """The column that names every sample once, or False where no column holds names."""
    if clean.files:
        naming = [name for name, column in columns.items() if is_complete(column, clean.files)]
        if len(naming) > 1:
            ask("key", f"the columns {naming} of {path.name} name samples", " or ".join(map(repr, naming)))
        if naming:
            return naming[0]
    like = [name for name, column in columns.items() if looks_like_files(name, column)]
    if like and clean.files and (rows_by_name(columns[like[0]], clean.files) >= 0).any():
        return like[0]  # by position they would be joined with others: `places` names those without a line
    if like:
        what = "none of the task's samples once" if clean.files else "samples, and those of the task have no names"
        others = ", ".join(repr(name) for name in columns if name != like[0])
        may_be = f"another of {others}; or False: the rows are in the order of the original training set"
        ask("key", f"{like[0]!r} in {path.name} names {what}", may_be)
    return False


def is_complete(column, files):
    """Does a column name every file once?"""
    if column.ndim != 1 or len(column) < len(files) or column.dtype.kind not in "USiu":
        return False
    return bool((rows_by_name(column, files) >= 0).all())


def rows_by_name(column, files):
    """The row of every file, -1 where it has none, or more than one. -> [files]"""
    meant = matched(column.astype(str).tolist(), list(files))
    rows = np.full(len(files), -1)
    rows[meant[meant >= 0]] = np.flatnonzero(meant >= 0)
    counts = np.bincount(meant[meant >= 0], minlength=len(files))
    return np.where(counts == 1, rows, -1)


def looks_like_files(name, column):
    """Is a column called like one of files, or are its words names of images?"""
    if column.ndim != 1 or column.dtype.kind not in "US":
        return False
    images = [str(text).lower().endswith(ENDINGS) for text in column[:1000].tolist()]
    return name.lower() in FILE_NAMES or (len(images) > 0 and all(images))
