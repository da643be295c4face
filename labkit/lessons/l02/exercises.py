"""The exercises of lesson 02."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import torch

import labkit

from ...exercises.answers import Wrong, call, compare, judge, kind, need_different, number, vector
from .build import plain_sgd

SAME_NUMBER = "the number is the same, the noise is not; uniform noise draws from all classes, the true one included"


def gradient(answer: Any) -> str:
    """Judge the gradient on the logits of a sample with p = (0.6, 0.3, 0.1), given label 2, true label 0."""
    given, true = 2, 0
    p = torch.tensor([0.6, 0.3, 0.1])
    logits = p.log().requires_grad_()
    labkit.losses.ce(logits[None], torch.tensor([given])).sum().backward()
    right = logits.grad.numpy()
    p = p.numpy()
    labels = np.eye(3)
    by_probabilities = -labels[given] / p
    mistakes = [
        (p - labels[true], "that is for the true label, but the network sees the given one"),
        (-right, "the sign is turned round; that is the step downhill, and the gradient points uphill"),
        (p, "that is p itself; subtract 1 at the given label"),
        (-np.log(p), "those are the losses of the three labels; the gradient is asked for"),
        (by_probabilities, "that is the gradient on the probabilities; go through the softmax to the logits"),
    ]
    values = vector(answer, 3)
    is_typical = any(np.allclose(values, typical, atol=1e-3) for typical, _ in mistakes)
    if abs(values.sum()) > 0.01 and not is_typical:
        raise Wrong(f"the entries add up to {values.sum():.2f}; p and the label add up to 1 each, so here it is 0")
    judge(values, right, mistakes)
    return "p minus 1 at the given label. The true label does not occur in it"


def same_wrong_share(answer: Any) -> str:
    """Judge the rate of symmetric noise that has as many wrong labels as uniform 40 % at ten classes."""
    noise = labkit.noise.uniform(0.4)
    T = noise.matrix(10, "digits")
    right = 1 - T.diagonal().mean().item()
    same_number = (
        "the number is the same, the noise is not; uniform noise draws from all classes, the true one included"
    )
    mistakes = [
        (0.4, same_number),
        (0.4 * 10 / 9, "the other way round; uniform noise at this rate has 40 % wrong labels"),
        (1 - right, "that is the fraction of clean labels"),
    ]
    reading = judge(answer, right, mistakes, is_fraction=True)
    return (
        f"{right:.0%} of the labels are wrong in both. Two tables with a column '40 %' may not be comparable{reading}"
    )


BEST_EPOCHS = (7, 13)  # of val_noisy, in the two histories of `stopping_epoch`
# columns of a history that read true labels, and the epoch where each is best in these two
PEEKING = (
    {"noisy_memorised": 2, "noisy_corrected": 4, "test": 10, "train_true": 16, "clean_fitted": 18},
    {"noisy_memorised": 3, "noisy_corrected": 5, "test": 8, "train_true": 15, "clean_fitted": 17},
)


def stopping_epoch(answer: Callable) -> str:
    """Judge a function history -> epoch that a person with noisy labels only could use."""
    tables = []
    epochs = []
    last_epochs = []
    for best, peaks in zip(BEST_EPOCHS, PEEKING):
        history = _history(best, peaks)
        tables.append((history, best, peaks))
        last_epochs.append(len(history))
        returned = call(answer, history.copy())
        epochs.append(number(returned))
    if epochs != last_epochs:  # the last epoch has a sentence of its own
        need_different(epochs, "runs")
    for epoch, table in zip(epochs, tables):
        _judge_epoch(epoch, *table)
    _need_blind(answer, *tables[-1])
    return "this is best_val. It reads nothing but given labels"


def _need_blind(answer, history, best, peaks):
    """Raise Wrong unless the function chooses the same epoch without the columns that need true labels."""
    blind_history = history.drop(columns=list(peaks))
    try:
        returned = call(answer, blind_history)
        epoch = number(returned)
    except Wrong as wrong:
        raise Wrong(f"without the columns that need true labels, {wrong}") from None
    if epoch != best:
        raise Wrong(f"without the columns that need true labels your function chooses epoch {epoch:g}, not {best}")


def _history(best, peaks):
    """Return twenty epochs in which every column is best at another epoch, val_noisy at epoch `best`."""
    epochs = np.arange(1, 21)
    history = {"epoch": epochs}
    history["train_loss"] = 1 - 0.04 * epochs
    history["train_given"] = 0.1 + 0.04 * epochs
    for name, peak in peaks.items():
        history[name] = _hill(epochs, peak)
    history["noisy_memorised"] = 0.95 - history["noisy_memorised"]  # here the smallest is the best
    history["val_noisy"] = _hill(epochs, best) - 0.3
    return pd.DataFrame(history)


def _hill(epochs, peak):
    """Return numbers that are largest at one epoch."""
    return 0.9 - 0.02 * np.abs(epochs - peak)


def _judge_epoch(epoch, history, best, peaks):
    """Raise Wrong with the column that a wrong epoch comes from."""
    if epoch == best:
        return
    if epoch == best - 1:
        raise Wrong("that is the row's index, which starts at 0; the column `epoch` starts at 1")
    if epoch == history.epoch.iloc[-1]:
        raise Wrong("that is the last epoch. The training loss is smallest there, but wrong labels are memorised")
    for name, peak in peaks.items():
        if epoch in (peak, peak - 1):
            raise Wrong(f"`{name}` chooses that epoch, but it needs true labels, and you have noisy ones only")
    if epoch not in history.epoch.values:
        raise Wrong(f"{epoch:g} is no epoch of this history; return a value of its column `epoch`")
    raise Wrong(f"no column is best at epoch {epoch:g}; which column needs no true labels?")


CURVES = (  # test accuracy and accuracy on noisy validation labels by epoch, of two runs
    ((0.5, 0.93, 0.8, 0.6), (0.3, 0.4, 0.5, 0.2)),
    ((0.7, 0.75, 0.9, 0.85), (0.6, 0.2, 0.2, 0.1)),
)


def flattery(answer: Callable) -> str:
    """Judge a function run -> points of test accuracy that reporting the best test epoch adds to the last epoch."""
    values = []
    for test, val in CURVES:
        returned = call(answer, _run(test, val))
        values.append(number(returned))
    need_different(values, "runs")
    for value, (test, val) in zip(values, CURVES):
        run = _run(test, val)
        _judge_points(value, run.accuracy)
    return "these points come from the test labels and not from the method"


def _judge_points(value, accuracy):
    """Raise Wrong unless a value is what the best test epoch adds to the last one, in points."""
    last, mean, by_val, oracle = accuracy.values()
    right = 100 * (oracle - last)
    to_best_val = 100 * (oracle - by_val)
    to_mean = 100 * (oracle - mean)
    mistakes = [
        (right / 100, "that is a fraction; points are asked for, which are 100 times as many"),
        (-right, "the sign is turned round; subtract the last epoch from the best test epoch"),
        (to_best_val, "that is the distance to best_val; compare with the last epoch"),
        (100 * (by_val - last), "that is what best_val adds; take the best test epoch"),
        (to_mean, "that is the distance to the mean of the last ten; compare with the last epoch"),
        (100 * oracle, "that is the best test accuracy itself; subtract that of the last epoch"),
    ]
    compare(value, right, mistakes)


def _run(test, val):
    """Return a Run with the accuracies of its epochs."""
    rows = []
    for test_accuracy, val_accuracy in zip(test, val):
        rows.append({"test": test_accuracy, "val_noisy": val_accuracy})
    return labkit.Run({}, rows)


def majority(answer: Any) -> str:
    """Judge the clean test accuracy of a network that has learnt the most frequent given label of every class.

    The noise is pairflip 70 %.
    """
    noise = labkit.noise.pairflip(0.7)
    T = noise.matrix(10, "mnist")
    predicted = T.argmax(1)
    is_right = predicted == torch.arange(10)
    right = is_right.double().mean().item()
    column = _printed("pairflip", 0.7)
    printed = column["SGD"] / 100
    mistakes = [
        (0.3, "that is the fraction of clean labels; but which label of a class is the most frequent one?"),
        (0.7, "that is the fraction of labels that are i + 1; a test image counts when the network says i"),
        (0.1, "that is chance; this network has learnt something, but not the true labels"),
        (printed, "that is the printed number; what would the argument give?"),
    ]
    reading = judge(answer, right, mistakes, tolerance=5e-4, is_fraction=True)
    return f"the network calls every class by its neighbour's name. Chance is not the floor here{reading}"


def robust_run(answer: Any) -> str:
    """Judge a Run on the digits with symmetric noise of 40 % or more: its last test accuracy has to be above 85 %."""
    _need_noisy_digits(answer)
    accuracy = answer.accuracy
    last = accuracy["last"]
    last_row = answer.rows[-1]
    memorised = last_row["noisy_memorised"]
    if last <= 0.85:
        was_above = accuracy["oracle_best"] > 0.85
        hint = "; it was above 85 % before, so end there" if was_above else ""
        raise Wrong(f"test accuracy at the last epoch is {last:.1%}, {memorised:.0%} memorised{hint}")
    return f"{last:.1%} at the last epoch, {memorised:.0%} of the wrong labels memorised"


def _need_noisy_digits(run):
    """Raise Wrong unless this is a trained Run on the digits with symmetric noise of 40 % or more."""
    if not isinstance(run, labkit.Run):
        raise Wrong(f"this is {kind(run)}; hand in the Run that labkit.fit returns")
    if not run.rows:
        raise Wrong("the run has no epoch yet")
    task = run.config["task"]
    noise = run.noise
    if task != "digits":
        raise Wrong(f"the run is on {task}; train on the digits")
    if noise is None or noise["name"] != "symmetric" or noise["rate"] < 0.4:
        description = f"{noise['name']} {noise['rate']:.0%}" if noise else "no noise"
        raise Wrong(f"the run has {description}; symmetric noise of 40 % or more is asked for")


@cache
def _printed(noise, rate):
    """Return a column of CDR+AUX's Table 1. -> {method: test accuracy in percent}"""
    table = labkit.ledger.printed("cdr_aux_table1")
    in_column = (table.noise == noise) & (table.rate == rate)
    rows = table[in_column]
    return dict(zip(rows.method, rows["mean"]))


