"""Figures of lesson 09: corrected trainings and plain SGD, anchors that fade, suspicious labels."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from ...errors import must, need
from ...plot.samples import GIVEN, captioned
from ...plot.style import COLOURS, DASHES, GREY, MARKERS, canvas, head, legend, mosaic
from .study import main_rows

__all__ = ["corrected", "fading_anchors", "suspects"]

OWN = {"plain SGD": "ERM", "Forward, true T": "F-correction", "Backward, true T": "B-correction"}


def look_of(name):
    """Colour, dash and marker of a training of labkit.lessons.l09.study; what is told T is solid. -> dict"""
    method = OWN.get(name, name)
    dash = "-" if name == "Forward, true T" else DASHES[method]
    return {"color": COLOURS[method], "linestyle": dash, "marker": MARKERS[method]}


def corrected(runs, *, column="test", words="test accuracy", ylim=(0, 1.02)):
    """One column of the corrected trainings, epoch by epoch. runs: {name: Runs that differ in their seed}: mean, and a
    band from the lowest to the highest. -> Drawing"""
    figure, axes = canvas(width=7.2, height=4.1)
    ax = axes[0, 0]
    for name, group in runs.items():
        rows = [main_rows(name, run) for run in group]
        values = np.array([[row[column] for row in one] for one in rows])
        epochs = np.arange(1, values.shape[1] + 1)
        look = look_of(name)
        ax.plot(epochs, values.mean(0), label=name, markevery=max(1, len(epochs) // 8), markersize=4, **look)
        if len(values) > 1:
            ax.fill_between(epochs, values.min(0), values.max(0), color=look["color"], alpha=0.15, linewidth=0)
    run = next(iter(runs.values()))[0]
    seeds = f"{len(group)} seeds (mean, lowest to highest)" if len(group) > 1 else f"seed {run.config['seed']}"
    noise = f"{run.noise['name']} {run.noise['rate']:.0%}, {run.noise['realised']:.0%} wrong"
    head(ax, f"{run.config['task']}, n = {len(run.method.train):,}, {run.config['net']}; {noise}; {seeds}")
    ax.set(xlabel="epoch after the matrix is known", ylabel=words, ylim=ylim)
    legend(figure, ax, 3)
    return figure


def fading_anchors(found, runs):
    """How wrong the matrix is that is read off at anchors after each epoch of plain SGD, and its mean diagonal.

    found: for each run the list of labkit.lessons.l09.study.anchors_by_epoch. A ring marks the epoch that noisy
    validation would choose. -> Drawing
    """
    need(len(found) == len(runs) > 0, "found, runs", (len(found), len(runs)), "of one length, 1 or more")
    figure, axes = canvas(width=7.2, height=3.7)
    ax, rate = axes[0, 0], runs[0].noise["rate"]
    values = np.array(found)  # [seeds, epochs, 2]
    epochs = np.arange(1, values.shape[1] + 1)
    for k, (words, ink, dash) in enumerate(
        (("error of T", GIVEN, "-"), ("mean diagonal of T", COLOURS["S-Model"], "--"))
    ):
        ax.plot(epochs, values[:, :, k].mean(0), dash, color=ink, label=words)
        ax.fill_between(epochs, values[:, :, k].min(0), values[:, :, k].max(0), color=ink, alpha=0.15, linewidth=0)
    ax.axhline(1 - rate, color=GREY, linestyle=":", label=f"true diagonal, {1 - rate:.0%}")
    chosen = [int(np.argmax([row["val_noisy"] for row in run.rows])) for run in runs]
    errors = [one[at][0] for one, at in zip(found, chosen)]
    ring = {"markersize": 10, "fillstyle": "none", "color": GIVEN, "linestyle": "none", "markeredgewidth": 2}
    ax.plot([at + 1 for at in chosen], errors, "o", label="chosen by noisy validation", **ring)
    run = runs[0]
    noise = f"{run.noise['name']} {rate:.0%}"
    seeds = f"seed {run.config['seed']}" if len(runs) == 1 else f"{len(runs)} seeds (mean, lowest to highest)"
    head(ax, f"digits, n = {len(run.method.train):,}, mlp, plain SGD; {noise}; {seeds}")
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    ax.set(xlabel="epoch of plain SGD", ylabel="fraction of a row", ylim=(0, 1.02))
    legend(figure, ax, 2)
    return figure


def suspects(task, *, i, believed, chance, words=""):
    """Training images with the given label, the class that networks predict, and how sure they are that the label is
    wrong. i: positions, at most 48; believed [N] classes; chance [N]. -> Drawing"""
    i = [int(k) for k in i]
    must(0 < len(i) <= 48, "i", f"{len(i)} positions", "1 to 48 positions in the training set")
    columns = min(8, len(i))
    figure, ax, corners = mosaic(-(-len(i) // columns), columns, above=0.5, side=0.85)
    for k, at in zip(i, corners):
        line = f"{int(task.train.y[k])} → {int(believed[k])}?\n{float(chance[k]):.0%}"
        captioned(ax, at, task.train.x[k], line, GIVEN if chance[k] > 0.5 else GREY, fontsize=8)
    figure.suptitle(
        words or f"{task.name}: given label → predicted class, 1 − probability of the given label",
        fontsize=8,
        color=GREY,
    )
    return figure
