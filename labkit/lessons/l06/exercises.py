"""The exercises of lesson 06."""

from typing import Any

import numpy as np
import torch

from ...exercises.answers import Wrong, array, call, compare, judge, shape, vector
from ...exercises.diagnoses import IS_A_PERCENTAGE
from ...papers.crust import theorem
from . import study as lesson_06
from .build import the_cut


def residual_left(answer: Any) -> str:
    """Examine what is left in a direction with singular value 2 after 10 steps of rate 0.1, squared loss."""
    sigma, rate, steps = 2.0, 0.1, 10
    sigmas = torch.tensor([sigma])
    right = float(lesson_06.remaining(sigmas, rate, steps))
    mistakes = [
        (
            (1 - rate * sigma) ** steps,
            "the *square* of the singular value counts, because it is an eigenvalue of J times its transpose",
        ),
        (1 - rate * sigma**2, "that is after one step; each step multiplies again"),
        (1 - rate * steps * sigma**2, "ten steps are not ten times one step; each step multiplies what is left"),
        (1 - right, "that is what has been fitted; what is left is asked for"),
        ((1 - rate) ** steps, "that is for a singular value of 1"),
        (100 * right, IS_A_PERCENTAGE),
    ]
    reading = judge(answer, right, mistakes, tolerance=5e-5, is_fraction=True)
    return f"0.6 to the power of 10, half a percent. In a direction of singular value 0.2, 96 % are left{reading}"


def projection(answer: Any) -> str:
    """Examine a function (K [m, m], y [m], k) -> y, of which only the k largest directions of K are kept."""
    rng = torch.Generator().manual_seed(0)
    for m, k in ((6, 2), (9, 4)):
        J = torch.randn(m, m, generator=rng, dtype=torch.float64)
        y = torch.randn(m, generator=rng, dtype=torch.float64)
        K = J @ J.T
        ascending = torch.linalg.eigh(K).eigenvectors
        V = ascending.flip(1)
        returned = call(answer, K.clone(), y.clone(), k)
        _need_length(returned, y, V[:, :k])
        values = vector(returned, m)
        right, mistakes = _projections(K, V, y, k)
        compare(values, right, mistakes, tolerance=1e-6)
    return "the information part of y. It needs the images and the network, and no label but y itself"


def _projections(K, V, y, k):
    """Return the right answer of `projection` and the typical mistakes. V [m, m]: largest direction first"""
    largest = V[:, :k]
    smallest = V[:, -k:]
    right = largest @ (largest.T @ y)
    small = smallest @ (smallest.T @ y)
    mistakes = [
        (small, "these are the *smallest* directions, because eigh sorts its eigenvalues upwards"),
        (y - right, "that is the part that is cut off, the nuisance part; return the part that is kept"),
        (y - small, "that is y without its k smallest directions; keep the k largest only"),
        (K @ y, "that is K y, which also stretches; a projection does not stretch its directions"),
        (y, "that is y itself, so nothing is cut off"),
    ]
    return right.numpy(), [(values.numpy(), sentence) for values, sentence in mistakes]


def _need_length(returned, y, V):
    """Raise Wrong for k numbers where a vector as long as y is asked for. V: the k largest directions [m, k]"""
    m, k = V.shape
    if shape(returned) != (k,):
        return
    values = array(returned)
    largest = y.topk(k).values
    if _is_same_set(values, largest):
        raise Wrong(f"these are the {k} largest *entries* of y; the {k} largest *directions* of K are meant")
    coordinates = V.T @ y
    if _is_same_set(np.abs(values), coordinates.abs()):
        raise Wrong(f"these are the {k} coordinates along the directions; go back to a vector of {m} with V")
    raise Wrong(f"these are {k} numbers; a vector as long as y, of {m} numbers, is asked for")


def _is_same_set(values, expected):
    """Return whether two arrays hold the same numbers, in any order."""
    ordered = np.sort(values)
    expected = np.sort(expected.numpy())
    return np.allclose(ordered, expected)


def clean_enough(answer: Any) -> str:
    """Examine how clean a coreset with ten classes must be for Theorem 4.1 of CRUST."""
    limit = theorem.margin(10) / 8
    mistakes = [
        (limit, "that is the largest fraction of *wrong* labels; how clean must the coreset be?"),
        (1 - 2 / 10 / 8, "ten labels from -1 to 1 have nine gaps"),
        (1 - 1 / 9 / 8, "the labels go from -1 to 1, which is a length of 2"),
        (1 - 2 / 9, "almost; the theorem asks for an eighth of delta"),
        (1 - 1 / 8, "delta is not 1, because ten labels have to find room between -1 and 1"),
    ]
    reading = judge(answer, 1 - limit, mistakes, tolerance=1.5e-3, is_fraction=True)
    limit_of_hundred = theorem.margin(100) / 8
    return f"{1 - limit:.1%}. With a hundred classes it is {1 - limit_of_hundred:.2%}{reading}"


