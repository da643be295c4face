"""Batches for networks with batch normalisation, which in training mode cannot learn from one sample alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

from ..data import Task
from ..errors import must, need
from ..measure import CHUNK
from ..method import Method
from .network import SAMPLES, fewest, smallest_batch
from .recipe import Recipe

OR_MORE = "or more: the network has batch normalisation, which needs them in training mode (or take GroupNorm)"
TORCH_MESSAGE = "Expected more than 1 value per channel"  # for one sample


def least_batch(method: Method, task: Task, recipe: Recipe) -> int:
    """Return how many samples the networks of a bound method need at once, 1 or 2.

    Raises ValueError if a batch, a meta batch or a split has fewer.
    """
    minimum = smallest_batch(method.nets, task.train.inputs(slice(0, SAMPLES)))
    name = type(method).__name__
    sizes = {"recipe's batch": recipe.batch, "number of training samples": len(task.train)}
    for key in ("batch_size", "meta_batch"):
        sizes[f"{key} of {name}"] = getattr(method, key, None)
    if method.needs_meta:
        sizes["number of meta samples"] = len(method.meta)
    for argument, size in sizes.items():
        need(size is None or size >= minimum, argument, size, f"{minimum} {OR_MORE}")
    check_evaluation(method.nets, task)
    return minimum


def check_evaluation(networks: Sequence[torch.nn.Module], task: Task) -> None:
    """Raise ValueError if one sample of a split would be evaluated alone by a network that needs two.

    Such a network has batch normalisation without running statistics.
    """
    splits = {"training": task.train, "validation": task.train.val, "test": task.test}
    splits_of_one = [name for name, split in splits.items() if split is not None and len(split) % CHUNK == 1]
    if not splits_of_one:
        return
    sample = task.train.inputs(slice(0, 1))
    minimum = max(fewest(net, sample, training=False) for net in networks)
    may_be = "another one: the network has batch normalisation without running statistics, and would see one alone"
    need(minimum == 1, f"number of {splits_of_one[0]} samples", len(splits[splits_of_one[0]]), may_be)


def next_size(remaining: int, batch: int, minimum: int) -> int:
    """Return the size of the next batch, `remaining` samples before the end of an epoch.

    Where the last batch would have fewer than `minimum` samples, they join the batch before.
    """
    return remaining if remaining < batch + minimum else batch


@contextmanager
def explained(method: Method) -> Iterator[None]:
    """Explain torch's error for a batch of one sample in batch normalisation that a method has selected.

    Raises ValueError with the method, the epoch and what to do.
    """
    try:
        yield
    except ValueError as error:
        if TORCH_MESSAGE not in str(error):
            raise
        batch = f"a batch that {type(method).__name__} selects in epoch {method.epoch + 1}"
        remedy = "take a larger batch, a lower rate, or a network with GroupNorm"
        must(False, batch, "1 sample", f"{method.min_batch} {OR_MORE}: {remedy}")
