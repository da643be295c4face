"""What lesson 09 quotes: what corrected losses learn, how far estimates of T are off, what flagged labels are worth."""

from functools import lru_cache

import torch
from torch import Tensor

from ...data import Task
from ...fit import Run, fit
from ...methods import ALL
from ..l01.study import digits, noisy, with_the_same_matrix
from . import study

EPOCHS, FOLD_EPOCHS = 30, 10
SLOW = {"lr": 0.005}  # a tenth of the usual learning rate
CHECKED = ("plain SGD", "flagged labels dropped", "flagged labels relabelled", "as many at random relabelled")
QUOTED = {  # noise and rate: what is trained under it
    ("pairflip", 0.4): ("plain SGD", "Forward, true T", "GLC", "F-correction", "T transposed"),
    ("pairflip", 0.6): ("plain SGD", "Forward, true T", "F-correction"),
    ("instance", 0.4): ("plain SGD", "Forward, true T"),
    ("the same matrix", 0.4): ("plain SGD", "Forward, true T"),
    ("symmetric", 0.4): ("Forward, true T", "Backward, true T"),
    ("pairflip", 0.2): CHECKED,
}


def settings() -> dict[str, dict]:
    """Return SETTINGS: every method that the lesson quotes under every noise it is quoted for."""
    table = {}
    for (noise, rate), names in QUOTED.items():
        for name in names:
            setting = {"noise": noise, "rate": rate, "name": name}
            table[f"{noise} {100 * rate:.0f} %, {name}"] = setting
    for name in QUOTED["symmetric", 0.4]:
        table[f"symmetric 40 %, {name}"]["recipe"] = SLOW
    return table


SETTINGS = settings()


def measure(seed: int, noise: str, rate: float, name: str, recipe: dict | None = None) -> dict[str, float]:
    """Train a method, or plain SGD on checked labels, for EPOCHS epochs. -> accuracies, fractions of labels, numbers

    name: of study.METHOD_OF, "T transposed", or one of CHECKED. recipe: what differs from the usual one.
    """
    task = checked(name, noise, rate, seed)
    if name == "plain SGD":
        _, run = plain_sgd(noise, rate, seed)
    elif name == "flagged labels dropped":
        run = confident_learning(noise, rate, seed)
    else:
        run = trained(name, task, seed, recipe)
    row = of_training(run)
    row |= of_matrix(run, task)
    row |= of_picks(name, noise, rate, seed)
    row |= of_anchors(noise, rate, seed)
    row["last, all labels clean"] = clean(seed)
    return row


def trained(name: str, task: Task, seed: int, recipe: dict | None) -> Run:
    """Train the method of a setting."""
    options = {"epochs": EPOCHS, "seed": seed, "recipe": recipe or {}}
    if name == "T transposed":
        T = study.true_matrix(task)
        return study.train("Forward, true T", task, T=T.T, **options)
    method = name if name in study.METHOD_OF else "plain SGD"
    return study.train(method, task, **options)


@lru_cache(maxsize=64)
def plain_sgd(noise: str, rate: float, seed: int) -> tuple[list[study.AnchorEstimate], Run]:
    """Train plain SGD on the noisy labels, and read T off at the anchors after each epoch."""
    task = corrupted(noise, rate, seed)
    return study.anchors_by_epoch(task, epochs=EPOCHS, seed=seed)


@lru_cache(maxsize=64)
def corrupted(noise: str, rate: float, seed: int) -> Task:
    """Return the digits under a noise of lesson 01, or under the matrix that came out of instance noise."""
    if noise == "the same matrix":
        task = noisy("instance", noise_rate=rate, seed=seed)
        return with_the_same_matrix(task, seed=seed)
    return noisy(noise, noise_rate=rate, seed=seed)


@lru_cache(maxsize=64)
def confident_learning(noise: str, rate: float, seed: int) -> Run:
    """Train confident learning, which drops the labels that it flags."""
    method = ALL["Confident learning"](folds=5, fold_epochs=FOLD_EPOCHS)
    task = corrupted(noise, rate, seed)
    return fit(method, task, "mlp", EPOCHS, seed, device="cpu")


