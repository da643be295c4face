"""The exercises of lesson 09."""

import numpy as np
import torch

import labkit

from ...exercises.answers import Wrong, array, call, compare, judge, number, positions
from ..l01 import study as lesson_01
from . import study as lesson_09
from .build import forward_loss


def believed(answer):
    """P(true 0 | given 1) with p = (0.6, 0.3, 0.1) under pairflip 40 %, three classes."""
    p, T = torch.tensor([0.6, 0.3, 0.1]), labkit.noise.pairflip(0.4).matrix(3, "")
    y = torch.tensor(1)
    right = lesson_09.posterior(p, y, T)[0].item()
    mistakes = [
        (0.6, "that is p before the label was seen; multiply it by T_01, how often a 0 is labelled 1"),
        (0.24, "that is p_0 T_01; divide by the sum over all true classes"),
        (0.4, "that is P(given 1 | true 0), the other way round"),
        (1 - right, "that is the probability that the label is clean"),
        (lesson_09.posterior(p, y, T.T)[0].item(), "rows and columns are exchanged; T_01 is 0.4, and T_10 is 0"),
    ]
    taken = judge(answer, right, mistakes, tolerance=3e-3, is_fraction=True)
    return f"p_0 T_01 divided by the sum. The label is 1, but 0 is still the more probable class{taken}"


def row_sums(answer):
    """The row sums that T / T.sum(1) leaves of a matrix whose middle row sums to 0.5."""
    T = np.array([[0.6, 0.4, 0.0], [0.0, 0.3, 0.2], [0.4, 0.0, 0.6]])
    right = (T / T.sum(1)).sum(1)
    mistakes = [
        (
            [1, 1, 1],
            "that was intended, but numpy aligns T.sum(1) with the last axis, so columns are divided, not rows",
        ),
        (T.sum(1), "those are the sums before the division"),
        ((T / T.sum(0)).sum(1), "that divides by the sums of columns; the code divides columns by the sums of rows"),
        ((T / T.sum(1)).sum(0), "those are the sums of the columns; the sums of the rows are asked for"),
    ]
    judge(answer, right, mistakes, tolerance=5e-3)
    return "the code should be `T / T.sum(1, keepdims=True)`. Python raises no error, because the shapes fit"


def from_joint(answer):
    """A function joint -> T, for a joint whose rows are given labels and whose columns are true ones."""
    rng = np.random.default_rng(3)
    for classes in (3, 4):
        joint = rng.integers(1, 40, (classes, classes)).astype(float)
        right = (joint / joint.sum(0)).T
        T = array(call(answer, joint.copy()))
        if T.shape != joint.shape:
            raise Wrong(f"it returns {T.shape}; a matrix {joint.shape} is asked for")
        mistakes = [
            (right.T, "it is right to divide each column by its sum, but T has a row for each *true* class: transpose"),
            (joint / joint.sum(1, keepdims=True), "that is P(true | given), row by row; T is P(given | true)"),
            ((joint / joint.sum(1, keepdims=True)).T, "divide by the sums of the true classes, which are columns here"),
            (joint.T, "it is transposed, but these are still counts; divide every row by its sum"),
            (joint / joint.sum(), "that is still a joint; divide each true class by its own sum"),
        ]
        flat = [(matrix.flatten(), sentence) for matrix, sentence in mistakes]
        compare(T.flatten(), right.flatten(), flat, name=_entry)
    return "each column of the joint is a true class, and it becomes a row of T"


def _entry(position, count):
    """The name of an entry of a square matrix. position: in the flattened matrix"""
    row, column = divmod(position, round(count**0.5))
    return f"T[{row}, {column}]"


def two_codes(answer):
    """P(true cat | given cat) where p is 0.5 for cat and for dog, with T of L_DMI's code and with T of CDR's."""
    p, cat = torch.tensor([0.5, 0.5]), torch.tensor(0)
    matrices = torch.tensor([[[0.6, 0.4], [0.0, 1.0]], [[0.6, 0.4], [0.4, 0.6]]])
    right = np.array([lesson_09.posterior(p, cat, T)[0].item() for T in matrices])
    mistakes = [
        (right[::-1], "the two are exchanged; in L_DMI's code no dog is ever labelled cat"),
        ([0.6, 0.6], "in L_DMI's code the row `dog` is (0, 1); which labels can a dog get?"),
        ([0.5, 0.5], "that is p before the label was seen"),
        ([0.3, 0.3], "that is p_cat T_cat,cat; divide by the sum over both true classes"),
    ]
    taken = judge(answer, right, mistakes, is_fraction=True)
    return f"with L_DMI's matrix the label `cat` is certain, with CDR's it is right with probability 0.6{taken}"


