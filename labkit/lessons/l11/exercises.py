"""The exercises of lesson 11."""

import numpy as np
import pandas as pd

import labkit

from ...exercises.answers import Wrong, call, compare, number, vector
from .study import counts

BEST, LAST = 77.7, 67.9  # %, plain training on "worst": the issue thread of the label files' repository
PRINTED, RERUN, CO_TEACHING = 77.69, 83.91, 80.92  # %, "worst": the paper's CE, noisypy's CE and Co-teaching
JOINT = np.array([[30, 6, 4], [2, 20, 8], [0, 10, 20]])  # given (row), class that confident learning believes (column)


def independent(answer):
    """The share of images of which one of three people at least would be wrong, if they erred independently."""
    rates = [1 - counts(f"random_label{k}").trace() / counts().sum() for k in (1, 2, 3)]
    right = 1 - np.prod([1 - rate for rate in rates])
    mistakes = [
        (sum(rates), "the sum counts an image twice where two people are wrong"),
        (np.prod(rates), "that is the share where all three are wrong"),
        (np.mean(rates), "that is the mean of the three; one of the three being wrong is enough"),
        (1 - right, "that is the share where nobody is wrong"),
        (1 - counts().trace() / counts().sum(), "that is what was measured; what would independence give?"),
    ]
    compare(number(answer), right, mistakes, tolerance=2e-3)
    return f"{right:.1%}. Measured are 40.2 %: people stumble over the same images"


def flattery(answer):
    """Points of 77.7 that are owed to the choice of the epoch on the test set."""
    right = BEST - LAST
    mistakes = [
        (-right, "the sign is turned round"),
        (right / 100, "that is a share; points are asked for"),
        (100 * right / LAST, "that is in percent of the last epoch; points are a plain difference"),
        (RERUN - LAST, "that is the distance to somebody else's run; compare the best and the last epoch of one run"),
    ]
    compare(number(answer), right, mistakes, tolerance=0.02)
    return f"{right:.1f} points, which nobody gets who has no clean test labels to choose by"


def moving_baseline(answer):
    """(gain of Co-teaching over the printed CE, gain over the CE of the same rerun), points."""
    right = [CO_TEACHING - PRINTED, CO_TEACHING - RERUN]
    mistakes = [
        (right[::-1], "the order: over the printed number first, over the rerun's second"),
        ([-gain for gain in right], "the sign is turned round: Co-teaching minus cross-entropy"),
        ([right[0], RERUN - PRINTED], "the second: Co-teaching minus the rerun's cross-entropy"),
        ([abs(gain) for gain in right], "one of the two is a loss: keep its sign"),
    ]
    compare(vector(answer, 2), right, mistakes, tolerance=0.02)
    return "a gain or a loss, by whose plain training one compares with. Take both numbers from one hand"


def no_unlabelled_part(answer):
    """A DivideMix with the weight of the unlabelled loss that asymmetric and people's noise need."""
    DivideMix = labkit.methods.DivideMix
    if answer is DivideMix:
        raise Wrong("this is the class; make one: labkit.methods.DivideMix(...)")
    if not isinstance(answer, DivideMix):
        raise Wrong(f"this is a {type(answer).__name__}; hand in a labkit.methods.DivideMix(...)")
    if answer.lam_u == DivideMix().lam_u:
        raise Wrong(f"lam_u is {answer.lam_u:g}, the default; the text above has another one for asymmetric noise")
    if answer.lam_u:
        raise Wrong(f"lam_u is {answer.lam_u:g}; the text above has another value")
    return "the guessed labels of the distrusted half then count nothing; without it users got 83 instead of 93 %"


def choose_rate(answer):
    """A function table -> rate, for a table with rate, val_noisy, test, memorised, clean_fitted."""
    rates = np.arange(7) / 10
    for best in (2, 5):
        peak = lambda at: 0.5 - 0.02 * np.abs(np.arange(7) - at)
        table = pd.DataFrame({"rate": rates, "val_noisy": peak(best) - 0.1, "test": peak(1), "clean_fitted": peak(0)})
        table["memorised"] = 0.5 - peak(6)
        given = number(call(answer, table.copy()))
        if abs(given - rates[best]) < 1e-9:
            continue
        if given == best:
            raise Wrong("that is the row's index; return the value of the column `rate`")
        for column, at in (("test", 1), ("clean_fitted", 0), ("memorised", 6)):
            if abs(given - rates[at]) < 1e-9:
                raise Wrong(f"that rate is chosen by `{column}`, which needs true labels, or it is a fixed number")
        raise Wrong(f"{given:g}: which column can be had with noisy labels only, and where is it highest?")
    return "noisy validation accuracy can be had by everybody"


def estimated(answer):
    """The share of wrong labels by a confident joint."""
    right = 1 - JOINT.trace() / JOINT.sum()
    rows = (1 - JOINT.diagonal() / JOINT.sum(1)).mean()
    mistakes = [
        (1 - right, "that is the share of right labels"),
        (rows, "the mean over the rows forgets that the classes differ in size"),
        (JOINT.sum() - JOINT.trace(), "that is a number of samples; divide by all of them"),
    ]
    compare(number(answer), right, mistakes, tolerance=2e-3)
    return f"{right:.0%}, and no true label was looked at"


EXERCISES = {
    "11.1": independent,
    "11.2": flattery,
    "11.3": moving_baseline,
    "11.4": no_unlabelled_part,
    "11.5": choose_rate,
    "11.6": estimated,
}
