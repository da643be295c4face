"""What lesson 06 quotes: what the directions of a Jacobian hold, and what cuts make of the given labels."""

import torch
from torch.nn.functional import one_hot

from ...measure import share
from . import study

DIRECTIONS = 20
CUTS = (20, 50, 100, 200, 500)  # numbers of directions that are kept
EPOCHS = (0, 5, 20, 40)
SETTINGS = {f"symmetric 40 %, epoch {epoch}": {"noise": "symmetric 40 %", "epoch": epoch} for epoch in EPOCHS}
for noise in ("symmetric 20 %", "symmetric 60 %", "pairflip 45 %"):
    setting = f"{noise}, epoch 5"
    SETTINGS[setting] = {"noise": noise, "epoch": 5}


def measure(seed: int, noise: str, epoch: int) -> dict[str, float]:
    """Measure a network after some epochs. -> fractions of squared norms, of labels, and of singular values"""
    snapshot = study.train_snapshot(noise=noise, seed=seed, epoch=epoch)
    return {
        **of_directions(snapshot),
        **of_cuts(snapshot),
        **of_network(snapshot),
        **of_votes(snapshot),
        "singular values, wrong / clean": study.ratio_of_spectra(snapshot),
        **study.in_information_space(snapshot),
    }


def of_directions(snapshot: study.Snapshot) -> dict[str, float]:
    """Measure what the first DIRECTIONS hold of every vector. -> {name: fraction}"""
    values = {}
    for name, v in study.vectors(snapshot).items():
        fraction = study.held(snapshot, v)[DIRECTIONS - 1]
        values[f"{name} in {DIRECTIONS} directions"] = float(fraction)
    return values


def of_cuts(snapshot: study.Snapshot) -> dict[str, float]:
    """Measure what became of the labels after each of the CUTS. -> {name: fraction}"""
    values = {}
    for k in CUTS:
        labels = study.cut_labels(snapshot, k)
        fates = study.fates(snapshot, labels)
        values[f"corrected, k = {k}"] = fates["noisy_corrected"]
        values[f"memorised, k = {k}"] = fates["noisy_memorised"]
        values[f"clean labels kept, k = {k}"] = fates["clean_fitted"]
    return values


def of_network(snapshot: study.Snapshot) -> dict[str, float]:
    """Measure what the network itself predicts for the same images. -> {name: fraction}"""
    predicted = snapshot.logits.argmax(-1)
    fates = study.fates(snapshot, predicted)
    return {"corrected by the network": fates["noisy_corrected"], "memorised by the network": fates["noisy_memorised"]}


def of_votes(snapshot: study.Snapshot) -> dict[str, float]:
    """Measure what a vote within the true classes corrects, and where the cut leaves a tie. -> {name: fraction}

    The vote gives each image the most frequent given label of its true class, among the images of the snapshot. The
    tie: the true class i and i + 1, which pairflip puts in its place, have the two largest entries after the cut.
    """
    task = snapshot.task
    y = task.train.y
    y_clean = task.truth.y
    count = one_hot(y_clean, task.classes).T @ one_hot(y, task.classes)  # [C, C]
    most_frequent = count.argmax(1)
    fates = study.fates(snapshot, most_frequent[y_clean])
    following = (y_clean + 1) % task.classes
    pair = torch.stack([y_clean, following], dim=1)
    labels = study.cut(snapshot, DIRECTIONS)
    top = labels.topk(2).indices  # [n, 2]
    top = top.sort(1).values
    pair = pair.sort(1).values
    is_tie = (top == pair).all(1)
    return {
        "corrected by a vote of the true classes": fates["noisy_corrected"],
        f"i and i + 1 on top, k = {DIRECTIONS}": share(is_tie),
    }