def equation_7(answer: Any) -> str:
    """Examine the largest singular value of diag(r) J_S for r = (9, 1, 1), J_S = I, and the bound of Eq. (7)."""
    r = torch.tensor([9, 1, 1]).double()
    J_r = torch.diag(r)
    value = torch.linalg.matrix_norm(J_r, 2)
    bound = r.max().sqrt()
    right = np.array([value.item(), bound.item()])
    mistakes = [
        (right[::-1], "the two are exchanged; first the singular value, then the bound"),
        ([3, 3], "that is the singular value of diag(sqrt r) J_S, for which the bound holds; the paper has diag(r)"),
        ([9, 9], "the bound has the *root* of the largest r"),
        ([11, 3], "11 is the sum of the r; the largest singular value of a diagonal matrix is its largest entry"),
        ([83**0.5, 3], "that is the root of the sum of squares (Frobenius); the largest singular value is asked for"),
        ([81, 3], "the first number is the square of the singular value"),
    ]
    judge(answer, right, mistakes)
    return "9 is three times the bound of 3, so the bound does not hold. With the roots of the weights it does"


def all_premises(answer: Any) -> str:
    """Examine the fraction of 12 orthonormal samples, one label wrong, that end classified as their true class."""
    right = theorem.counterexample()["correct"]
    mistakes = [
        (1.0, "that is what the theorem promises; does any other sample pull against the wrong label?"),
        (1 - right, "that is the fraction of wrong labels; what fraction is classified as its *true* class?"),
        (12 * right, "that is a number of samples; divide by all twelve"),
        (0.5, "the samples with clean labels are fitted, too"),
        (0.0, "the samples with clean labels are fitted, too"),
    ]
    reading = judge(answer, right, mistakes, tolerance=2e-3, is_fraction=True)
    return f"11 of 12. All premises are true, but the wrong label is fitted as it was given{reading}"


def denoise(answer: Any) -> str:
    """Examine a function (K, y) -> labels that corrects most wrong labels and keeps most clean ones."""
    for seed in (0, 1):
        snapshot = lesson_06.train_snapshot(noise="symmetric 40 %", seed=seed, epoch=5)
        y = snapshot.task.train.y
        returned = call(answer, snapshot.K.clone(), y.clone())
        labels = torch.from_numpy(array(returned))
        if labels.shape != y.shape:
            raise Wrong(
                f"the shape of your labels is {list(labels.shape)}; one class for each of the {len(y)} is asked for"
            )
        if (labels == y).all():
            raise Wrong("these are the given labels, unchanged")
        fates = lesson_06.fates(snapshot, labels)
        corrected = fates["noisy_corrected"]
        kept = fates["clean_fitted"]
        result = f"{corrected:.0%} of the wrong labels corrected, {kept:.0%} of the clean ones kept"
        if corrected < 0.7 or kept < 0.8:
            raise Wrong(f"{result}; at least 70 % and 80 % are asked for. How many directions do you keep?")
    return f"{result} (seed 1)"


def stop_in_time(answer: Any) -> str:
    """Examine the step at which section 3's network changes to sample 2's given label, at half its learning rate."""
    lr = 0.01
    right = lesson_06.step_of_change(lr)
    at_full_rate = lesson_06.step_of_change(2 * lr)
    mistakes = [
        (at_full_rate, f"that is the step with eta = {2 * lr}; half the learning rate needs more steps"),
        (
            2 * at_full_rate,
            "almost; at eta = 0.02 the change lies between the steps 14 and 15, so twice 15 is too late",
        ),
        (right - 1, "almost; after 28 steps 24.5 % of the difference is learnt, and a quarter is needed"),
        (at_full_rate // 2, "a smaller learning rate needs more steps, not fewer"),
        (69, "that is when half of the difference is learnt; classes 0 and 2 tie at a quarter"),
    ]
    judge(answer, right, mistakes, is_count=True)
    return "at half the learning rate the same cut takes twice as long, up to rounding"


EXERCISES = {
    "06.build": the_cut,
    "06.1": residual_left,
    "06.2": projection,
    "06.3": clean_enough,
    "06.4": equation_7,
    "06.5": all_premises,
    "06.6": denoise,
    "06.7": stop_in_time,
}
HINTS = {
    "06.build": (
        "A projection needs orthonormal columns V, one for each direction: V times V transposed times the labels.",
        "The columns are left singular vectors of J, or eigenvectors of J times its transpose.",
    ),
    "06.1": (
        "In a direction each step multiplies the residual by the same factor, 1 minus eta times something.",
        "For the squared loss this something is the square of the singular value.",
    ),
    "06.2": (
        "`torch.linalg.eigh` returns the directions as columns, those with the largest eigenvalues last.",
        "V.T @ y are the coordinates along the directions in V, and V @ coordinates leads back.",
    ),
    "06.3": (
        "Draw ten equally spaced numbers from -1 to 1; how many gaps do they have?",
        "The fraction of *wrong* labels must be below an eighth of a gap; the fraction of clean ones is asked for.",
    ),
    "06.4": (
        "A diagonal matrix stretches each axis by its entry; which axis is stretched most?",
        "For the bound take the root of the largest r, and the norm of J_S is 1.",
    ),
    "06.5": (
        "With J = I no image moves another one, so every image is fitted to the label that it was given.",
        "How many of the twelve were given their true class?",
    ),
    "06.6": (
        "Labels that agree lie in the large directions, and scattered errors hardly do.",
        "Write y as one-hot vectors, cut them as in exercise 06.2, and take the largest output of each image.",
    ),
    "06.7": (
        "The mean is learnt early; sample 2 changes when a certain part of its difference from the mean is learnt.",
        "The part is a quarter, and after t steps (1 - eta) to the power of t of the difference is left.",
    ),
}
