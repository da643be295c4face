"""Meta sets: a few samples taken out of the training split, from which a method learns how to weight the others."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import Annotated, Any

import torch

from ..arguments import Flag, Seed, Whole, checked
from ..errors import need
from .mapped import chunks, take
from .samples import TEST
from .split import Split
from .task import A_TASK, Task


@checked
def meta_split(
    task: A_TASK, n: Annotated[int, Whole()], *, trusted: Flag, balanced: Any, seed: Seed = 0
) -> tuple[Task, Split]:
    """Take n samples out of the training split as a meta set. -> the task without them, the meta set (a Split)

    trusted: True gives the meta set its true labels (MW-Net, L2RW, GLC ask for such a set), False the given, noisy ones
    (RMNW-Net). balanced: "true": as many samples of every true class, "given": of every given label, False: at random
    (the only way for regression). Drawing a *noisy* meta set balanced by the *true* labels, as the experiments of
    RMNW-Net do, uses clean labels in a method that claims to need none: say so, or use "given". If n is no multiple of
    the number of classes, the first n % C classes of a random order get one more.
    Meta set and training split are disjoint; the passport of the noise stays that of the whole draw.
    If the truth is known in part, a trusted or truly balanced set is drawn from that part.
    Raises ValueError for a truth that is needed but not known, regression with balanced, a class with too few samples,
    and n out of range.
    """
    train = task.train
    classes = task.classes
    N = len(task.train)
    need(0 < n < N, "n", n, f"a whole number in 1..{N - 1}")
    check_balanced(balanced, classes)
    y_true, known = _needed_truth(task, n, trusted, balanced)
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(N, generator=rng)
    if known is not None:
        order = order[known[order]]
    if balanced:
        labels = y_true if balanced == "true" else train.y
        order = _first_per_class(labels.cpu(), order, n, classes, balanced, rng)
    is_meta = torch.zeros(N, dtype=torch.bool).index_fill(0, order[:n], True)
    meta_rows = is_meta.nonzero()[:, 0]
    train_rows = (~is_meta).nonzero()[:, 0]
    y = y_true if trusted else train.y
    meta = rows(train, meta_rows, mapped=False)
    meta = replace(meta, y=y[meta_rows.to(y.device)], val=None, trusted=trusted)
    truth = None if task.truth is None else task.truth.rows(train_rows)
    return replace(task, train=rows(train, train_rows, train.mapped), truth=truth), meta


def check_balanced(balanced: Any, classes: int | None) -> None:
    """Raise ValueError unless `balanced` is "true", "given" or False; for regression it must be False."""
    is_kind_of_label = isinstance(balanced, str) and balanced in ("true", "given")
    may_be = '"true", "given" or False' if classes else "False: regression has no classes"
    need(balanced is False or (classes and is_kind_of_label), "balanced", balanced, may_be)


def _needed_truth(task, n, trusted, balanced):
    """Return the true labels by which a meta set is drawn, and where they are known.

    Raises ValueError if fewer than n are known. -> labels [N], bool [N] (None: everywhere); None, None if not needed
    """
    if not trusted and balanced != "true":
        return None, None
    name = repr(task.name)
    if balanced == "true":
        need(task.truth, "balanced", balanced, f'"given" or False: the true labels of task {name} are not known')
    else:
        need(task.truth, "trusted", trusted, f"False: the true labels of task {name} are not known")
    known = task.truth.known
    if known is None:
        return task.truth.y, None
    count = int(known.sum())
    need(n <= count, "n", n, f"{count} or less, as many as there are samples with a known true label")
    return task.truth.y, known.cpu()


def _first_per_class(y, order, n, classes, balanced, rng):
    """Return the first samples of every class in `order`, n in all. y: labels [N] -> positions [n], class by class"""
    gets_extra = torch.randperm(classes, generator=rng) < n % classes
    quota = n // classes + gets_extra.long()
    available = torch.bincount(y[order], minlength=classes)
    short = (available < quota).nonzero()[:, 0].tolist()
    first = short[:1]
    counts = f"{available[first].tolist()} samples by its {balanced} labels, {quota[first].tolist()} are wanted"
    may_be = f"less: class {first} has {counts}"
    need(not short, "n", n, may_be)
    chosen = []
    for c in range(classes):
        of_class = order[y[order] == c]
        chosen.append(of_class[: quota[c]])
    return torch.cat(chosen)


def rows(split: Split, i: torch.Tensor, mapped: bool) -> Split:
    """Return the samples i of a split, with all of its validation split. mapped: do they stay on disk?"""
    x = take(split.x, i.to(split.x.device), mapped)
    j = i.to(split.y.device)
    ids = None if split.ids is None else split.ids[j]
    annotations = None if split.annotations is None else split.annotations[j]
    return replace(split, x=x, y=split.y[j], ids=ids, mapped=mapped, annotations=annotations)


def overlap(meta: Split, split: Split) -> int:
    """Count the samples of `meta` that are in `split` too.

    If both come from the same set, they are compared by their ids, so equal images are different samples; else the
    samples are compared bit for bit.
    """
    if meta.origin and split.origin and meta.ids is not None and split.ids is not None:
        if meta.origin == split.origin:
            return int(torch.isin(meta.ids.to(split.ids.device), split.ids).sum())
        if meta.origin.removesuffix(TEST) == split.origin.removesuffix(TEST):
            return 0  # training set and test set of one load
    if meta.x.shape[1:] != split.x.shape[1:] or meta.x.dtype != split.x.dtype:
        return 0
    hashes = set(_row_hashes(split.x))
    return sum(row_hash in hashes for row_hash in _row_hashes(meta.x))


def _row_hashes(x) -> Iterator[bytes]:
    """Yield a hash of every row."""
    for part in chunks(x):
        for row in part.cpu().contiguous().flatten(1).numpy():
            yield blake2b(row.tobytes(), digest_size=16).digest()
