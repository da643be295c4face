"""The figure of the honest selection meter."""

from textwrap import fill

from ..fit import CRITERIA
from ..ledger.meter import rank
from .parts import data_of, headline
from .style import GREY, canvas, colour, marker

__all__ = ["meter"]


def meter(runs):
    """The place of every method under each criterion, with its mean score in percent. Where lines cross, the order
    depends on who chooses the epoch. runs: rows of labkit.runs.grid.grid. -> Drawing"""
    ranks = rank(runs)
    ranks["row"] = ranks.groupby("criterion")["score"].rank(ascending=False, method="first")  # ties get a line each
    methods, columns = ranks["method"].nunique(), list(CRITERIA)
    figure, axes = canvas(width=7.2, height=1.5 + 0.3 * methods)
    ax, small = axes[0, 0], {"textcoords": "offset points", "color": GREY}
    for name, own in ranks.groupby("method", sort=False):
        rows, scores = (own.set_index("criterion").loc[columns, column] for column in ("row", "score"))
        ax.plot(range(len(columns)), rows, color=colour(name), marker=marker(name), markersize=4, linewidth=1.2)
        for at in zip(range(len(columns)), rows):
            ax.annotate(f"{100 * scores.iloc[at[0]]:.1f}", at, (0, 5), ha="center", fontsize=7, **small)
        ax.annotate(name, (len(columns) - 1, rows.iloc[-1]), (12, 0), va="center", fontsize=8, **small)
    ax.set_xticks(range(len(columns)), [fill(CRITERIA[name], 16) for name in columns])
    ax.set(ylim=(methods + 0.4, 0.2), xlim=(-0.3, 3.9), ylabel="place (1 is the best)")
    ax.set_yticks(range(1, methods + 1))
    ax.grid(False, axis="x")
    headline(figure, f"test score by criterion, in %; {ranks['n'].iloc[0]} settings x seeds", data_of(runs, "mean"))
    return figure
