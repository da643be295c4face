"""Division of your own data into training, validation and test rows, class by class."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ask, choose, must, need

PARTS = {
    "train": ("train", "training", "trn"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "tst"),
}
SPLIT_NAMES = ("split", "subset", "partition", "set", "part", "usage", "is_valid", "is_val", "is_test", "is_train")
TRUE = ("true", "1", "1.0", "yes")
FALSE = ("false", "0", "0.0", "no")


@dataclass
class Division:
    """Rows of a training and of a test set, with the labels that both get.

    train [K]: the training rows, in random order, the validation rows among them; val: positions in `train` of the
    validation rows, None where no file names them; test [M]: the test rows. ids [K]: positions of the training rows
    among all rows that are not for testing. y_true: true labels of the training rows, "given" or None, see Task.of.
    y_test [M]: labels of the test rows; test_trusted: are they true, None if that follows from y_true. notes: texts
    for the report of what was read.
    """

    train: np.ndarray
    val: np.ndarray | None
    test: np.ndarray
    ids: np.ndarray
    y_true: np.ndarray | str | None
    y_test: np.ndarray
    test_trusted: bool | None
    notes: list[str]


def divide(
    y: np.ndarray, y_true: np.ndarray | str | None, class_names: Sequence[str], parts: np.ndarray | None,
    test: float, val: float | None,
) -> Division:  # fmt: skip
    """Divide rows with labels into a training and a test set.

    y: classes [N] or targets [N, Q]; y_true: true labels like y, "given" or None. parts, test, val: see
    `positions_of_parts`. Raises ValueError if a class has no sample in the training set.
    """
    check_classes(y, class_names, parts)
    train_rows, val_rows, test_rows = positions_of_parts(y, parts, test, val)
    ids = train_rows
    if parts is not None:
        ids = np.searchsorted(np.flatnonzero(parts != "test"), train_rows)
    if y_true is None or isinstance(y_true, str):
        return Division(train_rows, val_rows, test_rows, ids, y_true, y[test_rows], None, [])
    y_test, test_trusted, note = labels_for_testing(y, y_true, test_rows)
    return Division(train_rows, val_rows, test_rows, ids, y_true[train_rows], y_test, test_trusted, [note])


def check_classes(y: np.ndarray, class_names: Sequence[str], parts: np.ndarray | None) -> None:
    """Raise ValueError if a class of the validation or test set has no sample in the training set."""
    if parts is None or y.ndim > 1:
        return
    absent = np.setdiff1d(y[parts != "train"], y[parts == "train"])
    listed = [class_names[c] if class_names else int(c) for c in absent[:3]]
    may_be = "one that leaves every class a sample for training"
    must(not len(absent), "split", f"one with the classes {listed} outside of the training set alone", may_be)


def labels_for_testing(y: np.ndarray, y_true: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, bool, str]:
    """Return the true labels of the test rows if all of them are known, else the given ones.

    -> labels, whether they are true, and a note that says so
    """
    true = y_true[rows]
    is_known = ~np.isnan(true).any(1) if true.ndim > 1 else true >= 0
    if is_known.all():
        return true, True, "the test set has its true labels"
    note = f"true labels known for {is_known.sum()} of {len(rows)} test samples: the test set keeps the given ones"
    return y[rows], False, note


def part_of(name: object) -> str | None:
    """Return the part that a word names, "train", "val" or "test", or None."""
    lower = str(name).strip().lower()
    for part, names in PARTS.items():
        if lower in names:
            return part
    return None


def part_of_folder(path: str) -> str | None:
    """Return the part that the first folder of a path names, or None."""
    folder, slash, _ = path.partition("/")
    return part_of(folder) if slash else None


def parts_of_column(path: Path, column: pd.Series) -> np.ndarray:
    """Return the part of every row from a column of words, or of truth values if it is called is_valid or the like.

    Raises ValueError for other words. -> [N] of "train", "val" and "test"
    """
    name = str(column.name)
    cells = column.astype(str).str.strip().str.lower()
    flag = None
    if name.lower().startswith("is_"):
        flag = part_of(name.lower().removeprefix("is_"))
    if flag and set(cells) <= {*TRUE, *FALSE}:
        opposite = "train" if flag != "train" else "test"
        return np.where(cells.isin(TRUE), flag, opposite)
    parts = {cell: part_of(cell) for cell in cells.unique()}
    unknown = sorted(cell for cell, part in parts.items() if part is None)
    may_be = "train, val and test (or training, valid, ...); or 0 and 1 in a column called is_valid or is_test"
    if unknown:
        need(False, f"split {name!r} of {path.name}", unknown[0], may_be)
    return cells.map(parts).to_numpy()


def ask_for_split(path: Path, columns: Iterable[str], parts_of_files: Iterable[str | None]) -> None:
    """Raise ValueError, which asks for `split`, if a column or the folders of the files may name the test set."""
    candidates = [name for name in columns if name.strip().lower() in SPLIT_NAMES]
    if candidates:
        column = candidates[0]
        ask("split", f"{path.name} has a column {column!r}", f"{column!r} (it says what is for training and for "
            f"testing) or False (all rows are alike)")  # fmt: skip
    parts = sorted({part for part in parts_of_files if part})
    if len(parts) > 1:
        ask("split", f"the files of {path.name} lie below folders for {' and '.join(parts)}", '"folder" (these folders '
            'say what is for training and for testing) or False (all rows are alike)')  # fmt: skip


def checked_parts(subject: str, parts: np.ndarray) -> np.ndarray:
    """Return the parts of all rows; without a test set the validation set becomes the test set.

    Raises ValueError without a training set, and with nothing but one.
    """
    present = set(parts)
    need("train" in present, f"the split of {subject}", sorted(present), "one with a part for training")
    need(len(present) > 1, f"the split of {subject}", sorted(present), "one with a part for testing, or split=False")
    if "test" in present:
        return parts
    return np.where(parts == "val", "test", parts)


def positions_of_parts(
    y: np.ndarray, parts: np.ndarray | None, test: float, val: float | None
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """Return positions of the training set, of its validation rows and of the test set.

    y: classes [N], or targets [N, Q]. parts: [N] of "train", "val" and "test", or None: `test` is the share of each
    class that becomes the test set. val: the share for validation that the user asked for; it must be None if `parts`
    names validation rows.
    -> training rows in random order, with the validation rows among them; positions of the validation rows in these,
    or None; test rows
    """
    rng = np.random.default_rng(0)
    if parts is None:
        remaining, held_out = by_class(y, check_test(test), rng)
        return remaining, None, held_out
    val_rows = np.flatnonzero(parts == "val")
    test_rows = np.flatnonzero(parts == "test")
    count = len(val_rows)
    need(val is None or count == 0, "val", val, f"left out: the validation set has {count} samples")
    train_rows = spread(y, np.flatnonzero(parts == "train"), rng)
    rows = np.concatenate([train_rows, val_rows])
    if count == 0:
        return rows, None, test_rows
    return rows, np.arange(len(train_rows), len(rows)), test_rows


def check_test(share: Any) -> float:
    """Return the share of the test set. Raises ValueError for what is no share in (0, 1)."""
    is_number = isinstance(share, (int, float)) and not isinstance(share, bool)
    need(is_number and 0 < share < 1, "test", share, "a fraction in (0, 1)")
    return share


def by_class(
    y: np.ndarray, share: float, rng: np.random.Generator, minimum: int = 1
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Hold out int(share n) of n rows, in each class by its share.

    minimum: of rows held out. The last sample of a class stays. Targets [N, Q] have no classes, so any row may be
    held out. -> positions of the rows that stay and of those held out, in random order; among the first k rows that
    stay, for every k, the classes have their shares too
    """
    need(len(y) > 1, "samples", len(y), "2 or more, so that some are left for training")
    rows = rng.permutation(len(y))
    count = max(minimum, int(share * len(y)))
    if y.ndim > 1:
        need(count < len(y), "samples", len(y), "more, so that some are left for training")
        return rows[count:], rows[:count]
    rank = ranks(y, rows)
    quota = quotas(np.bincount(y), share, count, rng)
    is_held_out = rank < quota[y]
    held_out = rows[is_held_out[rows]]
    remaining = rows[~is_held_out[rows]]
    need(len(held_out) >= minimum, "samples", len(y), "more: no class has a second sample that could be held out")
    return spread(y, remaining, rng), held_out


