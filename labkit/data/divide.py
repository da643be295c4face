"""How the rows of one's own data are divided: by class, so that rare classes stay in the training set."""

import numpy as np

from ..errors import ask, choose, need

PARTS = {
    "train": ("train", "training", "trn"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "tst"),
}
SPLIT_NAMES = ("split", "subset", "partition", "set", "part", "usage", "is_valid", "is_val", "is_test", "is_train")
TRUE, FALSE = ("true", "1", "1.0", "yes"), ("false", "0", "0.0", "no")


def part_of(name):
    """Return which part a word names, "train", "val" or "test", or None."""
    lower = str(name).strip().lower()
    return next((part for part, names in PARTS.items() if lower in names), None)


def parts_of_column(path, column):
    """Return the part of every row from a column: words, or a truth value in a column such as is_valid. -> [N] text"""
    name = str(column.name)
    words = column.astype(str).str.strip().str.lower()
    flag = part_of(name.lower().removeprefix("is_")) if name.lower().startswith("is_") else None
    if flag and set(words) <= {*TRUE, *FALSE}:
        other = "train" if flag != "train" else "test"
        return np.where(words.isin(TRUE), flag, other)
    known = {word: part_of(word) for word in words.unique()}
    strange = sorted(word for word, part in known.items() if part is None)
    may_be = "train, val and test (or training, valid, ...); or 0 and 1 in a column called is_valid or is_test"
    need(not strange, f"split {name!r} of {path.name}", strange[0] if strange else "", may_be)
    return words.map(known).to_numpy()


def ask_for_split(path, columns, parts_of_files):
    """Ask where a table may say which rows are for testing, and nobody said whether it does."""
    named = [name for name in columns if name.strip().lower() in SPLIT_NAMES]
    if named:
        ask("split", f"{path.name} has a column {named[0]!r}", f"{named[0]!r} (it says what is for training and for "
            f"testing) or False (all rows are alike)")  # fmt: skip
    there = sorted({part for part in parts_of_files if part})
    if len(there) > 1:
        ask("split", f"the files of {path.name} lie below folders for {' and '.join(there)}", '"folder" (these folders '
            'say what is for training and for testing) or False (all rows are alike)')  # fmt: skip


def checked_parts(what, parts):
    """Return the parts of all rows, where the training set and another are there; val alone is the test set."""
    there = set(parts)
    need("train" in there, f"the split of {what}", sorted(there), "one with a part for training")
    need(len(there) > 1, f"the split of {what}", sorted(there), "one with a part for testing, or split=False")
    return np.where(parts == "val", "test", parts) if "test" not in there else parts


def positions_of_parts(y, parts, test, val):
    """Return positions of the training set, of its validation rows and of the test set.

    y: classes [N], or targets [N, Q]. parts: [N] of "train", "val" and "test", or None: `test` is the share of each
    class that becomes the test set. val: the share of each class of the others that is for validation, None: .1, or the
    rows that `parts` names. -> (training rows with the validation rows among them, in random order; which of these are
    for validation; test rows)
    """
    rng = np.random.default_rng(0)
    if parts is None:
        rest, held = by_class(y, check_test(test), rng)
        return rest, None, held
    val_rows = np.flatnonzero(parts == "val")
    need(val is None or not len(val_rows), "val", val, f"left out: the validation set has {len(val_rows)} samples")
    train = spread(y, np.flatnonzero(parts == "train"), rng)
    rows = np.concatenate([train, val_rows])
    return rows, np.arange(len(train), len(rows)) if len(val_rows) else None, np.flatnonzero(parts == "test")


def check_test(share):
    """Return the share of the test set."""
    fine = isinstance(share, (int, float)) and not isinstance(share, bool) and 0 < share < 1
    need(fine, "test", share, "a share in (0, 1)")
    return share


def by_class(y, share, rng, least=1):
    """Divide rows into those that stay and int(share n) that are held out, in each class by its share.

    least: rows that are held out at least. The last sample of a class stays. Targets [N, Q] have no classes: any row
    may be held out. -> positions of both, in random order; of those that stay, every first part has the classes by
    their shares too
    """
    need(len(y) > 1, "samples", len(y), "2 or more, so that some are left for training")
    rows = rng.permutation(len(y))
    wanted = max(least, int(share * len(y)))
    if y.ndim > 1:
        need(wanted < len(y), "samples", len(y), "more, so that some are left for training")
        return rows[wanted:], rows[:wanted]
    counts = np.bincount(y)
    rank = ranks(y, rows)
    taken = rank < quotas(counts, share, wanted, rng)[y]
    held, rest = rows[taken[rows]], rows[~taken[rows]]
    need(len(held) >= least, "samples", len(y), "more: no class has a second sample that could be held out")
    return spread(y, rest, rng), held


def quotas(counts, share, wanted, rng):
    """Return how many samples of each class are held out: `wanted` in all, by largest remainder, all but one at
    most."""
    most = np.maximum(counts - 1, 0)
    quota = np.minimum(np.floor(share * counts).astype(np.int64), most)
    remainder = share * counts - quota + 1e-9 * rng.permutation(len(counts))
    while (short := wanted - quota.sum()) > 0 and (quota < most).any():
        open_classes = np.flatnonzero(quota < most)
        chosen = open_classes[np.argsort(-remainder[open_classes], kind="stable")[:short]]
        quota[chosen] += 1
        remainder[chosen] -= 1
    return quota


def ranks(y, rows):
    """Return for each row how many of its class stand before it in `rows`. -> [N], -1 for what is not among them"""
    ordered = rows[np.argsort(y[rows], kind="stable")]
    starts = np.concatenate([[0], np.flatnonzero(np.diff(y[ordered])) + 1]).astype(np.int64)
    first = np.zeros(len(ordered), np.int64)
    first[starts] = starts
    rank = np.full(len(y), -1)
    rank[ordered] = np.arange(len(ordered)) - np.maximum.accumulate(first)
    return rank


def spread(y, rows, rng):
    """Return rows in random order, of which every first part has one of each class, then the classes by their
    shares."""
    rows = rng.permutation(rows)
    if y.ndim > 1 or not len(rows):
        return rows
    counts = np.bincount(y[rows], minlength=int(y.max()) + 1)
    return rows[np.argsort(ranks(y, rows)[rows] / counts[y[rows]], kind="stable")]


def choose_skip(skip, known):
    """Return what may be left out, as a set: `skip` is one of the known words, or a list of them."""
    listed = [skip] if isinstance(skip, str) else skip
    need(isinstance(listed, (list, tuple, set)), "skip", skip, f"one of {', '.join(known)}, or a list of them")
    for word in listed:
        choose("skip", word if isinstance(word, str) else repr(word), dict.fromkeys(known))
    return set(listed)
