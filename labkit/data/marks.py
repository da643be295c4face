"""Numbers of a table with other marks than a point, such as 1.234,5."""

import re

import pandas as pd

from ..errors import need
from .labels import line_of, numeric

TRUTH_VALUES = {"true": True, "false": False}


def check_marks(decimal: str | None, thousands: str | None) -> bool:
    """Return whether numbers have other marks. Raises ValueError unless each is one character, and they differ."""
    for argument, mark in (("decimal", decimal), ("thousands", thousands)):
        is_valid = mark is None or _is_mark(mark)
        need(is_valid, argument, mark, "one character, such as ',', that is no digit, letter or sign")
    need(decimal is None or decimal != thousands, "thousands", thousands, "another mark than decimal")
    return decimal is not None or thousands is not None


def _is_mark(mark):
    """Return whether a value can stand between digits."""
    return isinstance(mark, str) and len(mark) == 1 and not mark.isalnum() and mark not in "+-"


def with_points(path: object, frame: pd.DataFrame, decimal: str | None, thousands: str | None) -> pd.DataFrame:
    """Return columns of text, those of numbers with these marks as columns of numbers.

    Other columns keep their words; the numbers in them get a point as the mark of decimals.
    Raises ValueError for a number with other marks.
    """
    return frame.apply(lambda column: _column_with_points(path, column, decimal or ".", thousands))


def _column_with_points(path, column, decimal, thousands):
    """Return a column of text as `with_points` does."""
    cells = column.str.strip()
    is_number = cells.str.fullmatch(number_pattern(decimal, thousands)).fillna(False).astype(bool)
    refuse_other_marks(path, cells[~is_number].dropna(), decimal, thousands)
    texts = cells[is_number]
    if thousands:
        texts = texts.str.replace(thousands, "", regex=False)
    cells = cells.copy()
    cells[is_number] = texts.str.replace(decimal, ".", regex=False)
    return truth_values(numeric(cells))


def number_pattern(decimal: str, thousands: str | None) -> str:
    """Return the regular expression of a number with these marks."""
    groups = rf"|\d{{1,3}}({re.escape(thousands)}\d{{3}})+" if thousands else ""
    point = re.escape(decimal)
    return rf"[-+]?((\d+{groups})({point}\d*)?|{point}\d+)([eE][-+]?\d+)?"


def refuse_other_marks(path: object, cells: pd.Series, decimal: str, thousands: str | None) -> None:
    """Raise ValueError for a number with other marks. cells: those of a column that are no numbers with these marks."""
    is_number = pd.to_numeric(cells, errors="coerce").notna()
    if thousands:
        without_marks = cells.str.replace(thousands, "", regex=False).str.replace(decimal, ".", regex=False)
        is_number |= pd.to_numeric(without_marks, errors="coerce").notna()
    elif decimal != ".":
        is_number |= cells.str.fullmatch(number_pattern(decimal, ".")).astype(bool)
    if not is_number.any():
        return
    name = cells.name
    row = int(cells.index[is_number.to_numpy()][0])
    groups = f"{thousands!r} between groups of three digits" if thousands else 'no other mark (thousands="." is one)'
    may_be = (
        f"a number with {decimal!r} before its fraction, and {groups}; words={[name]} takes all as words, "
        f"drop={[name]} leaves it out"
    )
    need(False, f"line {line_of(row)}, column {name!r} of {path}", cells.loc[row], may_be)


def truth_values(column: pd.Series) -> pd.Series:
    """Return a column of text as truth values, if all its cells are "true" or "false"."""
    if pd.api.types.is_numeric_dtype(column) or column.isna().any():
        return column
    lower = column.str.lower()
    return lower.map(TRUTH_VALUES).astype(bool) if set(lower) <= set(TRUTH_VALUES) else column
