"""What lesson 04 quotes: how accurate networks are that filters train, and which classes the filters shut out."""

from functools import lru_cache

import pandas as pd
import torch

from ...load import load
from ...methods import ERM
from ...noise import ALL, corrupt
from . import study

RATES = (0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
SWEPT = (("SPL", "at once"), ("PRL(L)", "at once"), ("SPL", "over 10 epochs"))
TRUE_RATES = {"symmetric": study.TRUE_RATE, "pairflip": 0.45}


def setting_of(method, way, rate):
    """Return the name of a setting, e.g. "SPL, at once, 50 %"."""
    return f"{method}, {way}, {100 * rate:.0f} %"


def filter_settings():
    """Return the filters under symmetric noise: SWEPT at all RATES, the other filters at the true rate. -> SETTINGS"""
    points = [(*curve, rate) for curve in SWEPT for rate in RATES]
    others = (("PRL(L)", "over 10 epochs"), ("Co-teaching", "at once"), ("Co-teaching", "over 10 epochs"))
    points += [(*curve, study.TRUE_RATE) for curve in others]
    return {setting_of(*point): dict(zip(("method", "way", "rate"), point)) for point in points}


PAIRFLIP = {"rate": TRUE_RATES["pairflip"], "noise": "pairflip"}
SETTINGS = {
    "plain SGD": {"method": "ERM"},
    **filter_settings(),
    "pairflip, plain SGD": {"method": "ERM", **PAIRFLIP},
    "pairflip, PRL(L), at once": {"method": "PRL(L)", "way": "at once", **PAIRFLIP},
    "pairflip, PRL(L), over 10 epochs": {"method": "PRL(L)", "way": "over 10 epochs", **PAIRFLIP},
}
SHUT_OUT = 0.05  # of a class's clean labels; a class of which less is kept is shut out


def measure(seed, method, way="at once", rate=0.0, noise="symmetric"):
    """Train a method for study.EPOCHS epochs. -> test accuracy, numbers of classes and samples, fractions of labels

    rate: what the filter drops. The noise has its own rate, TRUE_RATES.
    """
    task = corrupt(load("digits"), ALL[noise](TRUE_RATES[noise]), seed)
    early = {}

    def after(run):
        if len(run.rows) == 3:
            early.update(in_batch(run.method, task, seed))
        if len(run.rows) == 5:
            early.update(of_pairs(run, task))

    options = {"seed": seed, "on_epoch": after, "task": task}
    if method == "ERM":
        run = study.train(ERM(), **options)
    else:
        run = study.filtered(method, assumed_rate=rate, ramp=study.RAMPS[way], **options)
    reference = {"last, half of the images, all clean": clean_half(seed)}
    classes = of_classes(run, task) | {"the shut-out class has the larger loss at the start": of_start(run, task, seed)}
    return {**early, **classes, **of_kept(run, task), **reference, **run.accuracy}


def in_batch(method, task, seed):
    """Of one batch's smaller half by each score, the fraction of clean labels. -> dict"""
    i = study.batch_of(task, seed)
    clean = (task.train.y == task.truth.y)[i].double()
    seen = study.trusted(method, task, i)
    names = {"loss": "loss", "layer": "norm of p - e", "whole": "norm of the whole gradient"}
    values = {"clean in the batch": clean.mean().item()}
    for key, name in names.items():
        kept = seen[key].argsort()[: study.BATCH // 2]
        values[f"clean in the half of smallest {name}, epoch 3"] = clean[kept].mean().item()
    return values


def of_pairs(run, task):
    """How often a clean label of a shut-out class has a smaller score than a wrong label of the others. -> dict"""
    fractions = torch.tensor(study.by_class(run.life.selected[-1], task))
    table = study.compared(run.method, task, study.least_kept(fractions, SHUT_OUT))
    names = ("loss", "norm of p - e", "norm of the whole gradient")
    values = table["clean has the smaller score"]
    return {f"clean has the smaller {name}, epoch 5": float(value) for name, value in zip(names, values)}


def of_classes(run, task):
    """How many classes are shut out. -> dict"""
    counts = {}
    for name, kept in (("epoch 6", run.life.selected[5]), ("last epoch", run.life.selected[-1])):
        fractions = torch.tensor(study.by_class(kept, task))
        counts[f"classes shut out, {name}"] = int((fractions < SHUT_OUT).sum())
    return counts


def of_start(run, task, seed):
    """Of all pairs of a class that is shut out in epoch 6 and one that is not, the fraction in which the first has the
    larger mean loss at the random weights before the first step. -> float"""
    out = study.least_kept(torch.tensor(study.by_class(run.life.selected[5], task)), SHUT_OUT)
    shut = torch.isin(torch.arange(task.classes), out)
    loss = study.start_losses(task, seed)
    return (loss[shut][:, None] > loss[~shut][None]).double().mean().item()


def of_kept(run, task):
    """What the kept samples are, in the last epoch and over all epochs. -> dict"""
    last = run.rows[-1]
    ever = run.life.selected.any(0)
    given = task.train.y[ever]
    return {
        "clean among the kept": float(last["selected_precision"]),
        "kept among the clean": float(last["selected_recall"]),
        "samples ever kept": int(ever.sum()),
        "clean among those": float((given == task.truth.y[ever]).double().mean()),
        "most frequent label among those": float(given.bincount().max() / len(given)),
    }


@lru_cache
def clean_half(seed):
    """Return the test accuracy of plain SGD on half of the images with clean labels only, 647, after the last epoch."""
    return study.train(ERM(), seed=seed, task=load("digits", n=719)).accuracy["last"]


def swept(rows):
    """Return the test accuracy of SWEPT at RATES. -> DataFrame, a row per method, way, assumed rate and seed

    rows: what is stored, with columns setting, seed and last.
    """
    points = [{"method": method, "way": way, "assumed": rate} for method, way in SWEPT for rate in RATES]
    names = [setting_of(*point.values()) for point in points]
    table = pd.DataFrame(points).assign(setting=names)
    return table.merge(rows[["setting", "seed", "last"]], on="setting")
