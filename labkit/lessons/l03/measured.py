"""What lesson 03 quotes: how much pull losses leave to noisy labels, and what networks learn from it."""

from functools import lru_cache

import torch

import labkit

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
SETTINGS = {
    **{name: {"loss": loss} for name, loss in SYMMETRIC.items()},
    **{f"pairflip 45 %, {name}": {"loss": SYMMETRIC[name], "noise": "pairflip", "rate": 0.45} for name in PAIRFLIP},
    **{f"100 classes, {name}": {"loss": SYMMETRIC[name], "classes": 100} for name in HUNDRED},
    **{
        f"100 classes, GCE, q = 1, {factor} times the rate": {"loss": ("GCE", 1.0), "classes": 100, "lr": factor * LR}
        for factor in FASTER
    },
}


def measure(seed, loss, noise="symmetric", rate=0.4, classes=10, lr=LR):
    """Train with a loss for EPOCHS epochs. -> fractions of labels and of pull, test accuracy, classes predicted

    loss: name and step of `study.method`. classes: 10, digits, or 100, pairs of them. lr: learning rate.
    """
    task = corrupted(classes, noise, rate, seed)
    robust = method(loss[0], step=loss[1])
    run = labkit.fit(robust, task, "mlp", EPOCHS, seed, {"lr": lr}, device="cpu", progress=False)
    last = run.rows[-1]
    y, wrong = task.train.y, task.train.y != task.truth.y
    p_y = labkit.losses.probability(labkit.measure.outputs(run.method, task.train), y)
    predicted = labkit.measure.outputs(run.method, task.test).argmax(1)
    return {
        "pull of the noisy labels, epoch 3": pulled_by_noisy(
            robust, logits=early_outputs(classes, noise, rate, seed), y=y, wrong=wrong
        ),
        "clean labels fitted": float(last["clean_fitted"]),
        "noisy labels memorised": float(last["noisy_memorised"]),
        "noisy labels corrected": float(last["noisy_corrected"]),
        "noisy labels below p_y = 0.5": float((p_y[wrong] < 0.5).double().mean()),
        "test accuracy": float(last["test"]),
        "classes predicted": len(torch.unique(predicted)),
    }


@lru_cache(maxsize=16)
def corrupted(classes, noise, rate, seed):
    """Digits, or 2,000 pairs of them, with this noise. -> Task"""
    clean = labkit.load("digits") if classes == 10 else pairs(2000)
    return labkit.corrupt(clean, labkit.noise.ALL[noise](rate), seed)


@lru_cache(maxsize=16)
def early_outputs(classes, noise, rate, seed):
    """The logits on the training set of a network that cross-entropy has trained for three epochs. -> [N, C]"""
    task = corrupted(classes, noise, rate, seed)
    run = labkit.fit("ERM", task, "mlp", 3, seed, device="cpu", progress=False)
    return labkit.measure.outputs(run.method, task.train)
