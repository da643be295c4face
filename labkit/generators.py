"""The global generators of random numbers, torch's, numpy's and Python's: seeded, kept and put back together."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

KIND, VERSION = "MT19937", 3  # of numpy's global generator, and of Python's states


@contextmanager
def unmoved(devices: tuple = ()) -> Iterator[None]:
    """Put the generators back where they were, at the end. devices: numbers of CUDA devices whose generators, too"""
    numpy_state, python_state = np.random.get_state(), random.getstate()
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)


def seed_all(seed: int) -> None:
    """Seed the generators. seed: 0 to 2**32 - 1"""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def states() -> dict:
    """Where the generators are. -> plain values with tensors"""
    numpy_state, (_, numbers, gauss) = np.random.get_state(), random.getstate()
    kept = {"global": torch.get_rng_state(), "python": {"numbers": torch.tensor(numbers), "gauss": gauss}}
    if numpy_state[0] != KIND:  # the user has put another one there
        return kept
    _, numbers, position, has_gauss, gauss = numpy_state
    numbers = torch.from_numpy(numbers.astype(np.int64))
    return kept | {"numpy": {"numbers": numbers, "position": position, "has_gauss": has_gauss, "gauss": gauss}}


def put(kept: dict) -> None:
    """Put the generators where `states` says that they were; an older state has torch's alone."""
    torch.set_rng_state(kept["global"])
    if "python" in kept:
        random.setstate(_python(kept["python"]))
    if "numpy" in kept:
        np.random.set_state(_numpy(kept["numpy"]))


def check(kept: dict) -> None:
    """Raise an error of any kind for states of Python's and numpy's generators that cannot be set."""
    if "python" in kept:
        random.Random().setstate(_python(kept["python"]))
    if "numpy" in kept:
        np.random.RandomState().set_state(_numpy(kept["numpy"]))


def _python(state):
    return VERSION, tuple(state["numbers"].tolist()), state["gauss"]


def _numpy(state):
    return KIND, state["numbers"].numpy().astype(np.uint32), state["position"], state["has_gauss"], state["gauss"]
