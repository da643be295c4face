"""Numbers of a table with other marks than a point, such as 1.234,5."""

import re
from functools import partial

import pandas as pd

from ..errors import need
from .labels import numeric

TRUTHS = {"true": True, "false": False}


def check_marks(decimal, thousands):
    """Raise ValueError unless marks in numbers are one character each, and different. -> are there any?"""
    for argument, mark in (("decimal", decimal), ("thousands", thousands)):
        fine = mark is None or (isinstance(mark, str) and len(mark) == 1 and not (mark.isalnum() or mark in "+-"))
        need(fine, argument, mark, "one character, such as ',', that is no digit, letter or sign")
    need(decimal is None or decimal != thousands, "thousands", thousands, "another mark than decimal")
    return decimal is not None or thousands is not None


def with_points(path, frame, decimal, thousands):
    """Return columns of text whose numbers have these marks as columns of numbers, where all cells are numbers.

    Other columns keep their words; the numbers in them get a point as the mark of decimals.
    Raises ValueError for a number with other marks.
    """
    return frame.apply(partial(_with_points, path, decimal or ".", thousands))


def _with_points(path, decimal, thousands, column):
    """The same for one column."""
    cells = column.str.strip()
    fits = cells.str.fullmatch(number_pattern(decimal, thousands)).fillna(False).astype(bool)
    refuse_other_marks(path, cells[~fits].dropna(), decimal, thousands)
    plain = cells[fits].str.replace(thousands, "", regex=False) if thousands else cells[fits]
    cells = cells.copy()
    cells[fits] = plain.str.replace(decimal, ".", regex=False)
    return truths(numeric(cells))


def number_pattern(decimal, thousands):
    """Return the regular expression of a number with these marks."""
    groups = rf"|\d{{1,3}}({re.escape(thousands)}\d{{3}})+" if thousands else ""
    point = re.escape(decimal)
    return rf"[-+]?((\d+{groups})({point}\d*)?|{point}\d+)([eE][-+]?\d+)?"


def refuse_other_marks(path, cells, decimal, thousands):
    """Raise ValueError for a cell that is a number, but with other marks. cells: without those that fit"""
    is_number = pd.to_numeric(cells, errors="coerce").notna()
    if thousands:
        without = cells.str.replace(thousands, "", regex=False).str.replace(decimal, ".", regex=False)
        is_number |= pd.to_numeric(without, errors="coerce").notna()
    elif decimal != ".":
        is_number |= cells.str.fullmatch(number_pattern(decimal, ".")).astype(bool)
    if not is_number.any():
        return
    row, name = int(cells.index[is_number.to_numpy()][0]), cells.name
    groups = f"{thousands!r} between groups of three digits" if thousands else 'no other mark (thousands="." is one)'
    may_be = f"a number with {decimal!r} before its fraction, and {groups}; words={[name]} takes all as words"
    need(False, f"line {row + 2}, column {name!r} of {path}", cells.loc[row], f"{may_be}, drop={[name]} leaves it out")


def truths(column):
    """Return a column of text as truths, if all its cells are "true" or "false"."""
    if pd.api.types.is_numeric_dtype(column) or column.isna().any():
        return column
    lower = column.str.lower()
    return lower.map(TRUTHS).astype(bool) if set(lower) <= set(TRUTHS) else column
