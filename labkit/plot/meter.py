"""The figure of the honest selection meter."""

from textwrap import fill

import pandas as pd

from ..fit import CRITERIA
from ..ledger.meter import rank
from .parts import data_of, headline
from .style import GREY, Drawing, canvas, colour, marker

NOTE = {"textcoords": "offset points", "color": GREY}


def meter(runs: pd.DataFrame) -> Drawing:
    """Draw the place of every method under each criterion, with its mean score in percent.

    Where lines cross, the order of the methods depends on who chooses the epoch. runs: rows of labkit.runs.grid.grid.
    """
    ranks = rank(runs)
    ranks["row"] = ranks.groupby("criterion")["score"].rank(ascending=False, method="first")  # ties get a line each
    methods = ranks["method"].nunique()
    figure, axes = canvas(width=7.2, height=1.5 + 0.3 * methods)
    ax = axes[0, 0]
    for name, places in ranks.groupby("method", sort=False):
        _draw_method(ax, name, places.set_index("criterion").loc[list(CRITERIA)])
    ax.set_xticks(range(len(CRITERIA)), [fill(meaning, 16) for meaning in CRITERIA.values()])
    ax.set(ylim=(methods + 0.4, 0.2), xlim=(-0.3, 3.9), ylabel="place (1 is the best)")
    ax.set_yticks(range(1, methods + 1))
    ax.grid(False, axis="x")
    headline(figure, f"test score by criterion, in %; {ranks['n'].iloc[0]} settings x seeds", data_of(runs, "mean"))
    return figure


def _draw_method(ax, name, places):
    """Draw the line of one method over the criteria, its scores in percent above it. places: a row per criterion."""
    columns = range(len(places))
    ax.plot(columns, places["row"], color=colour(name), marker=marker(name), markersize=4, linewidth=1.2)
    for column, row, score in zip(columns, places["row"], places["score"]):
        ax.annotate(f"{100 * score:.1f}", (column, row), (0, 5), ha="center", fontsize=7, **NOTE)
    ax.annotate(name, (columns[-1], places["row"].iloc[-1]), (12, 0), va="center", fontsize=8, **NOTE)
