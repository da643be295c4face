"""Columns of labels as classes or as numbers. Where a column can be read in two ways, the error asks which one."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_float_dtype, is_numeric_dtype

from ..errors import ask, choose, must, need
from .kinds import KINDS, is_one_hot
from .order import class_order, has_words, numbered

COMMAS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?|[-+]?\d+,\d+")
SEVERAL_LABELS = r"[\[{].*[\]}]$"  # as Label Studio writes them
MIN_ROWS = 20  # rows from which labels that are nearly all different are no classes
EITHER = '"classes" or "numbers"'
Encoded = tuple[np.ndarray, tuple[str, ...], np.ndarray | None]


def encoded(
    path: str | Path, frame: pd.DataFrame, kind: str | None = None, order: str | Sequence | None = None,
    true: pd.Series | None = None,
) -> Encoded:  # fmt: skip
    """Return columns of labels as classes [N] int64 or numbers [N, Q] float32, the class names, and the true labels.

    frame: one column, or several of numbers. kind: "classes" | "numbers", None if the column leaves no doubt.
    order: of classes, see `class_order`. true: a column of true labels, None or with empty cells; a true label that is
    not known becomes -1. Class names are () if the labels are 0..C-1 already.
    Raises ValueError for what is no label, and without `kind` or `order` if both readings are possible.
    """
    choose("kind", kind, dict.fromkeys((None, *KINDS)))
    frame = frame.apply(numeric)
    kind = kind or kind_of(path, frame)
    if kind == "numbers":
        y = numbers(path, frame)
        return y, (), None if true is None else known_numbers(path, true, y)
    if true is not None:
        true = true_classes(true)
    if len(frame.columns) > 1:
        return one_hot(path, frame, true)
    return _encoded_classes(path, as_classes(frame.iloc[:, 0]), order, true)


def _encoded_classes(path, column, order, true):
    """Return a column of classes, and of true ones or None, as `encoded` does."""
    subject = f"{column.name!r} of {Path(path).name}"
    refuse_cells(subject, column)
    values = column
    if true is not None:
        column, true = comparable(column, true)
        refuse_unknown_classes(path, column, true, order)
        values = pd.concat([column, true.dropna()])
    names = class_order(subject, values, order)
    number_of = numbered(names)
    y = column.map(number_of).to_numpy(np.int64)
    y_true = None
    if true is not None:
        y_true = true.map(number_of).fillna(-1).to_numpy(np.int64)
    if not has_words(names) and list(names) == list(range(len(names))):
        return y, (), y_true
    return y, tuple(map(str, names)), y_true


def numeric(column: pd.Series) -> pd.Series:
    """Return a column as numbers if all its cells that are not empty are numbers, else as it is."""
    if is_numeric_dtype(column) or is_bool_dtype(column):
        return column
    different = pd.Series(column.dropna().unique())
    if not len(different) or pd.to_numeric(different, errors="coerce").isna().any():
        return column
    return pd.to_numeric(column, errors="coerce")


def is_number_column(column: pd.Series) -> bool:
    """Return whether a column has a type of numbers, which truth values are not."""
    return is_numeric_dtype(column) and not is_bool_dtype(column)


def kind_of(path: str | Path, frame: pd.DataFrame) -> str:
    """Return "classes" or "numbers". Raises ValueError, which asks for `kind`, if the columns could be both."""
    file = Path(path).name
    count = len(frame.columns)
    if count == 1:
        return _kind_of_column(f"column {frame.columns[0]!r} of {file}", frame.iloc[:, 0])
    are_numbers = all(is_number_column(frame.iloc[:, k]) for k in range(count))
    if are_numbers and is_one_hot(frame.to_numpy()):
        ask("kind", f"the {count} columns of {file} hold a single 1 in every line", EITHER)
    return "numbers"


def _kind_of_column(subject, column):
    """Return the kind of a single column of labels, as `kind_of` does."""
    different = column.nunique()
    hardly_repeats = len(column) >= MIN_ROWS and different > len(column) / 2
    if not is_number_column(column):
        refuse_commas(subject, column)
        refuse_mixed(subject, column)
        finding = f"{different} different words in {len(column)} lines"
        must(not hardly_repeats, subject, finding, "classes of several samples each")
        return "classes"
    if not is_whole_column(column):
        return "numbers"
    if is_float_dtype(column):
        if not hardly_repeats:
            ask("kind", f"{subject} holds whole numbers written as fractions, {different} different ones", EITHER)
        return "numbers"
    if hardly_repeats and sorted(set(column)) == list(range(different)):
        ask("kind", f"{subject} holds {different} different whole numbers in {len(column)} lines", EITHER)
    return "classes"


def is_whole_column(column: pd.Series) -> bool:
    """Return whether all numbers of a column are whole and finite. Empty cells do not count."""
    values = column.dropna().to_numpy(np.float64)
    return bool(np.isfinite(values).all() and (values == np.round(values)).all())


def one_hot(path: str | Path, frame: pd.DataFrame, true: pd.Series | None = None) -> Encoded:
    """Return the classes of columns that hold a single 1 in every line. The names of the columns are the class names.

    true: names of these columns, empty where not known.
    """
    subject = f"the columns {list(frame)} of {Path(path).name}"
    values = frame.to_numpy()
    may_be = 'one column; or several with a single 1 in each line; or kind="numbers"'
    must(is_one_hot(values), subject, "not a single 1 in each line", may_be)
    names = tuple(map(str, frame.columns))
    y = values.argmax(1).astype(np.int64)
    if true is None:
        return y, names, None
    unknown = sorted(set(true.dropna().astype(str)) - set(names))
    need(not unknown, f"true_label {true.name!r}", unknown[:1], f"one of {', '.join(names)}, or empty")
    number_of = numbered(names)
    y_true = true.map(lambda value: number_of.get(str(value), -1))
    return y, names, y_true.fillna(-1).to_numpy(np.int64)


def true_classes(true: pd.Series) -> pd.Series:
    """Return a column of true labels as classes. Empty cells, and -1 among numbers, are missing values in it."""
    column = as_classes(numeric(true))
    unknown = column.isin([-1, "", "-1"]).fillna(True).astype(bool)
    return column.mask(unknown)


def comparable(given: pd.Series, true: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return both columns of labels; as words, if one holds words and the other numbers."""
    kinds = {is_numeric_dtype(column) for column in (given, true.dropna()) if len(column)}
    if len(kinds) < 2:
        return given, true
    return given.astype(str), true.map(str, na_action="ignore")


