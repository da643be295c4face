"""Columns of labels as classes or as numbers. What a column leaves open is asked for, never guessed."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import ask, choose, must, need
from .order import class_order

KINDS = ("classes", "numbers")
COMMAS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?|[-+]?\d+,\d+")
MANY = 20  # rows from which labels that are nearly all different are no classes


def encoded(path, frame, kind=None, order=None, true=None):
    """Return columns of labels as classes [N] int64 or numbers [N, Q] float32, the class names, and the true labels.

    frame: one column, or several of numbers. kind: "classes" | "numbers", None where the column leaves nothing open.
    order: of classes, see `class_order`. true: a column of true labels, None or with empty cells; a true label that is
    not known becomes -1. Class names are () where the labels are 0..C-1 already.
    Raises ValueError for labels that are none, and asks for `kind` or `order` where both answers are possible.
    """
    choose("kind", kind, dict.fromkeys((None, *KINDS)))
    frame = frame.apply(numeric)
    kind = kind or kind_of(path, frame)
    if kind == "numbers":
        y = numbers(path, frame)
        return y, (), None if true is None else known_numbers(path, true, y)
    true = None if true is None else true_classes(true)
    if len(frame.columns) > 1:
        return one_hot(path, frame, true)
    column = as_classes(frame.iloc[:, 0])
    name = f"{column.name!r} of {Path(path).name}"
    refuse_cells(name, column)
    if true is not None:
        column, true = alike(column, true)
        refuse_strange(path, column, true, order)
    values = column if true is None else pd.concat([column, true.dropna()])
    names = class_order(name, values, order)
    numbered = {name: number for number, name in enumerate(names)}
    y = column.map(numbered).to_numpy(np.int64)
    y_true = None if true is None else true.map(numbered).fillna(-1).to_numpy(np.int64)
    positions = all(not isinstance(name, str) for name in names) and list(names) == list(range(len(names)))
    return y, () if positions else tuple(map(str, names)), y_true


def numeric(column):
    """Return a column as numbers if all its cells that are not empty are numbers, else as it is."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column
    different = pd.Series(column.dropna().unique())
    if not len(different) or pd.to_numeric(different, errors="coerce").isna().any():
        return column
    return pd.to_numeric(column, errors="coerce")


def kind_of(path, frame):
    """Return "classes" or "numbers", or ask for it where the columns could be both."""
    what, types = f"of {Path(path).name}", frame.dtypes
    is_number = [pd.api.types.is_numeric_dtype(t) and not pd.api.types.is_bool_dtype(t) for t in types]
    if len(types) > 1:
        if all(is_number) and is_one_hot(frame.to_numpy()):
            ask("kind", f"the {len(types)} columns {what} hold a single 1 in every line", '"classes" or "numbers"')
        return "numbers"
    column, name = frame.iloc[:, 0], f"column {frame.columns[0]!r} {what}"
    if not is_number[0]:
        refuse_commas(name, column)
        refuse_mixed(name, column)
        few = len(column) < MANY or column.nunique() <= len(column) / 2
        must(few, name, f"{column.nunique()} different words in {len(column)} lines", "classes of several samples each")
        return "classes"
    if not whole(column):
        return "numbers"
    different = column.nunique()
    many = len(column) >= MANY and different > len(column) / 2
    if pd.api.types.is_float_dtype(column) and not many:
        ask("kind", f"{name} holds whole numbers written as fractions, {different} different ones",
            '"classes" or "numbers"')  # fmt: skip
    if many and not pd.api.types.is_float_dtype(column) and sorted(set(column)) == list(range(different)):
        ask("kind", f"{name} holds {different} different whole numbers in {len(column)} lines",
            '"classes" or "numbers"')  # fmt: skip
    return "numbers" if pd.api.types.is_float_dtype(column) else "classes"


def whole(column):
    """Return whether all numbers of a column are whole and finite. Empty cells do not count."""
    values = column.dropna().to_numpy(np.float64)
    return bool(np.isfinite(values).all() and (values == np.round(values)).all())


def is_one_hot(values):
    """Return whether every row [Q] holds a single 1 among zeros, and several columns have one."""
    if values.ndim != 2 or values.shape[1] < 2 or not len(values):
        return False
    binary = bool(np.isin(values, (0, 1)).all())
    return binary and bool((values.sum(1) == 1).all()) and int(values.any(0).sum()) > 1


