"""Lesson 11: networks on the labels that people gave to CIFAR-10 (CIFAR-10N, "worst"), beside noise from a computer.

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
from torch import Tensor

from ... import confident, measure, nets
from ...data import Task, folder
from ...fit import CRITERIA, Run, fit
from ...ledger.measured import read, record
from ...load import load
from ...methods import ALL, SPL, ConfidentLearning
from ...noise import corrupt, human, instance, matrix_noise, symmetric
from ...noise.passport import realised_matrix
from ...numbers import DEFAULTS_SINCE
from ...runs.grid import summary
from .cifar10n import CLASSES, COLUMN, FOLDER, matrix, true_rate
from .patches import featured

NOISES = ("people", "symmetric")  # all methods are trained on both
ONLY_PLAIN = ("people's T", "instance", "instance's T", "none")  # plain SGD alone is trained on these, too
RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)  # epsilon, the rate that SPL assumes; 0 is plain SGD
STARTS = {"at once": 0, "over 10 epochs": 10}  # epochs over which SPL's assumed rate grows
TRUE = 0.4  # the rate that Co-teaching assumes: the true one, rounded
LOSSES = ("GCE", "SCE", "NCE+RCE", "JS", "GJS", "Peer loss", "CORES2", "CE_eps+MAE", "ELR")
METHODS = ("ERM", *LOSSES, "Confident learning", "Co-teaching")  # beside SPL
OPTIONS = {"Confident learning": {"fold_epochs": 6}, "Co-teaching": {"rate": TRUE}}
SEEDS = range(5)
EPOCHS = 20
TESTED = 5_000  # test images
RECIPE = {"lr": 0.05, "momentum": 0.9, "batch": 128}
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
    def name(self) -> str:
        """The name under which the run is stored."""
        start = self.start or "-"
        return f"{self.size} {self.method} {self.rate:g} {start} {self.noise} {self.seed}"


def plan() -> list[Cell]:
    """Return every run, those of the large size first for each seed."""
    cells = []
    for seed in SEEDS:
        for noise in NOISES:
            cells += [Cell("large", name, 0.0, "", noise, seed) for name in METHODS]
            cells += spl_cells("large", noise, seed)
        cells += [Cell("large", "ERM", 0.0, "", noise, seed) for noise in ONLY_PLAIN]
        cells.append(Cell("small", "ERM", 0.0, "", "people", seed))
        cells += spl_cells("small", "people", seed)
    return cells


def spl_cells(size: str, noise: str, seed: int) -> list[Cell]:
    """Return the runs of SPL at every assumed rate but 0, with both starts."""
    cells = []
    for start in STARTS:
        cells += [Cell(size, "SPL", rate, start, noise, seed) for rate in RATES[1:]]
    return cells


def images(size: str) -> tuple[Task, Tensor, Tensor]:
    """Return CIFAR-10's images and their features. size: of SIZES

    -> Task, features of training and validation images, and of test images, [n, components] each
    """
    place = folder().absolute()
    return _images(place, SIZES[size])


@cache
def _images(place, size):
    """Return what `images` does from a folder of datasets, and keep it for the next call."""
    task = load("cifar10", root=place, n=size.images, val=size.held_out)
    tested = slice(TESTED)
    test = replace(task.test, x=task.test.x[tested], y=task.test.y[tested], ids=task.test.ids[tested])
    x = torch.cat([task.train.x, task.train.val.x])
    features, test_features = featured(x, test.x, size.centres, 0, size.components)
    task = replace(task, test=test)
    return task, features, test_features


def corrupted(noise: str, *, size: str, seed: int) -> Task:
    """Return the images with noisy labels. noise: of NOISES, ONLY_PLAIN"""
    task, _, _ = images(size)
    if noise != "instance's T":
        return corrupt(task, _model(noise), seed)
    given = corrupted("instance", size=size, seed=seed)
    T = realised_matrix(given.truth.y, given.train.y, len(CLASSES))
    return corrupt(task, matrix_noise(T), seed)


def _model(noise):
    """Return the noise model of a noise that needs no other one first."""
    if noise == "people":
        return human(COLUMN)
    if noise == "people's T":
        return matrix_noise(matrix())
    if noise == "instance":
        return instance(true_rate())
    rates = {"symmetric": true_rate(), "none": 0.0}
    return symmetric(rates[noise])


def noisy(noise: str, *, size: str, seed: int) -> Task:
    """Return the same with features in the place of images."""
    task, features, test_features = images(size)
    given = corrupted(noise, size=size, seed=seed)
    n = len(task.train)
    val = replace(given.train.val, x=features[n:])
    train = replace(given.train, x=features[:n], val=val)
    test = replace(given.test, x=test_features)
    return replace(given, train=train, test=test)


def train(cell: Cell) -> dict:
    """Train one run of the plan. -> a row: the scores, what is known of the run, its curves over the last training"""
    net = partial(nets.mlp, width=96, depth=1)
    task = noisy(cell.noise, size=cell.size, seed=cell.seed)
    options = {"device": "cpu", "progress": False, "life": cell.method == "SPL"}
    run = fit(_method(cell), task, net, EPOCHS, cell.seed, RECIPE, **options)
    row = {"run": cell.name, "task": "cifar10", "size": cell.size, "method": cell.method, "rate": cell.rate}
    row |= {"start": cell.start, "noise": cell.noise, "seed": cell.seed}
    row["estimate"] = estimate(run)
    row |= kept_by_class(run, task)
    row |= held_out_facts(run, cell)
    measured = summary(run, task)
    for name in CURVES:
        last_training = measured[name][-EPOCHS:]
        measured[name] = [round(value, 5) for value in last_training]
    return row | {name: measured[name] for name in KEPT}


def _method(cell):
    """Return the method of a run of the plan."""
    if cell.method == "SPL":
        return SPL(rate=cell.rate, ramp=STARTS[cell.start])
    options = OPTIONS.get(cell.method, {})
    return ALL[cell.method](**options)


def estimate(run: Run) -> float:
    """Return the fraction of wrong labels by confident learning's own count: what is off the diagonal of its joint.

    NaN for other methods.
    """
    if not isinstance(run.method, ConfidentLearning):
        return float("nan")
    joint = confident.joint(run.method.p, run.method.train.y).double()
    return 1 - float(joint.trace() / joint.sum())


def kept_by_class(run: Run, task: Task) -> dict[str, float]:
    """Return the smallest and the largest fraction of a class's clean labels that a filter keeps in the last epoch.

    -> {"least_kept", "most_kept": these fractions, NaN for methods that keep all}
    """
    if run.life is None:
        return dict.fromkeys(("least_kept", "most_kept"), float("nan"))
    kept = run.life.selected[-1]
    clean = task.train.y == task.truth.y
    classes = len(CLASSES)
    all_of_class = task.train.y[clean].bincount(minlength=classes)
    kept_of_class = task.train.y[clean & kept].bincount(minlength=classes)
    fractions = kept_of_class / all_of_class
    return {"least_kept": float(fractions.min()), "most_kept": float(fractions.max())}


def held_out_facts(run: Run, cell: Cell) -> dict[str, float]:
    """Return what a network predicts, after the last epoch, for the held-out images, which it was not trained on.

    -> {"foreseen": of those with a wrong label, the fraction for which exactly this label is predicted; "right where
    people errs", "right where people does not err", the same for instance: fractions classified correctly, for plain
    SGD with clean labels, NaN for the other runs}
    """
    split = run.method.train.val
    predicted = measure.outputs(run.method, split).argmax(1)
    task, _, _ = images(cell.size)
    true = task.train.val.y
    right = predicted == true
    facts = {"foreseen": measure.share(predicted == split.y, split.y != true)}
    for noise in ("people", "instance"):
        where_wrong = where_clean = float("nan")
        if cell.noise == "none":
            labelled = corrupted(noise, size=cell.size, seed=cell.seed)
            mislabelled = labelled.train.val.y != true
            where_wrong = measure.share(right, mislabelled)
            where_clean = measure.share(right, ~mislabelled)
        facts[f"right where {noise} errs"] = where_wrong
        facts[f"right where {noise} does not err"] = where_clean
    return facts


def results(path: Path = FILE) -> pd.DataFrame:
    """Return the stored runs, a row each: the fields of Cell, estimate, least_kept, most_kept, what `held_out_facts`
    returns, KEPT."""
    return read(path)


def complete(path: Path = FILE) -> pd.DataFrame:
    """Train what is missing of the plan, and return all stored runs."""
    stored = results(path)
    finished = set()
    if len(stored):
        is_new = stored["numbers"] >= DEFAULTS_SINCE
        finished = set(stored["run"][is_new])
    for cell in plan():
        if cell.name not in finished:
            row = train(cell)
            record(pd.DataFrame([row]), path)
    return results(path)


def main() -> None:
    """Train what is missing, and print the lowest and the highest seed of each setting."""
    torch.set_num_threads(1)
    print(f"LABKIT_DATA is {os.environ.get('LABKIT_DATA', folder())}")
    settings = complete().groupby(["size", "noise", "method", "start", "rate"])
    print(settings["last10"].agg(["min", "max"]).to_string())


if __name__ == "__main__":
    main()
