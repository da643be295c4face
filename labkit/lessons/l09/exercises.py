"""The exercises of lesson 09."""

import numpy as np
import torch

import labkit

from ...exercises.answers import Wrong, call, compare, number, vector
from ..l01 import study as lesson_01
from . import study as lesson_09


def believed(answer):
    """P(true 0 | given 1) with p = (0.6, 0.3, 0.1) under pairflip 40 %, three classes."""
    p, T = torch.tensor([0.6, 0.3, 0.1]), labkit.noise.pairflip(0.4).matrix(3, "")
    y = torch.tensor(1)
    right = lesson_09.posterior(p, y, T)[0].item()
    mistakes = [
        (0.6, "that is p before the label was seen; weigh it with T_01, how often a 0 is called 1"),
        (0.24, "that is p_0 T_01; divide by the sum over all true classes"),
        (0.4, "that is P(given 1 | true 0), the other way round"),
        (1 - right, "that is the chance that the label is right"),
        (lesson_09.posterior(p, y, T.T)[0].item(), "rows and columns are exchanged: T_01 is 0.4, T_10 is 0"),
    ]
    compare(number(answer), right, mistakes, tolerance=3e-3)
    return "p_0 T_01 over the sum. The label says 1, and 0 is still the better bet"


def row_sums(answer):
    """The row sums that T / T.sum(1) leaves of a matrix whose middle row sums to 0.5."""
    T = np.array([[0.6, 0.4, 0.0], [0.0, 0.3, 0.2], [0.4, 0.0, 0.6]])
    right = (T / T.sum(1)).sum(1)
    mistakes = [
        ([1, 1, 1], "so it was meant. numpy lines T.sum(1) up with the last axis: it divides columns, not rows"),
        (T.sum(1), "those are the sums before"),
        ((T / T.sum(0)).sum(1), "that divides by the sums of columns; the code divides columns by the sums of rows"),
        ((T / T.sum(1)).sum(0), "those are the sums of columns; a transition matrix needs its rows to sum to 1"),
    ]
    compare(vector(answer, 3), right, mistakes, tolerance=5e-3)
    return "`T / T.sum(1, keepdims=True)` was meant. No error is raised: the shapes fit"


def from_joint(answer):
    """A function joint -> T, for a joint whose rows are given labels and whose columns are true ones."""
    rng = np.random.default_rng(3)
    for classes in (3, 4):
        joint = rng.integers(1, 40, (classes, classes)).astype(float)
        right = (joint / joint.sum(0)).T
        returned = call(answer, joint.copy())
        T = np.asarray(returned, dtype=float)
        if T.shape != joint.shape:
            raise Wrong(f"it returns {T.shape}; a matrix {joint.shape} is asked for")
        mistakes = [
            (right.T, "each column is divided by its sum, as it should; but T has a row for each *true* class"),
            (joint / joint.sum(1, keepdims=True), "that is P(true | given), row by row; T is P(given | true)"),
            ((joint / joint.sum(1, keepdims=True)).T, "divide by the sums of the true classes, which are columns here"),
            (joint.T, "turned, but still counts; divide every row by its sum"),
            (joint / joint.sum(), "that is still a joint; divide each true class by its own sum"),
        ]
        compare(T.flatten(), right.flatten(), [(np.asarray(m).flatten(), words) for m, words in mistakes])
    return "columns of the joint are true classes: each becomes a row of T"


def two_codes(answer):
    """P(true cat | given cat) where p says cat or dog alike, with T of L_DMI's code and with T of CDR's."""
    p, cat = torch.tensor([0.5, 0.5]), torch.tensor(0)
    share = lambda T: lesson_09.posterior(p, cat, torch.tensor(T))[0].item()
    right = np.array([share([[0.6, 0.4], [0.0, 1.0]]), share([[0.6, 0.4], [0.4, 0.6]])])
    mistakes = [
        (right[::-1], "the other way round: in L_DMI's code no dog is ever called cat"),
        ([0.6, 0.6], "in L_DMI's code row `dog` is (0, 1): which labels can a dog get?"),
        ([0.5, 0.5], "that is p before the label was seen"),
        ([0.6, 1.0], "the other way round: in L_DMI's code no dog is ever called cat"),
        ([0.3, 0.3], "that is p_cat T_cat,cat; divide by the sum over both true classes"),
    ]
    compare(vector(answer, 2), right, mistakes)
    return "one line of code apart: with the one matrix a label `cat` is certain, with the other it is 60 to 40"


def arriving_gradient(answer):
    """A function logits, T, dT, y -> loss whose gradient reaches dT."""
    rng = torch.Generator().manual_seed(2)
    logits = torch.randn(16, 4, generator=rng)
    y = torch.randint(4, (16,), generator=rng)
    T = torch.full((4, 4), 0.1).fill_diagonal_(0.7)
    dT = (0.02 * torch.randn(4, 4, generator=rng)).requires_grad_()
    loss = call(answer, logits, T, dT, y)
    if not isinstance(loss, torch.Tensor) or loss.ndim:
        raise Wrong("it returns no single number; return the mean over the batch")
    right = (labkit.transition.importance(logits, y, T + dT) * labkit.losses.ce(logits, y)).mean()
    turned = (labkit.transition.importance(logits, y, (T + dT).T) * labkit.losses.ce(logits, y)).mean()
    mistakes = [
        (turned.item(), "rows and columns of T + dT are exchanged: the given label's belief is (T + dT)^T p"),
        (labkit.losses.ce(logits, y).mean().item(), "the weight beta is missing"),
    ]
    compare(loss.item(), right.item(), mistakes, tolerance=1e-4)
    (wanted,) = torch.autograd.grad(right, dT)
    got = torch.autograd.grad(loss, dT, allow_unused=True)[0] if loss.requires_grad else None
    if got is None or not got.abs().sum() > 0:
        raise Wrong("the value is right, but dT gets no gradient: something between beta and the loss cuts the graph")
    if (got - wanted).abs().max() > 1e-4:
        raise Wrong("dT gets a gradient, but another one than the derivative of the loss")
    return "dT is learned now. Before, the revision revised nothing"


def suspects(answer):
    """100 positions in the digits' training set, symmetric 40 %, seed 0, whose labels are wrong."""
    task = lesson_01.noisy("symmetric", noise_rate=0.4, seed=0)
    try:
        i = np.asarray(answer).astype(int).ravel()
    except (TypeError, ValueError):
        raise Wrong(f"{answer!r} is not read as positions") from None
    if len(i) != 100 or len(set(i.tolist())) != 100:
        raise Wrong(f"these are {len(set(i.tolist()))} different positions; 100 are asked for")
    if i.min() < 0 or i.max() >= len(task.train):
        raise Wrong(f"positions are in 0..{len(task.train) - 1}")
    share = (task.train.y[i] != task.truth.y[i]).double().mean().item()
    if share < 0.95:
        hints = {0.3: "those are the most trusted labels: turn the order round", 0.55: "that is no better than chance"}
        hint = next(
            (words for limit, words in hints.items() if share < limit), "ask networks that have not seen the label"
        )
        raise Wrong(f"{share:.0%} of them are wrong; 95 % are asked for: {hint}")
    return f"{share:.0%} of the 100 are wrong, and nobody had to look at one"


EXERCISES = {
    "09.1": believed,
    "09.2": from_joint,
    "09.3": row_sums,
    "09.4": two_codes,
    "09.5": arriving_gradient,
    "09.6": suspects,
}
