"""Checks the state of a training that a file holds, before a loop takes it.

A checksum tells that a file is whole, not that it is right: anybody can write one. A state that a loop could not go on
from is a ValueError.
"""

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

import torch

from .. import generators
from ..errors import must, need

if TYPE_CHECKING:
    from .loop import Loop

MOST_THREADS = 1024


def check_state(state: object, name: str) -> None:
    """Raise ValueError unless `state` is a checkpoint of the run `name`, as far as can be checked without a loop."""
    need(isinstance(state, dict), "checkpoint", type(state).__name__, "a dict")
    for key, kind in {"run": str, "loop": dict, "threads": int, "global": torch.Tensor}.items():
        _kind(f"checkpoint's {key}", state.get(key), kind)
    need(state["run"] == name, "checkpoint's run", state["run"], name)
    check_randomness(state)


def check_randomness(state: dict) -> None:
    """Raise ValueError for states of generators and a number of threads that cannot be set."""
    _whole("checkpoint's threads", state.get("threads"), 1, MOST_THREADS)
    _generator("checkpoint's global generator", state.get("global"), torch.get_rng_state())
    try:
        generators.check(state)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RuntimeError) as error:
        raise ValueError(f"checkpoint's generators of numpy and Python cannot be set: {error}") from None
    if "cuda" in state:
        _kind("checkpoint's cuda generator", state["cuda"], torch.Tensor)


def check_loop(state: dict, loop: "Loop") -> None:
    """Raise ValueError unless `loop`, before its first step, can go on from the state of another loop."""
    known = set(loop.state_dict())
    if state.get("queue") is not None:
        known |= set(loop._within)
    need(set(state) == known, "checkpoint's entries", sorted(map(str, state)), f"{', '.join(sorted(known))}")
    for name in ("k", "epoch", "position"):
        _whole(f"checkpoint's {name}", state[name], 0)
    _rows(state, loop)
    _queue(state, len(loop.task.train))
    for name in ("best", "first"):
        _weights(f"checkpoint's {name}", state[name], loop.method.nets)
    _generator("checkpoint's augment_rng", state["augment_rng"], loop.augment_rng.get_state())
    _method(state["method"], type(loop.method))
    need(state["method"].get("nets") is not None, "checkpoint's networks", None, "there")
    _weights("checkpoint's networks", state["method"]["nets"], loop.method.nets)
    _life(state["life"], loop, len(state["rows"]))


def check_optimisers(opts: Sequence[torch.optim.Optimizer]) -> None:
    """Raise ValueError for an optimiser that holds a buffer of another shape than its parameter."""
    for opt in opts:
        for parameter, buffers in opt.state.items():
            for name, buffer in buffers.items():
                if isinstance(buffer, torch.Tensor) and buffer.ndim:
                    _shape(f"checkpoint's {name} of an optimiser", buffer, parameter.shape)


def _rows(state, loop):
    """Raise ValueError unless the history has a row per epoch, and as many rows of stage k as the stage has epochs."""
    rows = state["rows"]
    _kind("checkpoint's rows", rows, list)
    for number, row in enumerate(rows, 1):
        _kind("checkpoint's row", row, dict)
        need(row.get("epoch") == number, "checkpoint's row", row.get("epoch"), f"that of epoch {number}")
        need(row.keys() == rows[0].keys(), f"checkpoint's row {number}", sorted(map(str, row)), "like the first one")
        plain = int, float, str, type(None)
        wrong = [name for name, value in row.items() if not isinstance(value, plain)]
        need(not wrong, f"checkpoint's row {number}", wrong, "without anything but numbers")
    trained = sum(row.get("stage") == state["k"] for row in rows)
    need(state["epoch"] == trained, "checkpoint's epoch", state["epoch"], f"{trained}, as the history has it")
    need(loop.several or len(rows) <= loop.epochs, "checkpoint's epochs", len(rows), f"at most {loop.epochs}")


