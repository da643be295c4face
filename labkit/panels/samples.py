"""The samples that a panel shows, in one table: their images, their labels, and what became of them epoch by epoch.

A drawing hands it over as `samples`, beside its parts. Parts name samples by their positions in the training set, and
the front end looks them up (front/samples.js): tiles, points, the card of a sample, the life of a label.
"""

from collections.abc import Iterable
from typing import Any

import torch

from ..data import Task
from .pictures import curve, sprite, svg_style

FATES = {  # name: the column of a history that counts it, None where no curve does
    "memorised": "noisy_memorised",
    "corrected": "noisy_corrected",
    "neither": None,
    "fitted": "clean_fitted",
}
CELLS = [
    {"kind": "given", "name": "believes the given label"},
    {"kind": "true", "name": "believes the true label"},
    {"kind": "other", "name": "believes another class"},
]
LIFE = "The life of one label"
ROW = "Row under the axis: the label that the network believes after each epoch."


def table(
    task: Task, i: torch.Tensor | Iterable[int], sheet: dict[str, Any] | None = None, **per_epoch: list
) -> dict[str, Any]:
    """Return the table of the training samples i, in this order.

    sheet: the images of the whole training set, see `sheet_of`; without it, images of the samples i are drawn.
    per_epoch: lists with an entry for each epoch, which holds a value for each sample, or one for all: epoch (numbers),
    loss, weight, believed (see `digits`) and others, which are read out by their names.
    """
    i = torch.as_tensor(i)
    columns = {
        "index": i.tolist(),
        "given": digits(task.train.y[i]),
        "true": digits(task.truth.y[i]),
    }
    columns |= {"sprite": sprite(task.train.x[i])} if sheet is None else sheet
    return columns | ({"per_epoch": per_epoch} if per_epoch else {})


def sheet_of(task: Task) -> dict[str, Any]:
    """Return the images of the whole training set, for tables that show other samples in every setting.

    They are the same in all settings, and so they are stored once.
    """
    return {"sprite": sprite(task.train.x), "images": len(task.train)}


def digits(y: torch.Tensor) -> str | list[str]:
    """Return classes as a text with a digit for each, or as a list where some have two digits. y [n]"""
    names = [str(int(label)) for label in y]
    return "".join(names) if all(len(name) == 1 for name in names) else names


def lives(life: Any, i: torch.Tensor | Iterable[int]) -> dict[str, list]:
    """Return what `table` takes of the samples i, from a run's `life`. Losses have three digits."""
    i = torch.as_tensor(i)
    return {
        "epoch": list(range(1, 1 + len(life.epochs))),
        "loss": [short(epoch["loss"][i]) for epoch in life.epochs],
        "weight": [short(epoch["weight"][i]) for epoch in life.epochs],
        "believed": [digits(epoch["believed"][i]) for epoch in life.epochs],
    }


def short(values: torch.Tensor) -> list[float] | float:
    """Return numbers with three digits; a single one where all are equal."""
    numbers = [float(f"{value:.3g}") for value in values.tolist()]
    return numbers[0] if len(set(numbers)) == 1 else numbers


def signs(*names: str) -> list[Any]:
    """Return the legend of a gallery: what a wrong label looks like, then the marks of these FATES."""
    return ["given ≠ true", *({"name": name, **mark(name)} for name in names)]


def mark(fate: str) -> dict[str, str]:
    """Return colour and marker of a fate, those of its curve."""
    column = FATES[fate]
    style = svg_style(column) if column else {"colour": "currentColor", "marker": "dash"}
    return {"colour": style["colour"], "marker": style["marker"]}


def fate(given: str, true: str, believed: str | None) -> str:
    """Return what became of a label: fitted (a right one), memorised or corrected (a wrong one), neither.

    "" where no network has seen it.
    """
    if believed is None:
        return ""
    if believed == given:
        return "fitted" if given == true else "memorised"
    return "corrected" if believed == true else "neither"


def items(shown: dict[str, Any], ids: Iterable[int]) -> list[dict[str, Any]]:
    """Return samples of a table as tiles of a gallery, after its last epoch."""
    last = {name: values[-1] for name, values in shown.get("per_epoch", {}).items()}
    tiles = []
    for sample in ids:
        k = shown["index"].index(sample)
        place = sample if "images" in shown else k  # in the sprite
        given, true = shown["given"][k], shown["true"][k]
        end = fate(given, true, last["believed"][k] if "believed" in last else None)
        tiles.append({"index": sample, "given": given, "true": true, "fate": end, "place": place})
    return tiles


def life(shown: dict[str, Any], sample: int) -> dict[str, Any]:
    """Return the life of a sample of a table: its loss, its weight, what the network believes. -> traits of curves"""
    k = shown["index"].index(sample)
    given, true = shown["given"][k], shown["true"][k]
    lists = shown["per_epoch"]
    kind = {true: "true", given: "given"} if given != true else {given: "given"}
    cells = []
    for epoch, believed in zip(lists["epoch"], lists["believed"]):
        cells.append({"x": epoch, "text": believed[k], "kind": kind.get(believed[k], "other")})
    said = f"{given}, which is right" if given == true else f"{given}, true label {true}"
    loss = [_of(values, k) for values in lists["loss"]]
    weight = [_of(values, k) for values in lists["weight"]]
    return {
        "series": traces(lists["epoch"], loss, weight),
        "strip": {"name": "believed label by epoch", "cells": cells, "keys": CELLS},
        "title": f"{LIFE}: sample {sample}, given {said}",
        "caption": ROW,
    }


def traces(x: Iterable = (), loss: Iterable = (), weight: Iterable = ()) -> list[dict[str, Any]]:
    """Return loss and weight of a sample over the epochs, as curves."""
    return [
        curve("loss of the given label (nats)", x, loss, "#CC79A7", "", "circle"),
        curve("weight (1 = plain SGD)", x, weight, "#0072B2", "7 3", "square"),
    ]


def _of(values, k):
    """Return the value of a sample in a column: a list, or one value for all."""
    return values[k] if isinstance(values, (list, str)) else values
