"""Lesson 02's panel: move the noise, and see which labels a network learns first."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

from ...data import Task
from ...fit import Run
from ...panels import Move, Question, Sketch, choice, curve, cycle, part, samples, slider, svg_style
from ...panels.live import one_thread
from ...panels.samples import CELLS, LIFE, traces
from ...plot.training import CURVE_NAMES
from .study import EPOCHS, METHODS, NOISES, SHOWN, corrected, corrupted, epochs, train


def draw(state: SimpleNamespace, show: Callable[..., None]) -> Run:
    """Train what the controls say, an epoch at a time; show the curves and the lives of some labels."""
    task = corrupted(state.noise, state.rate, state.seed)
    table = samples.table(task, range(SHOWN))
    clean_line = {"name": "1 − τ", "y": round(1 - state.rate, 4)}
    frame = {"lines": [clean_line], "caption": setting(state, task)}
    message = f"training: {state.noise}, τ = {state.rate:.0%}, {state.method}"
    show(samples=table, gallery=gallery(), message=message)

    def on_epoch(run):
        epoch = len(run.rows)
        lives = samples.lives(run.life, range(SHOWN))
        show(
            history=measured(run) | frame,
            gallery=gallery(lives["epoch"]),
            samples={**table, "per_epoch": lives},
            message=f"epoch {epoch}",
            progress=epoch / epochs(),
        )

    with one_thread():
        run = train(state.noise, state.rate, state.method, state.seed, epochs(), on_epoch)
    show(message=verdict(run))
    return run


def setting(state: SimpleNamespace, task: Task) -> str:
    """Return data, noise and method in a line."""
    noise = task.noise
    data = f"digits, MLP, n = {len(task.train):,}"
    labels = f"{noise.words} ({noise.realised:.1%} came out)"
    return f"{data}; {labels}; {state.method}, seed {state.seed}"


def measured(run: Run) -> dict[str, Any]:
    """Return the curves of a run so far, and its epochs. -> traits"""
    x = [row["epoch"] for row in run.rows]
    curves = []
    for column, name in CURVE_NAMES.items():
        values = [row[column] for row in run.rows]
        curves.append(curve(name, x, values, **svg_style(column)))
    return {"series": curves, "per_epoch": {"epoch": x}}


def gallery(epochs: Iterable[int] = ()) -> dict[str, Any]:
    """Return the first images of the training set; what became of their labels is in the table of samples. -> traits"""
    return {"samples": list(range(SHOWN)), "per_epoch": {"epoch": list(epochs)}}


def verdict(run: Run) -> str:
    """Return the end of a run in one line."""
    last_row = run.rows[-1]
    fraction = last_row["noisy_memorised"]
    has_wrong_labels = fraction == fraction  # it is NaN where no label is wrong
    ending = f"{fraction:.0%} of the wrong labels are memorised" if has_wrong_labels else "there are no wrong labels"
    return f"after {len(run.rows)} epochs {ending}"


RATES = [k / 20 for k in range(17)]
CONTROLS = [
    slider("rate", "τ", "noise rate", RATES, 0.4, "percent", stored=[0, 0.2, 0.4, 0.6, 0.8]),
    choice("noise", "", "noise", NOISES, "symmetric", stored=["symmetric", "pairflip", "instance"]),
    choice("method", "", "method", METHODS, "ERM", stored=["ERM", "CDR"]),
    cycle("seed", "", "Next seed", range(10), stored=[0, 1]),
]
LEGEND = samples.signs("memorised", "corrected", "neither")
EMPTY_STRIP = {"name": "", "cells": [], "keys": CELLS}
ONE_LIFE = part(
    "curves",
    "life",
    title=LIFE,
    hint="Choose an image to see the life of its label.",
    unit="number",
    ylabel="loss (nats), weight",
    ylim=[0, 8],
    height=190,
    life=True,
    series=traces(),
    strip=EMPTY_STRIP,
)
PARTS = [
    part("curves", "history", title="What the network has learnt", ylabel="fraction of the samples", height=200),
    part("gallery", "gallery", title="Training images and their given labels", signs=LEGEND),
    ONE_LIFE,
]
MOVES = (
    Move(
        "60 % beside 20 %",
        {"rate": 0.6},
        "How high does the blue curve rise in each of the two, and how far does the test accuracy (grey) fall?",
        beside={"rate": 0.2},
    ),
    Move(
        "pairflip, 60 %",
        {"rate": 0.6, "noise": "pairflip"},
        "Where does orange (wrong labels memorised) start? Choose an image with ≠. Which label did "
        "the network predict for it first?",
    ),
    Move(
        "CDR beside ERM",
        {"method": "CDR"},
        "Data, noise and seed are the same. Where do the two runs part, and how far are they apart at the end?",
        beside={"method": "ERM"},
    ),
)
QUESTION = Question(
    "Symmetric noise 40 %, plain SGD. What fraction of the mislabelled training images does the network classify "
    "correctly after each of 30 epochs?",
    unit="percent",
    naive=[0.1] * EPOCHS,
    measure=corrected,
    seeds=range(5),
    part="history",
    x=range(1, EPOCHS + 1),
    setting={"rate": 0.4, "noise": "symmetric", "method": "ERM"},
)
SKETCH = Sketch(
    name="02",
    title="Which labels does the network learn first?",
    controls=CONTROLS,
    rows=[["history", "gallery"], ["life"]],
    parts=PARTS,
    draw=draw,
    moves=MOVES,
    versus="method",
    question=QUESTION,
)
