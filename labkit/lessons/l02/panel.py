"""Lesson 02's panel: move the noise, and see which labels a network learns first."""

from ...panels import Move, Question, Sketch, choice, curve, cycle, part, slider, sprite, svg_style
from ...panels.live import one_thread
from ...plot.training import CURVE_NAMES
from .study import EPOCHS, METHODS, NOISES, SHOWN, corrected, corrupted, epochs, fate, train

SIGNS = {"memorised": "■", "corrected": "○", "neither": "–", "fitted": ""}
CELLS = [
    {"kind": "given", "name": "believes the given label"},
    {"kind": "true", "name": "believes the true label"},
    {"kind": "other", "name": "believes another class"},
]
LIFE = "The life of one label"
ROW = "Row under the axis: the label that the network believes after each epoch."


def draw(state, show):
    """Train what the controls say, an epoch at a time; then the fate and the life of every label shown. -> Run"""
    task = corrupted(state.noise, state.rate, state.seed)
    line = {"name": "1 − τ", "y": round(1 - state.rate, 4)}
    show(gallery=gallery(task), message=f"training: {state.noise}, τ = {state.rate:.0%}, {state.method}")
    caption = f"digits, MLP, n = {len(task.train):,}; {task.noise.words} ({task.noise.realised:.1%} came out)"
    caption += f"; {state.method}, seed {state.seed}"

    def on_epoch(run):
        told = {"message": f"epoch {len(run.rows)}", "progress": len(run.rows) / epochs()}
        show(history={"series": measured(run), "lines": [line], "caption": caption}, **told)

    with one_thread():
        run = train(state.noise, state.rate, state.method, state.seed, epochs(), on_epoch)
    lives = {str(k): life(task, run, k) for k in range(SHOWN)}
    show(gallery=gallery(task, run), life={"by": "gallery", "of": lives}, message=verdict(run))
    return run


def measured(run):
    """The curves of a run so far. -> list"""
    x = [row["epoch"] for row in run.rows]
    return [curve(words, x, [row[name] for row in run.rows], **svg_style(name)) for name, words in CURVE_NAMES.items()]


def gallery(task, run=None):
    """The first images of the training set, their given labels, and after a run what became of these. -> traits"""
    given, true = task.train.y[:SHOWN].tolist(), task.truth.y[:SHOWN].tolist()
    ends = [fate(*labels) for labels in zip(given, true, run.life.believed[-1].tolist())] if run else [""] * SHOWN
    words = zip(range(SHOWN), given, true, ends)
    names = ("index", "given", "true", "fate", "sign")
    items = [dict(zip(names, (k, str(y), str(clean), end, SIGNS.get(end, "")))) for k, y, clean, end in words]
    return {"items": items, "sprite": sprite(task.train.x[:SHOWN])}


def life(task, run, k):
    """The life of sample k: its loss, its weight, what the network believes after each epoch. -> traits"""
    given, true, table = int(task.train.y[k]), int(task.truth.y[k]), run.life.of(k)
    kind = {given: "given", true: "true"}  # a right label is the true one
    cells = [{"x": e, "text": str(b), "kind": kind.get(b, "other")} for e, b in table.believed.items()]
    said = f"{given}, which is right" if given == true else f"{given}, true label {true}"
    return {
        "series": traces(table.index, table.loss, table.weight),
        "strip": {"name": "believed label by epoch", "cells": cells, "keys": CELLS},
        "title": f"{LIFE}: sample {k}, given {said}",
        "caption": f"{ROW} {run.config['method']}, {task.noise.words}, seed {run.config['seed']}.",
    }


def traces(x=(), loss=(), weight=()):
    """Loss and weight of a sample over the epochs. -> list"""
    return [
        curve("loss of the given label (nats)", x, loss, "#CC79A7", "", "circle"),
        curve("weight (1 = plain SGD)", x, weight, "#0072B2", "7 3", "square"),
    ]


def verdict(run):
    """The end of a run in one line. -> text"""
    share = run.rows[-1]["noisy_memorised"]
    found = "there are no wrong labels" if share != share else f"{share:.0%} of the wrong labels are memorised"
    return f"after {len(run.rows)} epochs {found}"


EMPTY = {"series": traces(), "strip": {"name": "", "cells": [], "keys": CELLS}}
LEGEND = ["given ≠ true", *(f"{SIGNS[end]} {end}" for end in ("memorised", "corrected", "neither"))]
MOVES = (
    Move(
        "60 % beside 20 %",
        {"rate": 0.6},
        "How high is the blue hill in each of the two, and how deep does grey (the test accuracy) fall?",
        beside={"rate": 0.2},
    ),
    Move(
        "pairflip, 60 %",
        {"rate": 0.6, "noise": "pairflip"},
        "Where does orange (wrong labels memorised) start? Choose an image with ≠ in it: which name did the "
        "network give it first?",
    ),
    Move(
        "CDR beside ERM",
        {"method": "CDR"},
        "The same data, noise and seed: where do the two runs part, and how far are they apart at the end?",
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
        part("curves", "history", title="What the network has learnt", ylabel="share of the samples", height=200),
        part("gallery", "gallery", title="Training images and their given labels", signs=LEGEND, share=1.25),
        part(
            "curves", "life", title=LIFE, hint="Choose an image to see the life of its label.", unit="number",
            ylabel="loss (nats), weight", ylim=[0, 8], height=190, **EMPTY,
        ),
    ],
    draw=draw,
    moves=MOVES,
    versus="method",
    question=Question(
        "Symmetric noise 40 %, plain SGD: which share of the wrongly labelled training images does the network call by "
        "their true name, after each of 30 epochs?",
        unit="percent", naive=[0.1] * EPOCHS, measure=corrected, seeds=range(5), part="history",
        x=range(1, EPOCHS + 1), setting={"rate": 0.4, "noise": "symmetric", "method": "ERM"},
    ),
)  # fmt: skip
