"""Tasks from CSV tables."""

from pathlib import Path

import numpy as np

from ..errors import choose, need
from .raw import Raw, test_share

KINDS = ("classes", "numbers")


def from_csv(path, target=None, kind=None, test=0.2, val=0.1, n=None, standardise=None, limit_bytes=None):
    """A task from a CSV table with a header: `target` is a column (or a list of columns: regression), the others are
    features. Numbers are standardised on the training part, words become one column of 0 and 1 each.

    kind: "classes" or "numbers" (regression); None: by the target's type, fractions are numbers, integers and words are
    classes. Integer classes are 0..C-1; words are numbered in the order of the alphabet (`task.class_names`). test: the
    share held out as the test set. standardise: of regression targets, None = yes.
    Raises ValueError for a column that does not exist, and for empty cells, which it names.
    """
    path = Path(path)
    frame = table(path)
    targets = [target] if isinstance(target, str) or target is None else list(target)
    for name in targets:
        choose("target", name, dict.fromkeys(frame.columns))
    complete(path, frame)
    y, names = encoded(path, frame[targets], kind)
    x = _features(path, frame.drop(columns=targets))
    train, held = test_share(len(y), test)
    mean, std = x[train].mean(0), x[train].std(0)
    x = ((x - mean) / np.where(std > 0, std, 1)).astype(np.float32)
    raw = Raw(x[train], y[train], x[held], y[held], None, y.ndim == 2, names, train, True)
    return raw.task(path.stem, val, n, f"{path.resolve()} test={test}", standardise, limit_bytes)


def table(path):
    """A CSV file with a header. -> DataFrame; only an empty cell counts as missing ("NA" and "None" are words)"""
    import pandas as pd

    need(path.is_file(), "the table", str(path), "a CSV file that exists")
    try:
        frame = pd.read_csv(path, keep_default_na=False, na_values=[""], skipinitialspace=True)
    except (ValueError, OSError) as error:
        raise ValueError(f"{path} cannot be read as a CSV table: {error}") from None
    need(len(frame), f"rows of {path}", 0, "1 or more below the header")
    return frame


def complete(path, frame):
    """No cell is empty; the first one that is gets named."""
    empty = np.argwhere(frame.isna().to_numpy())
    if len(empty):
        row, column = empty[0]
        where = f"line {row + 2}, column {frame.columns[column]!r} of {path}"
        need(False, where, "", f"a value ({len(empty)} cells of the table are empty)")


def encoded(path, frame, kind=None):
    """Target columns as classes [N] or numbers [N, Q]. -> y, class names where they were words"""
    import pandas as pd

    choose("kind", kind, dict.fromkeys((None, *KINDS)))
    types, is_bool = [frame[name].dtype for name in frame], pd.api.types.is_bool_dtype
    numeric = all(pd.api.types.is_numeric_dtype(type) and not is_bool(type) for type in types)
    fractions = any(pd.api.types.is_float_dtype(type) for type in types)
    kind = kind or ("numbers" if len(types) > 1 or fractions else "classes")
    if kind == "numbers":
        need(numeric, f"target of {path.name}", str(types[0]), "numbers in every line")
        return finite(path, frame).astype(np.float32), ()
    need(len(types) == 1, "target", list(frame), 'one column; several are for kind="numbers"')
    column = frame.iloc[:, 0]
    if numeric and not fractions:
        y = column.to_numpy()
        need(np.array_equal(np.unique(y), np.arange(len(np.unique(y)))), f"target {column.name!r} of {path.name}",
             f"integers {y.min()}..{y.max()}", 'classes 0..C-1 with a sample each; or use kind="numbers"')  # fmt: skip
        return y.astype(np.int64), ()
    names, y = np.unique(column.astype(str), return_inverse=True)
    return y.astype(np.int64), tuple(names.tolist())


def finite(path, frame):
    """Columns of numbers as float64 [N, F]. Raises ValueError that names the first cell that is not finite."""
    values = frame.to_numpy(np.float64)
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        need(
            False, f"line {row + 2}, column {frame.columns[column]!r} of {path}", values[row, column], "a finite number"
        )
    return values


def _features(path, frame):
    """Numbers as they are, words as a column of 0 and 1 each. -> float64 [N, F]"""
    import pandas as pd

    need(len(frame.columns), f"columns of {path}", "the target alone", "the target and one feature or more")
    words = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    for name in words:
        number = pd.to_numeric(frame[name], errors="coerce").notna()
        if number.mean() > 0.5:  # numbers with a slip, not words
            row = int((~number).to_numpy().argmax())
            need(False, f"line {row + 2}, column {name!r} of {path}", frame[name].iloc[row], "a number, as most in it")
        need(frame[name].nunique() <= 100, f"column {name!r} of {path}", f"{frame[name].nunique()} different words",
             "numbers, or 100 words or less: leave out what only names the lines")  # fmt: skip
    return finite(path, pd.get_dummies(frame, columns=words, dtype=float))
