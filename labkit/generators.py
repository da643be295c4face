"""The global generators of random numbers, torch's, numpy's and Python's: seeded, saved and restored together."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch

KIND = "MT19937"  # of numpy's global generator
VERSION = 3  # of the states of Python's generator


@contextmanager
def unmoved(devices: Sequence[int] = ()) -> Iterator[None]:
    """Restore the generators at the end of a `with` block. devices: CUDA devices whose generators are restored, too"""
    numpy_state = np.random.get_state(legacy=False)
    python_state = random.getstate()
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
    """Return the states of the generators as plain values with tensors. A foreign generator of numpy is left out."""
    _, numbers, gauss = random.getstate()
    saved = {"global": torch.get_rng_state(), "python": {"numbers": torch.tensor(numbers), "gauss": gauss}}
    state = np.random.get_state(legacy=False)
    if state["bit_generator"] == KIND:
        saved["numpy"] = {
            "numbers": torch.from_numpy(state["state"]["key"].astype(np.int64)),
            "position": state["state"]["pos"],
            "has_gauss": state["has_gauss"],
            "gauss": state["gauss"],
        }
    return saved


def put(saved: dict) -> None:
    """Set the generators to the states of `states`; an older state has torch's alone."""
    torch.set_rng_state(saved["global"])
    if "python" in saved:
        random.setstate(_python(saved["python"]))
    if "numpy" in saved:
        np.random.set_state(_numpy(saved["numpy"]))


def check(saved: dict) -> None:
    """Raise an error of any kind for states of Python's and numpy's generators that cannot be set."""
    if "python" in saved:
        random.Random().setstate(_python(saved["python"]))
    if "numpy" in saved:
        np.random.RandomState().set_state(_numpy(saved["numpy"]))


def _python(state):
    """Return a state as Python's generator takes it."""
    return VERSION, tuple(state["numbers"].tolist()), state["gauss"]


def _numpy(state):
    """Return a state as numpy's generator takes it."""
    return KIND, state["numbers"].numpy().astype(np.uint32), state["position"], state["has_gauss"], state["gauss"]
