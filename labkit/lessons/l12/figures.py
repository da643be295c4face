"""Figures of lesson 12: how sure combined labels are and how often right, what is learnt about people, and all ways."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...plot.style import GREY, OKABE_ITO, Drawing, canvas, head, legend
from .study import WAYS

__all__ = ["matrices", "reliability", "ways"]

INKS = dict(zip(WAYS, OKABE_ITO))
SHAPES = dict(zip(WAYS, "os^Dv"))
DASHES = ("-", "--", "-.", ":")


def reliability(tables: Mapping[str, pd.DataFrame], *, title: str = "") -> Drawing:
    """Draw how often the likeliest class is right against its probability; on the dotted line both agree.

    tables: {name: table of labkit.lessons.l12.people.calibration}, at most four.
    """
    figure, axes = canvas(width=5.4, height=3.7)
    ax = axes[0, 0]
    ax.plot([0.25, 1], [0.25, 1], ":", color=GREY, label="says what is true")
    for (name, table), ink, shape, dash in zip(tables.items(), OKABE_ITO, "os^D", DASHES):
        style = {"color": ink, "marker": shape, "linestyle": dash, "markersize": 5}
        ax.plot(table["says"], table["right"], label=name, **style)
    ax.set(xlabel="probability of the likeliest class (mean)", ylabel="fraction that is right", ylim=(0.25, 1.02))
    head(ax, title)
    legend(figure, ax, 2)
    return figure


def matrices(named: Mapping[str, Any], *, title: str = "") -> Drawing:
    """Draw matrices of one person side by side. named: {name: [C, C]}, a row for each true class.

    Probabilities reach from white to the darkest blue at 1; a matrix with larger entries has a scale of its own.
    """
    columns = len(named)
    figure, axes = canvas(1, columns, width=8.4 / columns, height=3.4)
    for ax, (name, matrix) in zip(axes[0], named.items()):
        T = np.asarray(matrix)
        highest = T.max()
        darkest = 1.0 if highest <= 1.001 else highest
        classes = range(len(T))
        ax.imshow(T, cmap="Blues", vmin=0, vmax=darkest)
        ax.set(xlabel="given label", ylabel="true class", xticks=classes, yticks=classes)
        ax.grid(False)
        head(ax, name)
    figure.suptitle(title, fontsize=8, color=GREY, x=0.01, ha="left")
    return figure


def ways(rows: pd.DataFrame, crowds: Sequence[str], *, title: str = "") -> Drawing:
    """Draw the test accuracy of every way to learn from a crowd, a mark for each seed.

    rows: stored ones, with setting and last. crowds: names, a row of the figure for each.
    """
    figure, axes = canvas(width=7.4, height=0.8 + 0.75 * len(crowds))
    ax = axes[0, 0]
    for k, crowd in enumerate(crowds):
        for j, way in enumerate(WAYS):
            is_of_way = rows["setting"] == f"{crowd}, {way}"
            accuracy = rows.loc[is_of_way, "last"]
            height = np.full(len(accuracy), k + 0.15 * (j - 2))
            style = {"color": INKS[way], "marker": SHAPES[way], "s": 24, "alpha": 0.8, "linewidths": 0}
            label = way if k == 0 else None
            ax.scatter(accuracy, height, label=label, **style)
    ax.set(xlabel="test accuracy", yticks=range(len(crowds)), yticklabels=crowds, xlim=(None, 1.0))
    ax.invert_yaxis()
    head(ax, title)
    legend(figure, ax, 5)
    return figure
