"""The exercises of lesson 02."""

from functools import cache

import numpy as np
import pandas as pd
import torch

import labkit

from ...exercises.answers import Wrong, call, compare, judge, kind, need_different, number, vector
from .build import plain_sgd


def gradient(answer):
    """The gradient on the logits of a sample with p = (0.6, 0.3, 0.1), given label 2, true label 0."""
    p, given, true = torch.tensor([0.6, 0.3, 0.1]), 2, 0
    logits = p.log().requires_grad_()
    labkit.losses.ce(logits[None], torch.tensor([given])).sum().backward()
    right, labels = logits.grad.numpy(), np.eye(3)
    by_p = -labels[given] / p.numpy()
    mistakes = [
        (p.numpy() - labels[true], "that is for the true label, but the network sees the given one"),
        (-right, "the sign is turned round; that is the step downhill, and the gradient points uphill"),
        (p.numpy(), "that is p itself; subtract 1 at the given label"),
        (-p.log().numpy(), "those are the losses of the three labels; the gradient is asked for"),
        (by_p, "that is the gradient on the probabilities; go through the softmax to the logits"),
    ]
    values = vector(answer, 3)
    is_typical = any(np.allclose(values, typical, atol=1e-3) for typical, _ in mistakes)
    if abs(values.sum()) > 0.01 and not is_typical:
        raise Wrong(f"the entries add up to {values.sum():.2f}; p and the label add up to 1 each, so here it is 0")
    judge(values, right, mistakes)
    return "p minus 1 at the given label. The true label does not occur in it"


def same_wrong_share(answer):
    """The rate of symmetric noise that has as many wrong labels as uniform 40 % at ten classes."""
    right = 1 - labkit.noise.uniform(0.4).matrix(10, "digits").diagonal().mean().item()
    mistakes = [
        (0.4, "the number is the same, the noise is not; uniform noise draws from all classes, the true one included"),
        (0.4 * 10 / 9, "the other way round; uniform noise at this rate has 40 % wrong labels"),
        (1 - right, "that is the fraction of clean labels"),
    ]
    taken = judge(answer, right, mistakes, is_fraction=True)
    return f"{right:.0%} of the labels are wrong in both. Two tables with a column '40 %' may not be comparable{taken}"


def stopping_epoch(answer):
    """A function history -> epoch that a person with noisy labels only could use."""
    tables = [(_history(best, peaks), best, peaks) for best, peaks in zip((7, 13), PEEKING)]
    epochs = [number(call(answer, history.copy())) for history, _, _ in tables]
    if epochs != [len(history) for history, _, _ in tables]:  # the last epoch has words of its own
        need_different(epochs, "runs")
    for epoch, table in zip(epochs, tables):
        _judge_epoch(epoch, *table)
    history, best, peaks = tables[-1]
    try:
        blind = number(call(answer, history.drop(columns=list(peaks))))
    except Wrong as wrong:
        raise Wrong(f"without the columns that need true labels, {wrong}") from None
    if blind != best:
        raise Wrong(f"without the columns that need true labels your function chooses epoch {blind:g}, not {best}")
    return "this is best_val. It reads nothing but given labels"


# columns of a history that read true labels, and the epoch where each is best in the two tables of `_history`
PEEKING = (
    {"noisy_memorised": 2, "noisy_corrected": 4, "test": 10, "train_true": 16, "clean_fitted": 18},
    {"noisy_memorised": 3, "noisy_corrected": 5, "test": 8, "train_true": 15, "clean_fitted": 17},
)


def _history(best, peaks):
    """Twenty epochs in which every column is best somewhere else, val_noisy at epoch `best`."""
    epochs = np.arange(1, 21)
    columns = {name: _hill(epochs, peak) for name, peak in peaks.items()}
    columns["noisy_memorised"] = 0.95 - columns["noisy_memorised"]  # here the smallest is the best
    plain = {"epoch": epochs, "train_loss": 1 - 0.04 * epochs, "train_given": 0.1 + 0.04 * epochs}
    return pd.DataFrame({**plain, **columns, "val_noisy": _hill(epochs, best) - 0.3})


