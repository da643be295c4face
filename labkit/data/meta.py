"""Meta sets: a few samples taken out of the training split, from which a method learns how to weight the others."""

from dataclasses import replace
from hashlib import blake2b
from typing import Annotated

import torch

from ..arguments import Flag, Seed, Whole, checked
from ..errors import need
from .mapped import chunks, take
from .samples import TEST
from .task import A_TASK


@checked
def meta_split(
    task: A_TASK, n: Annotated[int, Whole()], *, trusted: Flag, balanced,
    seed: Seed = 0,
):  # fmt: skip
    """Take n samples out of the training split as a meta set. -> the task without them, the meta set (a Split)

    trusted: True gives the meta set its true labels (MW-Net, L2RW, GLC ask for such a set), False the given, noisy ones
    (RMNW-Net). balanced: "true": as many samples of every true class, "given": of every given label, False: at random
    (the only way for regression). Drawing a *noisy* meta set balanced by the *true* labels, as the experiments of
    RMNW-Net do, uses clean labels in a method that claims to need none: say so, or use "given". Where n is no multiple
    of the number of classes, the first n % C classes of a random order get one more.
    Meta set and training split are disjoint; the passport of the noise stays that of the whole draw.
    Where the truth is known in part, a trusted or truly balanced set is drawn from that part.
    Raises ValueError for what cannot be used: a truth that is not known but needed, regression with balanced, a class
    with too few samples, n out of range.
    """
    train, classes, N = task.train, task.classes, len(task.train)
    need(0 < n < N, "n", n, f"a whole number in 1..{N - 1}")
    allowed = '"true", "given" or False' if classes else "False: regression has no classes"
    named = isinstance(balanced, str) and balanced in ("true", "given")
    need(balanced is False or (classes and named), "balanced", balanced, allowed)
    true, known = _truth(task, n, trusted, balanced)
    rng = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(N, generator=rng)
    chosen = chosen if known is None else chosen[known[chosen]]
    if balanced:
        chosen = _per_class((true if balanced == "true" else train.y).cpu(), chosen, n, classes, balanced, rng)
    picked = torch.zeros(N, dtype=torch.bool).index_fill(0, chosen[:n], True)
    taken, rest = picked.nonzero()[:, 0], (~picked).nonzero()[:, 0]
    given = true if trusted else train.y
    meta = replace(rows(train, taken, False), y=given[taken.to(given.device)], val=None, trusted=trusted)
    truth = task.truth and task.truth.rows(rest)
    return replace(task, train=rows(train, rest, train.mapped), truth=truth), meta


def _truth(task, n, trusted, balanced):
    """The true labels that a meta set is drawn by, and where they are known. -> labels [N], bool [N] (None:
    everywhere); None, None where they are not needed"""
    if not trusted and balanced != "true":
        return None, None
    by_class = ("balanced", balanced, '"given" or False')
    argument, value, others = by_class if balanced == "true" else ("trusted", trusted, "False")
    need(task.truth, argument, value, f"{others}: the true labels of task {task.name!r} are not known")
    known = task.truth.known
    if known is not None:
        many = int(known.sum())
        need(n <= many, "n", n, f"{many} or less, as many as there are samples with a known true label")
    return task.truth.y, known if known is None else known.cpu()


def _per_class(y, order, n, classes, balanced, rng):
    """The first samples of every class in `order`, n in all. y [N] -> [n] positions"""
    more = torch.randperm(classes, generator=rng) < n % classes
    wanted = n // classes + more.long()
    there = torch.bincount(y[order], minlength=classes)
    short = (there < wanted).nonzero()[:, 0].tolist()
    need(not short, "n", n, f"less: class {short[:1]} has {there[short[:1]].tolist()} samples by its {balanced} "
         f"labels, {wanted[short[:1]].tolist()} are wanted")  # fmt: skip
    return torch.cat([order[y[order] == c][: wanted[c]] for c in range(classes)])


def rows(split, i, mapped):
    """The samples i of a split, its validation split as it is."""
    x = take(split.x, i.to(split.x.device), mapped)
    j = i.to(split.y.device)
    return replace(split, x=x, y=split.y[j], ids=None if split.ids is None else split.ids[j], mapped=mapped)


def overlap(meta, split):
    """How many samples of `meta` are in `split` too: by their ids where both come from the same set (equal images in it
    are then different samples), else by comparing the samples, bit for bit. -> int"""
    if meta.origin and split.origin and meta.ids is not None and split.ids is not None:
        if meta.origin == split.origin:
            return int(torch.isin(meta.ids.to(split.ids.device), split.ids).sum())
        if meta.origin.removesuffix(TEST) == split.origin.removesuffix(TEST):
            return 0  # training set and test set of one load
    if meta.x.shape[1:] != split.x.shape[1:] or meta.x.dtype != split.x.dtype:
        return 0
    known = set(_marks(split.x))
    return sum(mark in known for mark in _marks(meta.x))


def _marks(x):
    """A hash of every row."""
    for part in chunks(x):
        for row in part.cpu().contiguous().flatten(1).numpy():
            yield blake2b(row.tobytes(), digest_size=16).digest()