def _queue(state, n):
    """Raise ValueError unless the rest of an epoch has positions of samples, and sums of the right shapes."""
    queue = state["queue"]
    if queue is None:
        return
    _kind("checkpoint's queue", queue, torch.Tensor)
    is_queue = queue.dtype == torch.int64 and queue.ndim == 1 and len(queue) <= n
    must(is_queue, "checkpoint's queue", f"{queue.dtype} {list(queue.shape)}", f"at most {n} positions")
    inside = not len(queue) or (queue.min() >= 0 and queue.max() < n)
    must(inside, "checkpoint's queue", "of others", f"of positions in 0..{n - 1}")
    need(state["position"] <= len(queue), "checkpoint's position", state["position"], f"at most {len(queue)}")
    seconds = state["seconds"]
    need(isinstance(seconds, float) and isfinite(seconds), "checkpoint's seconds", seconds, "a finite number")
    for name in ("loss_sum", "losses", "weights"):
        _kind(f"checkpoint's {name}", state[name], torch.Tensor)
    _shape("checkpoint's loss_sum", state["loss_sum"], ())
    _shape("checkpoint's weights", state["weights"], (n,))
    need(state["losses"].ndim == 1, "checkpoint's losses", list(state["losses"].shape), "a row")


def _weights(name, states, nets):
    """Raise ValueError unless there is a state dict per network that fits it, or None."""
    if states is None:
        return
    need(isinstance(states, list) and len(states) == len(nets), name, type(states).__name__, f"{len(nets)} networks")
    for net, state in zip(nets, states):
        expected = net.state_dict()
        _kind(name, state, dict)
        may_be = f"of {sorted(expected)[:3]} and so on"
        need(state.keys() == expected.keys(), name, sorted(map(str, state))[:3], may_be)
        for key, tensor in state.items():
            _kind(f"{name}, {key}", tensor, torch.Tensor)
            _shape(f"{name}, {key}", tensor, expected[key].shape)


def _method(state, cls):
    """Raise ValueError unless a method's state is a dict of attributes that replaces no function and no property."""
    _kind("checkpoint's method", state, dict)
    taken = []
    for name in state:
        member = getattr(cls, name, None) if isinstance(name, str) else None
        if not isinstance(name, str) or callable(member) or isinstance(member, property):
            taken.append(name)
    need(not taken, "checkpoint's method", taken, "without names of functions")


def _life(life, loop, epochs):
    """Raise ValueError unless lives are there if and only if the loop keeps them, one per epoch."""
    need((life is None) == (loop.life is None), "checkpoint's life", type(life).__name__, "there where it is asked for")
    if life is None:
        return
    must(isinstance(life, list) and len(life) == epochs, "checkpoint's life", "another number", f"{epochs} epochs")
    for epoch in life:
        _kind("checkpoint's life", epoch, dict)
        for name, tensor in epoch.items():
            _kind(f"checkpoint's life, {name}", tensor, torch.Tensor)
            _shape(f"checkpoint's life, {name}", tensor, (len(loop.task.train),))


def _kind(name, value, kind):
    """Raise ValueError unless a value is of a type. True is no number."""
    right = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
    need(right, name, type(value).__name__, f"a {kind.__name__}")


def _whole(name, value, low, high=2**62):
    """Raise ValueError unless a value is a whole number from `low` to `high`."""
    _kind(name, value, int)
    need(low <= value <= high, name, value, f"a whole number in {low}..{high}")


def _shape(name, tensor, shape):
    """Raise ValueError unless a tensor has a shape."""
    must(tensor.shape == tuple(shape), name, f"of shape {list(tensor.shape)}", f"of shape {list(shape)}")


def _generator(name, state, example):
    """Raise ValueError unless a tensor looks like the state of a generator such as `example`."""
    is_state = isinstance(state, torch.Tensor) and state.dtype == torch.uint8 and state.shape == example.shape
    need(is_state, name, type(state).__name__, f"the state of a generator: {len(example)} bytes")