def picked(name: str, noise: str, rate: float, seed: int) -> Tensor:
    """Return the labels that a setting drops or has looked at by a simulated person. -> bool [N]"""
    task = corrupted(noise, rate, seed)
    n = len(task.train)
    if name.startswith("flagged"):
        return flagged(noise, rate, seed)
    chosen = torch.zeros(n, dtype=torch.bool)
    if name == "as many at random relabelled":
        rng = torch.Generator().manual_seed(seed)
        order = torch.randperm(n, generator=rng)
        n_flagged = count(flagged(noise, rate, seed))
        chosen[order[:n_flagged]] = True
    return chosen


def flagged(noise: str, rate: float, seed: int) -> Tensor:
    """Return the labels that confident learning flags. -> bool [N]"""
    run = confident_learning(noise, rate, seed)
    return run.method.issues


def count(flags: Tensor) -> int:
    """Count how many flags are true. flags: bool [N]"""
    return int(flags.sum())


def checked(name: str, noise: str, rate: float, seed: int) -> Task:
    """Return the task of a setting, after a simulated person has looked at labels, if the setting asks for it."""
    task = corrupted(noise, rate, seed)
    if not name.endswith("relabelled"):
        return task
    looked_at = picked(name, noise, rate, seed)
    return study.relabelled(task, looked_at)


def of_training(run: Run) -> dict[str, float]:
    """Measure what the network has learnt, and how far its accuracy swings."""
    history = run.history
    last_ten = history["test"].tail(10)
    memorised = history["noisy_memorised"].iloc[-1]
    lowest_loss = float(history["train_loss"].min())
    return {
        **run.accuracy,
        "lowest of the last ten epochs": float(last_ten.min()),
        "highest of the last ten epochs": float(last_ten.max()),
        "noisy labels memorised": float(memorised),
        "lowest training loss": round(lowest_loss),
    }


def of_matrix(run: Run, task: Task) -> dict[str, float]:
    """Measure the matrix that a run uses, and the labels that it suspects."""
    T = study.true_matrix(task)
    used = study.matrix_of(run.method)
    doubts = study.doubts(run, task)
    if used is None:
        used = torch.eye(len(T), dtype=torch.float64)  # plain SGD takes every given label for the true one
    return {
        "T off by": study.error(used, T),
        "mean diagonal of T": used.diagonal().mean().item(),
        "noisy among the first 100 suspects": study.precision(doubts, task),
    }


def of_picks(name: str, noise: str, rate: float, seed: int) -> dict[str, float]:
    """Count how many labels a setting picks, and which; zeros where it picks none."""
    task = corrupted(noise, rate, seed)
    picks = picked(name, noise, rate, seed)
    given = task.train.y
    true = task.truth.y
    wrong = given != true
    n_picks = count(picks)
    n_wrong = count(wrong)
    wrong_picks = count(wrong & picks)
    wrong_left = count(wrong & ~picks)
    trained_on = count(~picks) if name.endswith("dropped") else len(picks)
    return {
        "noisy labels that it trains on": wrong_left / trained_on,
        "noisy labels": n_wrong,
        "labels picked": n_picks,
        "noisy among the picked": wrong_picks / max(1, n_picks),
        "picked among the noisy": wrong_picks / n_wrong,
    }


def of_anchors(noise: str, rate: float, seed: int) -> dict[str, float]:
    """Measure the matrix read off at the anchors of plain SGD after each epoch, and whose images the anchors are."""
    estimates, run = plain_sgd(noise, rate, seed)
    errors = [estimate.error for estimate in estimates]
    accuracy = run.history["val_noisy"]
    chosen_epoch = int(accuracy.argmax())
    chosen = estimates[chosen_epoch]
    return {
        "anchors: mean diagonal, epoch 1": estimates[0].diagonal,
        "anchors: mean diagonal, last epoch": estimates[-1].diagonal,
        "anchors: off by, at best": min(errors),
        "anchors: off by, chosen epoch": chosen.error,
        "anchors: off by, last epoch": errors[-1],
        "anchors: epoch of the smallest error": errors.index(min(errors)) + 1,
        "anchors: chosen epoch": chosen_epoch + 1,
        "anchors of their own class": chosen.own_class,
        "anchors of the class before": chosen.class_before,
    }


@lru_cache
def clean(seed: int) -> float:
    """Return the test accuracy of plain SGD on all labels without noise, after the last epoch."""
    run = study.train("plain SGD", digits(), epochs=EPOCHS, seed=seed, T=torch.eye(10))
    return run.accuracy["last"]
