"""What lesson 02 quotes: which labels plain SGD learns first on the digits, and what each criterion reports."""

import pandas as pd

import labkit

from ...data import Task
from .study import corrupted

EPOCHS = 40
SETTINGS = {
    "symmetric 20 %": {"noise": "symmetric", "rate": 0.2},
    "symmetric 40 %": {"noise": "symmetric", "rate": 0.4},
    "symmetric 60 %": {"noise": "symmetric", "rate": 0.6},
    "symmetric 40 %, CDR": {"noise": "symmetric", "rate": 0.4, "method": "CDR"},
    "pairflip 60 %": {"noise": "pairflip", "rate": 0.6},
    "instance 40 %": {"noise": "instance", "rate": 0.4},
    "symmetric 40 %, 100 images": {"noise": "symmetric", "rate": 0.4, "images": 100},
}


def measure(
    seed: int, noise: str, rate: float, images: int | None = None, method: str = "ERM"
) -> dict[str, float | int]:
    """Train a method for EPOCHS epochs. -> fractions of the labels, epochs, and test accuracy by four criteria

    images: how many of the digits there are, before a part is held out; None: all.
    """
    task = noisy_digits(noise, rate, seed, images)
    chosen_method = labkit.methods.make(method, rate)
    run = labkit.fit(chosen_method, task, "mlp", EPOCHS, seed, device="cpu", progress=False)
    history = run.history.set_index("epoch")
    best_epoch = history.val_noisy.idxmax()
    best = history.loc[best_epoch]
    measures = label_measures(history)
    measures["epoch of the best test accuracy"] = int(history.test.idxmax())
    accuracy = float(best.test)
    measures["noisy validation, best"] = float(best.val_noisy)
    measures["noisy validation, expected"] = expected(accuracy, rate, task.classes)
    for criterion, value in run.accuracy.items():
        measures[criterion] = float(value)
    return measures


def noisy_digits(noise: str, rate: float, seed: int, images: int | None = None) -> Task:
    """Return the digits, or `images` of them, with a noise."""
    if images is None:
        return corrupted(noise, rate, seed)
    digits = labkit.load("digits", n=images)
    model = labkit.noise.ALL[noise](rate)
    return labkit.corrupt(digits, model, seed)


def label_measures(history: pd.DataFrame) -> dict[str, float | int]:
    """Return which labels were learnt when. history: that of a run, by epoch"""
    memorised_more = history.noisy_memorised > history.noisy_corrected
    first_epoch = int(memorised_more.idxmax()) if memorised_more.any() else EPOCHS
    return {
        "clean labels fitted, epoch 1": float(history.clean_fitted[1]),
        "noisy labels memorised, epoch 1": float(history.noisy_memorised[1]),
        "noisy labels corrected, epoch 3": float(history.noisy_corrected[3]),
        "noisy labels corrected, at most": float(history.noisy_corrected.max()),
        "the noisy label has the larger loss, epoch 3": float(history.auc[3]),
        "noisy labels memorised, last epoch": float(history.noisy_memorised.iloc[-1]),
        "first epoch with more memorised than corrected": first_epoch,
    }


def expected(accuracy: float, rate: float, classes: int) -> float:
    """Return the accuracy on symmetric noisy labels that a clean accuracy leads to."""
    if_right = (1 - rate) * accuracy
    if_wrong = rate / (classes - 1) * (1 - accuracy)
    return if_right + if_wrong
