"""The exercises of lesson 09."""

from typing import Any

import numpy as np
import torch

import labkit

from ...exercises.answers import Wrong, array, call, compare, judge, kind, number, positions
from ...losses import ce
from ...transition import forward, importance
from ..l01 import study as lesson_01
from . import study as lesson_09
from .build import forward_loss

MISALIGNED = (
    "numpy aligns joint.sum(1) with the last axis, so column k is divided by the sum of row k; use joint.sum(0)"
)


def believed(answer: Any) -> str:
    """Examine P(true 0 | given 1) with p = (0.6, 0.3, 0.1) under pairflip 40 %, three classes."""
    p = torch.tensor([0.6, 0.3, 0.1])
    y = torch.tensor(1)
    T = labkit.noise.pairflip(0.4).matrix(3, "")
    mu = lesson_09.posterior(p, y, T)
    right = mu[0].item()
    turned = lesson_09.posterior(p, y, T.T)
    mistakes = [
        (0.6, "that is p before the label was seen; multiply it by T_01, how often a 0 is labelled 1"),
        (0.24, "that is p_0 T_01; divide by the sum over all true classes"),
        (0.4, "that is P(given 1 | true 0), the other way round"),
        (1 - right, "that is the probability that the label is clean"),
        (turned[0].item(), "rows and columns are exchanged; T_01 is 0.4, and T_10 is 0"),
    ]
    reading = judge(answer, right, mistakes, tolerance=3e-3, is_fraction=True)
    return f"p_0 T_01 divided by the sum. The label is 1, but 0 is still the more probable class{reading}"


def row_sums(answer: Any) -> str:
    """Examine the row sums that T / T.sum(1) leaves of a matrix whose middle row sums to 0.5."""
    T = np.array([[0.6, 0.4, 0.0], [0.0, 0.3, 0.2], [0.4, 0.0, 0.6]])
    row_sums = T.sum(1)
    column_sums = T.sum(0)
    divided = T / row_sums
    right = divided.sum(1)
    by_columns = T / column_sums
    mistakes = [
        (
            [1, 1, 1],
            "that was intended, but numpy aligns T.sum(1) with the last axis, so columns are divided, not rows",
        ),
        (row_sums, "those are the sums before the division"),
        (by_columns.sum(1), "that divides by the sums of columns; the code divides columns by the sums of rows"),
        (divided.sum(0), "those are the sums of the columns; the sums of the rows are asked for"),
    ]
    judge(answer, right, mistakes, tolerance=5e-3)
    return "the code should be `T / T.sum(1, keepdims=True)`. Python raises no error, because the shapes fit"


def from_joint(answer: Any) -> str:
    """Examine a function joint -> T, for a joint whose rows are given labels and whose columns are true ones."""
    rng = np.random.default_rng(3)
    for classes in (3, 4):
        joint = rng.integers(1, 40, (classes, classes)).astype(float)
        returned = call(answer, joint.copy())
        T = array(returned)
        if T.shape != joint.shape:
            raise Wrong(f"its shape is {T.shape}; a matrix of shape {joint.shape} is asked for")
        right = (joint / joint.sum(0)).T
        mistakes = []
        for matrix, sentence in _joint_mistakes(joint):
            entries = matrix.flatten()
            mistakes.append((entries, sentence))
        compare(T.flatten(), right.flatten(), mistakes, name=_entry)
    return "each column of the joint is a true class, and it becomes a row of T"


def _joint_mistakes(joint):
    """Return the matrices that typical mistakes make of a joint, with their sentences. joint [C, C]"""
    column_sums = joint.sum(0)
    row_sums = joint.sum(1)
    total = joint.sum()
    by_class = joint / column_sums
    by_label = joint / row_sums[:, None]
    misaligned = joint / row_sums  # column k by the sum of row k
    return [
        (by_class, "it is right to divide each column by its sum, but T has a row for each *true* class: transpose"),
        (by_label, "that is P(true | given), row by row; T is P(given | true)"),
        (by_label.T, "divide by the sums of the true classes, which are columns here"),
        (joint, "these are still counts; divide each true class, which is a column here, by its sum, then transpose"),
        (joint.T, "it is transposed, but these are still counts; divide every row by its sum"),
        (joint / total, "that is still a joint; divide each true class by its own sum"),
        (
            joint.T / total,
            "it is transposed, but divided by the number of all images, so all entries together sum to 1; divide every "
            "row by its own sum",
        ),
        (
            joint.T / column_sums,
            "numpy aligns the sums with the last axis, so it divides the columns of joint.T, but its rows are the true "
            "classes; divide before you transpose",
        ),
        (misaligned, MISALIGNED),
        (misaligned.T, MISALIGNED),
    ]


def _entry(position, count):
    """Return the name of an entry of a square matrix. position: in the flattened matrix"""
    row, column = divmod(position, round(count**0.5))
    return f"T[{row}, {column}]"


