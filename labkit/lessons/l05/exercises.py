"""The exercises of lesson 05."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import torch

import labkit

from ...exercises.answers import Wrong, call, judge, positions
from ...measure import share
from ...papers.crust.words import over_strongest
from .build import facility_location

BATCH, RADIUS = 128, 2.0  # of the code released with CRUST


def gradient_distance(answer: Any) -> str:
    """Examine how far apart the gradients of two samples with equal p = (0.7, 0.2, 0.1) and labels 0 and 1 are."""
    p = np.array([0.7, 0.2, 0.1])
    first = p - [1, 0, 0]
    second = p - [0, 1, 0]
    right = np.linalg.norm(first - second)
    mistakes = [
        (0.0, "the p are equal, but the labels are not, so 1 is subtracted at different places"),
        (2.0, "that is the square of the distance; take its root"),
        (np.linalg.norm(first), "that is the norm of the first gradient; the distance of the two is asked for"),
        (np.linalg.norm(second), "that is the norm of the second gradient; the distance of the two is asked for"),
        (1.0, "that is the largest entry of the difference; its norm is asked for"),
        (0.5, "that is the difference of two probabilities; write both gradients as vectors first"),
    ]
    judge(answer, right, mistakes, tolerance=5e-3)
    return "the square root of 2. Equal p cancel, whatever they are, and only the given labels remain"


def greedy(answer: Any) -> str:
    """Examine a function (d [n, n], k) -> the k points that greedy facility location chooses, in their order."""
    for seed, n, k in ((0, 12, 4), (1, 15, 5), (2, 9, 3)):
        rng = torch.Generator().manual_seed(seed)
        points = torch.randn(n, 2, generator=rng, dtype=torch.float64)
        d = torch.cdist(points, points)
        returned = call(answer, d.clone(), k)
        chosen = _choices(returned, n, k)
        fault = _first_fault(chosen, d)
        if fault is not None:
            explanation = f"choice {fault} of {chosen} adds less to F than another would"
            raise Wrong(_other_rule(chosen, d, k) or explanation)
    return "each choice has the largest *increase* of F, while the released code compares whole values of F"


def _first_fault(chosen, d):
    """Return the first choice, counted from 1, for which another point would have been better, None if all are greedy.
    Equal gains are common, because two points that are nearest to each other gain the same."""
    similarity = d.max() - d
    covered = torch.zeros(len(d), dtype=d.dtype)
    for k, j in enumerate(chosen):
        total = similarity.maximum(covered).sum(1)
        if total[j] < total.max() - 1e-9:
            return k + 1
        covered = covered.maximum(similarity[j])
    return None


def _choices(returned, n, k):
    """Read k different positions below n. -> list"""
    chosen = positions(returned, n)
    if len(chosen) != k:
        raise Wrong(f"your function returns {len(chosen)} positions; k = {k} are asked for")
    if len(set(chosen)) < k:
        raise Wrong(f"{chosen} holds a position twice, but a point is chosen once")
    return chosen


def _other_rule(chosen, d, k):
    """Return the explanation of the rule that chooses this set of points instead, None if it is no known one."""
    sums = d.sum(1)
    order = sums.argsort().tolist()
    rules = [
        (
            order[:k],
            "these are the points with the smallest sum of distances. The released code returns them, because it "
            "compares F(S + j) and not the increase F(S + j) - F(S)",
        ),
        (
            order[-k:],
            "these are the points with the largest sum of distances; the gain is how much *nearer* the points come",
        ),
        (
            _farthest(d, order[0], k),
            "it always chooses the point farthest from S; the gain counts all points, not only the chosen one",
        ),
        (range(k), "these are the first k points"),
    ]
    for points, explanation in rules:
        if set(points) == set(chosen):
            return explanation
    return None


def _farthest(d, start, k):
    """Choose k points: the first is given, and each later one is the farthest from those before it. -> list"""
    chosen = [start]
    while len(chosen) < k:
        nearest = d[:, chosen].amin(1)
        farthest = nearest.argmax()
        chosen.append(int(farthest))
    return chosen


def radius(answer: Any) -> str:
    """Examine how large |W| must be before a radius of 2.0 leaves a sample out, in groups by the given label."""
    right = RADIUS * BATCH / 2**0.5
    mistakes = [
        (
            RADIUS / 2**0.5,
            "almost; the code's loss is the *mean* over 128 samples, so its gradients are 128 times smaller",
        ),
        (right / 2, "that is for any two labels; within a group by given label e_y cancels, and |p - p'| remains"),
        (RADIUS * BATCH, "how large can |p - p'| of two probability vectors be? It is below 2, but above 1"),
        (RADIUS * BATCH / 2, "|p - p'| of two probability vectors is at most the root of 2, not 2"),
    ]
    judge(answer, right, mistakes, tolerance=0.6)
    return "the last layer's |W| must be above 181. So all samples are within the radius, and all weights are equal"


def least_wrong(answer: Any) -> str:
    """Examine the least fraction of wrong labels in a coreset of 70 % when half of all labels are wrong."""
    wrong = 0.7 - 0.5  # of the data: at best every clean label is chosen
    right = wrong / 0.7
    mistakes = [
        (0.2, "that is the fraction of *the data*, as in the paper; what fraction of the chosen 70 % is it?"),
        (0.5, "that is a random choice; the best choice takes every clean label first"),
        (0.5 / 0.7, "that is the largest fraction of clean labels; the wrong ones are asked for"),
        (0.3, "that is the fraction of the data that is not chosen"),
    ]
    reading = judge(answer, right, mistakes, tolerance=2e-3, is_fraction=True)
    return (
        f"two sevenths, 29 %. No selector does better. The line `best possible` of the panel is 1 minus this{reading}"
    )


def over_the_strongest(answer: Any) -> str:
    """Examine CRUST's mean gain over the strongest baseline of each column of its Table 1."""
    gains = _gains()
    over_strongest_baseline = gains["over the strongest"]
    over_incv = gains["over INCV"].mean()
    right = over_strongest_baseline.mean()
    mistakes = [
        (3.15, "that is the printed average; compute it from the table"),
        (over_incv, "that is the gain over INCV; in one column another baseline is stronger"),
        (right / 100, "that is a fraction; the table is in percent, so the gain is in points"),
        (-right, "the sign is turned round; subtract the baseline from CRUST"),
        (over_strongest_baseline.max(), "that is the largest gain; the mean over the columns is asked for"),
        (over_strongest_baseline.median(), "that is the median; the mean over the columns is asked for"),
    ]
    judge(answer, right, mistakes, tolerance=6e-3)
    return f"{right:.2f} points, not the printed 3.15. INCV alone gives {over_incv:.2f}"


