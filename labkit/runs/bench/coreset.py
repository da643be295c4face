"""Facility location, n = 5,000, k = 2,500: labkit's lazy greedy against apricot's and submodlib's, of one objective.

The points are gradients p - e_y of ten classes. All start from the matrix of distances (the others' similarities
d0 - d are made beforehand, untimed); "from the points" includes the matrix. Rounds are interleaved, the ratios are per
round, their median counts. A package that is not installed is named, and left out.
"""

import statistics
import time
from importlib.util import find_spec

import torch

from ...coreset import Distances, centrality, facility_location, stochastic_greedy, value
from ...grads import ce_gradient

N, K, CLASSES, TARGET = 5000, 2500, 10, 5.0
OURS = "labkit, lazy greedy"
PEERS = {"apricot": "apricot, lazy greedy", "submodlib": "submodlib, LazyGreedy"}


def gradients(n=N, seed=0):
    """p - e_y of random logits and labels. -> [n, 10] float64"""
    rng = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(n, CLASSES, generator=rng, dtype=torch.float64)
    return ce_gradient(logits, torch.randint(CLASSES, (n,), generator=rng))


def by_apricot(similarity, k):
    """apricot's choice by similarities [n, n]. -> [k]"""
    from apricot import FacilityLocationSelection

    return FacilityLocationSelection(k, metric="precomputed", optimizer="lazy").fit(similarity).ranking


def by_submodlib(similarity, k):
    """submodlib's choice by similarities [n, n]. -> [k]"""
    from submodlib import FacilityLocationFunction

    objective = FacilityLocationFunction(n=len(similarity), mode="dense", sijs=similarity, separate_rep=False)
    return [j for j, _ in objective.maximize(budget=k, optimizer="LazyGreedy", show_progress=False)]


def contestants(points, k):
    """What is timed. -> {name: () -> [k] positions}, Distances, d0"""
    d = Distances(points)
    top = d.sums()[1]
    similarity = top - d.matrix
    peers = {"apricot": by_apricot, "submodlib": by_submodlib}
    there = {PEERS[name]: peer for name, peer in peers.items() if find_spec(name)}
    for peer in there.values():
        peer(similarity[:200, :200].copy(), 20)  # compiles, imports
    work = {OURS: lambda: facility_location(d, k)}
    work |= {name: lambda peer=peer: peer(similarity, k) for name, peer in there.items()}
    work["labkit, from the points"] = lambda: facility_location(points, k)
    work["labkit, stochastic greedy"] = lambda: stochastic_greedy(d, k)
    work["labkit, centrality"] = lambda: centrality(d, k)
    return work, d, top


def lines(rounds=3, n=N, k=K):
    """Seconds, objective, and how many times as fast lazy greedy is. -> iterator of printed lines"""
    yield from (f"{name} is not installed: left out" for name in PEERS if not find_spec(name))
    work, d, top = contestants(gradients(n), k)
    times, objective = {name: [] for name in work}, {}
    for _ in range(rounds):
        for name, choose in work.items():
            started = time.perf_counter()
            chosen = choose()
            times[name].append(time.perf_counter() - started)
            objective[name] = value(d, chosen, top)
    for name, each in times.items():
        ratio = statistics.median(t / own for t, own in zip(each, times[OURS]))
        against = f"labkit's is {ratio:5.2f} times as fast" if name in PEERS.values() else ""
        if against:
            against += f" (target {TARGET}), objective / labkit's {objective[name] / objective[OURS]:.7f}"
        yield f"{name:28s} {statistics.median(each):7.3f} s   F = {objective[name]:12.4f}   {against}".rstrip()