def refuse_unknown_classes(
    path: str | Path, given: pd.Series, true: pd.Series, order: str | Sequence | None
) -> None:  # fmt: skip
    """Raise ValueError for true labels that are never given: they may be other words for the same classes."""
    unknown = sorted(map(str, set(true.dropna()) - set(given)))
    if unknown and not isinstance(order, (list, tuple)):
        known = sorted(map(str, set(given)))
        finding = f"the true labels {unknown[:5]} in {true.name!r} of {Path(path).name} are never given"
        may_be = "the list of all classes; or write both columns alike"
        ask("order", f"{finding}: the given ones are {known[:5]}", may_be)


def line_of(row: int) -> int:
    """Return the line of a table's row in its file. Line 1 is the header."""
    return int(row) + 2


def refuse_cells(subject: str, column: pd.Series) -> None:
    """Raise ValueError for a cell of blanks, and for one with several labels."""
    texts = column.dropna().astype(str)
    blank = texts[texts == ""]
    if len(blank):
        need(False, f"line {line_of(blank.index[0])}, {subject}", "", "a label")
    several = texts[texts.str.match(SEVERAL_LABELS)]
    if len(several):
        cell = f"line {line_of(several.index[0])}, {subject}"
        need(False, cell, several.iloc[0], 'one label, or empty (skip="incomplete" leaves it out)')


def refuse_commas(subject: str, column: pd.Series) -> None:
    """Raise ValueError if most words of a column are numbers with commas in them."""
    different = pd.Series(column.dropna().unique()).astype(str).str.strip()
    with_commas = different[different.str.fullmatch(COMMAS)]
    may_be = 'numbers without commas; thousands="," or decimal="," says what the comma is'
    if len(with_commas) > len(different) / 2:
        need(False, subject, with_commas.iloc[0], may_be)


def refuse_mixed(subject: str, column: pd.Series) -> None:
    """Raise ValueError if most cells are numbers and other_cells are words."""
    if pd.to_numeric(pd.Series(column.unique()), errors="coerce").isna().all():
        return
    is_number = pd.to_numeric(column, errors="coerce").notna()
    other_cells = column[~is_number & column.notna()]
    if is_number.mean() > 0.5 and len(other_cells):
        may_be = 'a number, as most in it; skip="incomplete" leaves such lines out, kind="classes" takes all as words'
        cell = f"line {line_of(other_cells.index[0])}, {subject}"
        need(False, cell, other_cells.iloc[0], may_be)


def as_classes(column: pd.Series) -> pd.Series:
    """Return a column of classes: words, or whole numbers. Fractions and truth values become words.

    Empty cells stay empty.
    """
    if not is_number_column(column):
        return column.map({cell: str(cell).strip() for cell in column.dropna().unique()})
    if is_whole_column(column):
        return column.astype("Int64")
    return column.map(lambda value: value if pd.isna(value) else str(value))


def numbers(path: str | Path, frame: pd.DataFrame) -> np.ndarray:
    """Return columns of numbers as float32 [N, Q]. Raises ValueError for columns of words and numbers not finite."""
    file = Path(path).name
    for name in frame:
        column = frame[name]
        if not is_number_column(column):
            refuse_commas(f"column {name!r} of {file}", column)
            need(False, f"target {name!r} of {file}", str(column.dtype), "numbers in every line")
    return finite(path, frame).astype(np.float32)


def known_numbers(path: str | Path, true: pd.Series, y: np.ndarray) -> np.ndarray:
    """Return true targets like y, [N, Q] float32, NaN where they are not known. Raises ValueError for words."""
    values = numeric(true)
    subject = f"true_label {true.name!r} of {Path(path).name}"
    may_be = "numbers, or empty where the truth is not known"
    need(is_numeric_dtype(values), subject, str(values.dtype), may_be)
    return values.to_numpy(np.float32).reshape(y.shape)


def finite(path: str | Path, frame: pd.DataFrame) -> np.ndarray:
    """Return columns of numbers as float64 [N, F].

    Raises ValueError that names the first cell that is infinite, missing, or too large for float32.
    """
    values = frame.to_numpy(np.float64)
    largest = np.finfo(np.float32).max
    is_bad = ~np.isfinite(values) | (np.abs(values) > largest)
    bad = np.argwhere(is_bad)
    if len(bad):
        row, column = bad[0]
        cell = f"line {line_of(row)}, column {frame.columns[column]!r} of {path}"
        need(False, cell, float(values[row, column]), "a finite number, below 3.4e38 (float32)")
    return values
