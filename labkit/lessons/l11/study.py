"""Lesson 11: the labels that people gave to CIFAR-10 (CIFAR-10N, "worst"), beside noise that a computer draws.

`python -m labkit.lessons.l11.study` trains what `results()` does not hold yet. It needs CIFAR-10 and CIFAR-10_human.pt
under LABKIT_DATA, takes about half an hour on one core, and goes on where it was stopped. All methods have one recipe,
and their hyperparameters are labkit's defaults. Sizes were chosen by time and by the accuracy with clean labels. The
small size was used first, and both are kept because SPL's best assumed rate differs between them.
"""

import os
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import pandas as pd
import torch

from ... import confident, measure, nets
from ...data import folder
from ...fit import CRITERIA, fit
from ...ledger.measured import read, record
from ...load import load
from ...methods import ALL, SPL, ConfidentLearning
from ...noise import corrupt, human, instance, matrix_noise, symmetric
from ...noise.passport import realised_matrix
from ...numbers import DEFAULTS_SINCE
from ...runs.grid import summary
from .patches import featured

COLUMN = "worse_label"  # of CIFAR-10_human.pt
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
NOISES = ("people", "symmetric")  # all methods are trained on both
ONLY_PLAIN = ("people's T", "instance", "instance's T", "none")  # plain SGD alone is trained on these, too
RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)  # epsilon, the rate that SPL assumes; 0 is plain SGD
STARTS = {"at once": 0, "over 10 epochs": 10}  # epochs over which SPL's assumed rate grows
TRUE = 0.4  # the rate that Co-teaching assumes: the true one, rounded
LOSSES = ("GCE", "SCE", "NCE+RCE", "JS", "GJS", "Peer loss", "CORES2", "CE_eps+MAE", "ELR")
OTHERS = ("ERM", *LOSSES, "Confident learning", "Co-teaching")  # beside SPL
OPTIONS = {"Confident learning": {"fold_epochs": 6}, "Co-teaching": {"rate": TRUE}}
SEEDS, EPOCHS, TESTED = range(5), 20, 5_000
RECIPE = {"lr": 0.05, "momentum": 0.9, "batch": 128}
FOLDER = Path(__file__).parent
FILE = FOLDER / "runs.parquet"
CURVES = ("clean_fitted", "noisy_memorised", "noisy_corrected", "val_noisy", "test", "auc", "selected_precision")
KEPT = [*CRITERIA, "realised", "numbers", "samples", "seconds", "date", *CURVES]


@dataclass(frozen=True)
class Size:
    """How many images are loaded, what fraction is held out, and how many centres and components features have."""

    images: int
    held_out: float
    centres: int
    components: int


SIZES = {"large": Size(25_000, 0.2, 800, 400), "small": Size(10_000, 0.2, 200, 200)}


@dataclass(frozen=True)
class Cell:
    """One run of the plan. rate, start: of SPL; 0 and "" for the other methods."""

    size: str
    method: str
    rate: float
    start: str
    noise: str
    seed: int

    @property
    def name(self):
        """Return the name under which the run is stored."""
        return f"{self.size} {self.method} {self.rate:g} {self.start or '-'} {self.noise} {self.seed}"


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


def true_rate():
    """The fraction of wrong labels that people gave."""
    n = counts()
    return float(1 - n.trace() / n.sum())


def plan():
    """Every run. -> list of Cell, the large size first"""
    cells = []
    for seed in SEEDS:
        for noise in NOISES:
            cells += [Cell("large", name, 0.0, "", noise, seed) for name in OTHERS]
            cells += spl_cells("large", noise, seed)
        cells += [Cell("large", "ERM", 0.0, "", noise, seed) for noise in ONLY_PLAIN]
        cells += [Cell("small", "ERM", 0.0, "", "people", seed), *spl_cells("small", "people", seed)]
    return cells


def spl_cells(size, noise, seed):
    """SPL at every assumed rate but 0, with both starts. -> list of Cell"""
    cells = []
    for start in STARTS:
        cells += [Cell(size, "SPL", rate, start, noise, seed) for rate in RATES[1:]]
    return cells


def images(size):
    """CIFAR-10's images and their features. size: of SIZES -> Task, features of training and validation, and of test
    images, [n, components]"""
    return _images(folder().absolute(), SIZES[size])


@cache
def _images(place, size):
    """The images in this folder of datasets, kept for the next call."""
    task = load("cifar10", root=place, n=size.images, val=size.held_out)
    test = replace(task.test, x=task.test.x[:TESTED], y=task.test.y[:TESTED], ids=task.test.ids[:TESTED])
    whole = torch.cat([task.train.x, task.train.val.x])
    return replace(task, test=test), *featured(whole, test.x, size.centres, 0, size.components)