def quotas(counts: np.ndarray, share: float, total: int, rng: np.random.Generator) -> np.ndarray:
    """Return how many samples of each class are held out: `total` in all, rounded by the largest remainder.

    counts [C]: samples of each class, of which one stays. Equal remainders are ordered at random. -> [C]
    """
    limit = np.maximum(counts - 1, 0)
    quota = np.minimum(np.floor(share * counts).astype(np.int64), limit)
    remainder = share * counts - quota + 1e-9 * rng.permutation(len(counts))
    short = total - quota.sum()
    while short > 0 and (quota < limit).any():
        open_classes = np.flatnonzero(quota < limit)
        by_remainder = np.argsort(-remainder[open_classes], kind="stable")
        chosen = open_classes[by_remainder[:short]]
        quota[chosen] += 1
        remainder[chosen] -= 1
        short = total - quota.sum()
    return quota


def ranks(y: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return for each sample how many of its class stand before it in `rows`. -> [N], -1 for samples not in `rows`"""
    ordered = rows[np.argsort(y[rows], kind="stable")]
    changes = np.flatnonzero(np.diff(y[ordered])) + 1
    starts = np.concatenate([[0], changes]).astype(np.int64)
    start_of_class = np.zeros(len(ordered), np.int64)
    start_of_class[starts] = starts
    start_of_class = np.maximum.accumulate(start_of_class)
    rank = np.full(len(y), -1)
    rank[ordered] = np.arange(len(ordered)) - start_of_class
    return rank


def spread(y: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return rows in random order, but so that the first ones have one of each class, then the classes by shares."""
    rows = rng.permutation(rows)
    if y.ndim > 1 or not len(rows):
        return rows
    counts = np.bincount(y[rows], minlength=int(y.max()) + 1)
    relative_rank = ranks(y, rows)[rows] / counts[y[rows]]
    return rows[np.argsort(relative_rank, kind="stable")]


def pick(values: Sequence, rows: Iterable[int]) -> list:
    """Return the values at the positions `rows`."""
    return [values[k] for k in rows]


def choose_skip(skip: Any, known: Sequence[str]) -> set[str]:
    """Return what may be left out, as a set: `skip` is one of the known words, or a list of them."""
    listed = [skip] if isinstance(skip, str) else skip
    need(isinstance(listed, (list, tuple, set)), "skip", skip, f"one of {', '.join(known)}, or a list of them")
    for word in listed:
        choose("skip", word if isinstance(word, str) else repr(word), dict.fromkeys(known))
    return set(listed)