@cache
def _gains() -> pd.DataFrame:
    """Return CRUST's gains of each column of its Table 1."""
    return over_strongest()


def clean_half(answer: Any) -> str:
    """Examine positions of half of the digits' training set, 85 % of them with clean labels: symmetric 50 %, seed 0."""
    digits = labkit.load("digits")
    noise = labkit.noise.symmetric(0.5)
    task = labkit.corrupt(digits, noise, 0)
    clean = task.train.y == task.truth.y
    n = len(clean)
    chosen = set(positions(answer, n))
    if len(chosen) < 0.49 * n:
        raise Wrong(f"these are {len(chosen)} different positions; about half of the {n:,} are asked for")
    precision = share(clean[list(chosen)])
    if precision > 0.995:
        raise Wrong(f"{precision:.1%} are clean. Only the true labels know that well; choose by gradients or losses")
    if precision <= 0.85:
        raise Wrong(f"{precision:.1%} of them have clean labels; 50 % is chance, and above 85 % is asked for")
    return f"{precision:.1%} of your {len(chosen)} have clean labels"


EXERCISES = {
    "05.build": facility_location,
    "05.1": gradient_distance,
    "05.2": greedy,
    "05.3": radius,
    "05.4": least_wrong,
    "05.5": over_the_strongest,
    "05.6": clean_half,
}
HINTS = {
    "05.build": (
        "Keep for each point the distance to its nearest medoid so far; at first it is the largest of all distances.",
        "A candidate gains from each point that is nearer to it than to its medoid, and loses nothing at the others.",
    ),
    "05.1": (
        "Write both gradients p - e_y as vectors, and subtract one from the other.",
        "The p cancel; the norm of what remains is asked for.",
    ),
    "05.2": (
        "Remember for every point how far its nearest chosen point is; a new point can only lower this.",
        "The gain of j is the sum over all points of how much j lowers this distance.",
    ),
    "05.3": (
        "Within a group the given label is the same; what remains of the difference of two gradients?",
        "How far apart can two probability vectors be? Set |W| times this distance / 128 equal to the radius.",
    ),
    "05.4": (
        "Take 100 samples and count; a perfect selector takes the clean ones first.",
        "Divide the wrong labels of the coreset by the size of the coreset, not by the size of the data.",
    ),
    "05.5": (
        "In each column take the largest number of the rows without CRUST.",
        "Subtract it from CRUST's number, and average the differences over the columns.",
    ),
    "05.6": (
        "Samples in the middle of their group tend to be clean, and so do those with a small gradient.",
        "`p` has the network's belief in every label; which samples have a large belief in the given one?",
    ),
}