def arriving_gradient(answer):
    """A function logits, T, dT, y -> loss whose gradient reaches dT."""
    rng = torch.Generator().manual_seed(2)
    logits = torch.randn(16, 4, generator=rng)
    y = torch.randint(4, (16,), generator=rng)
    T = torch.full((4, 4), 0.1).fill_diagonal_(0.7)
    dT = (0.02 * torch.randn(4, 4, generator=rng)).requires_grad_()
    loss = call(answer, logits.clone(), T.clone(), dT, y.clone())
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
        raise Wrong("it returns no tensor with a single number; return the mean over the batch")
    right = (labkit.transition.importance(logits, y, T + dT) * labkit.losses.ce(logits, y)).mean()
    turned = (labkit.transition.importance(logits, y, (T + dT).T) * labkit.losses.ce(logits, y)).mean()
    mistakes = [
        (turned.item(), "rows and columns of T + dT are exchanged; the given labels have probabilities (T + dT)^T p"),
        (labkit.losses.ce(logits, y).mean().item(), "the weight w is missing"),
    ]
    compare(number(loss), right.item(), mistakes, tolerance=1e-4)
    (expected,) = torch.autograd.grad(right, dT)
    gradient = _gradient(loss, dT)
    if gradient is None or not gradient.abs().sum() > 0:
        raise Wrong("the value is right, but dT gets no gradient; something between w and the loss cuts the graph")
    if (gradient - expected).abs().max() > 1e-4:
        raise Wrong("dT gets a gradient, but it is not the derivative of the loss")
    return "dT is learnt now. With the released line it stayed 0"


def _gradient(loss, dT):
    """The gradient of the reader's loss on dT, None if none arrives."""
    if not loss.requires_grad:
        return None
    try:
        return torch.autograd.grad(loss.sum(), dT, allow_unused=True)[0]
    except RuntimeError as error:
        raise Wrong(f"the gradient cannot be computed: {error}") from None


def suspects(answer):
    """100 positions in the digits' training set, symmetric 40 %, seed 0, whose labels are wrong."""
    task = lesson_01.noisy("symmetric", noise_rate=0.4, seed=0)
    i = positions(answer, len(task.train))
    if len(i) != 100 or len(set(i)) != 100:
        raise Wrong(f"these are {len(set(i))} different positions; 100 are asked for")
    precision = (task.train.y[i] != task.truth.y[i]).double().mean().item()
    if precision < 0.3:
        raise Wrong(f"{precision:.0%} of them are wrong, so these are the most trusted labels; reverse the order")
    if precision < 0.55:
        raise Wrong(
            f"{precision:.0%} of them are wrong, which is hardly better than chance; at least 95 % are asked for"
        )
    if precision < 0.95:
        raise Wrong(
            f"{precision:.0%} of them are wrong, and 95 % are asked for; ask networks that have not seen the label"
        )
    return f"{precision:.0%} of the 100 are wrong, and you used no true label to find them"


EXERCISES = {
    "09.build": forward_loss,
    "09.1": believed,
    "09.2": from_joint,
    "09.3": row_sums,
    "09.4": two_codes,
    "09.5": arriving_gradient,
    "09.6": suspects,
}
HINTS = {
    "09.build": (
        "The belief in a given label is a sum over the true classes that it can come from.",
        "Go through the softmax first, then through T, and take the logarithm last.",
    ),
    "09.1": (
        "Use Bayes' rule; the column of T for the given label says how often each true class gets this label.",
        "Multiply p by this column, entry by entry, and divide by the sum.",
    ),
    "09.2": (
        "T has a row for each true class, and each of its rows sums to 1.",
        "Which axis of the joint has the true classes? Divide along it, then transpose.",
    ),
    "09.3": (
        "`np.sum(T, 1)` has shape [3]; with which axis of T does numpy align it?",
        "Divide each column by the sum of the row with the same number, then add up the rows.",
    ),
    "09.4": (
        "Write both matrices with rows for true cats and dogs; which of them ever label a dog as a cat?",
        "Multiply p by the column `cat`, and divide by the sum of the two products.",
    ),
    "09.5": (
        "Follow the graph from dT to the loss; in which line does a new leaf begin?",
        "`Variable(w, requires_grad=True)` makes a tensor that knows nothing of dT.",
    ),
    "09.6": (
        "A network that has trained on a label may have memorised it.",
        "`study.cross_validated` asks networks that have not seen the label; sort by the probability they give it.",
    ),
}
