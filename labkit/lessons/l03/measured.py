"""What lesson 03 quotes: how much pull losses leave to noisy labels, and what networks learn from it."""

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

import labkit

from ...data import Task
from .study import EPOCHS, method, pairs, pulled_by_noisy

LR = 0.05  # of the recipe that trains every network of the lesson
SYMMETRIC = {
    "CE": ("ERM", 0.0),
    "GCE, q = 0.3": ("GCE", 0.3),
    "GCE, q = 0.5": ("GCE", 0.5),
    "GCE, q = 0.7": ("GCE", 0.7),
    "GCE, q = 1": ("GCE", 1.0),
    "focal, γ = 2": ("Focal", 0.4),
    "focal, γ = 5": ("Focal", 1.0),
    "Bootstrap hard, β = 0": ("Bootstrap hard", 1.0),
}
PAIRFLIP = ("CE", "GCE, q = 0.7", "focal, γ = 2")
HUNDRED = ("CE", "GCE, q = 0.5", "GCE, q = 1")
FASTER = (2, 5)  # times the learning rate


def all_settings() -> dict[str, dict[str, Any]]:
    """Return SETTINGS: all losses under symmetric noise, some under pairflip, some with a hundred classes."""
    settings = {}
    for name, loss in SYMMETRIC.items():
        settings[name] = {"loss": loss}
    for name in PAIRFLIP:
        settings[f"pairflip 45 %, {name}"] = {"loss": SYMMETRIC[name], "noise": "pairflip", "rate": 0.45}
    for name in HUNDRED:
        settings[f"100 classes, {name}"] = {"loss": SYMMETRIC[name], "classes": 100}
    for factor in FASTER:
        name = f"100 classes, GCE, q = 1, {factor} times the rate"
        settings[name] = {"loss": ("GCE", 1.0), "classes": 100, "lr": factor * LR}
    return settings


SETTINGS = all_settings()


def measure(
    seed: int,
    loss: tuple[str, float],
    noise: str = "symmetric",
    rate: float = 0.4,
    classes: int = 10,
    lr: float = LR,
) -> dict[str, float]:
    """Train with a loss for EPOCHS epochs. -> fractions of labels and of pull, test accuracy, classes predicted

    loss: name and step of `study.method`. classes: 10, digits, or 100, pairs of them. lr: learning rate.
    """
    name, step = loss
    task = corrupted(classes, noise, rate, seed)
    robust = method(name, step=step)
    run = labkit.fit(robust, task, "mlp", EPOCHS, seed, {"lr": lr}, device="cpu", progress=False)
    last = run.rows[-1]
    y = task.train.y
    wrong = y != task.truth.y
    logits = labkit.measure.outputs(run.method, task.train)
    p_y = labkit.losses.probability(logits, y)
    is_unlikely = p_y[wrong] < 0.5
    test_logits = labkit.measure.outputs(run.method, task.test)
    predicted = test_logits.argmax(1)
    early = early_outputs(classes, noise, rate, seed)
    pulled = pulled_by_noisy(robust, logits=early, y=y, wrong=wrong)
    return {
        "pull of the noisy labels, epoch 3": pulled,
        "clean labels fitted": float(last["clean_fitted"]),
        "noisy labels memorised": float(last["noisy_memorised"]),
        "noisy labels corrected": float(last["noisy_corrected"]),
        "noisy labels below p_y = 0.5": float(is_unlikely.double().mean()),
        "test accuracy": float(last["test"]),
        "classes predicted": len(torch.unique(predicted)),
    }


@lru_cache(maxsize=16)
def corrupted(classes: int, noise: str, rate: float, seed: int) -> Task:
    """Return the digits, or 2,000 pairs of them, with this noise."""
    clean = labkit.load("digits") if classes == 10 else pairs(2000)
    noise_model = labkit.noise.ALL[noise](rate)
    return labkit.corrupt(clean, noise_model, seed)


@lru_cache(maxsize=16)
def early_outputs(classes: int, noise: str, rate: float, seed: int) -> Tensor:
    """Return the logits on the training set of a network that cross-entropy has trained for three epochs. -> [N, C]"""
    task = corrupted(classes, noise, rate, seed)
    run = labkit.fit("ERM", task, "mlp", 3, seed, device="cpu", progress=False)
    return labkit.measure.outputs(run.method, task.train)
