"""What one label goes through: the pictures to choose from, and the life of the chosen one."""

import torch

from .curves import curve

WRONG, RIGHT = 20, 4
SIGNS = {"memorised": "■", "corrected": "○", "neither": "–", "fitted": ""}
KEYS = ["given ≠ true", *(f"{SIGNS[fate]} {fate}" for fate in ("memorised", "corrected", "neither"))]
CELLS = [
    {"kind": "given", "name": "believes the given label"},
    {"kind": "true", "name": "believes the true label"},
    {"kind": "other", "name": "believes another class"},
]
TITLE = "The life of one label"
HINT = "Choose an image to see the life of its label."


def picks(given, true, keep=-1):
    """Up to 20 samples with a wrong label, then right ones, 24 in all, with `keep` if it is a sample. -> list of 24"""
    wrong, right = (given != true).nonzero()[:, 0], (given == true).nonzero()[:, 0]
    wrong = wrong[: max(WRONG, WRONG + RIGHT - len(right))]
    i = torch.cat([wrong, right[: WRONG + RIGHT - len(wrong)]]).tolist()
    if keep >= 0 and keep not in i:
        i[len(wrong) - 1 if given[keep] != true[keep] else -1] = keep
    return i


def items(task, i, believed=None):
    """What the gallery says of the samples i; believed [N]: the classes that the network believes. -> list of dicts"""
    return [_item(k, int(task.train.y[k]), int(task.truth.y[k]), believed) for k in i]


def _item(k, given, true, believed):
    fate = "" if believed is None else fate_of(given, true, int(believed[k]))
    return {"index": k, "given": str(given), "true": str(true), "fate": fate, "sign": SIGNS.get(fate, "")}


def fate_of(given, true, believed):
    """What became of a label: fitted (a right one), memorised or corrected (a wrong one), neither."""
    if believed == given:
        return "fitted" if given == true else "memorised"
    return "corrected" if believed == true else "neither"


def traces(epochs=(), loss=(), weight=()):
    """Loss and weight of a sample over the epochs. -> list for Curves"""
    return [
        curve("loss of the given label (nats)", epochs, loss, "#CC79A7", "", "circle"),
        curve("weight (1 = plain SGD)", epochs, weight, "#0072B2", "7 3", "square"),
    ]


def strip(cells=()):
    """The row of believed labels, and what its cells mean. -> dict for Curves"""
    return {"name": "believed label by epoch", "cells": list(cells), "keys": CELLS}


def life_of(task, run, k):
    """The life of sample k, as traits for Curves."""
    given, true = int(task.train.y[k]), int(task.truth.y[k])
    table = run.life.of(k)
    epochs = list(table.index)
    kind = {given: "given", true: "true"}  # a right label is the true one
    cells = [{"x": e, "text": str(b), "kind": kind.get(b, "other")} for e, b in zip(epochs, table.believed.tolist())]
    said = f"{given}, which is right" if given == true else f"{given}, true label {true}"
    row = "Row under the axis: the label that the network believes after each epoch."
    return {
        "series": traces(epochs, table.loss, table.weight),
        "strip": strip(cells),
        "title": f"{TITLE}: sample {k}, given {said}",
        "caption": f"{row} {run.config['method']}, {task.noise.words}.",
    }


def ceiling(run, i):
    """A fixed axis for the losses of the samples i over a run: 4, 6, 8, ... nats."""
    highest = float(run.life.loss[:, i].max())
    return 2.0 * max(2, -(-highest // 2))
