"""The panel of lesson 00: a world of two classes in the plane, whose labels the reader turns over."""

import labkit

from ...panels import Move, Sketch, choice, part, slider
from ...plot.style import OKABE_ITO
from . import study

RATES = [k / 20 for k in range(9)]
LIES = [10, 18]  # circles in the middle of the circles, which a move turns over
EVERY = 3  # looks between two pictures of a training that runs
CLASSES = [
    {"name": "blue circles", "colour": OKABE_ITO[0], "marker": "circle"},
    {"name": "orange triangles", "colour": "#E69F00", "marker": "triangle"},
]


def draw(state, show):
    """Train on the labels as they are, the reader's flips included; show the boundary of every epoch. -> Run"""
    epochs = 6 if labkit.fast() else study.EPOCHS
    before, task = study.noisy(state.rate), study.noisy(state.rate, state.marks.get("world", ()))
    looks = []

    def on_look(look):
        looks.append(look)
        if len(looks) % EVERY == 1 or look["epoch"] == epochs:
            show(world=picture(before, looks), progress=look["epoch"] / epochs)

    run = study.train(state.method, task, width=state.width, epochs=epochs, on_look=on_look)
    show(message=said(state, task, looks))
    return run


def picture(task, looks):
    """Return the labels before the reader's flips, and what the network believes after each epoch. -> traits"""
    per_epoch = {name: [look[name] for look in looks] for name in ("epoch", "grid", "believed", "new")}
    return {"given": digits(task.train.y), "per_epoch": per_epoch}


def said(state, task, looks):
    """Return what came out, in a line."""
    wrong = (task.train.y != task.truth.y).tolist()
    believed = [int(digit) for digit in looks[-1]["believed"]]
    learnt = [k for k, is_wrong in enumerate(wrong) if is_wrong and believed[k] == task.train.y[k]]
    return f"{state.method}, {state.width} units: {len(learnt)} of {sum(wrong)} wrong labels are learnt by heart"


def digits(y):
    """Return classes as a text of digits. y [N]"""
    return "".join(map(str, y.tolist()))


def plane():
    """Return what never changes: the points, their true classes, the grid, and what a page without a kernel trains."""
    task = study.clean()
    return {
        "points": numbers(task.train.x),
        "truth": digits(task.truth.y),
        "classes": CLASSES,
        "xlim": list(study.XLIM),
        "ylim": list(study.YLIM),
        "columns": study.COLUMNS,
        "rows": study.ROWS,
        "training": {
            **study.RECIPE,
            "method": study.PLAIN,
            "starts": {str(width): study.packed(start) for width, start in study.starts().items()},
            "orders": study.orders(),
            "looks": study.looked_at(),
            "softness": study.SOFTNESS,
            "new": {"points": numbers(task.test.x), "truth": digits(task.test.y)},
        },
    }


def numbers(x):
    """Return coordinates with three decimals. x [N, 2] -> list of [x, y]"""
    return [[round(value, 3) for value in row] for row in x.tolist()]


MOVES = (
    Move(
        "two lies",
        {"rate": 0.0},
        "Two circles in the middle of the circles are called triangles. Does the boundary get round them, and when? "
        "Press Play.",
        marks={"world": LIES},
    ),
    Move(
        "a small network",
        {"rate": 0.2, "width": 4},
        "Look at the boundary: how much can four units per layer bend, and how many lies fit into it?",
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
    controls=[
        slider("rate", "τ", "wrong labels", RATES, 0.1, "percent", stored=[0, 0.1, 0.2, 0.3]),
        choice("method", "", "method", list(study.METHODS), study.PLAIN),
        slider("width", "", "units per layer", study.WIDTHS, 64, "whole"),
    ],
    rows=[["world"]],
    parts=[part("world", "world", title="Forty points, and what the network believes", height=400, **plane())],
    draw=draw,
    moves=MOVES,
)
