"""Columns of a table as features: choice, search for columns that give the target away, conversion to numbers."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_float_dtype, is_integer_dtype, is_numeric_dtype

from ..errors import ask, must, need
from ..tables import choose_columns, names_without
from .labels import finite, line_of, numeric, refuse_commas

MOST_WORDS = 100  # different words in a column of features
HEAD = 1000  # rows of the first, quick comparison
MIN_ROWS = 10  # rows below which a column that determines the target may do so by chance
LABEL_NAMES = {"label", "labels", "target", "targets", "truth"}
ROW_NAMES = {"id", "idx", "index", "row", "rowid", "uuid", "key"}


def choose_features(
    path: Path, frame: pd.DataFrame, taken: Sequence[str], features: str | Sequence[str] | None,
    drop: str | Sequence[str] | None,
) -> list[str]:  # fmt: skip
    """Return the columns that are features: those of `features`, or all but `drop` and the columns already taken."""
    need(features is None or drop is None, "drop", drop, "left out where features=... names the columns")
    if features is not None:
        return _free_columns(path, frame, "features", features, taken)
    dropped = [] if drop is None else _free_columns(path, frame, "drop", drop, taken)
    return names_without(frame.columns, [*taken, *dropped])


def _free_columns(path, frame, argument, names, taken):
    """Return the columns that an argument names. Raises ValueError for columns that have another role."""
    listed = choose_columns(path, argument, names, frame.columns)
    conflicts = [name for name in listed if name in taken]
    need(not conflicts, argument, names, f"other columns than {conflicts}, which have another role")
    return listed


def refuse_leaks(path: Path, frame: pd.DataFrame, target: pd.DataFrame) -> None:
    """Raise ValueError for a column that equals or determines the target, looks like labels, or numbers the rows."""
    alternative = "or features=[...] the columns to learn from"
    for name in frame.columns:
        column = frame[name]
        subject = f"column {name!r} of {Path(path).name}"
        reason = leak(column, target)
        if reason is not None:
            ask("drop", f"{subject} {reason}", f"{[name]}; {alternative}")
        if is_label_name(name, target.columns):
            ask("drop", f"{subject} is called as labels are", f"{[name]}; or true_label={name!r}; {alternative}")
        if is_row_name(name) and column.is_unique and len(frame) > 1:
            may_be = f"{name!r} (it names the rows); or drop={[name]}; {alternative}"
            ask("rows", f"{subject} is different in every line", may_be)


def leak(column: pd.Series, target: pd.DataFrame) -> str | None:
    """Return how a column gives the target away, or None. target: one column of labels or several."""
    for name in target.columns:
        labels = target[name]
        if len(column) < MIN_ROWS or labels.nunique() < 2:
            continue
        if all(equal(*rows) for rows in _head_then_all(column, labels)):
            return f"equals the target {name!r}"
        if all(determines(*rows) for rows in _head_then_all(column, labels)) or linear(column, labels):
            return f"determines the target {name!r}"
    return None


def _head_then_all(column, labels) -> Iterator[tuple[pd.Series, pd.Series]]:
    """Yield the first rows of a long table, which mostly decide, then all rows."""
    if len(column) > 10 * HEAD:
        yield column.iloc[:HEAD], labels.iloc[:HEAD]
    yield column, labels


def equal(column: pd.Series, labels: pd.Series) -> bool:
    """Return whether both have the same words or numbers in every row."""
    if is_numeric_dtype(column) and is_numeric_dtype(labels):
        return bool((column == labels).all())
    return bool((column.astype(str) == labels.astype(str)).all())


def determines(column: pd.Series, labels: pd.Series) -> bool:
    """Return whether values of the column repeat, and each of them has the same label wherever it occurs."""
    values, _ = pd.factorize(column)
    labels, _ = pd.factorize(labels)
    n = len(values)
    n_values = int(values.max()) + 1
    n_labels = int(labels.max()) + 1
    if n != HEAD and not 1 < n_values <= n / 2:
        return False
    if n_labels > max(2, n / 2):
        return False
    pairs = values * n_labels + labels
    if n_values * n_labels >= 4 * n:
        return len(np.unique(pairs)) == n_values
    occurs = np.zeros(n_values * n_labels, bool)  # faster than np.unique, but takes memory for every pair
    occurs[pairs] = True
    return int(occurs.sum()) == n_values


def linear(column: pd.Series, labels: pd.Series) -> bool:
    """Return whether a column of numbers is a linear function of targets that are numbers."""
    for values in (column, labels):
        if not (is_float_dtype(values) or is_integer_dtype(values)):
            return False
    if labels.nunique() <= len(labels) / 2:
        return False
    a = column.to_numpy(np.float64)
    b = labels.to_numpy(np.float64)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    if max(abs(a).max(), abs(b).max()) > 1e100:  # their squares would overflow
        return False
    a = a - a.mean()
    b = b - b.mean()
    norm = np.sqrt((a @ a) * (b @ b))
    least_correlation = 1 - 1e-10
    return bool(norm > 0 and abs(a @ b) > least_correlation * norm)


def is_label_name(name: str, targets: Iterable[str]) -> bool:
    """Return whether a column is called like labels, or like a target with an ending, such as y_old."""
    lower = name.lower()
    parts = re.split(r"[\W_]+", lower)
    if not LABEL_NAMES.isdisjoint(parts):
        return True
    return any(re.fullmatch(re.escape(target.lower()) + r"[\W_]+.*", lower) for target in targets)


def is_row_name(name: str) -> bool:
    """Return whether a column is called like a number of the row."""
    lower = name.lower()
    return lower in ROW_NAMES or lower.endswith(("_id", " id")) or lower.startswith("unnamed")


def incomplete(frame: pd.DataFrame, word_columns: Sequence[str]) -> np.ndarray:
    """Return the rows with an empty cell, or with a word in a column of numbers. -> bool [N]

    word_columns: columns that hold words, whatever they look like.
    """
    missing = frame.isna().any(axis=1).to_numpy().copy()
    for name in frame.columns:
        if name not in word_columns and is_mixed(frame[name]):
            missing |= pd.to_numeric(frame[name], errors="coerce").isna().to_numpy()
    return missing


def is_mixed(column: pd.Series) -> bool:
    """Return whether some cells are numbers and others are words."""
    if is_numeric_dtype(column):
        return False
    is_number = pd.to_numeric(column.dropna(), errors="coerce").notna()
    return bool(is_number.any() and not is_number.all())


def as_features(path: Path, frame: pd.DataFrame, word_columns: Sequence[str] = ()) -> np.ndarray:
    """Return numbers as they are, and for each column of words one column of 0 and 1 per word. -> float64 [N, F]

    word_columns: columns that hold words, whatever they look like. Raises ValueError for a table without features, a
    column of too many different words, and numbers that are not finite.
    """
    must(len(frame.columns), f"the table {path}", "the target alone", "the target and one feature or more")
    frame = frame.apply(lambda column: column.astype(str) if column.name in word_columns else numeric(column))
    columns_of_words = [name for name in frame if not is_numeric_dtype(frame[name])]
    for name in columns_of_words:
        if name not in word_columns:
            refuse_numbers(path, frame[name])
        check_word_count(path, frame[name])
    return finite(path, pd.get_dummies(frame, columns=columns_of_words, dtype=float))


def check_word_count(path: Path, column: pd.Series) -> None:
    """Raise ValueError for a column of more than MOST_WORDS words, or of words that hardly ever repeat."""
    name = column.name
    count = column.nunique()
    is_short = len(column) < 2 * MIN_ROWS
    repeat = is_short or count <= len(column) / 2
    may_be = (
        f"numbers, or {MOST_WORDS} words or less, each in several lines: drop={[name]} leaves it out, "
        f"rows={name!r} says that it names the rows"
    )
    is_valid = count <= MOST_WORDS and repeat
    must(is_valid, f"column {name!r} of {path}", f"{count} different words", may_be)


def refuse_numbers(path: Path, column: pd.Series) -> None:
    """Raise ValueError for a column of words that holds numbers, with commas in them or among the words."""
    name = column.name
    refuse_commas(f"column {name!r} of {path}", column)
    if not is_mixed(pd.Series(column.unique())):
        return
    is_number = pd.to_numeric(column, errors="coerce").notna()
    row = int((~is_number).to_numpy().argmax())
    share = "as most in it" if is_number.mean() > 0.5 else f"as {is_number.mean():.0%} of the column are"
    may_be = f'a number, {share}; skip="incomplete" leaves such lines out, words={[name]} takes all as words'
    cell = f"line {line_of(row)}, column {name!r} of {path}"
    need(False, cell, column.iloc[row], may_be)


def standardised(path: Path, x: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Return features [N, F] with mean 0 and standard deviation 1 on the rows `train`, as float32.

    Raises ValueError for a variance that no float can hold.
    """
    mean = x[train].mean(0)
    std = x[train].std(0)
    is_finite = np.isfinite(mean) & np.isfinite(std)
    bad = np.flatnonzero(~is_finite)
    need(not len(bad), f"features of {path}", x[0, bad[:1]].tolist(), "numbers whose variance is finite")
    std = np.where(std > 0, std, 1)
    return ((x - mean) / std).astype(np.float32)
