"""The exercises of lesson 02."""

import numpy as np
import pandas as pd
import torch

import labkit

from ...exercises.answers import Wrong, call, compare, number, share, vector


def gradient(answer):
    """The gradient on the logits of a sample with p = (0.6, 0.3, 0.1), given label 2, true label 0."""
    p, given, true = torch.tensor([0.6, 0.3, 0.1]), 2, 0
    logits = p.log().requires_grad_()
    labkit.losses.ce(logits[None], torch.tensor([given])).sum().backward()
    right, one = logits.grad.numpy(), np.eye(3)
    by_p = -one[given] / p.numpy()
    mistakes = [
        (p.numpy() - one[true], "that is for the true label; the network sees the given one"),
        (-right, "the sign is turned round: that is the step downhill, the gradient points uphill"),
        (p.numpy(), "that is p itself; take 1 away at the given label"),
        (-p.log().numpy(), "those are the losses of the three labels; the gradient is asked for"),
        (by_p, "that is the gradient on the probabilities; go through the softmax to the logits"),
    ]
    values = vector(answer, 3)
    if abs(values.sum()) > 0.01 and not any(np.allclose(values, typical, atol=1e-3) for typical, _ in mistakes):
        raise Wrong(f"the entries add up to {values.sum():.2f}; p and the label add up to 1 each, so here it is 0")
    compare(values, right, mistakes)
    return "p minus 1 at the given label. The true label does not occur in it"


def same_wrong_share(answer):
    """The rate of symmetric noise that has as many wrong labels as uniform 40 % at ten classes."""
    wrong_share = lambda noise: 1 - noise.matrix(10, "digits").diagonal().mean().item()
    right = wrong_share(labkit.noise.uniform(0.4))
    mistakes = [
        (0.4, "the word is the same, the noise is not: uniform noise draws from all ten classes, the own one too"),
        (0.4 * 10 / 9, "the other way round: uniform noise at this rate has 40 % wrong labels"),
        (1 - right, "that is the share of right labels"),
    ]
    compare(share(answer), right, mistakes)
    return f"{right:.0%} of the labels are wrong in both. Two tables with a column '40 %' need not be comparable"


def stopping_epoch(answer):
    """A function history -> epoch that a person with noisy labels only could use."""
    for best in (7, 13):
        history = _history(best)
        _judge_epoch(number(call(answer, history)), history, best)
    try:
        blind = number(call(answer, history.drop(columns=list(PEEKING))))
    except Wrong as wrong:
        raise Wrong(f"without the columns that need true labels, {wrong}") from None
    if blind != best:
        raise Wrong(f"without the columns that need true labels your function chooses epoch {blind:g}, not {best}")
    return "this is best_val. It reads nothing but given labels"


# columns of a history that read true labels, and the epoch where each is best in the table of `_history`
PEEKING = {"noisy_memorised": 2, "noisy_corrected": 4, "test": 10, "train_true": 16, "clean_fitted": 18}


def _history(best):
    """Twenty epochs in which every column is best somewhere else, val_noisy at epoch `best`."""
    epochs = np.arange(1, 21)
    peak = lambda at: 0.9 - 0.02 * np.abs(epochs - at)
    columns = {name: peak(at) for name, at in PEEKING.items()}
    columns["noisy_memorised"] = 0.95 - columns["noisy_memorised"]  # here the smallest is the best
    plain = {"epoch": epochs, "train_loss": 1 - 0.04 * epochs, "train_given": 0.1 + 0.04 * epochs}
    return pd.DataFrame({**plain, **columns, "val_noisy": peak(best) - 0.3})


def _judge_epoch(epoch, history, best):
    """Say which column a wrong epoch comes from."""
    if epoch == best:
        return
    if epoch == best - 1:
        raise Wrong("that is the row's index, which starts at 0; the column `epoch` starts at 1")
    if epoch == history.epoch.iloc[-1]:
        raise Wrong("that is the last epoch, where the training loss is smallest: by then wrong labels are memorised")
    for name, at in PEEKING.items():
        if epoch in (at, at - 1):
            raise Wrong(f"that epoch is chosen by `{name}`, which needs true labels; you have noisy ones only")
    if epoch not in history.epoch.values:
        raise Wrong(f"{epoch:g} is no epoch of this history; return a value of its column `epoch`")
    raise Wrong(f"at epoch {epoch:g} nothing is best; which column needs no true labels?")