def one_hot(path, frame, true=None):
    """Return the classes of columns that hold a single 1 in every line, named as the columns are. true: names of these
    columns, empty where not known."""
    name = f"the columns {list(frame)} of {Path(path).name}"
    must(is_one_hot(frame.to_numpy()), name, "not a single 1 in each line",
         'one column; or several with a single 1 in each line; or kind="numbers"')  # fmt: skip
    names = tuple(map(str, frame.columns))
    y = frame.to_numpy().argmax(1).astype(np.int64)
    if true is None:
        return y, names, None
    numbered = {name: number for number, name in enumerate(names)}
    texts = true.dropna().astype(str)
    strange = sorted(set(texts) - set(names))
    need(not strange, f"true_label {true.name!r}", strange[:1], f"one of {', '.join(names)}, or empty")
    return y, names, true.map(lambda value: numbered.get(str(value), -1)).fillna(-1).to_numpy(np.int64)


def true_classes(true):
    """Return a column of true labels as classes: empty cells, and -1 among numbers, are not known."""
    column = as_classes(numeric(true))
    unknown = column.isin([-1, "", "-1"]).fillna(True).astype(bool)
    return column.mask(unknown)


def alike(given, true):
    """Return both columns as words, where one holds words and the other numbers."""
    columns = given, true.dropna()
    if len({pd.api.types.is_numeric_dtype(column) for column in columns if len(column)}) < 2:
        return given, true
    return given.astype(str), true.map(str, na_action="ignore")


def refuse_strange(path, given, true, order):
    """Ask about true labels that no line has as its given label: they may be other words for the same classes."""
    strange = sorted(map(str, set(true.dropna()) - set(given)))
    if strange and not isinstance(order, (list, tuple)):
        known = sorted(map(str, set(given)))
        ask("order", f"the true labels {strange[:5]} in {true.name!r} of {Path(path).name} are never given: the given "
            f"ones are {known[:5]}", "the list of all classes; or write both columns alike")  # fmt: skip


def refuse_cells(name, column):
    """Raise ValueError for a cell of blanks, and for one with several labels, as Label Studio writes them."""
    texts = column.dropna().astype(str)
    blank = texts[texts == ""]
    if len(blank):
        need(False, f"line {int(blank.index[0]) + 2}, {name}", "", "a label")
    several = texts[texts.str.match(r"[\[{].*[\]}]$")]
    if len(several):
        line = int(several.index[0]) + 2
        need(False, f"line {line}, {name}", several.iloc[0], 'one label, or empty (skip="incomplete" leaves it out)')


def refuse_commas(name, column):
    """Raise ValueError where words are numbers with commas in them."""
    words = pd.Series(column.dropna().unique()).astype(str).str.strip()
    fitting = words[words.str.fullmatch(COMMAS)]
    if len(fitting) > len(words) / 2:
        one = fitting.iloc[0]
        need(False, name, one, 'numbers without commas; thousands="," or decimal="," says what the comma is')


def refuse_mixed(name, column):
    """Raise ValueError where most cells are numbers and others are words."""
    if pd.to_numeric(pd.Series(column.unique()), errors="coerce").isna().all():
        return
    number = pd.to_numeric(column, errors="coerce").notna()
    others = column[~number & column.notna()]
    if number.mean() > 0.5 and len(others):
        line = int(others.index[0]) + 2
        need(False, f"line {line}, {name}", others.iloc[0],
             'a number, as most in it; skip="incomplete" leaves such lines out, kind="classes" takes all as words',
        )  # fmt: skip


def as_classes(column):
    """Return a column of words or of whole numbers (fractions and truths become words), empty cells as they are."""
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return column.map({word: str(word).strip() for word in column.dropna().unique()})
    return (
        column.astype("Int64") if whole(column) else column.map(lambda value: value if pd.isna(value) else str(value))
    )


def numbers(path, frame):
    """Return columns of numbers as float32 [N, Q]. Raises ValueError that names the first cell that is none."""
    for name in frame:
        column = frame[name]
        fine = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
        if not fine:
            refuse_commas(f"column {name!r} of {Path(path).name}", column)
        need(fine, f"target {name!r} of {Path(path).name}", str(column.dtype), "numbers in every line")
    return finite(path, frame).astype(np.float32)


def known_numbers(path, true, y):
    """Return true targets [N, Q] as float32, NaN where they are not known."""
    values = numeric(true)
    need(pd.api.types.is_numeric_dtype(values), f"true_label {true.name!r} of {Path(path).name}", str(values.dtype),
         "numbers, or empty where the truth is not known")  # fmt: skip
    return values.to_numpy(np.float32).reshape(y.shape)


def finite(path, frame):
    """Return columns of numbers as float64 [N, F]. Raises ValueError that names the first cell that is not finite, or
    that no network can hold."""
    values = frame.to_numpy(np.float64)
    bad = np.argwhere(~np.isfinite(values) | (np.abs(values) > np.finfo(np.float32).max))
    if len(bad):
        row, column = bad[0]
        where = f"line {row + 2}, column {frame.columns[column]!r} of {path}"
        need(False, where, float(values[row, column]), "a finite number, below 3.4e38 (float32)")
    return values
