"""Tasks from CSV tables."""

from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import choose, need
from ..tables import choose_columns, read_table
from .divide import (
    ask_for_split,
    checked_parts,
    choose_skip,
    parts_of_column,
    positions_of_parts,
)
from .features import as_features, choose_features, incomplete, refuse_leaks, standardised
from .labels import encoded, numeric
from .listing import TRUE_LABELS, check_classes, true_test
from .raw import Raw
from .reading import describe

SKIP = ("incomplete",)


def from_csv(
    path, target=None, kind=None, test=0.2, val=None, n=None, standardise=None, limit_bytes=None, *, label=None,
    true_label=None, split=None, features=None, drop=None, rows=None, words=(), order=None, sep=None, encoding=None,
    decimal=None, thousands=None, skip=(), labels_are="given",
):  # fmt: skip
    """A task from a CSV table with a header: `target` (or `label`) is a column of labels, or a list of columns of
    numbers; the others are features. Numbers are standardised on the training part, words become one column of 0 and 1
    each.

    features, drop: the columns to learn from, or to leave out. A column that equals or determines the target, is called
    as labels are, or only numbers the rows is asked about. rows: the column that names the rows (`task.files`).
    true_label: the column of true labels, empty where they are not known. split: the column that says what is for
    training, validation and testing; False: none is. words: columns whose cells are words even if they look like
    numbers.
    kind: "classes" or "numbers" (regression), None where the target leaves nothing open: fractions are numbers, words
    and integers 0..C-1 are classes. order: of the classes: "alphabet", "number" or the list of their names
    (`task.class_names`). labels_are: "given" (they may be wrong: the truth is not known) | "true".
    sep, encoding: of the file. decimal, thousands: marks in numbers, as in "1.234,5". skip="incomplete" leaves out
    lines with empty cells, and with words where a column holds numbers. test, val: the shares of every class that
    become test and validation set. standardise: of regression targets, None = yes.
    Raises ValueError for a column that does not exist, a line of another width, and empty cells, which it names.
    """
    path = Path(path)
    y_true = choose("labels_are", labels_are, TRUE_LABELS)
    need(true_label is None or y_true is None, "labels_are", labels_are, "left out where true_label is given")
    need(target is None or label is None, "label", label, "left out where target is given: they are the same")
    skip = choose_skip(skip, SKIP)
    frame = as_numbers(path, read_table(path, sep, encoding, text=bool(skip)), decimal, thousands)
    argument = "target" if label is None else "label"
    targets = choose_columns(path, argument, target if label is None else label, frame.columns)
    roles = {"true_label": true_label, "split": split or None, "rows": rows}
    taken = [*targets, *(column for name, value in roles.items() for column in one_column(path, name, value, frame))]
    need(len(set(taken)) == len(taken), "the columns", taken, "a different column for each role")
    words = choose_columns(path, "words", words, frame.columns) if len(words) else []
    names = choose_features(path, frame, taken, features, drop)
    frame, left = complete(path, frame, [name for name in [*names, *taken] if name != true_label], words, skip)
    if split is None:
        ask_for_split(path, names if features is None else [], [])
    parts = checked_parts(path.name, parts_of_column(path, frame[split])) if split else None
    y, class_names, true = encoded(path, frame[targets], kind, order, None if true_label is None else frame[true_label])
    y_true = true if true is not None else y_true
    x = as_features(path, frame[names], words)
    if features is None:
        refuse_leaks(path, frame[names], frame[targets])
    left = [f"features: {_listed(names)}", *left]
    raw = raw_table(path, x, y, class_names, y_true, parts, test, val, left)
    if rows is not None:
        name_rows(raw, path, frame[rows])
    marks = [f"{name}={value}" for name, value in (("split", split), ("skip", sorted(skip))) if value]
    return raw.task(
        path.stem, val, n, " ".join([str(path.resolve()), f"test={test}", *marks]), standardise, limit_bytes
    )


def raw_table(path, x, y, class_names, y_true, parts, test, val, notes):
    """Features [N, F] and labels, divided into training and test set. -> Raw"""
    check_classes(y, class_names, parts)
    train, val_rows, held = positions_of_parts(y, parts, test, val)
    x = standardised(path, x, train)
    y_test, test_trusted, more = true_test(y, y_true, held)
    ids = train if parts is None else np.searchsorted(np.flatnonzero(parts != "test"), train)
    told = y_true if y_true is None or isinstance(y_true, str) else y_true[train]
    reading = describe(y, class_names, [*notes, *more])
    classes = len(class_names) if class_names and told is not None else None
    raw = Raw(x[train], y[train], x[held], y_test, None, y.ndim == 2, class_names, ids, True, told, test_trusted)
    raw.val_rows, raw.by_class, raw.reading, raw.classes = val_rows, y.ndim == 1, reading, classes
    raw.rows = train, held
    return raw


def name_rows(raw, path, column):
    """Give the rows the names of a column: numbers and words that are all different."""
    texts = column.astype(str).tolist()
    need(len(set(texts)) == len(texts), f"rows {column.name!r} of {path.name}", "with a name twice", "different names")
    train, held = raw.rows
    raw.files, raw.test_files = [texts[k] for k in train], [texts[k] for k in held]


def one_column(path, argument, name, frame):
    """The column of an argument, in a list. -> list, empty for None"""
    if name is None:
        return []
    need(isinstance(name, str), argument, name, f"one column of {path.name}: {', '.join(frame.columns)}")
    return choose_columns(path, argument, name, frame.columns)


def as_numbers(path, frame, decimal, thousands):
    """Columns of numbers with other marks as numbers."""
    for argument, mark in (("decimal", decimal), ("thousands", thousands)):
        fine = mark is None or (isinstance(mark, str) and len(mark) == 1)
        need(fine, argument, mark, "one character, such as ','")
    need(decimal is None or decimal != thousands, "thousands", thousands, "another mark than decimal")
    if decimal is None and thousands is None:
        return frame
    return frame.apply(lambda column: _converted(column, decimal, thousands))


def _converted(column, decimal, thousands):
    """A column of words as numbers, if all its words are numbers with these marks."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    words = column.astype("string").str.strip()
    if thousands:
        words = words.str.replace(thousands, "", regex=False)
    if decimal:
        words = words.str.replace(decimal, ".", regex=False)
    values = pd.to_numeric(words, errors="coerce")
    return values.astype("float64") if values.notna().sum() == column.notna().sum() > 0 else column


def complete(path, frame, columns, words, skip):
    """The rows without an empty cell; the first one is named, or they are left out. -> DataFrame, notes"""
    if skip:
        bad = incomplete(frame[columns], words)
        need(not bad.all(), f"lines of {path}", "all incomplete", "1 or more without an empty cell")
        frame = frame[~bad].reset_index(drop=True)
        frame = frame.apply(lambda column: column if column.name in words else numeric(column))
        return frame, [f"incomplete lines left out: {bad.sum()}"] if bad.any() else []
    empty = np.argwhere(frame[columns].isna().to_numpy())
    if len(empty):
        row, column = empty[0]
        where = f"line {row + 2}, column {columns[column]!r} of {path}"
        leave = f'skip="incomplete" leaves such lines out, drop={[columns[column]]} such columns'
        need(False, where, "", f"a value ({len(empty)} cells are empty); {leave}")
    return frame, []


def _listed(columns):
    """Names of columns, of many the first ones. -> text"""
    named = ", ".join(map(repr, columns[:8]))
    return named if len(columns) <= 8 else f"{named}, ... ({len(columns)})"