def corrupted(noise, *, size, seed):
    """The images with noisy labels. noise: of NOISES, ONLY_PLAIN -> Task"""
    task = images(size)[0]
    rate = true_rate()
    if noise == "none":
        return corrupt(task, symmetric(0.0), seed)
    if noise == "instance's T":
        given = corrupted("instance", size=size, seed=seed)
        T = realised_matrix(given.truth.y, given.train.y, len(CLASSES))
        return corrupt(task, matrix_noise(T), seed)
    models = {
        "people": lambda: human(COLUMN),
        "people's T": lambda: matrix_noise(matrix()),
        "symmetric": lambda: symmetric(rate),
        "instance": lambda: instance(rate),
    }
    return corrupt(task, models[noise](), seed)


def noisy(noise, *, size, seed):
    """The same with features in the place of images. -> Task"""
    task, x, x_test = images(size)
    given, n = corrupted(noise, size=size, seed=seed), len(task.train)
    val = replace(given.train.val, x=x[n:])
    return replace(given, train=replace(given.train, x=x[:n], val=val), test=replace(given.test, x=x_test))


def train(cell):
    """One run of the plan. -> a row: the scores, what is known of the run, and its curves over the last training"""
    if cell.method == "SPL":
        made = SPL(rate=cell.rate, ramp=STARTS[cell.start])
    else:
        made = ALL[cell.method](**OPTIONS.get(cell.method, {}))
    net = partial(nets.mlp, width=96, depth=1)
    task = noisy(cell.noise, size=cell.size, seed=cell.seed)
    run = fit(made, task, net, EPOCHS, cell.seed, RECIPE, device="cpu", progress=False, life=cell.method == "SPL")
    row = summary(run, task)
    row |= {name: [round(value, 5) for value in row[name][-EPOCHS:]] for name in CURVES}
    names = {"run": cell.name, "task": "cifar10", "size": cell.size, "method": cell.method, "rate": cell.rate}
    names |= {"start": cell.start, "noise": cell.noise, "seed": cell.seed}
    names |= {"estimate": estimate(run), **kept_by_class(run, task)}
    return names | held_out_facts(run, cell) | {name: row[name] for name in KEPT}


def estimate(run):
    """The fraction of wrong labels by confident learning's own count: what is off the diagonal of its joint. -> float,
    nan for other methods"""
    if not isinstance(run.method, ConfidentLearning):
        return float("nan")
    joint = confident.joint(run.method.p, run.method.train.y).double()
    return 1 - float(joint.trace() / joint.sum())


def kept_by_class(run, task):
    """Of which class a filter keeps the smallest and the largest fraction of the clean labels, in the last epoch.

    -> {"least_kept", "most_kept": these fractions, nan for methods that keep all}
    """
    if run.life is None:
        return dict.fromkeys(("least_kept", "most_kept"), float("nan"))
    kept = run.life.selected[-1]
    clean = task.train.y == task.truth.y
    all_of_class = task.train.y[clean].bincount(minlength=len(CLASSES))
    kept_of_class = task.train.y[clean & kept].bincount(minlength=len(CLASSES))
    fractions = kept_of_class / all_of_class
    return {"least_kept": float(fractions.min()), "most_kept": float(fractions.max())}


def held_out_facts(run, cell):
    """What a network predicts, after the last epoch, for the held-out images, which it was not trained on.

    -> {"foreseen": of those with a wrong label, the fraction for which exactly this label is predicted; "right where
    people err", "right where people agree", the same for instance: fractions classified correctly, for plain SGD
    with clean labels, nan for the other runs}
    """
    split = run.method.train.val
    predicted = measure.outputs(run.method, split).argmax(1)
    true = images(cell.size)[0].train.val.y
    wrong = split.y != true
    facts = {"foreseen": fraction(predicted == split.y, wrong)}
    for noise in ("people", "instance"):
        names = (f"right where {noise} errs", f"right where {noise} does not err")
        facts |= dict.fromkeys(names, float("nan"))
        if cell.noise == "none":
            mislabelled = corrupted(noise, size=cell.size, seed=cell.seed).train.val.y != true
            facts |= dict(
                zip(names, (fraction(predicted == true, mislabelled), fraction(predicted == true, ~mislabelled)))
            )
    return facts


def fraction(hits, among):
    """The fraction of `among` that are hits, nan for none. both bool [n]"""
    return float(hits[among].double().mean())


def results(path=FILE):
    """The stored runs, a row each: the fields of Cell, estimate, least_kept, most_kept, what `held_out_facts` returns,
    KEPT. -> DataFrame"""
    return read(path)


def complete(path=FILE):
    """Train what is missing of the plan. -> DataFrame"""
    done = results(path)
    done = set(done["run"][done["numbers"] >= DEFAULTS_SINCE]) if len(done) else set()
    for cell in plan():
        if cell.name not in done:
            record(pd.DataFrame([train(cell)]), path)
    return results(path)


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(f"LABKIT_DATA is {os.environ.get('LABKIT_DATA', folder())}")
    print(complete().groupby(["size", "noise", "method", "start", "rate"])["last10"].agg(["min", "max"]).to_string())
