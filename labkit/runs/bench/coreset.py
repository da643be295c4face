"""Facility location, n = 5,000, k = 2,500: labkit's lazy greedy against apricot's and submodlib's, of one objective.

The points are gradients p - e_y of ten classes. All start from the matrix of distances (the others' similarities
d0 - d are made beforehand, untimed); "from the points" includes the matrix. A package that is not installed is named,
and left out.
"""

import statistics
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec

import numpy as np
import torch

from ...coreset import Distances, centrality, facility_location, stochastic_greedy, value
from ...grads import ce_gradient
from .rounds import interleaved, ratio

N = 5000  # points
K = 2500  # chosen ones
CLASSES = 10
TARGET = 5.0  # times as fast as the peers
LAZY = "labkit, lazy greedy"
PEERS = {"apricot": "apricot, lazy greedy", "submodlib": "submodlib, LazyGreedy"}


def gradients(n: int = N, seed: int = 0) -> torch.Tensor:
    """Return p - e_y of random logits and labels. -> [n, 10] float64"""
    rng = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(n, CLASSES, generator=rng, dtype=torch.float64)
    return ce_gradient(logits, torch.randint(CLASSES, (n,), generator=rng))


def by_apricot(similarity: np.ndarray, k: int) -> np.ndarray:
    """Return apricot's choice by similarities [n, n]. -> [k]"""
    from apricot import FacilityLocationSelection

    return FacilityLocationSelection(k, metric="precomputed", optimizer="lazy").fit(similarity).ranking


def by_submodlib(similarity: np.ndarray, k: int) -> list[int]:
    """Return submodlib's choice by similarities [n, n]. -> [k]"""
    from submodlib import FacilityLocationFunction

    objective = FacilityLocationFunction(n=len(similarity), mode="dense", sijs=similarity, separate_rep=False)
    steps = objective.maximize(budget=k, optimizer="LazyGreedy", show_progress=False)  # pairs of index and gain
    return [j for j, _ in steps]


def contestants(points: torch.Tensor, k: int) -> tuple[dict[str, Callable], Distances, float]:
    """Return the timed functions by name, each () -> [k] positions; the distances; and d0. points [n, F]"""
    d = Distances(points)
    d0 = d.sums()[1]
    similarity = d0 - d.matrix
    functions = {LAZY: partial(facility_location, d, k)}
    for name, choose in {"apricot": by_apricot, "submodlib": by_submodlib}.items():
        if find_spec(name):
            choose(similarity[:200, :200].copy(), 20)  # compiles, imports
            functions[PEERS[name]] = partial(choose, similarity, k)
    functions["labkit, from the points"] = partial(facility_location, points, k)
    functions["labkit, stochastic greedy"] = partial(stochastic_greedy, d, k)
    functions["labkit, centrality"] = partial(centrality, d, k)
    return functions, d, d0


def lines(rounds: int = 3, n: int = N, k: int = K) -> Iterator[str]:
    """Write seconds, objective, and how many times as fast labkit's lazy greedy is, line by line."""
    for name in PEERS:
        if not find_spec(name):
            yield f"{name} is not installed: left out"
    functions, d, d0 = contestants(gradients(n), k)
    objective = {name: value(d, choose(), d0) for name, choose in functions.items()}
    times = interleaved(functions, rounds, warm_up=False)
    for name, seconds in times.items():
        line = f"{name:28s} {statistics.median(seconds):7.3f} s   F = {objective[name]:12.4f}"
        if name in PEERS.values():
            line += f"   labkit's is {ratio(seconds, times[LAZY]):5.2f} times as fast (target {TARGET})"
            line += f", objective / labkit's {objective[name] / objective[LAZY]:.7f}"
        yield line
