"""Tasks from CSV tables."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import must, need
from ..tables import (
    choose_columns,
    choose_single_columns,
    names_without,
    need_different_columns,
    read_table,
    refuse_headless,
)
from .arrays import origin_of
from .divide import ask_for_split, checked_parts, choose_skip, divide, parts_of_column, pick
from .features import as_features, choose_features, incomplete, refuse_leaks, standardised
from .labels import encoded, line_of, numeric
from .marks import check_marks, with_points
from .raw import Raw, divided_raw
from .task import Task
from .truth import truth_of

SKIP = ("incomplete",)
LISTED = 8  # features that are listed in the report of what was read


def from_csv(
    path: str | os.PathLike, target: str | Sequence[str] | None = None, kind: str | None = None, test: float = 0.2,
    val: float | None = None, n: int | None = None, standardise: bool | None = None, limit_bytes: float | None = None,
    *, label: str | Sequence[str] | None = None, true_label: str | None = None, split: str | bool | None = None,
    features: str | Sequence[str] | None = None, drop: str | Sequence[str] | None = None, rows: str | None = None,
    words: str | Sequence[str] | None = (), order: str | Sequence | None = None, sep: str | None = None,
    encoding: str | None = None, decimal: str | None = None, thousands: str | None = None,
    skip: str | Sequence[str] = (), labels_are: str = "given",
) -> Task:  # fmt: skip
    """Make a task from a CSV table with a header.

    target (or label): the column of labels, or a list of columns of numbers; the other columns are features. Numbers
    are standardised on the training part, words become one column of 0 and 1 each.
    features, drop: the columns to learn from, or to leave out. Without them, a column that equals or determines the
    target, has the name of labels, or only numbers the rows is an error. rows: the column that names the rows
    (`task.files`). true_label: the column of true labels, empty where they are not known. split: the column that says
    what is for training, validation and testing; False: none does. words: columns that hold words even if they look
    like numbers.
    kind: "classes" or "numbers" (regression), None if the target leaves no doubt: fractions are numbers, words and
    integers 0..C-1 are classes. order: of the classes: "alphabet", "number" or the list of their names
    (`task.class_names`). labels_are: "given" (they may be wrong, the truth is not known) | "true".
    sep, encoding: of the file. decimal, thousands: marks in numbers, as in "1.234,5". skip="incomplete" leaves out
    lines with empty cells, and with words in a column of numbers. test, val: the shares of every class that become test
    and validation set. n: use only this many training samples. standardise: scale regression targets, None = yes.
    Raises ValueError for a column that does not exist, a line of another width, and empty cells, which it names.
    """
    path = Path(path)
    need(target is None or label is None, "label", label, "left out where target is given: they are the same")
    y_true = truth_of(labels_are, true_label)
    skip = choose_skip(skip, SKIP)
    as_text = check_marks(decimal, thousands) or bool(skip)  # marks and odd cells are settled later
    frame = read_table(path, sep, encoding, text=as_text)
    # The role of every column
    targets = choose_targets(path, frame, target, label)
    role_columns = choose_single_columns(path, frame.columns, true_label=true_label, split=split or None, rows=rows)
    taken = [*targets, *role_columns]
    need_different_columns(taken)
    words = choose_words(path, frame, words)
    names = choose_features(path, frame, taken, features, drop)
    # The cells, as text or as numbers, and the lines that are complete
    frame = with_text(path, frame, [*words, rows] if rows else words, sep, encoding)
    read_columns = [*targets, *names, true_label] if true_label else [*targets, *names]
    frame = with_numbers(path, frame, read_columns, words, decimal, thousands)
    word_columns = [*words, *targets] if kind == "classes" else words
    frame, notes = complete_rows(path, frame, names, names_without(taken, [true_label]), word_columns, skip)
    # Samples and labels
    parts = parts_of_rows(path, frame, split, names if features is None else [])
    true = frame[true_label] if true_label else None
    y, class_names, true = encoded(path, frame[targets], kind, order, true)
    x = as_features(path, frame[names], words)
    if features is None:
        refuse_leaks(path, frame[names], frame[targets])
    notes = [f"features: {_listed(names)}", *notes]
    y_true = y_true if true is None else true
    row_names = None if rows is None else names_of_rows(path, frame[rows])
    raw = raw_table(path, x, y, class_names, y_true, parts, test, val, notes, row_names)
    origin = origin_of(path, test, split=split or None, skip=sorted(skip) or None)
    return raw.task(path.stem, val, n, origin, standardise, limit_bytes)


def choose_targets(path: Path, frame: pd.DataFrame, target: Any, label: Any) -> list[str]:
    """Return the columns of labels, which one of two arguments names. Raises ValueError if none does."""
    if target is None:
        targets = choose_columns(path, "label", label, frame.columns)
    else:
        targets = choose_columns(path, "target", target, frame.columns)
    refuse_headless(path, frame, targets)
    return targets


def choose_words(path: Path, frame: pd.DataFrame, words: Any) -> list[str]:
    """Return the columns that hold words whatever they look like, [] for none. Raises ValueError for unknown ones."""
    is_empty = isinstance(words, (list, tuple)) and not words
    if words is None or is_empty:
        return []
    return choose_columns(path, "words", words, frame.columns)


def with_text(
    path: Path, frame: pd.DataFrame, columns: Sequence[str], sep: str | None, encoding: str | None
) -> pd.DataFrame:
    """Return the table with some columns as the text that the file has: 007 is not 7."""
    if not columns:
        return frame
    text = read_table(path, sep, encoding)
    return frame.assign(**{name: text[name] for name in columns})


def with_numbers(
    path: Path, frame: pd.DataFrame, columns: Sequence[str], word_columns: Sequence[str], decimal: str | None,
    thousands: str | None,
) -> pd.DataFrame:  # fmt: skip
    """Return the table with numbers of other marks as numbers, in the columns that are not in `word_columns`."""
    if decimal is None and thousands is None:
        return frame
    numbers = names_without(columns, word_columns)
    return frame.assign(**with_points(path, frame[numbers], decimal, thousands))


def complete_rows(
    path: Path, frame: pd.DataFrame, features: Sequence[str], role_columns: Sequence[str], word_columns: Sequence[str],
    skip: Collection[str],
) -> tuple[pd.DataFrame, list[str]]:  # fmt: skip
    """Return the rows without an empty cell in `features` and `role_columns`, and a note if rows are left out.

    Raises ValueError, which names the first empty cell, unless `skip` leaves incomplete rows out. word_columns: columns
    that hold words, whatever they look like.
    """
    columns = [*features, *role_columns]
    if not skip:
        refuse_empty_cells(path, frame[columns], features)
        return frame, []
    bad = incomplete(frame[columns], word_columns)
    need(not bad.all(), f"the number of lines of {path} without an empty cell", 0, "1 or more")
    frame = frame[~bad].reset_index(drop=True)
    frame = frame.apply(lambda column: column if column.name in word_columns else numeric(column))
    return frame, [f"incomplete lines left out: {bad.sum()}"] if bad.any() else []


def refuse_empty_cells(path: Path, frame: pd.DataFrame, features: Collection[str]) -> None:
    """Raise ValueError that names the first empty cell. A column of `features` could be dropped."""
    empty = np.argwhere(frame.isna().to_numpy())
    if not len(empty):
        return
    row, column = empty[0]
    name = frame.columns[column]
    advice = 'skip="incomplete" leaves such lines out'
    if name in features:
        advice += f", drop={[name]} such columns"
    may_be = f"a value ({len(empty)} cells are empty); {advice}"
    need(False, f"line {line_of(row)}, column {name!r} of {path}", "", may_be)


def parts_of_rows(
    path: Path, frame: pd.DataFrame, split: str | bool | None, candidates: Sequence[str]
) -> np.ndarray | None:
    """Return the part of every row, or None without a split into parts.

    split: a column, False, or None. Raises ValueError for None if one of the columns `candidates` may name parts.
    """
    if split is None:
        ask_for_split(path, candidates, [])
    if not split:
        return None
    return checked_parts(path.name, parts_of_column(path, frame[split]))


def raw_table(
    path: Path, x: np.ndarray, y: np.ndarray, class_names: Sequence[str], y_true: np.ndarray | str | None,
    parts: np.ndarray | None, test: float, val: float | None, notes: Sequence[str],
    row_names: Sequence[str] | None = None,
) -> Raw:  # fmt: skip
    """Divide features [N, F] and labels into training and test set. row_names: of all rows -> Raw"""
    rows = divide(y, y_true, class_names, parts, test, val)
    x = standardised(path, x, rows.train)
    raw = divided_raw(x[rows.train], x[rows.test], y, rows, class_names, notes)
    if row_names is not None:
        raw.files = pick(row_names, rows.train)
        raw.test_files = pick(row_names, rows.test)
    return raw


def names_of_rows(path: Path, column: pd.Series) -> list[str]:
    """Return the names of the rows, from a column. Raises ValueError unless its values are all different."""
    texts = column.astype(str).tolist()
    subject = f"rows {column.name!r} of {path.name}"
    must(len(set(texts)) == len(texts), subject, "with a name twice", "different names")
    return texts


def _listed(columns):
    """Return the names of columns as text, of many only the first ones."""
    listed = ", ".join(map(repr, columns[:LISTED]))
    return listed if len(columns) <= LISTED else f"{listed}, ... ({len(columns)})"
