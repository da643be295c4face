"""What lesson 04 quotes: how accurate networks are that filters train, and which classes the filters shut out."""

from functools import lru_cache
from typing import Any

import pandas as pd
import torch

from ...data import Task
from ...fit import Run
from ...load import load
from ...method import Method
from ...methods import ERM
from ...noise import ALL, corrupt
from . import study

RATES = (0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
SWEPT = (("SPL", "at once"), ("PRL(L)", "at once"), ("SPL", "over 10 epochs"))
AT_TRUE_RATE = (("PRL(L)", "over 10 epochs"), ("Co-teaching", "at once"), ("Co-teaching", "over 10 epochs"))
TRUE_RATES = {"symmetric": study.TRUE_RATE, "pairflip": 0.45}
SCORES = {"loss": "loss", "layer": "norm of p - e", "whole": "norm of the whole gradient"}  # of study.trusted: its name


def setting_of(method: str, way: str, rate: float) -> str:
    """Return the name of a setting, e.g. "SPL, at once, 50 %"."""
    return f"{method}, {way}, {100 * rate:.0f} %"


def points() -> list[dict[str, Any]]:
    """Return SWEPT at all RATES, rate by rate. -> dicts of method, way and rate"""
    return [{"method": method, "way": way, "rate": rate} for method, way in SWEPT for rate in RATES]


def all_settings() -> dict[str, dict[str, Any]]:
    """Return SETTINGS: plain SGD; SWEPT at all RATES, the other filters at the true rate; pairflip."""
    filters = points()
    for method, way in AT_TRUE_RATE:
        filters.append({"method": method, "way": way, "rate": study.TRUE_RATE})
    settings = {"plain SGD": {"method": "ERM"}}
    for point in filters:
        settings[setting_of(**point)] = point
    pairflip = {"rate": TRUE_RATES["pairflip"], "noise": "pairflip"}
    settings["pairflip, plain SGD"] = {"method": "ERM", **pairflip}
    for way in study.RAMPS:
        settings[f"pairflip, PRL(L), {way}"] = {"method": "PRL(L)", "way": way, **pairflip}
    return settings


SETTINGS = all_settings()


def measure(
    seed: int, method: str, way: str = "at once", rate: float = 0.0, noise: str = "symmetric"
) -> dict[str, float]:
    """Train a method for study.EPOCHS epochs. -> test accuracy, numbers of classes and samples, fractions of labels

    rate: what the filter drops. The noise has its own rate, TRUE_RATES.
    """
    noise_model = ALL[noise](TRUE_RATES[noise])
    task = corrupt(load("digits"), noise_model, seed)
    early = {}

    def watch(run: Run) -> None:
        if len(run.rows) == 3:
            early.update(in_batch(run.method, task, seed))
        if len(run.rows) == 5:
            early.update(of_pairs(run, task))

    options = {"seed": seed, "on_epoch": watch, "task": task}
    if method == "ERM":
        run = study.train(ERM(), **options)
    else:
        run = study.filtered(method, assumed_rate=rate, ramp=study.RAMPS[way], **options)
    values = early | of_classes(run, task)
    values["the shut-out class has the larger loss at the start"] = of_start(run, task, seed)
    values |= of_kept(run, task)
    values["last, half of the images, all clean"] = clean_half(seed)
    return values | run.accuracy


def in_batch(method: Method, task: Task, seed: int) -> dict[str, float]:
    """Return, of one batch's smaller half by each score, the fraction of clean labels."""
    i = study.batch_of(task, seed)
    clean = (task.train.y == task.truth.y)[i].double()
    scores = study.trusted(method, task, i)
    values = {"clean in the batch": clean.mean().item()}
    for key, name in SCORES.items():
        order = scores[key].argsort()
        half = order[: study.BATCH // 2]
        column = f"clean in the half of smallest {name}, epoch 3"
        values[column] = clean[half].mean().item()
    return values


def of_pairs(run: Run, task: Task) -> dict[str, float]:
    """Return how often a clean label of a shut-out class has a smaller score than a wrong label of the others."""
    fractions = torch.tensor(study.by_class(run.life.selected[-1], task))
    classes = study.least_kept(fractions)
    table = study.compared(run.method, task, classes)
    fractions_of_pairs = table["clean has the smaller score"]
    values = {}
    for name, value in zip(SCORES.values(), fractions_of_pairs):
        column = f"clean has the smaller {name}, epoch 5"
        values[column] = float(value)
    return values


def of_classes(run: Run, task: Task) -> dict[str, int]:
    """Return how many classes are shut out."""
    selected = run.life.selected
    return {
        "classes shut out, epoch 6": study.count_shut_out(selected[5], task),
        "classes shut out, last epoch": study.count_shut_out(selected[-1], task),
    }


def of_start(run: Run, task: Task, seed: int) -> float:
    """Return in what fraction of pairs a shut-out class has the larger mean loss before the first step.

    A pair is a class that is shut out in epoch 6 and one that is not. Before the first step the weights are random.
    """
    fractions = torch.tensor(study.by_class(run.life.selected[5], task))
    classes = torch.arange(task.classes)
    is_shut_out = torch.isin(classes, study.least_kept(fractions))
    loss = study.start_losses(task, seed)
    is_larger = loss[is_shut_out][:, None] > loss[~is_shut_out][None]
    return is_larger.double().mean().item()


def of_kept(run: Run, task: Task) -> dict[str, float]:
    """Return what the kept samples are, in the last epoch and over all epochs."""
    last = run.rows[-1]
    is_used = run.life.selected.any(0)
    y = task.train.y[is_used]
    clean = (y == task.truth.y[is_used]).double()
    most_frequent = y.bincount().max()
    return {
        "clean among the kept": float(last["selected_precision"]),
        "kept among the clean": float(last["selected_recall"]),
        "samples ever kept": len(y),
        "clean among those": float(clean.mean()),
        "most frequent label among those": float(most_frequent / len(y)),
    }


@lru_cache
def clean_half(seed: int) -> float:
    """Return the test accuracy of plain SGD on half of the images with clean labels only, 647, after the last epoch."""
    run = study.train(ERM(), seed=seed, task=load("digits", n=719))
    return run.accuracy["last"]


def swept(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the test accuracy of SWEPT at RATES. -> DataFrame, a row per method, way, assumed rate and seed

    rows: what is stored, with columns setting, seed and last.
    """
    table = pd.DataFrame(points())
    table["setting"] = [setting_of(**point) for point in points()]
    table = table.rename(columns={"rate": "assumed"})
    return table.merge(rows[["setting", "seed", "last"]], on="setting")
