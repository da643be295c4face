"""Figures of lesson 09: anchors that fade, suspicious labels."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from ...errors import must, need
from ...plot.samples import GIVEN, captioned
from ...plot.style import COLOURS, GREY, Drawing, canvas, head, legend, mosaic

if TYPE_CHECKING:
    from torch import Tensor

    from ...data import Task
    from ...fit import Run
    from .study import AnchorEstimate

__all__ = ["fading_anchors", "suspects"]

RING = {"markersize": 10, "fillstyle": "none", "color": GIVEN, "linestyle": "none", "markeredgewidth": 2}
MOST_IMAGES = 48


def fading_anchors(estimates: Sequence[list["AnchorEstimate"]], runs: list["Run"]) -> Drawing:
    """Draw how wrong the matrix is that is read off at anchors after each epoch of plain SGD, and its mean diagonal.

    estimates, runs: for each seed what labkit.lessons.l09.study.anchors_by_epoch returns. A ring marks the epoch that
    noisy validation would choose.
    """
    n, n_runs = len(estimates), len(runs)
    need(n == n_runs > 0, "estimates, runs", (n, n_runs), "of one length, 1 or more")
    figure, axes = canvas(width=7.2, height=3.7)
    ax = axes[0, 0]
    values = np.array(estimates)  # [seeds, epochs, 4], the fields of AnchorEstimate
    _draw_epochs(ax, values[:, :, 0], "error of T", GIVEN, "-")
    _draw_epochs(ax, values[:, :, 1], "mean diagonal of T", COLOURS["S-Model"], "--")
    diagonal = 1 - runs[0].noise["rate"]
    ax.axhline(diagonal, color=GREY, linestyle=":", label=f"true diagonal, {diagonal:.0%}")
    _draw_chosen_epochs(ax, estimates, runs)
    head(ax, _setting(runs))
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    ax.set(xlabel="epoch of plain SGD", ylabel="fraction of a row", ylim=(0, 1.02))
    legend(figure, ax, 2)
    return figure


def _draw_epochs(ax, values, name, ink, dash):
    """Draw the mean over seeds, and a band from the lowest to the highest. values [seeds, epochs]"""
    _, n_epochs = values.shape
    epochs = np.arange(1, n_epochs + 1)
    mean = values.mean(0)
    lowest = values.min(0)
    highest = values.max(0)
    ax.plot(epochs, mean, dash, color=ink, label=name)
    ax.fill_between(epochs, lowest, highest, color=ink, alpha=0.15, linewidth=0)


def _draw_chosen_epochs(ax, estimates, runs):
    """Mark the error of T in the epoch that noisy validation chooses, for each seed."""
    epochs, errors = [], []
    for of_seed, run in zip(estimates, runs):
        accuracy = run.history["val_noisy"]
        chosen = int(accuracy.argmax())
        epochs.append(chosen + 1)
        errors.append(of_seed[chosen].error)
    ax.plot(epochs, errors, "o", label="chosen by noisy validation", **RING)


def _setting(runs):
    """Return data, noise and seeds in words."""
    run = runs[0]
    n = len(run.method.train)
    noise = f"{run.noise['name']} {run.noise['rate']:.0%}"
    seeds = f"seed {run.config['seed']}"
    if len(runs) > 1:
        seeds = f"{len(runs)} seeds (mean, lowest to highest)"
    return f"digits, n = {n:,}, mlp, plain SGD; {noise}; {seeds}"


def suspects(task: "Task", *, i: Iterable[int], believed: "Tensor", chance: "Tensor", title: str = "") -> Drawing:
    """Draw training images with the given label, the class that networks predict, and how sure they are that the label
    is wrong.

    i: positions, at most 48; believed [N] classes; chance [N]. Raises ValueError for no position, and for more.
    """
    i = [int(k) for k in i]
    may_be = f"1 to {MOST_IMAGES} positions in the training set"
    must(0 < len(i) <= MOST_IMAGES, "i", f"{len(i)} positions", may_be)
    columns = min(8, len(i))
    rows = -(-len(i) // columns)
    figure, ax, corners = mosaic(rows, columns, above=0.5, side=0.85)
    for k, corner in zip(i, corners):
        given = int(task.train.y[k])
        predicted = int(believed[k])
        wrong = float(chance[k])
        text = f"{given} → {predicted}?\n{wrong:.0%}"
        ink = GIVEN if wrong > 0.5 else GREY
        captioned(ax, corner, task.train.x[k], text, ink, fontsize=8)
    meaning = "given label → predicted class, 1 − probability of the given label"
    figure.suptitle(title or f"{task.name}: {meaning}", fontsize=8, color=GREY)
    return figure
