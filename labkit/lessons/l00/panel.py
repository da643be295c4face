"""The panel of lesson 00: a world of two classes in the plane, whose labels the reader turns over."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from torch import Tensor

import labkit

from ...data import Task
from ...fit import Run
from ...panels import Move, Sketch, choice, part, slider
from ...panels.samples import digits
from ...plot.style import OKABE_ITO
from . import study

RATES = [k / 20 for k in range(9)]
FLIPPED = [10, 18]  # circles in the middle of the circles, which a move labels as triangles
INTERVAL = 3  # snapshots between two pictures of a training that runs
CLASSES = [
    {"name": "blue circles", "colour": OKABE_ITO[0], "marker": "circle"},
    {"name": "orange triangles", "colour": "#E69F00", "marker": "triangle"},
]


def draw(state: SimpleNamespace, show: Callable[..., None]) -> Run:
    """Train on the labels as they are, the reader's flips included; show the boundary of every epoch."""
    epochs = 6 if labkit.fast() else study.EPOCHS
    flips = state.marks.get("world", ())
    unflipped = study.noisy(state.rate)
    task = study.noisy(state.rate, flips)
    snapshots = []

    def on_snapshot(snapshot):
        snapshots.append(snapshot)
        epoch = snapshot["epoch"]
        if len(snapshots) % INTERVAL == 1 or epoch == epochs:
            show(world=picture(unflipped, snapshots), progress=epoch / epochs)

    run = study.train(state.method, task, width=state.width, epochs=epochs, on_snapshot=on_snapshot)
    show(message=verdict(state, task, snapshots[-1]))
    return run


def picture(task: Task, snapshots: list[dict]) -> dict[str, Any]:
    """Return the labels before the reader's flips, and what the network believes after each epoch. -> traits"""
    per_epoch = {}
    for name in ("epoch", "grid", "believed", "new"):
        per_epoch[name] = [snapshot[name] for snapshot in snapshots]
    return {"given": digits(task.train.y), "per_epoch": per_epoch}


def verdict(state: SimpleNamespace, task: Task, snapshot: dict) -> str:
    """Return what came out, in a line. snapshot: the last one"""
    given = digits(task.train.y)
    true = digits(task.truth.y)
    wrong = learnt = 0
    for label, true_label, believed in zip(given, true, snapshot["believed"]):
        is_wrong = label != true_label
        wrong += is_wrong
        learnt += is_wrong and believed == label
    return f"{state.method}, {state.width} units: {learnt} of {wrong} wrong labels are learnt by heart"


def plane() -> dict[str, Any]:
    """Return what never changes: the points, their true classes, the grid, and what a page without a kernel trains.

    -> traits
    """
    task = study.clean()
    return {
        "points": numbers(task.train.x),
        "truth": digits(task.truth.y),
        "classes": CLASSES,
        "xlim": list(study.XLIM),
        "ylim": list(study.YLIM),
        "columns": study.COLUMNS,
        "rows": study.ROWS,
        "training": training(task),
    }


def training(task: Task) -> dict[str, Any]:
    """Return what a page without a kernel needs to train plain SGD, see labkit/panels/front/train.js."""
    starts = {}
    for width, parameters in study.starts().items():
        starts[str(width)] = study.packed(parameters)
    new = {"points": numbers(task.test.x), "truth": digits(task.test.y)}
    return {
        **study.RECIPE,
        "method": study.PLAIN,
        "starts": starts,
        "orders": study.orders(),
        "looks": study.snapshot_epochs(),
        "softness": study.SOFTNESS,
        "new": new,
    }


def numbers(x: Tensor) -> list[list[float]]:
    """Return coordinates with three decimals. x [N, 2] -> list of [x, y]"""
    points = []
    for row in x.tolist():
        points.append([round(value, 3) for value in row])
    return points


WORLD = part("world", "world", title="Forty points, and what the network believes", height=400, **plane())
CONTROLS = [
    slider("rate", "τ", "wrong labels", RATES, 0.1, "percent", stored=[0, 0.1, 0.2, 0.3]),
    choice("method", "", "method", list(study.METHODS), study.PLAIN),
    slider("width", "", "units per layer", study.WIDTHS, 64, "whole"),
]
MOVES = (
    Move(
        "two wrong labels",
        {"rate": 0.0},
        "Two circles in the middle of the circles are labelled as triangles. Does the boundary get round them, and "
        "when? Press Play.",
        marks={"world": FLIPPED},
    ),
    Move(
        "a small network",
        {"rate": 0.2, "width": 4},
        "Look at the boundary. How much can four units per layer bend it, and how many wrong labels does it follow?",
    ),
    Move(
        "20 %, plain SGD",
        {"rate": 0.2},
        "How many stars are there (wrong labels learnt by heart), and how many new points are classified correctly?",
    ),
    Move(
        "20 %, SOP",
        {"rate": 0.2, "method": "SOP"},
        "The labels are the same, and the method is another. How many stars are left? How many new points are "
        "classified correctly?",
    ),
)
SKETCH = Sketch(
    name="00",
    title="What does a network do with a wrong label?",
    controls=CONTROLS,
    rows=[["world"]],
    parts=[WORLD],
    draw=draw,
    moves=MOVES,
)
