"""Columns of a table as features: which they are, that none of them gives the target away, and what is no number."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import ask, must, need
from ..tables import choose_columns
from .labels import finite, numeric, refuse_commas

MOST_WORDS = 100  # different words in a column of features
HEAD = 1000  # rows that are looked at first
FEW = 10  # rows below which a column that determines the target may do so by chance
LABEL_NAMES = {"label", "labels", "target", "targets", "truth"}
ROW_NAMES = {"id", "idx", "index", "row", "rowid", "uuid", "key"}


def choose_features(path, frame, taken, features, drop):
    """Return the columns that are features: those of `features`, or all but `drop` and the columns that are taken."""
    need(features is None or drop is None, "drop", drop, "left out where features=... names the columns")
    others = [name for name in frame.columns if name not in taken]
    if features is not None:
        listed = choose_columns(path, "features", features, frame.columns)
        both = [name for name in listed if name in taken]
        need(not both, "features", features, f"other columns than {both}, which have another role")
        return listed
    dropped = [] if drop is None else choose_columns(path, "drop", drop, frame.columns)
    both = [name for name in dropped if name in taken]
    need(not both, "drop", drop, f"other columns than {both}, which have another role")
    return [name for name in others if name not in dropped]


def refuse_leaks(path, frame, target):
    """Ask about the columns that equal or determine the target, look like labels, or only number the rows."""
    settle = "or features=[...] the columns to learn from"
    for name in frame.columns:
        what = f"column {name!r} of {Path(path).name}"
        if reason := leak(frame[name], target):
            ask("drop", f"{what} {reason}", f"{[name]}; {settle}")
        if is_label_name(name, target.columns):
            ask("drop", f"{what} is called as labels are", f"{[name]}; or true_label={name!r}; {settle}")
        if is_row_name(name) and frame[name].is_unique and len(frame) > 1:
            ask("rows", f"{what} is different in every line", f"{name!r} (it names the rows); or drop={[name]}; "
                f"{settle}")  # fmt: skip


def leak(column, target):
    """Return how a column gives the target away, or None. target: DataFrame of one or several columns."""
    for name in target.columns:
        labels = target[name]
        if len(column) < FEW or labels.nunique() < 2:
            continue
        if all(equal(*both) for both in parts(column, labels)):
            return f"equals the target {name!r}"
        if all(determines(*both) for both in parts(column, labels)) or linear(column, labels):
            return f"determines the target {name!r}"
    return None


def parts(column, labels):
    """Yield the first rows of both, which mostly decide, then all."""
    if len(column) > 10 * HEAD:
        yield column.iloc[:HEAD], labels.iloc[:HEAD]
    yield column, labels


def equal(column, labels):
    """Return whether both have the same words or numbers in every row."""
    if pd.api.types.is_numeric_dtype(column) and pd.api.types.is_numeric_dtype(labels):
        return bool((column == labels).all())
    return bool((column.astype(str) == labels.astype(str)).all())


def determines(column, labels):
    """Return whether a value of the column, where values occur again, always goes with the same label."""
    values, labels = pd.factorize(column)[0], pd.factorize(labels)[0]
    different, classes = int(values.max()) + 1, int(labels.max()) + 1
    if len(values) != HEAD and not 1 < different <= len(values) / 2:
        return False
    if classes > max(2, len(labels) / 2):
        return False
    pairs = np.zeros(different * classes, bool) if different * classes < 4 * len(values) else None
    if pairs is None:
        return len(np.unique(values * classes + labels)) == different
    pairs[values * classes + labels] = True
    return int(pairs.sum()) == different


def linear(column, labels):
    """Return whether a column of numbers is a linear function of targets that are numbers."""
    if not all(pd.api.types.is_float_dtype(one) or pd.api.types.is_integer_dtype(one) for one in (column, labels)):
        return False
    if labels.nunique() <= len(labels) / 2:
        return False
    a, b = (one.to_numpy(np.float64) for one in (column, labels))
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or max(abs(a).max(), abs(b).max()) > 1e100:
        return False
    a, b = a - a.mean(), b - b.mean()
    norm = np.sqrt((a @ a) * (b @ b))
    return bool(norm > 0 and abs(a @ b) > (1 - 1e-10) * norm)


def is_label_name(name, targets):
    """Return whether a column is called like labels, or like a target with something behind it."""
    parts = set(re.split(r"[\W_]+", name.lower()))
    behind = any(re.fullmatch(re.escape(target.lower()) + r"[\W_]+.*", name.lower()) for target in targets)
    return bool(parts & LABEL_NAMES) or behind


def is_row_name(name):
    """Return whether a column is called like a number of the row."""
    lower = name.lower()
    return lower in ROW_NAMES or lower.endswith(("_id", " id")) or lower.startswith("unnamed")


def incomplete(frame, words):
    """Return the rows with an empty cell, or with a word where the column holds numbers. -> bool [N]"""
    missing = frame.isna().any(axis=1).to_numpy().copy()
    for name in frame.columns:
        if name not in words and is_mixed(frame[name]):
            missing |= pd.to_numeric(frame[name], errors="coerce").isna().to_numpy()
    return missing


def is_mixed(column):
    """Return whether some cells are numbers and others are words."""
    if pd.api.types.is_numeric_dtype(column):
        return False
    there = column.dropna()
    number = pd.to_numeric(there, errors="coerce").notna()
    return bool(number.any() and not number.all())


def as_features(path, frame, words=()):
    """Return numbers as they are, words as a column of 0 and 1 each. -> float64 [N, F]

    words: columns whose cells are words, whatever they look like.
    """
    must(len(frame.columns), f"the table {path}", "the target alone", "the target and one feature or more")
    frame = frame.apply(lambda column: column.astype(str) if column.name in words else numeric(column))
    worded = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    for name in worded:
        count = frame[name].nunique()
        if name not in words:
            refuse_numbers(path, frame[name])
        few = count <= MOST_WORDS and (count <= len(frame) / 2 or len(frame) < 2 * FEW)
        must(few, f"column {name!r} of {path}", f"{count} different words",
             f"numbers, or {MOST_WORDS} words or less, each in several lines: drop={[name]} leaves it out, "
             f"rows={name!r} says that it names the rows")  # fmt: skip
    return finite(path, pd.get_dummies(frame, columns=worded, dtype=float))


def refuse_numbers(path, column):
    """Raise ValueError where a column of words holds numbers: with a slip, or with commas."""
    refuse_commas(f"column {column.name!r} of {path}", column)
    if is_mixed(pd.Series(column.unique())):
        number = pd.to_numeric(column, errors="coerce").notna()
        row = int((~number).to_numpy().argmax())
        share = "as most in it" if number.mean() > 0.5 else f"as {number.mean():.0%} of the column are"
        need(False, f"line {row + 2}, column {column.name!r} of {path}", column.iloc[row],
             f'a number, {share}; skip="incomplete" leaves such lines out, words={[column.name]} takes all as words',
        )  # fmt: skip


def standardised(path, x, train):
    """Return features [N, F] with mean 0 and standard deviation 1 on the rows `train`, as float32.

    Raises ValueError for a variance that no float can hold.
    """
    mean, std = x[train].mean(0), x[train].std(0)
    bad = np.flatnonzero(~np.isfinite(mean) | ~np.isfinite(std))
    need(not len(bad), f"features of {path}", x[0, bad[:1]].tolist(), "numbers whose variance is finite")
    return ((x - mean) / np.where(std > 0, std, 1)).astype(np.float32)
