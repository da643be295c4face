"""Figures of lesson 05: which gradients of one predicted class are chosen, and how clean a choice is."""

from collections.abc import Mapping, Sequence
from math import cos, sin

import pandas as pd
import torch
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from ...fit import Run
from ...papers.crust.figures import CHOOSERS
from ...plot.parts import band, headline
from ...plot.style import GREY, OKABE_ITO, Drawing, canvas, head, legend
from . import study

__all__ = ["chosen_gradients", "clean_over_epochs", "coreset_race"]

CLEAN, WRONG = OKABE_ITO[2], OKABE_ITO[1]
RACERS = (  # colour, dash and marker of the methods
    (GREY, "--", "o"),
    (WRONG, "-", "D"),
    (OKABE_ITO[0], "-.", "s"),
    (OKABE_ITO[3], ":", "^"),
)


def chosen_gradients(scene: study.Scene, *, selectors: Sequence[str], keep: float, c: int = study.SHOWN) -> Drawing:
    """Draw the gradients of the samples that are predicted c, a panel per selector. Solid is chosen, open is left out,
    and a thin line leads from each sample to its medoid.

    keep: fraction of every predicted class.
    """
    figure, axes = canvas(1, len(selectors), width=3.3, height=4.4, sharey=True)
    for ax, selector in zip(axes[0], selectors):
        cloud = study.cloud(scene, selector, keep, c)
        _draw_cloud(ax, cloud)
        _write_given_labels(ax, c)
        name = selector.replace("_", " ")
        head(ax, name, f"{cloud.counts} chosen, {cloud.precision:.0%} of them clean")
    remark = f"images that are predicted {c}; grey digits: the given label of a direction"
    headline(figure, _setting_of(scene), remark)
    legend(figure, axes[0, 0], 2)
    return figure


def _draw_cloud(ax, cloud):
    """Draw the samples of a cloud, each with a line to its medoid."""
    medoids = cloud.place[cloud.medoid]
    ends = torch.stack([cloud.place, medoids], dim=1)  # [m, 2 ends, 2 coordinates]
    style = {"color": GREY, "linewidth": 0.4, "alpha": 0.6, "capstyle": "projecting", "zorder": 2}  # as ax.plot draws
    lines = LineCollection(ends.numpy(), **style)  # one collection, because hundreds of lines take half a second
    ax.add_collection(lines)
    is_chosen = torch.zeros_like(cloud.clean)
    is_chosen[cloud.order] = True
    for name, kind, ink, mark in (("clean", cloud.clean, CLEAN, "o"), ("wrong", ~cloud.clean, WRONG, "X")):
        style = {"color": ink, "markersize": 5, "markeredgewidth": 0.8}
        left_out = cloud.place[kind & ~is_chosen]
        chosen = cloud.place[kind & is_chosen]
        ax.plot(*left_out.T, mark, fillstyle="none", label=f"{name} label, left out", **style)
        ax.plot(*chosen.T, mark, label=f"{name} label, chosen", **style)


def _write_given_labels(ax, c):
    """Write every given label where its gradients are. c: the predicted class"""
    for k in range(9):
        angle = study.TOP - study.TURN * k
        x = 1.3 * cos(angle)
        y = 1.3 * sin(angle)
        label = (c + 1 + k) % 10
        ax.text(x, y, label, color=GREY, ha="center", va="center")
    ax.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), aspect="equal")
    ax.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    ax.set_xlabel("plane of p - e_y, first coordinate", fontsize=8)
    ax.set_ylabel("second coordinate", fontsize=8)


def _setting_of(scene):
    """Return data, n, network and noise in words."""
    task = scene.task
    passport = task.noise
    noise = f"{passport.name} {passport.rate:.0%}, seed {passport.seed}"
    return f"{task.name}, n = {len(task.train):,}, MLP; {noise}"


def coreset_race(runs: Mapping[str, Sequence[Run]], *, setting: str) -> Drawing:
    """Draw test accuracy and the fraction of clean labels among the samples that are trained on, after every epoch: the
    mean of the seeds, and a band from the lowest to the highest.

    runs: {method: runs that differ in their seed}. setting: in words, above the figure.
    """
    figure, axes = canvas(1, 2, width=3.9, height=3.2)
    panels = {"test": "test accuracy", "selected_precision": "clean, of those trained on"}
    for ax, (column, name) in zip(axes[0], panels.items()):
        _draw_race(ax, runs, column)
        ax.set(xlabel="epoch", ylim=(0, 1.02))
        ax.set_ylabel(name, fontsize=8)
        ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    headline(figure, setting)
    legend(figure, axes[0, 0], 4)
    return figure


def _draw_race(ax, runs, column):
    """Draw a column of the histories, a line per method."""
    for (method, group), (ink, dash, mark) in zip(runs.items(), RACERS):
        histories = [run.history for run in group]
        table = pd.concat(histories)
        style = {"color": ink, "linestyle": dash, "marker": mark, "markersize": 4, "markevery": 4}
        band(ax, table, "epoch", column, label=method, **style)


def clean_over_epochs(
    tables: Mapping[str, Mapping[str, pd.DataFrame]], clean: Mapping[str, float], *, setting: str
) -> Drawing:
    """Draw the label precision of what each selector chooses over the epochs of training, a panel per noise.

    Lines are means of the seeds, and bands reach from the lowest to the highest.

    tables: {noise: {selector: DataFrame with epoch, seed, precision}}. clean: {noise: fraction of clean labels}.
    setting: in words, above the figure.
    """
    figure, axes = canvas(1, len(tables), width=3.2, height=3.2, sharey=True)
    for ax, (noise, selectors) in zip(axes[0], tables.items()):
        for selector, table in selectors.items():
            ink, mark = CHOOSERS[selector]
            name = selector.replace("_", " ")
            band(ax, table, "epoch", "precision", color=ink, marker=mark, markersize=4, label=name)
        ax.axhline(clean[noise], color=GREY, linewidth=1, linestyle=(0, (1, 3)), label="clean labels in the data")
        _scale_epochs(ax, sorted(set(table["epoch"])))
        head(ax, noise)
    axes[0, 0].set_ylabel("clean labels among the chosen half", fontsize=8)
    headline(figure, setting)
    legend(figure, axes[0, 0], 4)
    return figure


def _scale_epochs(ax, epochs):
    """Make the horizontal axis logarithmic, with a tick at each of the epochs."""
    ax.set(ylim=(0, 1.03), xscale="log", xlabel="epochs of plain SGD")
    ax.set_xticks(epochs, epochs)
    ax.minorticks_off()
