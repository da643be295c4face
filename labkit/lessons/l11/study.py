"""Lesson 11: the labels that people gave to CIFAR-10 (CIFAR-10N, "worst"), beside noise that a computer draws.

`python -m labkit.lessons.l11.study` trains what `results()` does not hold yet: it needs CIFAR-10 and CIFAR-10_human.pt
under LABKIT_DATA, takes some minutes on one core, and goes on where it was stopped. One recipe for all methods, their
hyperparameters as they come. Its sizes were cut three times for the sake of time, with first scores in view.
"""

import os
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ... import confident, nets
from ...data import folder
from ...fit import CRITERIA, fit
from ...ledger.measured import read, record
from ...load import load
from ...methods import ELR, ERM, GCE, SPL, ConfidentLearning, CoTeaching
from ...noise import corrupt, human, matrix_noise, symmetric
from ...numbers import DEFAULTS_SINCE
from ...runs.grid import summary
from .patches import featured

COLUMN = "worse_label"  # of CIFAR-10_human.pt
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
NOISES = ("people", "people's T", "symmetric")
RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)  # epsilon, what a method is told; 0 is plain SGD
TRUE = 0.4  # what Co-teaching is told: the true rate, rounded
OTHERS = {  # beside SPL, which is trained at every one of RATES
    "ERM": lambda: ERM(),
    "GCE": lambda: GCE(),
    "ELR": lambda: ELR(),
    "Confident learning": lambda: ConfidentLearning(fold_epochs=6),
    "Co-teaching": lambda: CoTeaching(rate=TRUE),
}
SEEDS, EPOCHS, IMAGES, HELD_OUT, TESTED, CENTRES, KEPT_PARTS = (0, 1, 2), 20, 10_000, 0.2, 5_000, 200, 200
RECIPE = {"lr": 0.05, "momentum": 0.9, "batch": 128}
FOLDER = Path(__file__).parent
FILE = FOLDER / "runs.parquet"
CURVES = ("clean_fitted", "noisy_memorised", "noisy_corrected", "val_noisy", "test", "auc", "selected_precision")
KEPT = [*CRITERIA, "realised", "numbers", "samples", "seconds", "date", *CURVES]


def counts(labels=COLUMN):
    """How often people gave each label to each class, in the 50,000 training images of CIFAR-10. labels: a column of
    the label file, "worse_label", "aggre_label", "random_label1" to "random_label3" -> int [10, 10], row = true class
    """
    rows = pd.read_csv(FOLDER / "cifar10n_counts.csv")
    return rows[rows["labels"] == labels].pivot(index="true", columns="given", values="count").to_numpy()


def agreement():
    """How often three annotators of CIFAR-10 agree. -> DataFrame: columns fact and value"""
    return pd.read_csv(FOLDER / "cifar10n_agreement.csv")


def matrix(labels=COLUMN):
    """The transition matrix of people's labels. -> float64 [10, 10], row = true class, rows sum to 1"""
    n = counts(labels)
    return n / n.sum(1, keepdims=True)


def models():
    """The three noises: people's labels; labels drawn from people's matrix, blind to the image; symmetric noise of the
    same rate."""
    n = counts()
    return dict(zip(NOISES, (human(COLUMN), matrix_noise(matrix()), symmetric(1 - n.trace() / n.sum()))))


def plan():
    """Every run: (method, the rate that SPL is told or 0, noise, seed)."""
    settings = [
        ("ERM", 0.0),
        *(("SPL", rate) for rate in RATES[1:]),
        *((name, 0.0) for name in OTHERS if name != "ERM"),
    ]
    return [(*setting, noise, seed) for setting in settings for noise in NOISES for seed in SEEDS]


def images():
    """CIFAR-10: 8,000 training and 2,000 validation images, the first 5,000 test images. -> Task, and the features of
    training and validation, and of test images, [n, KEPT_PARTS]"""
    return _images(folder().absolute())


