"""Tasks from CSV tables."""

from pathlib import Path

import numpy as np

from ..errors import choose, must, need
from ..tables import choose_columns, read_table, refuse_headless
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
from .marks import check_marks, with_points
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
    path, given = Path(path), label_argument(target, label)
    y_true, skip = truth_of(true_label, labels_are), choose_skip(skip, SKIP)
    roles = {"true_label": true_label, "split": split or None, "rows": rows}
    words = [words] if isinstance(words, str) else () if words is None else words
    frame = read_cells(path, sep, encoding, decimal, thousands, skip)
    targets, names, taken = choose_roles(path, frame, given, roles, features, drop, words)
    frame = as_written(path, frame, [*words, *([rows] if rows else [])], sep, encoding)
    frame = numbers_of(path, frame, [*targets, *names, true_label], words, decimal, thousands)
    as_words = [*words, *(targets if kind == "classes" else [])]
    frame, left = complete(path, frame, names, [name for name in taken if name != true_label], as_words, skip)
    parts = parts_of_table(path, frame, split, names if features is None else [])
    true = frame[true_label] if true_label else None
    y, class_names, true = encoded(path, frame[targets], kind, order, true)
    x = as_features(path, frame[names], words)
    if features is None:
        refuse_leaks(path, frame[names], frame[targets])
    left = [f"features: {_listed(names)}", *left]
    raw = raw_table(path, x, y, class_names, y_true if true is None else true, parts, test, val, left)
    if rows is not None:
        name_rows(raw, path, frame[rows])
    return raw.task(path.stem, val, n, origin_of(path, test, split, skip), standardise, limit_bytes)


def read_cells(path, sep, encoding, decimal, thousands, skip):
    """The table; its cells as text where they have other marks, or where lines may be left out."""
    return read_table(path, sep, encoding, text=check_marks(decimal, thousands) or bool(skip))


def choose_roles(path, frame, given, roles, features, drop, words):
    """What the columns are. given: the argument that names the labels, and its value. -> labels, features, all that are
    no features"""
    targets = choose_columns(path, *given, frame.columns)
    refuse_headless(path, frame, targets)
    taken = [*targets, *(column for name, value in roles.items() for column in one_column(path, name, value, frame))]
    need(len(set(taken)) == len(taken), "the columns", taken, "a different column for each role")
    if not isinstance(words, (list, tuple)) or words:
        choose_columns(path, "words", words, frame.columns)
    return targets, choose_features(path, frame, taken, features, drop), taken


def parts_of_table(path, frame, split, names):
    """The part of every row, or None. names: columns that may say it; where one does, it is asked about."""
    if split is None:
        ask_for_split(path, names, [])
    return checked_parts(path.name, parts_of_column(path, frame[split])) if split else None


def numbers_of(path, frame, names, words, decimal, thousands):
    """The table with numbers that have other marks as numbers. names: columns that are read, words: none of these"""
    if decimal is None and thousands is None:
        return frame
    numbers = [name for name in names if name is not None and name not in words]
    return frame.assign(**with_points(path, frame[numbers], decimal, thousands))


def origin_of(path, test, split, skip):
    """A name for the rows of a table, by what chooses them."""
    marks = [f"{name}={value}" for name, value in (("split", split), ("skip", sorted(skip))) if value]
    return " ".join([str(path.resolve()), f"test={test}", *marks])


def label_argument(target, label):
    """The argument that names the labels, and its value. -> name, value"""
    need(target is None or label is None, "label", label, "left out where target is given: they are the same")
    return ("label", label) if target is None else ("target", target)


def truth_of(true_label, labels_are):
    """What `labels_are` says about the true labels. -> None or "given", see Task.of"""
    y_true = choose("labels_are", labels_are, TRUE_LABELS)
    need(true_label is None or y_true is None, "labels_are", labels_are, "left out where true_label is given")
    return y_true


def as_written(path, frame, columns, sep, encoding):
    """The table with some columns as text, as the file has them: 007 is not 7."""
    if not columns:
        return frame
    text = read_table(path, sep, encoding)
    return frame.assign(**{name: text[name] for name in columns})


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
    must(len(set(texts)) == len(texts), f"rows {column.name!r} of {path.name}", "with a name twice", "different names")
    train, held = raw.rows
    raw.files, raw.test_files = [texts[k] for k in train], [texts[k] for k in held]


def one_column(path, argument, name, frame):
    """The column of an argument, in a list. -> list, empty for None"""
    if name is None:
        return []
    need(isinstance(name, str), argument, name, f"one column of {path.name}: {', '.join(frame.columns)}")
    return choose_columns(path, argument, name, frame.columns)


def complete(path, frame, names, taken, words, skip):
    """The rows without an empty cell; the first one is named, or they are left out. names: features; taken: columns
    with other roles. -> DataFrame, notes"""
    columns = [*names, *taken]
    if skip:
        bad = incomplete(frame[columns], words)
        need(not bad.all(), f"the number of lines of {path} without an empty cell", 0, "1 or more")
        frame = frame[~bad].reset_index(drop=True)
        frame = frame.apply(lambda column: column if column.name in words else numeric(column))
        return frame, [f"incomplete lines left out: {bad.sum()}"] if bad.any() else []
    empty = np.argwhere(frame[columns].isna().to_numpy())
    if len(empty):
        row, column = empty[0]
        where = f"line {row + 2}, column {columns[column]!r} of {path}"
        leave = 'skip="incomplete" leaves such lines out'
        leave += f", drop={[columns[column]]} such columns" if columns[column] in names else ""
        need(False, where, "", f"a value ({len(empty)} cells are empty); {leave}")
    return frame, []


def _listed(columns):
    """Names of columns, of many the first ones. -> text"""
    named = ", ".join(map(repr, columns[:8]))
    return named if len(columns) <= 8 else f"{named}, ... ({len(columns)})"
