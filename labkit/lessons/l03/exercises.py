"""The exercises of lesson 03."""

from math import exp, log

import numpy as np
import torch

import labkit

from ...exercises.answers import Wrong, array, call, compare, judge, judge_entries
from .build import gce

KEPT = 102  # int(0.8 * 128): a batch of 128, a fifth left out


def gce_weight(answer):
    """How much of cross-entropy's gradient GCE with q = 0.5 leaves to a sample with p_y = 0.25."""
    p, q = 0.25, 0.5
    mistakes = [
        (p, "that is p itself, MAE's weight without its factor 2; q is smaller than 1 here"),
        ((1 - p**q) / q, "that is the loss; its weight on the gradient p - e_y is asked for"),
        (1 / p**q, "the other way round; a small p gets a small weight"),
        (p * q, "that is the product of p and q; GCE takes a power"),
    ]
    taken = judge(answer, p**q, mistakes, is_fraction=True)
    return f"p to the power of q, half of cross-entropy's gradient. A clean label at p = 0.81 keeps nine tenths{taken}"


def same_run(answer):
    """The learning rate with which 2 (1 - p) moves as GCE's 1 - p does with 0.1, under plain SGD."""
    mistakes = [
        (0.2, "the other way round; the larger loss has the larger gradient, so it needs the smaller rate"),
        (0.1, "at the same rate MAE goes twice as far in every step"),
        (0.025, "the gradient grows with the loss, not with its square"),
    ]
    judge(answer, 0.05, mistakes, tolerance=1e-4)
    return "the runs are equal, step by step. A factor of the loss is a factor of SGD's learning rate"


def averaged_twice(answer):
    """By which factor a step shrinks under SGD and under Adam if the mean over 102 samples is divided by 102."""
    sgd = [
        (1 / 128, "the batch has 128 samples, but the code divides by the number of kept ones"),
        (KEPT, "a factor above 1 makes the step longer, but the loss is divided"),
        (1 / KEPT**2, "the mean itself is the right loss, so only the second division counts"),
        (1.0, "SGD's step is the gradient times lr, so it shrinks with the loss"),
    ]
    adam = [(1 / KEPT, "Adam divides the gradient by its own size; what remains of a constant factor?")]
    judge_entries(
        answer,
        "a pair, the factor under SGD and the factor under Adam, e.g. (0.5, 0.5)",
        [
            {"right": 1 / KEPT, "mistakes": sgd, "tolerance": 2e-5, "entry": "under SGD"},
            {"right": 1.0, "mistakes": adam, "entry": "under Adam"},
        ],
    )
    return f"SGD crawls at 1/{KEPT} of its learning rate, and Adam does not notice. The code was released with Adam"


def softmax_twice(answer):
    """The smallest cross-entropy that can be reached at ten classes if probabilities are taken for logits."""
    right = log(exp(1) + 9) - 1
    mistakes = [
        (0.0, "that is the smallest loss of real logits; here the numbers that go in are at most 1"),
        (log(10), "that is the loss of a network that knows nothing, with ten equal numbers"),
        (log(exp(1) + 9), "that is the largest loss, where all of p is on another label"),
        (1.0, "the largest probability is 1, but the second softmax changes it"),
        (right / log(10), "take the natural logarithm; cross-entropy is in nats"),
        (exp(1) / (exp(1) + 9), "that is the probability after the second softmax; take its loss"),
    ]
    judge(answer, right, mistakes, tolerance=2e-3)
    return f"{right:.3f}, and the largest is {log(exp(1) + 9):.3f}. No label can cost more than one nat above another"


def smoothing(answer):
    """The alpha of label smoothing that cross-entropy becomes, on average over uniform noise of 40 %."""
    mistakes = [
        (0.36, "that is the fraction of wrong labels; smoothing gives a part to the true class, too"),
        (0.64, "that is what the class of the label gets in all; alpha is what is spread over all classes"),
        (0.4 / 10, "that is what each class gets; alpha is all that is taken from the label"),
        (0.6, "that is what the label keeps; alpha is what is taken from it"),
        (0.4 * 10 / 9, "that is for symmetric noise, which never draws the true class"),
        (0.0, "the average is not the clean loss, because cross-entropy is not symmetric"),
    ]
    taken = judge(answer, 0.4, mistakes, is_fraction=True)
    return (
        "the target is 0.6 on the label plus 0.04 on every class. Endless noisy data smooth the targets, but the same "
        f"data again and again are memorised{taken}"
    )


def normalised(answer):
    """A function (logits, y) -> [B]: cross-entropy divided by its sum over all labels."""
    logits, y = 2 * torch.randn(7, 4, generator=torch.Generator().manual_seed(3)), torch.tensor([0, 1, 2, 3, 0, 1, 2])
    value = array(call(answer, logits.clone(), y.clone()))
    if value.shape != tuple(y.shape):
        shape = f"an array of shape {value.shape}" if value.ndim else "one number"
        raise Wrong(f"it returns {shape}; one loss per sample is asked for, here of shape (7,)")
    ce, losses = labkit.losses.ce(logits, y), -logits.log_softmax(-1)
    mistakes = [
        (ce, "that is cross-entropy; divide it by its sum over all labels"),
        (ce / ce.sum(), "that divides by the sum over the batch; the sum over the *labels* of each sample is meant"),
        (ce / losses.mean(-1), "that divides by the mean over the labels; the sum is asked for"),
        (-(losses.softmax(-1).log().gather(-1, y[:, None])[:, 0]), "no second softmax is needed, only a ratio"),
        (labkit.losses.mae(logits, y), "MAE is symmetric already; make cross-entropy symmetric"),
    ]
    compare(value, (ce / losses.sum(-1)).numpy(), [(m.numpy(), words) for m, words in mistakes], 1e-4)
    by_label = [array(call(answer, logits.clone(), torch.full_like(y, c))) for c in range(4)]
    if not np.allclose(sum(by_label), 1, atol=1e-4):
        raise Wrong("its sum over all labels is not 1; does it use y in every place?")
    return "its sum over all labels is 1, whatever the network says, so it is symmetric. This works with any loss"


EXERCISES = {
    "03.build": gce,
    "03.1": gce_weight,
    "03.2": same_run,
    "03.3": averaged_twice,
    "03.4": softmax_twice,
    "03.6": smoothing,
    "03.7": normalised,
}
HINTS = {
    "03.build": (
        "`logits.softmax(-1)` has the probabilities of all classes, [B, C].",
        "Pick one entry of each row by y; power, difference and quotient act on each sample.",
    ),
    "03.1": (
        "On the logits GCE has cross-entropy's gradient times a weight that depends on p and q alone.",
        "Differentiate (1 - p^q) / q by p, and divide by the derivative of -log p.",
    ),
    "03.2": (
        "A step of plain SGD is the learning rate times the gradient.",
        "How does the gradient change when the loss is doubled? The product has to stay the same.",
    ),
    "03.3": (
        "Compare the gradient of the loss that is divided once more with the gradient of the mean.",
        "Adam divides the running mean of the gradient by the root of the running mean of its square.",
    ),
    "03.4": (
        "At best the network is sure of the given label; which ten numbers go into the second softmax then?",
        "Take the softmax of one 1 and nine 0, and then minus the logarithm.",
    ),
    "03.6": (
        "Cross-entropy is linear in its target, so average the target over the noise.",
        "With which probability is the label redrawn, and what is the average of a redrawn label?",
    ),
    "03.7": (
        "`-logits.log_softmax(-1)` has the loss of every label, [B, C].",
        "Sum the losses over the last axis, so that each sample is divided by a number of its own.",
    ),
}