@cache
def _images(place):
    """The images in this folder of datasets, kept for the next call."""
    task = load("cifar10", root=place, n=IMAGES, val=HELD_OUT)
    test = replace(task.test, x=task.test.x[:TESTED], y=task.test.y[:TESTED], ids=task.test.ids[:TESTED])
    whole = torch.cat([task.train.x, task.train.val.x])
    return replace(task, test=test), *featured(whole, test.x, CENTRES, 0, KEPT_PARTS)


def noisy(noise, *, seed):
    """A corrupted task whose samples are features. -> Task"""
    task, x, x_test = images()
    given, n = corrupt(task, models()[noise], seed), len(task.train)
    val = replace(given.train.val, x=x[n:])
    return replace(given, train=replace(given.train, x=x[:n], val=val), test=replace(given.test, x=x_test))


def train(method, *, assumed_rate, noise, seed):
    """One run of the plan. -> a row: the scores, what is known of the run, and its curves over the last training"""
    made = SPL(rate=assumed_rate) if method == "SPL" else OTHERS[method]()
    net, task = partial(nets.mlp, width=96, depth=1), noisy(noise, seed=seed)
    run = fit(made, task, net, EPOCHS, seed, RECIPE, device="cpu", progress=False)
    row = summary(run, task)
    row |= {name: [round(value, 5) for value in row[name][-EPOCHS:]] for name in CURVES}
    names = {
        "run": f"{method} {assumed_rate:g} {noise} {seed}",
        "task": "cifar10",
        "method": method,
        "rate": assumed_rate,
    }
    return names | {"noise": noise, "seed": seed, "estimate": estimate(run)} | {name: row[name] for name in KEPT}


def estimate(run):
    """The share of wrong labels by confident learning's own count: what is off the diagonal of its joint. -> float, nan
    for other methods"""
    if not isinstance(run.method, ConfidentLearning):
        return float("nan")
    joint = confident.joint(run.method.p, run.method.train.y).double()
    return 1 - float(joint.trace() / joint.sum())


def results(path=FILE):
    """The stored runs, a row each: method, rate (what it was told), noise, seed, KEPT, estimate. -> DataFrame"""
    return read(path)


def complete(path=FILE):
    """Train what is missing of the plan. -> DataFrame"""
    done = results(path)
    done = set(done["run"][done["numbers"] >= DEFAULTS_SINCE]) if len(done) else set()
    for cell in plan():
        if "{} {:g} {} {}".format(*cell) not in done:
            method, assumed_rate, noise, seed = cell
            row = train(method, assumed_rate=assumed_rate, noise=noise, seed=seed)
            record(pd.DataFrame([row]), path)
    return results(path)


def of(runs, *, noise, method, assumed_rate=0.0):
    """The runs of a method on a noise, by seed; SPL that is told 0 is plain SGD. -> rows"""
    method = "ERM" if method == "SPL" and not assumed_rate else method
    rows = runs[(runs["noise"] == noise) & (runs["method"] == method) & np.isclose(runs["rate"], assumed_rate)]
    return rows.sort_values("seed")


def scores(runs, noise):
    """SPL over what it is told, the mean of its last ten epochs: test accuracy and accuracy on noisy validation.
    -> DataFrame, index RATES, columns ("last10" | "val10", "mean" | "min" | "max")"""
    rows = pd.concat([of(runs, noise=noise, method="SPL", assumed_rate=told).assign(rate=told) for told in RATES])
    rows["val10"] = [float(np.mean(curve[-10:])) for curve in rows["val_noisy"]]
    return rows.groupby("rate")[["last10", "val10"]].agg(["mean", "min", "max"])


def best_told(seed):
    """What SPL should have been told under people's labels, judged by the test accuracy, the mean of the last ten
    epochs. -> a rate"""
    runs = complete()
    each = [
        float(of(runs, noise="people", method="SPL", assumed_rate=told).set_index("seed")["last10"][seed])
        for told in RATES
    ]
    return RATES[int(np.argmax(each))]


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(f"LABKIT_DATA is {os.environ.get('LABKIT_DATA', folder())}")
    print(complete().groupby(["noise", "method", "rate"])["last10"].agg(["mean", np.ptp]).round(3).to_string())
