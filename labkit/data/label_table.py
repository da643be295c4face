"""Tables that say which label an image has: the role of each column, and the file of each line."""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import ask, need
from ..tables import (
    choose_columns,
    choose_single_columns,
    names_without,
    near,
    need_different_columns,
    read_table,
    refuse_headless,
)
from .divide import ask_for_split, checked_parts, part_of_folder, parts_of_column, pick
from .files import relative_paths
from .labels import encoded, is_whole_column, line_of, numeric
from .listing import Listing
from .marks import check_marks, with_points
from .matching import file_column, positions_of


def read_label_table(
    path: Path, table: Path, files: Sequence[Path], *, label: str | Sequence[str] | None = None,
    true_label: str | None = None, file: str | None = None, split: str | bool | None = None, kind: str | None = None,
    order: str | Sequence | None = None, sep: str | None = None, encoding: str | None = None,
    skip: Collection[str] = (), decimal: str | None = None, thousands: str | None = None,
) -> Listing:  # fmt: skip
    """Read a table of labels of the files below the folder `path`. -> Listing, in the order of the lines

    For the other arguments see `from_folder`.
    """
    frame = read_table(table, sep, encoding)
    need(len(files), f"images below {path}", 0, "1 or more")
    names = relative_paths(files, path)
    by_folder = split == "folder" and "folder" not in frame.columns
    split_column = None if split is False or by_folder else split
    taken = choose_single_columns(table, frame.columns, file=file, true_label=true_label, split=split_column)
    candidates = frame if file is not None else frame.drop(columns=taken)
    file = file_column(table, candidates, names, file, path)
    labels = choose_label(table, frame, label, {file, *taken})
    refuse_headless(table, frame, labels)
    roles = [file, *labels]
    if true_label is not None:
        roles.append(true_label)
    if split_column is not None:
        roles.append(split_column)
    need_different_columns(roles)
    if check_marks(decimal, thousands):
        marked = labels if not true_label else [*labels, true_label]
        frame = frame.assign(**with_points(table, frame[marked], decimal, thousands))
    number_columns = labels if kind != "classes" else []
    frame = complete_rows(table, frame, names_without(roles, [true_label]), skip, number_columns)
    positions = positions_of(table, frame[file], names, path, skip)
    frame = frame[positions >= 0]
    positions = positions[positions >= 0]
    listed = pick(names, positions)
    parts = parts_of_rows(table, frame, split, listed, roles)
    true = None if true_label is None else frame[true_label]
    y, class_names, y_true = encoded(table, frame[labels], kind, order, true)
    notes = [f"labels of {table.name}: column {', '.join(map(repr, labels))} by {file!r}"]
    unused = names_without(frame.columns, roles)
    if unused:
        notes.append(f"columns not used: {', '.join(map(repr, unused))}")
    return Listing(pick(files, positions), listed, y, class_names, parts, y_true, notes)


def choose_label(
    table: Path, frame: pd.DataFrame, label: str | Sequence[str] | None, taken: Collection[str]
) -> list[str]:  # fmt: skip
    """Return the columns of labels: those asked for, else "label", else all others if these hold fractions.

    taken: columns with another role. Raises ValueError, which asks for `label`, for other tables.
    """
    if label is not None:
        return choose_columns(table, "label", label, frame.columns)
    candidates = names_without(frame.columns, taken)
    if "label" in candidates:
        return ["label"]
    if len(candidates) > 1 and all(is_fraction(frame[name]) for name in candidates):
        return candidates
    may_be = " or ".join(map(repr, candidates)) or "given once the table has another column"
    if len(candidates) > 1:
        may_be += ", or a list of such columns"
    ask("label", f"{table.name} has no column 'label'{near('label', candidates)}", may_be)


def is_fraction(column: pd.Series) -> bool:
    """Return whether a column holds numbers, and not all of them are whole."""
    values = numeric(column)
    return pd.api.types.is_numeric_dtype(values) and not is_whole_column(values)


def complete_rows(
    table: Path, frame: pd.DataFrame, columns: Sequence[str], skip: Collection[str], number_columns: Iterable[str]
) -> pd.DataFrame:
    """Return the rows without an empty cell in the columns. Raises ValueError for others unless `skip` leaves them out.

    skip: if it holds "incomplete", incomplete rows are left out, and so are words in a column of `number_columns` in
    which most cells are numbers.
    """
    empty = frame[columns].isna().any(axis=1)
    if "incomplete" not in skip:
        if empty.any():
            refuse_empty_cell(table, frame[columns], empty)
        return frame
    for name in number_columns:
        is_number = pd.to_numeric(frame[name], errors="coerce").notna()
        empty |= ~is_number & (is_number.mean() > 0.5)
    need(not empty.all(), f"the number of lines of {table.name} without an empty cell", 0, "1 or more")
    return frame[~empty]


def refuse_empty_cell(table: Path, frame: pd.DataFrame, empty: pd.Series) -> None:
    """Raise ValueError that names the first empty cell. empty: rows with an empty cell"""
    row = int(np.flatnonzero(empty)[0])
    column = frame.columns[frame.iloc[row].isna()][0]
    may_be = f'a value ({int(empty.sum())} lines have empty cells); skip="incomplete" leaves them out'
    need(False, f"line {line_of(row)}, column {column!r} of {table}", "", may_be)


def parts_of_rows(
    table: Path, frame: pd.DataFrame, split: str | bool | None, names: Sequence[str], roles: Collection[str]
) -> np.ndarray | None:
    """Return the part of every row, or None without a split into parts.

    split: a column, "folder" (the first folder of each file), False, or None. Raises ValueError for None if a column or
    the folders may name parts. names: paths of the files; roles: columns that are no candidates.
    """
    folder_parts = [part_of_folder(name) for name in names]
    if split is None:
        ask_for_split(table, names_without(frame.columns, roles), folder_parts)
    if split is None or split is False:
        return None
    if split != "folder" or "folder" in frame.columns:
        return checked_parts(table.name, parts_of_column(table, frame[split]))
    outside = [name for name, part in zip(names, folder_parts) if part is None]
    need(not outside, "split", split, f"a column: {outside[:1]} lies in no folder train, val or test")
    return checked_parts(table.name, np.array(folder_parts))
