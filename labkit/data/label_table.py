"""Tables that say which label an image has: which column is what, and which line is of which file."""

import numpy as np
import pandas as pd

from ..errors import ask, need
from ..tables import choose_columns, near, read_table, refuse_headless
from .divide import ask_for_split, checked_parts, part_of, parts_of_column
from .labels import encoded, numeric, whole
from .listing import Listing
from .marks import check_marks, with_points
from .matching import file_column, positions_of


def label_table(
    path, table, files, *, label=None, true_label=None, file=None, split=None, kind=None, order=None, sep=None,
    encoding=None, skip=(), decimal=None, thousands=None,
):  # fmt: skip
    """Read a table of labels of the files below a folder. -> Listing, in the order of the lines"""
    frame = read_table(table, sep, encoding)
    need(len(files), f"images below {path}", 0, "1 or more")
    names = [one.relative_to(path).as_posix() for one in files]
    told = [one for one in (file, true_label, split) if isinstance(one, str) and one != "folder"]
    for argument, value in (("file", file), ("true_label", true_label), ("split", split)):
        if value is not None and value is not False and value != "folder":
            need(isinstance(value, str), argument, value, f"a column of {table.name}")
            choose_columns(table, argument, value, frame.columns)
    file = file_column(table, frame.drop(columns=told if file is None else []), names, file, path)
    labels = choose_label(table, frame, label, {file, *told})
    refuse_headless(table, frame, labels)
    roles = [file, *labels, *(one for one in (true_label, split) if one in frame.columns)]
    need(len(set(roles)) == len(roles), "the columns", roles, "a different column for each role")
    if check_marks(decimal, thousands):
        marked = [*labels, *([true_label] if true_label else [])]
        frame = frame.assign(**with_points(table, frame[marked], decimal, thousands))
    numbers = labels if kind != "classes" else []
    frame = complete_rows(table, frame, [one for one in roles if one != true_label], skip, numbers)
    found, _ = positions_of(table, frame[file], names, path, skip)
    frame, found = frame[found >= 0], found[found >= 0]
    parts = parts_of_rows(table, frame, split, [names[k] for k in found], roles)
    true = None if true_label is None else frame[true_label]
    y, class_names, y_true = encoded(table, frame[labels], kind, order, true)
    notes = [f"labels of {table.name}: column {', '.join(map(repr, labels))} by {file!r}"]
    unused = [name for name in frame.columns if name not in roles]
    notes += [f"columns not used: {', '.join(map(repr, unused))}"] if unused else []
    chosen = [files[k] for k in found]
    return Listing(chosen, [names[k] for k in found], y, class_names, parts, y_true, notes)


def choose_label(table, frame, label, taken):
    """Return the columns of labels: those asked for; else `label`, or all others where they are fractions."""
    if label is not None:
        return choose_columns(table, "label", label, frame.columns)
    rest = [name for name in frame.columns if name not in taken]
    if "label" in rest:
        return ["label"]
    if len(rest) > 1 and all(is_fraction(frame[name]) for name in rest):
        return rest
    allowed = " or ".join(map(repr, rest)) or "given once the table has another column"
    several = ", or a list of such columns" * (len(rest) > 1)
    ask("label", f"{table.name} has no column 'label'{near('label', rest)}", allowed + several)


def is_fraction(column):
    """Return whether a column holds numbers, and not whole ones alone."""
    values = numeric(column)
    return pd.api.types.is_numeric_dtype(values) and not whole(values)


def complete_rows(table, frame, columns, skip, numbers):
    """Return the rows without an empty cell in the columns; others are left out where `skip` says so, and so are words
    in the columns `numbers` where most cells are numbers."""
    empty = frame[columns].isna().any(axis=1)
    for name in numbers if "incomplete" in skip else []:
        number = pd.to_numeric(frame[name], errors="coerce").notna()
        empty |= ~number & (number.mean() > 0.5)
    if "incomplete" in skip:
        need(not empty.all(), f"the number of lines of {table.name} without an empty cell", 0, "1 or more")
        return frame[~empty]
    if empty.any():
        row = int(np.flatnonzero(empty)[0])
        column = frame[columns].columns[frame[columns].iloc[row].isna()][0]
        may_be = f'a value ({int(empty.sum())} lines have empty cells); skip="incomplete" leaves them out'
        need(False, f"line {row + 2}, column {column!r} of {table}", "", may_be)
    return frame


def parts_of_rows(table, frame, split, names, roles):
    """Return the part of every row, or None. split: a column, "folder", False, or None: asked for where it is open."""
    folders = [part_of(name.partition("/")[0]) if "/" in name else None for name in names]
    if split is None:
        ask_for_split(table, [name for name in frame.columns if name not in roles], folders)
    if split is None or split is False:
        return None
    if split == "folder" and "folder" not in frame.columns:
        strange = [name for name, part in zip(names, folders) if part is None]
        need(not strange, "split", split, f"a column: {strange[:1]} lies in no folder train, val or test")
        return checked_parts(table.name, np.array(folders))
    return checked_parts(table.name, parts_of_column(table, frame[split]))
