"""The exercises of lesson 03."""

from math import exp, log

import torch

import labkit

from ...exercises.answers import Wrong, call, compare, number

KEPT = 102  # int(0.8 * 128): a batch of 128, a fifth left out


def gce_weight(answer):
    """How much of cross-entropy's gradient GCE with q = 0.5 leaves to a sample with p_y = 0.25."""
    p, q = 0.25, 0.5
    mistakes = [
        (p, "that is p itself, MAE's weight without its 2; here q is 0.5"),
        ((1 - p**q) / q, "that is the loss; its weight on the gradient p - e_y is asked for"),
        (1 - p**q, "that is what is forgiven; what is left?"),
        (1 / p**q, "the other way round: a small p gets a small weight"),
        (p * q, "a power, not a product: p to the power of q"),
    ]
    compare(number(answer), p**q, mistakes)
    return "p to the power of q: half of cross-entropy's gradient. A right label at p = 0.81 keeps nine tenths"


def same_run(answer):
    """The learning rate with which 2 (1 - p) moves as GCE's 1 - p does with 0.1, under plain SGD."""
    mistakes = [
        (0.2, "the other way round: the larger loss has the larger gradient, so it needs the smaller rate"),
        (0.1, "at the same rate MAE goes twice as far in every step"),
        (0.025, "the gradient grows with the loss, not with its square"),
    ]
    compare(number(answer), 0.05, mistakes, tolerance=1e-4)
    return "the runs are the same, step by step. A loss is defined up to a factor; with SGD its learning rate is not"


def averaged_twice(answer):
    """By which factor a step shrinks under SGD and under Adam if the mean over 102 samples is divided by 102."""
    if not isinstance(answer, (list, tuple)) or len(answer) != 2:
        raise Wrong("hand in a pair: the factor under SGD and the factor under Adam, e.g. (0.5, 0.5)")
    sgd = [
        (1 / 128, "the batch has 128, but 102 are kept, and by these the code divides"),
        (KEPT, "a factor above 1 makes the step longer; the loss is divided"),
        (1 / KEPT**2, "once is right: the mean is the loss; only the second division is too much"),
        (1.0, "SGD's step is the gradient times lr: it shrinks with the loss"),
    ]
    adam = [(1 / KEPT, "Adam divides the gradient by its own size; what is left of a constant factor?")]
    try:
        compare(number(answer[0]), 1 / KEPT, sgd, tolerance=2e-5)
    except Wrong as wrong:
        raise Wrong(f"under SGD: {wrong}") from None
    try:
        compare(number(answer[1]), 1.0, adam)
    except Wrong as wrong:
        raise Wrong(f"under Adam: {wrong}") from None
    return f"SGD crawls at 1/{KEPT} of its learning rate, Adam does not notice. The code was released with Adam"


def softmax_twice(answer):
    """The smallest cross-entropy that can be reached at ten classes if probabilities are taken for logits."""
    right = log(exp(1) + 9) - 1
    mistakes = [
        (0.0, "that is the smallest one of logits; here the numbers that go in are at most 1"),
        (log(10), "that is the loss of a network that knows nothing: ten equal numbers"),
        (log(exp(1) + 9), "that is the largest one: all of p on another label"),
        (1.0, "the largest probability is 1, but the second softmax makes something else of it"),
        (right / log(10), "the natural logarithm, please: cross-entropy is in nats"),
    ]
    compare(number(answer), right, mistakes, tolerance=2e-3)
    return f"{right:.3f}, and the largest is {log(exp(1) + 9):.3f}: no label can cost more than one nat above another"


def two_as(answer):
    """The beta of SCE's paper (A = -4) that does what beta = 1 does in the released code (labels clipped at 1e-4)."""
    clip = -log(1e-4)
    mistakes = [
        (1.0, "the same beta multiplies another A, the natural logarithm of 1e-4"),
        (4 / clip, "the other way round: the code's A is larger in size, so the paper's beta must be larger"),
        (clip, "that is the code's -A; the paper has an A too"),
    ]
    compare(number(answer), clip / 4, mistakes, tolerance=5e-3)
    return f"beta times -A is what counts: {clip:.2f} / 4. Read beta = 1 in a table and ask which A"


def smoothing(answer):
    """The alpha of label smoothing that cross-entropy becomes, on average over uniform noise of 40 %."""
    mistakes = [
        (0.36, "that is the share of wrong labels; smoothing, too, gives a part to the right class"),
        (0.4 / 10, "that is what each class gets; alpha is all that is taken away before it is shared out"),
        (0.6, "that is what the label keeps; alpha is what is taken away"),
        (0.4 * 10 / 9, "that is for symmetric noise, which never draws the own class"),
        (0.0, "the average is not the clean loss: cross-entropy is not symmetric"),
    ]
    compare(number(answer), 0.4, mistakes)
    return "the target is 0.6 on the label and 0.04 everywhere. Endless noisy data smooth; repeated ones are memorised"


def normalised(answer):
    """A function (logits, y) -> [B]: cross-entropy divided by its sum over all labels."""
    logits, y = 2 * torch.randn(7, 4, generator=torch.Generator().manual_seed(3)), torch.tensor([0, 1, 2, 3, 0, 1, 2])
    value = call(answer, logits, y)
    if not isinstance(value, torch.Tensor) or value.shape != y.shape:
        found = tuple(value.shape) if isinstance(value, torch.Tensor) else type(value).__name__
        raise Wrong(f"it returns {found}; a tensor with one loss per sample is asked for, here of shape (7,)")
    ce, every = labkit.losses.ce(logits, y), -logits.log_softmax(-1)
    mistakes = [
        (ce, "that is cross-entropy; divide it by its sum over all labels"),
        (ce / ce.sum(), "that divides by the sum over the batch; the sum over the *labels* of each sample is meant"),
        (ce / every.mean(-1), "that divides by the mean over the labels; the sum is asked for"),
        (-(every.softmax(-1).log().gather(-1, y[:, None])[:, 0]), "no second softmax: a quotient"),
        (labkit.losses.mae(logits, y), "MAE is symmetric, but here cross-entropy is to be made so"),
    ]
    compare(value.detach().numpy(), (ce / every.sum(-1)).numpy(), [(m.numpy(), words) for m, words in mistakes], 1e-4)
    summed = sum(call(answer, logits, torch.full_like(y, c)) for c in range(4))
    if not torch.allclose(summed, torch.ones(7), atol=1e-4):
        raise Wrong("with other labels it is something else; does it look at y everywhere?")
    return "its sum over all labels is 1, whatever the network says: symmetric. This is how any loss can be made so"


EXERCISES = {
    "03.1": gce_weight,
    "03.2": same_run,
    "03.3": averaged_twice,
    "03.4": softmax_twice,
    "03.5": two_as,
    "03.6": smoothing,
    "03.7": normalised,
}
