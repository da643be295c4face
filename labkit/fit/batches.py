"""Batches that a network with batch normalisation can learn from: in training mode it cannot see one sample alone."""

from contextlib import contextmanager

from ..errors import must, need
from ..measure import CHUNK
from .network import SAMPLES, fewest, smallest_batch

WORDS = "or more: the network has batch normalisation, which needs them in training mode (or take GroupNorm)"
ALONE = "Expected more than 1 value per channel"  # what torch says of one sample


def least_batch(method, task, recipe):
    """Samples that the networks of a bound method need at once, 1 or 2. Raises ValueError where a batch, a meta batch
    or the training split has fewer. -> int"""
    least, name = smallest_batch(method.nets, task.train.inputs(slice(0, SAMPLES))), type(method).__name__
    sizes = {"recipe's batch": recipe.batch, "number of training samples": len(task.train)}
    for key in ("batch_size", "meta_batch"):
        sizes[f"{key} of {name}"] = getattr(method, key, None)
    if method.needs_meta:
        sizes["number of meta samples"] = len(method.meta)
    for argument, size in sizes.items():
        need(size is None or size >= least, argument, size, f"{least} {WORDS}")
    check_evaluation(method.nets, task)
    return least


def check_evaluation(networks, task):
    """Raise ValueError where one sample of a split would be evaluated alone, which batch normalisation without running
    statistics cannot do."""
    splits = {"training": task.train, "validation": task.train.val, "test": task.test}
    alone = [name for name, split in splits.items() if split is not None and len(split) % CHUNK == 1]
    if not alone:
        return
    least = max(fewest(net, task.train.inputs(slice(0, 1)), training=False) for net in networks)
    allowed = "another one: the network has batch normalisation without running statistics, and would see one alone"
    need(least == 1, f"number of {alone[0]} samples", len(splits[alone[0]]), allowed)


def next_size(left, batch, least):
    """Samples of the next batch, `left` samples before the end of an epoch. Where the last batch would have fewer than
    `least`, its samples join the one before. -> int"""
    return left if left < batch + least else batch


@contextmanager
def explained(method):
    """What a method does within: one sample that it gives alone to batch normalisation is a ValueError that says so."""
    try:
        yield
    except ValueError as error:
        if ALONE not in str(error):
            raise
        remedy = "take a larger batch, a lower rate, or a network with GroupNorm"
        must(False, f"a batch that {type(method).__name__} selects in epoch {method.epoch + 1}", "1 sample",
             f"{method.min_batch} {WORDS}: {remedy}")  # fmt: skip
