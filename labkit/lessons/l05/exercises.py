"""The exercises of lesson 05."""

import numpy as np
import torch

import labkit

from ...exercises.answers import Wrong, call, compare, number, share, vector
from ...papers.crust.words import over_strongest

BATCH, RADIUS = 128, 2.0  # of the code released with CRUST


def gradient_distance(answer):
    """How far apart the gradients of two samples with equal p = (0.7, 0.2, 0.1) and labels 0 and 1 are."""
    p, one = np.array([0.7, 0.2, 0.1]), np.eye(3)
    right = np.linalg.norm((p - one[0]) - (p - one[1]))
    mistakes = [
        (0.0, "the p are equal, the labels are not: take 1 away at different places"),
        (2.0, "that is the square of the distance; take its root"),
        (np.linalg.norm(p - one[0]), "that is the length of the first gradient; the distance between two is asked for"),
        (np.linalg.norm(p - one[1]), "that is the length of the second gradient; the distance is asked for"),
        (np.abs(one[0] - one[1]).max(), "that is the largest entry of the difference; its length is asked for"),
        (0.5, "that is the difference of two probabilities; write both gradients as vectors first"),
    ]
    compare(number(answer), right, mistakes, tolerance=5e-3)
    return "the square root of 2: equal p cancel, whatever they are. What remains is which labels were given"


def greedy(answer):
    """A function (d [n, n], k) -> the k points that greedy facility location chooses, in the order of choice."""
    for seed, n, k in ((0, 12, 4), (1, 15, 5), (2, 9, 3)):
        points = torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        d = torch.cdist(points, points)
        chosen = _positions(call(answer, d.clone(), k), n, k)
        if (worse := _first_fault(chosen, d)) is not None:
            raise Wrong(
                _which_rule(set(chosen), d, k) or f"choice {worse} of {chosen} adds less to F than another would"
            )
    return "each choice has the largest *increase* of F. The released code compares whole values of F"


def _first_fault(chosen, d):
    """Which choice, from 1, another point would have been better for; None if all are greedy. Equal gains are common:
    two points that are nearest to each other gain the same."""
    gain, near = d.max() - d, torch.zeros(len(d), dtype=d.dtype)
    for k, j in enumerate(chosen):
        total = gain.maximum(near).sum(1)
        if total[j] < total.max() - 1e-9:
            return k + 1
        near = near.maximum(gain[j])
    return None


def _positions(chosen, n, k):
    """Different positions below n, k of them. -> list"""
    try:
        found = [int(j) for j in chosen]
    except (TypeError, ValueError):
        raise Wrong(f"your function returns {chosen!r}; {k} positions are asked for") from None
    if len(found) != k:
        raise Wrong(f"your function returns {len(found)} positions; k = {k} are asked for")
    if len(set(found)) < k:
        raise Wrong(f"{found} holds a position twice: who is chosen cannot be chosen again")
    if not all(0 <= j < n for j in found):
        raise Wrong(f"{found} holds a position outside 0..{n - 1}")
    return found


def _which_rule(chosen, d, k):
    """The words for another rule than greedy facility location, if it is a known one. -> text or None"""
    sums = d.sum(1).argsort()
    far = [int(sums[0])]
    while len(far) < k:
        far.append(int(d[:, far].min(1).values.argmax()))
    rules = {
        "these are the points with the smallest sum of distances. That is what the released code returns: it compares "
        "F(S + j) and not the increase F(S + j) - F(S)": sums[:k].tolist(),
        "these are the points with the largest sum of distances; the gain is how much *nearer* the points come": sums[
            -k:
        ].tolist(),
        "each time the point farthest from S is chosen; the gain counts all points, not only the chosen one": far,
        "these are the first k points": list(range(k)),
    }
    return next((words for words, rule in rules.items() if set(rule) == chosen), None)


def radius(answer):
    """How large |W| must be before a radius of 2.0 leaves anybody out, in groups by the given label."""
    right = RADIUS * BATCH / 2**0.5
    mistakes = [
        (RADIUS / 2**0.5, "almost: the code's gradients are of the *mean* over 128 samples, so a 128th of these"),
        (right / 2, "that is for any two labels; within a group by given label the e_y cancel, and |p - q| is left"),
        (RADIUS * BATCH, "what is the largest |p - q| of two probability vectors? It is above 1"),
        (RADIUS * BATCH / 2, "|p - q| of two probability vectors is at most the root of 2, not 2"),
    ]
    compare(number(answer), right, mistakes, tolerance=0.6)
    return (
        "the last layer's |W| would have to be above 181. So everybody is within the radius, and all weights are equal"
    )


def least_wrong(answer):
    """The least share of wrong labels in a coreset of 70 % when half of all labels are wrong."""
    right = (0.7 - 0.5) / 0.7
    mistakes = [
        (0.2, "that is the share of *the data*, as the paper has it; which share of the chosen 70 % is it?"),
        (0.5, "that is a random choice; the best one takes every right label first"),
        (0.5 / 0.7, "that is the largest share of right labels; the wrong ones are asked for"),
        (0.3, "that is what is left out"),
    ]
    compare(share(answer), right, mistakes, tolerance=2e-3)
    return "two sevenths, 29 %. No selector is cleaner: the line `best possible` of the panel"


def over_the_strongest(answer):
    """CRUST's mean gain over the strongest baseline of each column of its Table 1."""
    gains = over_strongest()
    right, incv = gains["over the strongest"].mean(), gains["over INCV"].mean()
    mistakes = [
        (3.15, "that is the printed average; compute it from the table"),
        (incv, "that is the gain over INCV; in one column another baseline is stronger"),
        (right / 100, "that is a share; the table is in points"),
        (-right, "the sign is turned round"),
        (gains["over the strongest"].max(), "that is the largest gain; the mean over the columns is asked for"),
        (gains["over the strongest"].median(), "that is the median; the mean over the columns is asked for"),
    ]
    compare(number(answer), right, mistakes, tolerance=6e-3)
    return f"{right:.2f} points, not the printed 3.15. INCV alone gives {incv:.2f}"


def clean_half(answer):
    """Positions of half of the digits' training set, 85 % of them with right labels: symmetric 50 %, seed 0."""
    task = labkit.corrupt(labkit.load("digits"), labkit.noise.symmetric(0.5), 0)
    right, n = task.train.y == task.truth.y, len(task.train)
    chosen = torch.as_tensor(answer).flatten() if not isinstance(answer, (int, float)) else torch.empty(0)
    if chosen.dtype == torch.bool:
        raise Wrong("this is a mask; hand in positions, e.g. mask.nonzero()[:, 0]")
    i = vector(chosen.tolist(), len(chosen)).astype(int).tolist()
    if len(set(i)) < 0.49 * n:
        raise Wrong(f"{len(set(i))} different positions; about half of the {n:,} are asked for")
    if min(i) < 0 or max(i) >= n:
        raise Wrong(f"positions are in 0..{n - 1:,}")
    found = right[sorted(set(i))].double().mean().item()
    if found > 0.995:
        raise Wrong(f"{found:.1%} are right. Only the true labels know that well; choose by gradients or losses")
    if found <= 0.85:
        raise Wrong(f"{found:.1%} of them have right labels; 50 % is chance, above 85 % is asked for")
    return f"{found:.1%} of your {len(set(i))} have right labels"


EXERCISES = {
    "05.1": gradient_distance,
    "05.2": greedy,
    "05.3": radius,
    "05.4": least_wrong,
    "05.5": over_the_strongest,
    "05.6": clean_half,
}
