"""Lesson 02's panel: move the noise, and see which labels a network learns first."""

from ...panels import Move, Question, Sketch, choice, curve, cycle, part, samples, slider, svg_style
from ...panels.live import one_thread
from ...panels.samples import CELLS, LIFE, traces
from ...plot.training import CURVE_NAMES
from .study import EPOCHS, METHODS, NOISES, SHOWN, corrected, corrupted, epochs, train


def draw(state, show):
    """Train what the controls say, an epoch at a time; show the curves and the lives of some labels. -> Run"""
    task = corrupted(state.noise, state.rate, state.seed)
    line = {"name": "1 − τ", "y": round(1 - state.rate, 4)}
    table = samples.table(task, range(SHOWN))
    show(samples=table, gallery=gallery(), message=f"training: {state.noise}, τ = {state.rate:.0%}, {state.method}")
    caption = f"digits, MLP, n = {len(task.train):,}; {task.noise.words} ({task.noise.realised:.1%} came out)"
    caption += f"; {state.method}, seed {state.seed}"

    def on_epoch(run):
        told = {"message": f"epoch {len(run.rows)}", "progress": len(run.rows) / epochs()}
        seen = samples.lives(run.life, range(SHOWN))
        show(
            history={**measured(run), "lines": [line], "caption": caption},
            gallery=gallery(seen["epoch"]),
            samples={**table, "per_epoch": seen},
            **told,
        )

    with one_thread():
        run = train(state.noise, state.rate, state.method, state.seed, epochs(), on_epoch)
    show(message=verdict(run))
    return run


def measured(run):
    """The curves of a run so far, and its epochs. -> traits"""
    x = [row["epoch"] for row in run.rows]
    curves = [
        curve(words, x, [row[name] for row in run.rows], **svg_style(name)) for name, words in CURVE_NAMES.items()
    ]
    return {"series": curves, "per_epoch": {"epoch": x}}


def gallery(epochs=()):
    """The first images of the training set; what became of their labels is in the table of samples. -> traits"""
    return {"samples": list(range(SHOWN)), "per_epoch": {"epoch": list(epochs)}}


def verdict(run):
    """The end of a run in one line. -> text"""
    share = run.rows[-1]["noisy_memorised"]
    found = "there are no wrong labels" if share != share else f"{share:.0%} of the wrong labels are memorised"
    return f"after {len(run.rows)} epochs {found}"


EMPTY = {"series": traces(), "strip": {"name": "", "cells": [], "keys": CELLS}}
LEGEND = samples.signs("memorised", "corrected", "neither")
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
SKETCH = Sketch(
    name="02",
    title="Which labels does the network learn first?",
    controls=[
        slider(
            "rate", "τ", "noise rate", [k / 20 for k in range(17)], 0.4, "percent", stored=[0, 0.2, 0.4, 0.6, 0.8]
        ),
        choice("noise", "", "noise", NOISES, "symmetric", stored=["symmetric", "pairflip", "instance"]),
        choice("method", "", "method", METHODS, "ERM", stored=["ERM", "CDR"]),
        cycle("seed", "", "Next seed", range(10), stored=[0, 1]),
    ],
    rows=[["history", "gallery"], ["life"]],
    parts=[
        part("curves", "history", title="What the network has learnt", ylabel="fraction of the samples", height=200),
        part("gallery", "gallery", title="Training images and their given labels", signs=LEGEND),
        part(
            "curves", "life", title=LIFE, hint="Choose an image to see the life of its label.", unit="number",
            ylabel="loss (nats), weight", ylim=[0, 8], height=190, life=True, **EMPTY,
        ),
    ],
    draw=draw,
    moves=MOVES,
    versus="method",
    question=Question(
        "Symmetric noise 40 %, plain SGD. What fraction of the mislabelled training images does the network classify "
        "correctly after each of 30 epochs?",
        unit="percent", naive=[0.1] * EPOCHS, measure=corrected, seeds=range(5), part="history",
        x=range(1, EPOCHS + 1), setting={"rate": 0.4, "noise": "symmetric", "method": "ERM"},
    ),
)  # fmt: skip
