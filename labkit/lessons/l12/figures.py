"""Figures of lesson 12: how sure combined labels are and how often right, what is learnt about people, and all ways."""

import numpy as np

from ...plot.style import GREY, OKABE_ITO, canvas, head, legend
from .study import WAYS

__all__ = ["matrices", "reliability", "ways"]

INKS = dict(zip(WAYS, (OKABE_ITO[0], OKABE_ITO[1], OKABE_ITO[2], OKABE_ITO[3], OKABE_ITO[4])))
SHAPES = dict(zip(WAYS, ("o", "s", "^", "D", "v")))


def reliability(tables, *, words=""):
    """How often the likeliest class is right against its probability; on the dotted line both agree.

    tables: {name: DataFrame of labkit.lessons.l12.people.calibration}. -> Drawing
    """
    figure, axes = canvas(width=5.4, height=3.7)
    ax = axes[0, 0]
    ax.plot([0.25, 1], [0.25, 1], ":", color=GREY, label="says what is true")
    for k, (name, table) in enumerate(tables.items()):
        look = {"color": OKABE_ITO[k], "marker": "os^D"[k], "linestyle": ("-", "--", "-.", ":")[k], "markersize": 5}
        ax.plot(table["says"], table["right"], label=name, **look)
    ax.set(xlabel="probability of the likeliest class (mean)", ylabel="fraction that is right", ylim=(0.25, 1.02))
    head(ax, words)
    legend(figure, ax, 2)
    return figure


def matrices(titled, *, words="", high=1.0):
    """Matrices of one person side by side. titled: {title: [C, C]}, row: true class. high: of the darkest cell.
    -> Drawing"""
    figure, axes = canvas(1, len(titled), width=8.4 / len(titled), height=3.4)
    for ax, (title, T) in zip(axes[0], titled.items()):
        T = np.asarray(T)
        ax.imshow(T, cmap="Blues", vmin=0, vmax=high if T.max() <= 1.001 else T.max())
        ax.set(xlabel="given label", ylabel="true class", xticks=range(len(T)), yticks=range(len(T)))
        ax.grid(False)
        head(ax, title)
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    return figure


def ways(rows, crowds, *, words=""):
    """Test accuracy of every way to learn from a crowd, a mark per seed. rows: stored ones, with setting and last.
    crowds: names, a row of the figure each. -> Drawing"""
    figure, axes = canvas(width=7.4, height=0.8 + 0.75 * len(crowds))
    ax = axes[0, 0]
    for k, crowd in enumerate(crowds):
        for j, way in enumerate(WAYS):
            values = rows.loc[rows["setting"] == f"{crowd}, {way}", "last"]
            height = np.full(len(values), k + 0.15 * (j - 2))
            look = {"color": INKS[way], "marker": SHAPES[way], "s": 24, "alpha": 0.8, "linewidths": 0}
            ax.scatter(values, height, label=way if k == 0 else None, **look)
    ax.set(xlabel="test accuracy", yticks=range(len(crowds)), yticklabels=crowds, xlim=(None, 1.0))
    ax.invert_yaxis()
    head(ax, words)
    legend(figure, ax, 5)
    return figure