def flattery(answer):
    """A function run -> points of test accuracy that reporting the best test epoch adds to the last epoch."""
    for test, val in (((0.5, 0.93, 0.8, 0.6), (0.3, 0.4, 0.5, 0.2)), ((0.7, 0.75, 0.9, 0.85), (0.6, 0.2, 0.2, 0.1))):
        run = labkit.Run({}, [{"test": t, "val_noisy": v} for t, v in zip(test, val)])
        last, mean, by_val, oracle = run.accuracy.values()
        right = 100 * (oracle - last)
        mistakes = [
            (right / 100, "that is a share; points are asked for, 100 times as many"),
            (-right, "the sign is turned round: best test epoch minus last epoch"),
            (100 * (oracle - by_val), "that is the distance to best_val; compare with the last epoch"),
            (100 * (by_val - last), "that is what best_val adds; take the best test epoch"),
            (100 * (oracle - mean), "that is the distance to the mean of the last ten; compare with the last epoch"),
            (100 * oracle, "that is the best test accuracy itself; take the last one away"),
        ]
        compare(number(call(answer, run)), right, mistakes)
    return "so many points are owed to the test labels, not to the method"


def majority(answer):
    """Clean test accuracy of a network that has learnt the most frequent given label of every class, pairflip 70 %."""
    T = labkit.noise.pairflip(0.7).matrix(10, "mnist")
    right = (T.argmax(1) == torch.arange(10)).double().mean().item()
    mistakes = [
        (0.3, "0.3 is the share of right labels; but which label is the most frequent one of each class?"),
        (0.7, "0.7 is the share of labels called i + 1; a test image is right when it is called i"),
        (0.1, "that is chance; this network has learnt something, only not the true labels"),
        (_printed("pairflip", 0.7)["SGD"] / 100, "that is the printed number; what would the argument give?"),
    ]
    compare(share(answer), right, mistakes, tolerance=5e-4)
    return "every class is called by its neighbour's name. Chance is not the floor here"


def robust_run(answer):
    """A Run on the digits with symmetric noise of 40 % or more whose last epoch has a test accuracy above 85 %."""
    if not isinstance(answer, labkit.Run):
        raise Wrong(f"this is a {type(answer).__name__}; hand in the Run that labkit.fit returns")
    config, noise = answer.config, answer.noise
    if config["task"] != "digits":
        raise Wrong(f"the run is on {config['task']}; train on the digits")
    if noise is None or noise["name"] != "symmetric" or noise["rate"] < 0.4:
        found = f"{noise['name']} {noise['rate']:.0%}" if noise else "no noise"
        raise Wrong(f"the run has {found}; symmetric noise of 40 % or more is asked for")
    scores, memorised = answer.accuracy, answer.rows[-1]["noisy_memorised"]
    if scores["last"] <= 0.85:
        hint = "; it was above 85 % before: end there" if scores["oracle_best"] > 0.85 else ""
        raise Wrong(f"test accuracy at the last epoch is {scores['last']:.1%}, {memorised:.0%} memorised{hint}")
    return f"{scores['last']:.1%} at the last epoch, {memorised:.0%} of the wrong labels memorised"


def _printed(noise, rate):
    """A column of CDR+AUX's Table 1. -> {method: test accuracy in percent}"""
    table = labkit.ledger.printed("cdr_aux_table1")
    rows = table[(table.noise == noise) & (table.rate == rate)]
    return dict(zip(rows.method, rows["mean"]))


EXERCISES = {
    "02.1": gradient,
    "02.2": same_wrong_share,
    "02.3": stopping_epoch,
    "02.4": flattery,
    "02.5": majority,
    "02.7": robust_run,
}
