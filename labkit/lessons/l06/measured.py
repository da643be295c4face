"""What lesson 06 quotes: what the directions of a Jacobian hold, and what cuts make of the given labels."""

import torch
from torch.nn.functional import one_hot

from . import study

DIRECTIONS = 20
CUTS = (20, 50, 100, 200, 500)  # numbers of directions that are kept
EPOCHS = (0, 5, 20, 40)
SETTINGS = {f"symmetric 40 %, epoch {epoch}": {"noise": "symmetric 40 %", "epoch": epoch} for epoch in EPOCHS}
for noise in ("symmetric 20 %", "symmetric 60 %", "pairflip 45 %"):
    SETTINGS[f"{noise}, epoch 5"] = {"noise": noise, "epoch": 5}


def measure(seed, noise, epoch):
    """Look at a network after some epochs. -> fractions of squared norms, of labels, and of singular values"""
    at = study.look(noise=noise, seed=seed, epoch=epoch)
    return {
        **of_directions(at),
        **of_cuts(at),
        **of_network(at),
        **of_votes(at),
        "singular values, wrong / clean": study.ratio_of_spectra(at),
        **study.in_information_space(at),
    }


def of_directions(at):
    """Return what the first DIRECTIONS hold of every vector. -> {name: fraction}"""
    held = {name: study.held(at, v)[DIRECTIONS - 1] for name, v in study.vectors(at).items()}
    return {f"{name} in {DIRECTIONS} directions": float(value) for name, value in held.items()}


def of_cuts(at):
    """Return what became of the labels after each of the CUTS. -> {name: fraction}"""
    values = {}
    for k in CUTS:
        ends = study.fates(at, study.cut_labels(at, k))
        values[f"corrected, k = {k}"] = ends["noisy_corrected"]
        values[f"memorised, k = {k}"] = ends["noisy_memorised"]
        values[f"clean labels kept, k = {k}"] = ends["clean_fitted"]
    return values


def of_network(at):
    """Return what the network itself predicts for the same images. -> {name: fraction}"""
    ends = study.fates(at, at.logits.argmax(-1))
    return {"corrected by the network": ends["noisy_corrected"], "memorised by the network": ends["noisy_memorised"]}


def of_votes(at):
    """Return what a vote within the true classes corrects, and where the cut leaves a tie. -> {name: fraction}

    The vote gives each image the most frequent given label of its true class, among the images of `at`. The tie: the
    true class i and i + 1, which pairflip puts in its place, have the two largest entries after the cut.
    """
    given, true = at.task.train.y, at.task.truth.y
    count = one_hot(true, at.task.classes).T @ one_hot(given, at.task.classes)  # [C, C]
    following = (true + 1) % at.task.classes
    top = study.cut(at, DIRECTIONS).topk(2).indices.sort(1).values  # [n, 2]
    pair = torch.stack([true, following], dim=1).sort(1).values
    return {
        "corrected by a vote of the true classes": study.fates(at, count.argmax(1)[true])["noisy_corrected"],
        f"i and i + 1 on top, k = {DIRECTIONS}": (top == pair).all(1).double().mean().item(),
    }
