"""Timing in interleaved rounds: a drift of the machine's speed slows all contestants alike, and ratios stay."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from operator import truediv
from typing import Any

from ...fit import Loop

Times = dict[str, list[float]]  # name -> seconds per step, one for each round


def interleaved(
    steps: Mapping[str, Callable[[], Any]],
    rounds: int,
    count: int = 1,
    clock: Callable[[], float] = time.perf_counter,
    warm_up: bool = True,
) -> Times:
    """Time `count` steps of every contestant in turn, `rounds` times. warm_up: add a first round that is not counted"""
    times = {name: [] for name in steps}
    for k in range(rounds + warm_up):
        for name, step in steps.items():
            start = clock()
            for _ in range(count):
                step()
            if k >= warm_up:
                times[name].append((clock() - start) / count)
    return times


def interleaved_loops(loops: Mapping[str, Iterator], rounds: int, count: int) -> Times:
    """Time `count` steps of every training loop in turn, as `interleaved` does. A step is one next()."""
    steps = {}
    for name, loop in loops.items():
        steps[name] = partial(next, loop)
    return interleaved(steps, rounds, count)


def batches(loop: Loop) -> Iterator[str]:
    """Train by labkit. Every next() is one step."""
    for event in loop.run():
        if event == "batch":
            yield event


def ratio(seconds: Sequence[float], reference: Sequence[float]) -> float:
    """Return the median over the rounds of seconds / reference."""
    return statistics.median(map(truediv, seconds, reference))
