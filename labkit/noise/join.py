"""The row of a label file for each sample: by name where there are names, else by position."""

from pathlib import Path
from typing import Literal

import numpy as np

from ..data.images import ENDINGS
from ..data.matching import matched
from ..errors import ask, choose, need
from .base import Clean

FILE_NAMES = {"file", "filename", "file_name", "path", "filepath", "image", "image_id", "image_path", "img", "name"}


Key = str | Literal[False] | None
Columns = dict[str, np.ndarray]


def join(path: Path, columns: Columns, key: Key, clean: Clean) -> tuple[np.ndarray | None, Columns]:
    """Return the row of every sample, None for the order of the original training set; and the columns without the key.

    key: the column that names the samples; None: the one that names each of them; False: rows are in the order of the
    original training set. Raises ValueError where a sample has no row, and where no name is known.
    """
    if key is None:
        key = key_of(path, columns, clean)
    if key is False:
        return None, columns
    column = choose("key", key, columns)
    need(clean.files, "key", key, f"False: the samples of {clean.name!r} have no names")
    rows = rows_by_name(column, clean.files)
    absent = [clean.files[position] for position in np.flatnonzero(rows < 0)]
    may_be = f"a name for every sample: {absent[:1]} has no line, or several ({len(absent)} have)"
    need(not absent, f"the key {key!r} in {path.name}", str(column[0]), may_be)
    columns = dict(columns)
    del columns[key]
    return rows, columns


def key_of(path: Path, columns: Columns, clean: Clean) -> str | Literal[False]:
    """Return the column that names every sample once, or False where no column holds names."""
    if clean.files:
        naming = complete_columns(columns, clean.files)
        if len(naming) > 1:
            alternatives = " or ".join(map(repr, naming))
            ask("key", f"the columns {naming} of {path.name} name samples", alternatives)
        if naming:
            return naming[0]
    file_columns = []
    for name, column in columns.items():
        if has_file_names(name, column):
            file_columns.append(name)
    if not file_columns:
        return False
    key = file_columns[0]
    samples = "samples, and those of the task have no names"
    if clean.files:
        rows = rows_by_name(columns[key], clean.files)
        if (rows >= 0).any():
            return key  # not by position, which would join other samples: `join` names those without a line
        samples = "none of the task's samples once"
    alternatives = ", ".join(repr(name) for name in columns if name != key)
    may_be = f"another of {alternatives}; or False: the rows are in the order of the original training set"
    ask("key", f"{key!r} in {path.name} names {samples}", may_be)


def complete_columns(columns: Columns, files: tuple[str, ...]) -> list[str]:
    """Return the columns that name every file once."""
    names = []
    for name, column in columns.items():
        if is_complete(column, files):
            names.append(name)
    return names


def is_complete(column: np.ndarray, files: tuple[str, ...]) -> bool:
    """Return whether a column names every file once."""
    if column.ndim != 1 or len(column) < len(files) or column.dtype.kind not in "USiu":
        return False
    rows = rows_by_name(column, files)
    return bool((rows >= 0).all())


def rows_by_name(column: np.ndarray, files: tuple[str, ...]) -> np.ndarray:
    """Return the row of every file, -1 for a file with no row or several. -> [files]"""
    names = column.astype(str).tolist()
    file_of_row = matched(names, list(files))
    matched_rows = np.flatnonzero(file_of_row >= 0)
    matched_files = file_of_row[matched_rows]
    rows = np.full(len(files), -1)
    rows[matched_files] = matched_rows
    counts = np.bincount(matched_files, minlength=len(files))
    return np.where(counts == 1, rows, -1)


def has_file_names(name: str, column: np.ndarray) -> bool:
    """Return whether a column has a name of FILE_NAMES, or holds names of images."""
    if column.ndim != 1 or column.dtype.kind not in "US":
        return False
    if name.lower() in FILE_NAMES:
        return True
    texts = column[:1000].tolist()
    for text in texts:
        if not str(text).lower().endswith(ENDINGS):
            return False
    return len(texts) > 0
