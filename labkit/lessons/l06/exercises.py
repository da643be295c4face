"""The exercises of lesson 06."""

import numpy as np
import torch

from ...exercises.answers import Wrong, call, compare, number, share, vector
from ...papers.crust import theorem
from . import study as lesson_06


def residual_left(answer):
    """What is left in a direction with singular value 2 after 10 steps of rate 0.1, squared loss."""
    sigma, rate, steps = 2.0, 0.1, 10
    right = float(lesson_06.left(torch.tensor([sigma]), rate, steps))
    mistakes = [
        (
            (1 - rate * sigma) ** steps,
            "the *square* of the singular value counts: it is an eigenvalue of J times its transpose",
        ),
        (1 - rate * sigma**2, "that is after one step; each step multiplies again"),
        (1 - rate * steps * sigma**2, "ten steps are not ten times one step; each multiplies what is left"),
        (1 - right, "that is what has been fitted; what is left is asked for"),
        ((1 - rate) ** steps, "that is for a singular value of 1"),
    ]
    compare(number(answer), right, mistakes, tolerance=5e-4)
    return "0.6 to the power of 10, half a percent. In a direction of singular value 0.2, 96 % are left"


def projection(answer):
    """A function (K [m, m], y [m], k) -> y, of which only the k largest directions of K are kept."""
    draw = torch.Generator().manual_seed(0)
    for m, k in ((6, 2), (9, 4)):
        J = torch.randn(m, m, generator=draw, dtype=torch.float64)
        K, y = J @ J.T, torch.randn(m, generator=draw, dtype=torch.float64)
        V = torch.linalg.eigh(K).eigenvectors.flip(1)
        right = (V[:, :k] @ (V[:, :k].T @ y)).numpy()
        small = (V[:, -k:] @ (V[:, -k:].T @ y)).numpy()
        found = call(answer, K.clone(), y.clone(), k)
        found = found.detach().numpy() if torch.is_tensor(found) else found
        if np.shape(found) == (k,):
            raise Wrong(f"these are {k} coordinates along the directions; go back to a vector of {m} with V")
        mistakes = [
            (small, "these are the *smallest* directions: eigh sorts its eigenvalues upwards"),
            (y.numpy() - right, "that is what is cut off, the nuisance part; hand in what is kept"),
            (y.numpy() - small, "that is y without its k smallest directions; keep the k largest only"),
            ((K @ y).numpy(), "that is K y, which also stretches; a projection keeps lengths along its directions"),
            (y.numpy(), "that is y itself: nothing is cut off"),
        ]
        compare(vector(found, m), right, mistakes, tolerance=1e-6)
    return "the information part of y. It needs the images and the network, and no label but y itself"


def clean_enough(answer):
    """How clean a coreset with ten classes must be for Theorem 4.1 of CRUST."""
    limit = theorem.margin(10) / 8
    mistakes = [
        (limit, "that is the largest share of *wrong* labels; how clean must the coreset be?"),
        (1 - 2 / 10 / 8, "ten labels from -1 to 1 have nine gaps"),
        (1 - 1 / 9 / 8, "the labels go from -1 to 1: over a length of 2"),
        (1 - 2 / 9, "almost: the theorem asks for an eighth of delta"),
        (1 - 1 / 8, "delta is not 1: ten labels have to find room between -1 and 1"),
    ]
    compare(share(answer), 1 - limit, mistakes, tolerance=1.5e-3)
    return f"{1 - limit:.1%}. With a hundred classes: {1 - theorem.margin(100) / 8:.2%}"


def equation_7(answer):
    """The largest singular value of diag(r) J_S for r = (9, 1, 1), J_S = I, and the bound of Eq. (7)."""
    r = torch.tensor([9.0, 1, 1], dtype=torch.float64)
    if not isinstance(answer, (list, tuple, np.ndarray, torch.Tensor)) or len(answer) != 2:
        raise Wrong("hand in a pair: the largest singular value, and the bound, e.g. (1, 2)")
    right = np.array([torch.linalg.matrix_norm(torch.diag(r), 2).item(), r.max().sqrt().item()])
    mistakes = [
        (right[::-1], "the other way round: first the singular value, then the bound"),
        ([3, 3], "that is the singular value of diag(sqrt r) J_S, for which the bound is right; the paper has diag(r)"),
        ([9, 9], "the bound has the *root* of the largest r"),
        ([11, 3], "11 is the sum of the r; the largest singular value of a diagonal matrix is its largest entry"),
        ([83**0.5, 3], "that is the root of the sum of squares (Frobenius); the largest singular value is asked for"),
        ([81, 3], "that is its square"),
    ]
    compare(vector(answer, 2), right, mistakes)
    return "9 is above 3: the bound is broken threefold. With the roots of the weights it is right"


def all_premises(answer):
    """The share of 12 orthonormal samples, one label wrong, that end classified as their true class."""
    right = theorem.counterexample()["correct"]
    mistakes = [
        (1.0, "that is what the theorem promises; in which direction does the wrong label pull, and who pulls back?"),
        (1 - right, "that is the share of the wrong label; which share is classified as its *true* class?"),
        (0.5, "the eleven others are fitted, and their labels are right"),
        (0.0, "the eleven others are fitted, and their labels are right"),
    ]
    compare(share(answer), right, mistakes, tolerance=2e-3)
    return "11 of 12. With all premises true the wrong label is fitted as it was given: the theorem fails"


def denoise(answer):
    """A function (K, y) -> labels that corrects most wrong labels and keeps most right ones."""
    for seed in (0, 1):
        at = lesson_06.look(noise="symmetric 40 %", seed=seed, epoch=5)
        y = at.task.train.y
        found = torch.as_tensor(np.asarray(call(answer, at.K.clone(), y.clone())))
        if found.shape != y.shape:
            raise Wrong(
                f"the shape of your labels is {list(found.shape)}; one class for each of the {len(y)} is asked for"
            )
        ends = lesson_06.fates(at, found)
        said = (
            f"{ends['noisy_corrected']:.0%} of the wrong labels corrected, {ends['clean_fitted']:.0%} of the right kept"
        )
        if (found == y).all():
            raise Wrong("these are the given labels, unchanged")
        if ends["noisy_corrected"] < 0.7 or ends["clean_fitted"] < 0.8:
            raise Wrong(f"{said}; at least 70 % and 80 % are asked for. How many directions do you keep?")
    return f"{said} (seed 1)"


EXERCISES = {
    "06.1": residual_left,
    "06.2": projection,
    "06.3": clean_enough,
    "06.4": equation_7,
    "06.5": all_premises,
    "06.6": denoise,
}