def _hill(epochs, peak):
    """Numbers that are largest at one epoch."""
    return 0.9 - 0.02 * np.abs(epochs - peak)


def _judge_epoch(epoch, history, best, peaks):
    """Say which column a wrong epoch comes from."""
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


def flattery(answer):
    """A function run -> points of test accuracy that reporting the best test epoch adds to the last epoch."""
    curves = (((0.5, 0.93, 0.8, 0.6), (0.3, 0.4, 0.5, 0.2)), ((0.7, 0.75, 0.9, 0.85), (0.6, 0.2, 0.2, 0.1)))
    runs = [_run(*curve) for curve in curves]
    values = [number(call(answer, _run(*curve))) for curve in curves]
    need_different(values, "runs")
    for value, run in zip(values, runs):
        last, mean, by_val, oracle = run.accuracy.values()
        right = 100 * (oracle - last)
        mistakes = [
            (right / 100, "that is a fraction; points are asked for, which are 100 times as many"),
            (-right, "the sign is turned round; subtract the last epoch from the best test epoch"),
            (100 * (oracle - by_val), "that is the distance to best_val; compare with the last epoch"),
            (100 * (by_val - last), "that is what best_val adds; take the best test epoch"),
            (100 * (oracle - mean), "that is the distance to the mean of the last ten; compare with the last epoch"),
            (100 * oracle, "that is the best test accuracy itself; subtract that of the last epoch"),
        ]
        compare(value, right, mistakes)
    return "these points come from the test labels and not from the method"


def _run(test, val):
    """A Run with the accuracies of its epochs."""
    return labkit.Run({}, [{"test": t, "val_noisy": v} for t, v in zip(test, val)])


def majority(answer):
    """Clean test accuracy of a network that has learnt the most frequent given label of every class, pairflip 70 %."""
    T = labkit.noise.pairflip(0.7).matrix(10, "mnist")
    right = (T.argmax(1) == torch.arange(10)).double().mean().item()
    mistakes = [
        (0.3, "that is the fraction of clean labels; but which label of a class is the most frequent one?"),
        (0.7, "that is the fraction of labels that are i + 1; a test image counts when the network says i"),
        (0.1, "that is chance; this network has learnt something, but not the true labels"),
        (_printed("pairflip", 0.7)["SGD"] / 100, "that is the printed number; what would the argument give?"),
    ]
    taken = judge(answer, right, mistakes, tolerance=5e-4, is_fraction=True)
    return f"the network calls every class by its neighbour's name. Chance is not the floor here{taken}"


def robust_run(answer):
    """A Run on the digits with symmetric noise of 40 % or more whose last epoch has a test accuracy above 85 %."""
    if not isinstance(answer, labkit.Run):
        raise Wrong(f"this is {kind(answer)}; hand in the Run that labkit.fit returns")
    if not answer.rows:
        raise Wrong("the run has no epoch yet")
    config, noise = answer.config, answer.noise
    if config["task"] != "digits":
        raise Wrong(f"the run is on {config['task']}; train on the digits")
    if noise is None or noise["name"] != "symmetric" or noise["rate"] < 0.4:
        found = f"{noise['name']} {noise['rate']:.0%}" if noise else "no noise"
        raise Wrong(f"the run has {found}; symmetric noise of 40 % or more is asked for")
    scores, memorised = answer.accuracy, answer.rows[-1]["noisy_memorised"]
    if scores["last"] <= 0.85:
        hint = "; it was above 85 % before, so end there" if scores["oracle_best"] > 0.85 else ""
        raise Wrong(f"test accuracy at the last epoch is {scores['last']:.1%}, {memorised:.0%} memorised{hint}")
    return f"{scores['last']:.1%} at the last epoch, {memorised:.0%} of the wrong labels memorised"


@cache
def _printed(noise, rate):
    """A column of CDR+AUX's Table 1. -> {method: test accuracy in percent}"""
    table = labkit.ledger.printed("cdr_aux_table1")
    rows = table[(table.noise == noise) & (table.rate == rate)]
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
