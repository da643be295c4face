"""The pictures of panel 03: a loss and its pull, training samples at their pull, and what the network learns."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

import labkit

from ...data import Task
from ...fit import Run
from ...method import Method, evaluate
from ...panels import curve, samples, svg_style
from ...plot.training import CURVE_NAMES
from .study import HYPERPARAMETERS, method, pulls, shape

P = torch.linspace(0.005, 0.995, 100, dtype=torch.float64)
SHOWN = 60  # points of each kind
REFERENCES = (("CE", "ERM", 0.0, "7 3"), ("MAE", "MAE", 1.0, "2 3"))  # name, method, step, dash
Traits = dict[str, Any]


def is_wrong(task: Task) -> Tensor:
    """Return which training samples have a wrong label. -> bool [N]"""
    return task.train.y != task.truth.y


def shown_samples(task: Task) -> Tensor:
    """Return the first training samples with a clean label, then the first with a wrong one. -> positions [2 SHOWN]"""
    wrong = is_wrong(task)
    clean_positions = (~wrong).nonzero()[:SHOWN, 0]
    wrong_positions = wrong.nonzero()[:SHOWN, 0]
    return torch.cat([clean_positions, wrong_positions])


def shapes(state: SimpleNamespace) -> tuple[Traits, list[Traits]]:
    """Return the loss over p, and the lines of the pull over p; cross-entropy and MAE beside it. -> traits, lines"""
    chosen = (loss_name(state), state.loss, state.s, "")
    series, lines = [], []
    for name, kind, step, dash in (*REFERENCES, chosen):
        value, force = shape(method(kind, step=step), P)
        ink = svg_style(kind)["colour"]
        series.append(curve(name, P, value, ink, dash, "none"))
        x = rounded(P[::3], 3)
        y = rounded(force[::3], 3)
        lines.append({"name": name, "colour": ink, "dash": dash, "x": x, "y": y})
    return {"series": series, "caption": "The rest of the probability is on one other class."}, lines


def loss_name(state: SimpleNamespace) -> str:
    """Return the chosen loss with its own hyperparameters, e.g. "GCE, q = 0.7"."""
    signs = {"q": "q", "alpha": "α", "beta": "β", "gamma": "γ"}
    hyperparameters = HYPERPARAMETERS[state.loss](state.s)
    values = [f"{signs[name]} = {value:.2g}" for name, value in hyperparameters.items()]
    return f"{state.loss}, {', '.join(values)}"


def of_epochs(run: Run, observed: list[Traits], task: Task, i: Tensor, lines: list[Traits]) -> dict[str, Traits]:
    """Return the parts that change with every epoch. observed: of `observe`, by epoch; lines: of `shapes`"""
    epochs = column(observed, "epoch")
    believed = column(observed, "believed")
    return {
        "history": history(run, task),
        "pull": pull(observed, task, i, lines),
        "samples": samples.table(task, i, epoch=epochs, believed=believed),
    }


def history(run: Run, task: Task, plain: Run | None = None) -> Traits:
    """Return what the network has learnt; faint, what cross-entropy has.

    plain: the run with cross-entropy, which may be `run` itself.
    """
    rate, seed = run.noise["rate"], run.config["seed"]
    caption = f"digits, n = {len(task.train):,}, mlp, symmetric {rate:.0%}, seed {seed}."
    faint = []
    if plain is not None and plain is not run:
        caption += " Faint: cross-entropy."
        faint = learning_curves(plain)
    epochs = {"epoch": column(run.rows, "epoch")}
    return {"series": learning_curves(run), "caption": caption, "per_epoch": epochs, "before": faint}


def learning_curves(run: Run) -> list[Traits]:
    """Return what a network predicts after every epoch, as curves."""
    epochs = column(run.rows, "epoch")
    curves = []
    for name, label in CURVE_NAMES.items():
        values = column(run.rows, name)
        curves.append(curve(label, epochs, values, **svg_style(name)))
    return curves


def observe(run: Run, loss: Method, task: Task, i: Tensor) -> Traits:
    """Return what this network makes of the training samples i: their probability, their pull, their predicted class.

    loss: the method that trains, unbound.
    """
    outputs = evaluate(run.method.nets[0], task.train)
    logits = outputs[i].double()
    y = task.train.y[i]
    p_y = labkit.losses.probability(logits, y)
    force = pulls(loss, logits, y)
    points = {"x": rounded(p_y, 2), "y": rounded(force, 2)}
    believed = samples.digits(logits.argmax(-1))
    return {"epoch": len(run.rows), "points": points, "believed": believed}


def pull(observed: list[Traits], task: Task, i: Tensor, lines: list[Traits]) -> Traits:
    """Return the training samples i at their probability and their pull, epoch by epoch. lines: of `shapes`"""
    groups = is_wrong(task)[i].int()
    epochs = column(observed, "epoch")
    points = column(observed, "points")
    return {
        "points": {"group": groups.tolist(), "sample": i.tolist()},
        "lines": lines,
        "caption": f"{SHOWN} training samples of each kind after epoch {{epoch}}; lines: the losses' own.",
        "per_epoch": {"epoch": epochs, "points": points},
    }


def column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    """Return one entry of every epoch."""
    return [row[name] for row in rows]


def rounded(values: Iterable, digits: int) -> list[float]:
    """Round numbers to some digits behind the point: two are enough for a point, three for a pixel of a line."""
    return [round(float(value), digits) for value in values]


def result(state: SimpleNamespace, run: Run, plain: Run | None = None) -> str:
    """Say in a line how much is memorised after the newest epoch. plain: the run with cross-entropy"""
    name = loss_name(state)
    epochs = len(run.rows)
    line = f"{name}, epoch {epochs}: {memorised(run):.0%} of the wrong labels memorised"
    return line if plain is None else f"{line} (cross-entropy: {memorised(plain):.0%})"


def memorised(run: Run) -> float:
    """Return the fraction of wrong labels that are predicted after the last epoch."""
    return run.rows[-1]["noisy_memorised"]
