"""Figures of lesson 11: what people confuse, which rate SPL should assume, and the order of methods on two noises."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...plot.parts import numbers
from ...plot.style import GREY, OKABE_ITO, Drawing, canvas, colour, head, legend, marker
from .cifar10n import CLASSES, true_rate
from .reading import of, swept
from .study import METHODS, NOISES, RATES, STARTS

__all__ = ["assumed_rates", "confusions", "orders"]

SHORT = {"Confident learning": "conf. learn.", "Co-teaching": "Co-teach."}
INKS = dict(zip(STARTS, (OKABE_ITO[1], OKABE_ITO[0])))
SETTINGS = (("people", "large"), ("symmetric", "large"), ("people", "small"))


def confusions(matrices: Mapping[str, Any], *, title: str = "", names: Sequence[str] = CLASSES) -> Drawing:
    """Draw transition matrices with the names of the classes, side by side. matrices: {name: [C, C]}"""
    figure, axes = canvas(1, len(matrices), width=4.3, height=4.3)
    for ax, (name, matrix) in zip(axes[0], matrices.items()):
        T = np.asarray(matrix)
        classes = range(len(T))
        ax.imshow(T, cmap="Blues", vmin=0, vmax=1)
        numbers(ax, T, 0.5)
        ax.set(xlabel="given label", ylabel="true class", xticks=classes, yticks=classes, yticklabels=names)
        ax.set_xticks(classes, names, rotation=60, ha="right")
        head(ax, f"{name}, in % of the class")
    _write_title(figure, title)
    return figure


def assumed_rates(runs: pd.DataFrame, *, guess: float | None = None, title: str = "") -> Drawing:
    """Draw what SPL makes of every assumed rate, from both starts, as means of the last ten epochs.

    Solid: test accuracy, with its lowest and highest seed. Dotted: accuracy on noisy validation. A ring marks the
    highest mean test accuracy. runs: rows of `study.results`. guess: an assumed rate, or None.
    """
    figure, axes = canvas(1, len(SETTINGS), width=2.9, height=3.2, sharey=True)
    for ax, (noise, size) in zip(axes[0], SETTINGS):
        for start in STARTS:
            table = swept(runs, noise=noise, start=start, size=size)
            _draw_start(ax, start, table)
        ax.axvline(true_rate(), color=GREY, linewidth=1, linestyle=(0, (1, 3)), label="fraction of wrong labels")
        ax.set(xlabel="ε, the rate that SPL assumes")
        rows = of(runs, noise=noise, method="ERM", size=size)
        samples = rows["samples"].iloc[0]
        head(ax, f"{noise}, n = {samples:,}")
    first = axes[0, 0]
    first.set(ylabel="accuracy")
    if guess is not None:
        top = first.get_ylim()[1]
        first.plot(guess, top, "*", markersize=14, color=GREY, clip_on=False, label="your guess")
    _write_title(figure, title)
    legend(figure, first, 3)
    return figure


def _draw_start(ax, start, table):
    """Draw SPL with one start over the assumed rate. table: of `reading.swept`"""
    ink = INKS[start]
    groups = table.groupby("rate")
    test = groups["last10"].agg(["mean", "min", "max"])
    validation = groups["val10"].mean()
    best = test["mean"].idxmax()
    ax.plot(RATES, test["mean"], color=ink, marker="o", markersize=4, label=f"test, {start}")
    ax.fill_between(RATES, test["min"], test["max"], color=ink, alpha=0.18, linewidth=0)
    ax.plot(RATES, validation, ":", color=ink, label=f"noisy validation, {start}")
    ax.plot(best, test["mean"][best], "o", markersize=12, fillstyle="none", color=ink)


def orders(
    runs: pd.DataFrame, *, criterion: str = "last10", methods: Sequence[str] = METHODS, title: str = ""
) -> Drawing:
    """Draw every method on both noises: a mark per seed and a line at the mean.

    Methods stand in their order under symmetric noise. criterion: "last10" | "best_val".
    """
    figure, axes = canvas(1, len(NOISES), width=3.6, height=3.9, sharey=True, sharex=True)
    ordered = _ordered(runs, methods, criterion)
    for ax, noise in zip(axes[0], ("symmetric", "people")):
        for place, method in enumerate(ordered):
            accuracy = of(runs, noise=noise, method=method)[criterion]
            style = {"color": colour(method), "alpha": 0.8, "linestyle": "none"}
            ax.plot(accuracy, [place] * len(accuracy), marker(method), **style)
            ax.plot(accuracy.mean(), place, "|", color=GREY, markersize=16, markeredgewidth=2)
        ax.set(xlabel="test accuracy", yticks=range(len(ordered)), yticklabels=ordered)
        ax.grid(axis="y", alpha=0.2)
        head(ax, noise)
    lowest = len(ordered) - 0.5
    axes[0, 0].set_ylim(lowest, -0.5)
    _write_title(figure, title)
    return figure


def _ordered(runs, methods, criterion):
    """Return the methods by their mean under symmetric noise, the highest first."""
    means = {}
    for method in methods:
        rows = of(runs, noise="symmetric", method=method)
        means[method] = rows[criterion].mean()
    return sorted(means, key=means.get, reverse=True)


def _write_title(figure, title):
    """Write a small grey title above a figure, on the left."""
    figure.suptitle(title, fontsize=8, color=GREY, x=0.01, ha="left")