def two_codes(answer: Any) -> str:
    """Examine P(true cat | given cat) where p is 0.5 for cat and for dog, with T of L_DMI's code and with CDR's."""
    p = torch.tensor([0.5, 0.5])
    cat = torch.tensor(0)
    of_ldmi = torch.tensor([[0.6, 0.4], [0.0, 1.0]])
    of_cdr = torch.tensor([[0.6, 0.4], [0.4, 0.6]])
    mu_ldmi = lesson_09.posterior(p, cat, of_ldmi)
    mu_cdr = lesson_09.posterior(p, cat, of_cdr)
    right = np.array([mu_ldmi[0].item(), mu_cdr[0].item()])
    mistakes = [
        (right[::-1], "the two are exchanged; in L_DMI's code no dog is ever labelled cat"),
        ([0.6, 0.6], "in L_DMI's code the row `dog` is (0, 1); which labels can a dog get?"),
        ([0.5, 0.5], "that is p before the label was seen"),
        ([0.3, 0.3], "that is p_cat T_cat,cat; divide by the sum over both true classes"),
    ]
    reading = judge(answer, right, mistakes, is_fraction=True)
    return f"with L_DMI's matrix the label `cat` is certain, with CDR's it is right with probability 0.6{reading}"


def arriving_gradient(answer: Any) -> str:
    """Examine a function logits, T, dT, y -> loss whose gradient reaches dT."""
    rng = torch.Generator().manual_seed(2)
    logits = torch.randn(16, 4, generator=rng)
    y = torch.randint(4, (16,), generator=rng)
    T = torch.full((4, 4), 0.1).fill_diagonal_(0.7)
    dT = 0.02 * torch.randn(4, 4, generator=rng)
    dT.requires_grad_()
    loss = call(answer, logits.clone(), T.clone(), dT, y.clone())
    _need_one_number(loss, len(y))
    w = importance(logits, y, T + dT)
    right = (w * ce(logits, y)).mean()
    mistakes = _revision_mistakes(logits, T, dT.detach(), y)
    compare(number(loss), right.item(), mistakes, tolerance=1e-4)
    (expected,) = torch.autograd.grad(right, dT)
    gradient = _gradient(loss, dT)
    if gradient is None or not gradient.abs().sum() > 0:
        raise Wrong("the value is right, but dT gets no gradient; something between w and the loss cuts the graph")
    if (gradient - expected).abs().max() > 1e-4:
        raise Wrong("dT gets a gradient, but it is not the derivative of the loss")
    return "dT is learnt now. With the released line it stayed 0"


def _need_one_number(loss, samples):
    """Raise Wrong unless a loss is a tensor with a single number. samples: of the batch"""
    request = "return a tensor with a single number, the mean over the batch"
    if not isinstance(loss, torch.Tensor):
        raise Wrong(f"it returns {kind(loss)}, through which no gradient passes; {request}")
    shape = tuple(loss.shape)
    if shape == (samples, samples):
        raise Wrong(
            f"its shape is {shape}, because w has shape ({samples}, 1) and the losses have ({samples},), so every "
            "weight meets every loss; take w[:, 0]"
        )
    if loss.numel() == samples:
        raise Wrong(f"its shape is {shape}, so it has a number for each sample; return their mean")
    if loss.numel() != 1:
        raise Wrong(f"its shape is {shape}; {request}")


def _revision_mistakes(logits, T, dT, y):
    """Return the values of T-Revision's loss with typical mistakes, and their sentences."""
    losses = ce(logits, y)
    revised = T + dT
    w = importance(logits, y, revised)
    turned = losses * importance(logits, y, revised.T)
    without_dT = losses * importance(logits, y, T)
    forward_losses = forward(logits, y, revised)
    values = [
        (turned.mean(), "rows and columns of T + dT are exchanged; the given labels have probabilities (T + dT)^T p"),
        (losses.mean(), "the weight w is missing"),
        (without_dT.mean(), "dT is missing in w; the given labels have probabilities (T + dT)^T p"),
        (
            w.mean() * losses.mean(),
            "that is the mean of w times the mean of the losses; if w has shape [B, 1], take w[:, 0], so that each "
            "weight meets the loss of its own sample",
        ),
        ((w * losses).sum(), "that is the sum over the batch; return the mean"),
        (w.mean(), "that is the mean of w; multiply each weight by its sample's cross-entropy first"),
        (forward_losses.mean(), "that is the forward loss; multiply each sample's cross-entropy by w"),
    ]
    return [(value.item(), sentence) for value, sentence in values]


def _gradient(loss, dT):
    """Return the gradient of the reader's loss on dT, None if none arrives."""
    if not loss.requires_grad:
        return None
    try:
        return torch.autograd.grad(loss.sum(), dT, allow_unused=True)[0]
    except RuntimeError as error:
        raise Wrong(f"the gradient cannot be computed: {error}") from None


def suspects(answer: Any) -> str:
    """Examine 100 positions in the digits' training set, symmetric 40 %, seed 0, whose labels are wrong."""
    task = lesson_01.noisy("symmetric", noise_rate=0.4, seed=0)
    i = positions(answer, len(task.train))
    different = len(set(i))
    if len(i) != 100 or different != 100:
        raise Wrong(f"these are {different} different positions; 100 are asked for")
    given = task.train.y[i]
    true = task.truth.y[i]
    wrong = given != true
    precision = wrong.double().mean().item()
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
