"""The exercises of lesson 11."""

import numpy as np
import pandas as pd

import labkit

from ...exercises.answers import Wrong, call, compare, number
from .study import counts

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
    "11.4": no_unlabelled_part,
    "11.5": choose_rate,
    "11.6": estimated,
}