EXERCISES = {
    "02.build": plain_sgd,
    "02.1": gradient,
    "02.2": same_wrong_share,
    "02.3": stopping_epoch,
    "02.4": flattery,
    "02.5": majority,
    "02.7": robust_run,
}
HINTS = {
    "02.build": (
        "Section 3 has the gradient of one sample: p minus a 1 at the given label, times x.",
        "Inside the loop use `x[i]`, `y[i]` and the W of the step before, and divide by the size of the batch.",
    ),
    "02.1": (
        "The loss is minus the log of p at the given label; take its derivative by each logit.",
        "The gradient on the logits is p - e_y, where e_y has a 1 at the given label.",
    ),
    "02.2": (
        "Uniform noise draws from all ten classes, so some of the redrawn labels are the true ones again.",
        "How many of ten redrawn labels are wrong on average? Take that part of the uniform rate.",
    ),
    "02.3": (
        "Ask of each column whether you could compute it with noisy labels alone.",
        "`idxmax` returns the row's index; the column `epoch` of that row is asked for.",
    ),
    "02.4": (
        "`run.accuracy` has all four criteria by name.",
        "The best test epoch is called `oracle_best`, and a percentage point is a hundredth.",
    ),
    "02.5": (
        "Look at one row of the transition matrix; which entry is the largest?",
        "Such a network says the same wrong class for every image of a class.",
    ),
    "02.7": (
        "Wrong labels are learnt late, so the last epoch is good if it comes early.",
        "`run.rows[-1]['val_noisy']` is known to somebody without clean labels; stop when it no longer rises.",
    ),
}
