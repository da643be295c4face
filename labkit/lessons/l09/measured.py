"""What lesson 09 quotes: what corrected losses learn, how far estimates of T are off, what flagged labels are worth."""

from functools import lru_cache

import torch

from ...fit import fit
from ...methods import ALL
from ..l01.study import digits, noisy, with_the_same_matrix
from . import study

EPOCHS, FOLD_EPOCHS = 30, 10
SLOW = {"lr": 0.005}  # a tenth of the usual learning rate
CHECKED = ("plain SGD", "flagged labels dropped", "flagged labels relabelled", "as many at random relabelled")


def settings():
    """Return SETTINGS: every method that the lesson quotes under every noise it is quoted for."""
    quoted = {
        ("pairflip", 0.4): ("plain SGD", "Forward, true T", "GLC", "F-correction", "T transposed"),
        ("pairflip", 0.6): ("plain SGD", "Forward, true T", "F-correction"),
        ("instance", 0.4): ("plain SGD", "Forward, true T"),
        ("the same matrix", 0.4): ("plain SGD", "Forward, true T"),
        ("symmetric", 0.4): ("Forward, true T", "Backward, true T"),
        ("pairflip", 0.2): CHECKED,
    }
    table = {}
    for (noise, rate), names in quoted.items():
        for name in names:
            table[f"{noise} {100 * rate:.0f} %, {name}"] = {"noise": noise, "rate": rate, "name": name}
    for name in quoted["symmetric", 0.4]:
        table[f"symmetric 40 %, {name}"]["recipe"] = SLOW
    return table


SETTINGS = settings()


def measure(seed, noise, rate, name, recipe=None):
    """Train a method, or plain SGD on checked labels, for EPOCHS epochs. -> accuracies, fractions of labels, numbers

    name: of study.MAKERS, "T transposed", or one of CHECKED. recipe: what differs from the usual one.
    """
    task = checked(name, noise, rate, seed)
    if name == "plain SGD":
        run = plain_sgd(noise, rate, seed)[1]
    elif name == "flagged labels dropped":
        run = confident_learning(noise, rate, seed)
    else:
        run = trained(name, task, seed, recipe)
    T = study.true_matrix(task)
    used = study.matrix_of(run.method)
    if used is None:
        used = torch.eye(len(T), dtype=torch.float64)  # plain SGD takes every given label for the true one
    return {
        **of_training(run),
        "T off by": study.error(used, T),
        "mean diagonal of T": used.diagonal().mean().item(),
        "noisy among the first 100 suspects": study.precision(study.doubts(run, task), task),
        **of_picks(name, noise, rate, seed),
        **of_anchors(noise, rate, seed),
        "last, all labels clean": clean(seed),
    }


def trained(name, task, seed, recipe):
    """Train the method of a setting. -> Run"""
    options = {"epochs": EPOCHS, "seed": seed, "recipe": recipe or {}}
    if name == "T transposed":
        return study.train("Forward, true T", task, T=study.true_matrix(task).T, **options)
    return study.train(name if name in study.MAKERS else "plain SGD", task, **options)


@lru_cache(maxsize=64)
def plain_sgd(noise, rate, seed):
    """Plain SGD on the noisy labels, and what `study.anchors_by_epoch` reads after each epoch. -> list, Run"""
    return study.anchors_by_epoch(corrupted(noise, rate, seed), epochs=EPOCHS, seed=seed)


@lru_cache(maxsize=64)
def corrupted(noise, rate, seed):
    """The digits under a noise of lesson 01, or under the matrix that came out of instance noise. -> Task"""
    if noise == "the same matrix":
        return with_the_same_matrix(noisy("instance", noise_rate=rate, seed=seed), seed=seed)
    return noisy(noise, noise_rate=rate, seed=seed)


@lru_cache(maxsize=64)
def confident_learning(noise, rate, seed):
    """Confident learning, which drops the labels that it flags. -> Run"""
    method = ALL["Confident learning"](folds=5, fold_epochs=FOLD_EPOCHS)
    return fit(method, corrupted(noise, rate, seed), "mlp", EPOCHS, seed, device="cpu")


def picked(name, noise, rate, seed):
    """The labels that a setting drops or has looked at by a simulated person. -> bool [N]"""
    n = len(corrupted(noise, rate, seed).train)
    if name.startswith("flagged"):
        return confident_learning(noise, rate, seed).method.issues
    chosen = torch.zeros(n, dtype=torch.bool)
    if name == "as many at random relabelled":
        order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
        chosen[order[: int(confident_learning(noise, rate, seed).method.issues.sum())]] = True
    return chosen


def checked(name, noise, rate, seed):
    """The task of a setting, after a simulated person has looked at labels, if the setting asks for it. -> Task"""
    task = corrupted(noise, rate, seed)
    return study.relabelled(task, picked(name, noise, rate, seed)) if name.endswith("relabelled") else task


def of_training(run):
    """What the network has learnt, and how far its accuracy swings. -> dict"""
    test = [row["test"] for row in run.rows]
    return {
        **run.accuracy,
        "lowest of the last ten epochs": min(test[-10:]),
        "highest of the last ten epochs": max(test[-10:]),
        "noisy labels memorised": float(run.rows[-1]["noisy_memorised"]),
        "lowest training loss": round(min(row["train_loss"] for row in run.rows)),
    }


def of_picks(name, noise, rate, seed):
    """How many labels a setting picks, and which; zeros where it picks none. -> dict"""
    task, picks = corrupted(noise, rate, seed), picked(name, noise, rate, seed)
    wrong = task.train.y != task.truth.y
    both = int((wrong & picks).sum())
    trained_on = int((~picks).sum()) if name.endswith("dropped") else len(picks)
    return {
        "noisy labels that it trains on": int((wrong & ~picks).sum()) / trained_on,
        "noisy labels": int(wrong.sum()),
        "labels picked": int(picks.sum()),
        "noisy among the picked": both / max(1, int(picks.sum())),
        "picked among the noisy": both / int(wrong.sum()),
    }


def of_anchors(noise, rate, seed):
    """The matrix read off at the anchors of plain SGD after each epoch, and whose images the anchors are. -> dict"""
    found, run = plain_sgd(noise, rate, seed)
    error, diagonal, own, before = zip(*found)
    chosen = max(range(EPOCHS), key=lambda k: run.rows[k]["val_noisy"])
    return {
        "anchors: mean diagonal, epoch 1": diagonal[0],
        "anchors: mean diagonal, last epoch": diagonal[-1],
        "anchors: off by, at best": min(error),
        "anchors: off by, chosen epoch": error[chosen],
        "anchors: off by, last epoch": error[-1],
        "anchors: epoch of the smallest error": error.index(min(error)) + 1,
        "anchors: chosen epoch": chosen + 1,
        "anchors of their own class": own[chosen],
        "anchors of the class before": before[chosen],
    }


@lru_cache
def clean(seed):
    """Return the test accuracy of plain SGD on all labels without noise, after the last epoch."""
    return study.train("plain SGD", digits(), epochs=EPOCHS, seed=seed, T=torch.eye(10)).accuracy["last"]
