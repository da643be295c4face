"""The exercises of lesson 03."""

from math import exp, log
from typing import Any

import numpy as np
import torch

import labkit

from ...exercises.answers import Wrong, array, call, compare, judge, judge_entries
from .build import gce

BATCH = 128
KEPT = 102  # int(0.8 * 128): a fifth of the batch is left out


def gce_weight(answer: Any) -> str:
    """Judge how much of cross-entropy's gradient GCE with q = 0.5 leaves to a sample with p_y = 0.25."""
    p, q = 0.25, 0.5
    right = p**q
    loss = (1 - right) / q
    mistakes = [
        (p, "that is p itself, MAE's weight without its factor 2; q is smaller than 1 here"),
        (loss, "that is the loss; its weight on the gradient p - e_y is asked for"),
        (1 / right, "the other way round; a small p gets a small weight"),
        (p * q, "that is the product of p and q; GCE takes a power"),
    ]
    reading = judge(answer, right, mistakes, is_fraction=True)
    return (
        f"p to the power of q, half of cross-entropy's gradient. A clean label at p = 0.81 keeps nine tenths{reading}"
    )


def same_run(answer: Any) -> str:
    """Judge the learning rate with which 2 (1 - p) moves as GCE's 1 - p does with 0.1, under plain SGD."""
    mistakes = [
        (0.2, "the other way round; the larger loss has the larger gradient, so it needs the smaller rate"),
        (0.1, "at the same rate MAE goes twice as far in every step"),
        (0.025, "the gradient grows with the loss, not with its square"),
    ]
    judge(answer, 0.05, mistakes, tolerance=1e-4)
    return "the runs are equal, step by step. A factor of the loss is a factor of SGD's learning rate"


def averaged_twice(answer: Any) -> str:
    """Judge by which factor a step shrinks under SGD and under Adam if the mean over 102 samples is divided by 102."""
    factor = 1 / KEPT
    sgd = [
        (1 / BATCH, "the batch has 128 samples, but the code divides by the number of kept ones"),
        (KEPT, "a factor above 1 makes the step longer, but the loss is divided"),
        (1 / KEPT**2, "the mean itself is the right loss, so only the second division counts"),
        (1.0, "SGD's step is the gradient times lr, so it shrinks with the loss"),
    ]
    adam = [(factor, "Adam divides the gradient by its own size; what remains of a constant factor?")]
    request = "a pair, the factor under SGD and the factor under Adam, e.g. (0.5, 0.5)"
    entries = [
        {"right": factor, "mistakes": sgd, "tolerance": 2e-5, "entry": "under SGD"},
        {"right": 1.0, "mistakes": adam, "entry": "under Adam"},
    ]
    judge_entries(answer, request, entries)
    return f"SGD crawls at 1/{KEPT} of its learning rate, and Adam does not notice. The code was released with Adam"


def softmax_twice(answer: Any) -> str:
    """Judge the smallest cross-entropy that can be reached at ten classes if probabilities are taken for logits."""
    total = exp(1) + 9  # of the second softmax, over one class of logit 1 and nine of logit 0
    largest = log(total)
    right = largest - 1
    p_y = exp(1) / total
    mistakes = [
        (0.0, "that is the smallest loss of real logits; here the numbers that go in are at most 1"),
        (log(10), "that is the loss of a network that knows nothing, with ten equal numbers"),
        (largest, "that is the largest loss, where all of p is on another label"),
        (1.0, "the largest probability is 1, but the second softmax changes it"),
        (right / log(10), "take the natural logarithm; cross-entropy is in nats"),
        (p_y, "that is the probability after the second softmax; take its loss"),
    ]
    judge(answer, right, mistakes, tolerance=2e-3)
    return f"{right:.3f}, and the largest is {largest:.3f}. No label can cost more than one nat above another"


def smoothing(answer: Any) -> str:
    """Judge the alpha of label smoothing that cross-entropy becomes, on average over uniform noise of 40 %."""
    tau, classes = 0.4, 10
    wrong = tau * (classes - 1) / classes
    uniform_rate = tau * classes / (classes - 1)
    mistakes = [
        (wrong, "that is the fraction of wrong labels; smoothing gives a part to the true class, too"),
        (1 - wrong, "that is what the class of the label gets in all; alpha is what is spread over all classes"),
        (tau / classes, "that is what each class gets; alpha is all that is taken from the label"),
        (1 - tau, "that is what the label keeps; alpha is what is taken from it"),
        (uniform_rate, "that is for symmetric noise, which never draws the true class"),
        (0.0, "the average is not the clean loss, because cross-entropy is not symmetric"),
    ]
    reading = judge(answer, tau, mistakes, is_fraction=True)
    return (
        "the target is 0.6 on the label plus 0.04 on every class. Endless noisy data smooth the targets, but the same "
        f"data again and again are memorised{reading}"
    )


def normalised(answer: Any) -> str:
    """Judge a function (logits, y) -> [B]: cross-entropy divided by its sum over all labels."""
    rng = torch.Generator().manual_seed(3)
    logits = 2 * torch.randn(7, 4, generator=rng)
    y = torch.tensor([0, 1, 2, 3, 0, 1, 2])
    value = array(call(answer, logits.clone(), y.clone()))
    if value.shape != tuple(y.shape):
        form = f"an array of shape {value.shape}" if value.ndim else "one number"
        raise Wrong(f"it returns {form}; one loss per sample is asked for, here of shape (7,)")
    _judge_normalised(value, logits, y)
    total = 0
    for label in range(4):
        labels = torch.full_like(y, label)
        total = total + array(call(answer, logits.clone(), labels))
    if not np.allclose(total, 1, atol=1e-4):
        raise Wrong("its sum over all labels is not 1; does it use y in every place?")
    return "its sum over all labels is 1, whatever the network says, so it is symmetric. This works with any loss"


def _judge_normalised(value, logits, y):
    """Raise Wrong unless the losses are normalised cross-entropy. value [B]"""
    ce = labkit.losses.ce(logits, y)
    by_label = -logits.log_softmax(-1)
    second_log_p = by_label.softmax(-1).log()
    second = -second_log_p.gather(-1, y[:, None])[:, 0]
    mistakes = [
        (ce, "that is cross-entropy; divide it by its sum over all labels"),
        (ce / ce.sum(), "that divides by the sum over the batch; the sum over the *labels* of each sample is meant"),
        (ce / by_label.mean(-1), "that divides by the mean over the labels; the sum is asked for"),
        (second, "no second softmax is needed, only a ratio"),
        (labkit.losses.mae(logits, y), "MAE is symmetric already; make cross-entropy symmetric"),
    ]
    right = ce / by_label.sum(-1)
    compare(value, right.numpy(), mistakes, tolerance=1e-4)


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
