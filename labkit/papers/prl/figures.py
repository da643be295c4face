"""Figures of PRL's notebook: its tables and curves. Those of its theory are in figures_theory.py."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from ...fit.accuracy import in_words
from ...plot.parts import DASHES, band, data_of, headline, methods_of, noise_of
from ...plot.style import DASHES as METHOD_DASHES
from ...plot.style import GREY, OKABE_ITO, ORDER, Drawing, canvas, colour, head, legend, marker, write
from ...runs.grid import curves as curves_of_runs
from .experiments import with_offset

__all__ = ["beside", "curves", "norms", "offsets", "quota", "table"]

FLOOR = -0.5  # R2 below is drawn at the lower edge


def table(runs: pd.DataFrame, *, criterion: str) -> Drawing:
    """Draw Table 1 (R2) or 2 (accuracy, in %) as numbers on colours: the mean over seeds, a panel per noise, a row per
    method, a column per rate; the best of every column is bold."""
    noises, methods, regression = list(dict.fromkeys(runs["noise"])), methods_of(runs), "r2_test" in runs
    rates = [sorted(set(runs.loc[runs["noise"] == noise, "rate"])) for noise in noises]
    width, height = 0.6 + 0.5 * max(map(len, rates)), 0.9 + 0.28 * len(methods)
    figure, axes = canvas(1, len(noises), width=max(width, 5.5 / len(noises)), height=height, sharey=True)
    means = runs.groupby(["noise", "method", "rate"])[criterion].mean()
    for ax, noise, columns in zip(axes[0], noises, rates):
        cells = means.loc[noise].unstack().loc[methods, columns].to_numpy()
        ax.imshow(cells, cmap="Blues", vmin=0, vmax=1.3, aspect="auto")
        for (i, j), value in np.ndenumerate(cells):
            ink, best = "white" if value > 0.75 else "#333333", value == np.nanmax(cells[:, j])
            words = f"{100 * value:.1f}" if not regression else f"{value:.2f}" if value > -9.95 else f"{value:.0f}"
            write(ax, j, i, words, color=ink, weight="bold" if best else "normal")
        ax.grid(False)
        ax.set(xlabel="noise rate", xticks=range(len(columns)), xticklabels=[f"{rate:.0%}" for rate in columns])
        ax.set_yticks(range(len(methods)), methods)
        head(ax, noise)
    what = in_words(criterion, "test R2") if regression else f"{in_words(criterion)}, in %"
    headline(figure, what, data_of(runs, "mean"))
    return figure


def curves(runs: pd.DataFrame, *, column: str = "test") -> Drawing:
    """Draw Fig. 2 (column "r2_test") or Fig. 3 ("test"): the score on clean test data after every epoch, a panel per
    noise (down) and rate (across)."""
    noises = list(dict.fromkeys(runs["noise"]))
    rates = {noise: sorted(set(runs.loc[runs["noise"] == noise, "rate"])) for noise in noises}
    across, regression = max(map(len, rates.values())), column == "r2_test"
    height = max(1.55, 4.4 / len(noises))
    figure, axes = canvas(len(noises), across, width=max(2.3, 5.5 / across), height=height, sharex=True, sharey=True)
    for row, noise in zip(axes, noises):
        for ax, rate in zip(row, rates[noise]):
            cell = curves_of_runs(runs[(runs["noise"] == noise) & (runs["rate"] == rate)], [column])
            cell[column] = cell[column].clip(lower=FLOOR if regression else 0)
            for name in methods_of(cell):
                own = cell[cell["method"] == name]
                look = {"color": colour(name), "linestyle": METHOD_DASHES[name], "linewidth": 1.2}
                band(ax, own, "epoch", column, label=name, **look)
            head(ax, f"{noise} {rate:.0%}")
            ax.set_ylim((FLOOR if regression else 0), 1.02)
            ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    for ax in axes[-1]:
        ax.set_xlabel("epoch")
    for ax in axes[:, 0]:
        ax.set_ylabel("R2, test" if regression else "accuracy, test")
    below = f"; values below {FLOOR:g} are drawn there" if regression else ""
    headline(figure, f"after every epoch{below}", data_of(runs))
    legend(figure, axes[0, 0], 5)
    return figure


def beside(runs: pd.DataFrame, *, cells: pd.DataFrame, criterion: str) -> Drawing | str:
    """Draw here (down) against printed (across), a point per method: a panel per noise and rate that both have.

    Only the order is comparable: the data differ. R2 below the axis is drawn at its edge. Returns a sentence where no
    noise and rate is in both.
    """
    regression = "r2_test" in runs
    here = runs.groupby(["noise", "rate", "method"], sort=False)[criterion].agg(["mean", "min", "max"])
    there = cells.set_index(["noise", "rate", "method"])["mean"] / (1 if regression else 100)
    both = here.join(there.rename("printed"), how="inner").reset_index()
    panels = list(both.groupby(["noise", "rate"], sort=False))
    if not panels:
        return "The paper prints none of these noises and rates."
    across = min(3 if len(panels) < 7 else 4, len(panels))
    figure, axes = canvas(
        -(-len(panels) // across), across, width=max(2.1, 5.5 / across), height=2.2, sharex=True, sharey=True
    )
    low = FLOOR if regression else 0
    for ax, ((noise, rate), cell) in zip(axes.flat, panels):
        for point in cell.sort_values("method", key=lambda names: names.map(ORDER.index)).to_dict("records"):
            name, (x, y) = point["method"], np.clip((point["printed"], point["mean"]), low, 1)
            reach = [[y - max(point["min"], low)], [max(point["max"], low) - y]]
            look = {"fmt": marker(name), "color": colour(name), "markersize": 5, "label": name}
            ax.errorbar(x, y, yerr=np.clip(reach, 0, None), **look)
        head(ax, f"{noise} {rate:.0%}")
        ax.set(xlim=(low - 0.05, 1.05), ylim=(low - 0.05, 1.05))
    for ax in list(axes.flat)[len(panels) :]:
        ax.set_visible(False)
    what = "R2" if regression else "accuracy"
    for ax in axes[:, 0]:
        ax.set_ylabel(f"{what} here")
    for ax in axes[-1]:
        ax.set_xlabel(f"{what}, printed")
    score = in_words(criterion, "test R2" if regression else "test accuracy")
    headline(figure, score, data_of(runs), f"printed: {cells['dataset'].iloc[0]}")
    legend(figure, axes[0, 0], 5)
    return figure


def offsets(runs: pd.DataFrame, *, cells: pd.DataFrame, criterion: str) -> Drawing:
    """Draw Table 3: accuracy against how far the assumed rate is off; the last panels are printed. runs: with a column
    offset; cells: of `printed.cells`."""
    panels = list(dict.fromkeys(cells["dataset"]))
    figure, axes = canvas(1, 1 + len(panels), width=2.9, height=2.7, sharex=True, sharey=True)
    cells = with_offset(cells).assign(score=cells["mean"] / 100)
    drawn = [(runs.assign(score=runs[criterion]), f"{runs['task'].iloc[0]}, measured")]
    drawn += [(cells[cells["dataset"] == name], f"{name}, printed") for name in panels]
    for ax, (table, words) in zip(axes[0], drawn):
        for k, ((noise, rate), curve) in enumerate(table.groupby(["noise", "rate"])):
            look = {"color": OKABE_ITO[k], "linestyle": DASHES[k], "marker": "osD"[k], "markersize": 4}
            band(ax, curve, "offset", "score", label=f"{noise} {rate:.0%}", **look)
        ax.axvline(0, color=GREY, linewidth=1, linestyle=":")
        ax.set(xlabel="assumed minus true rate", ylim=(0, 1.02))
        head(ax, words)
    axes[0, 0].set_ylabel("test accuracy")
    headline(figure, f"{', '.join(methods_of(runs))}: {in_words(criterion)}", data_of(runs))
    legend(figure, axes[0, 0], 3)
    return figure


def norms(runs: pd.DataFrame, *, criterion: str, by: str = "norm") -> Drawing:
    """Draw the ablation: accuracy of every method with each normalisation, a point per seed, a bar for the mean; a
    panel per noise and rate. runs: with a column `by`."""
    kinds, methods, panels = (
        list(dict.fromkeys(runs[by])),
        methods_of(runs),
        runs.groupby(["noise", "rate"], sort=False),
    )
    figure, axes = canvas(1, panels.ngroups, width=max(3.9, 6.6 / panels.ngroups), height=2.8, sharey=True)
    for ax, ((noise, rate), cell) in zip(axes[0], panels):
        for k, kind in enumerate(kinds):
            for at, name in enumerate(methods):
                scores = cell[(cell[by] == kind) & (cell["method"] == name)][criterion]
                x = at + 0.26 * (k - (len(kinds) - 1) / 2)
                ax.bar(x, scores.mean(), 0.24, color=OKABE_ITO[k], alpha=0.45, label=kind if at == 0 else None)
                ax.plot([x] * len(scores), scores, ".", color=OKABE_ITO[k], markersize=5)
        ax.set_xticks(range(len(methods)), methods, rotation=25, ha="right")
        ax.set(ylim=(0, 1.02))
        head(ax, f"{noise} {rate:.0%}")
    axes[0, 0].set_ylabel("test accuracy")
    headline(figure, in_words(criterion), data_of(runs, "points; bar: mean"))
    legend(figure, axes[0, 0], len(kinds))
    return figure


def quota(runs: pd.DataFrame, *, perfect: Mapping[int, float]) -> Drawing:
    """Draw what a perfect ranking keeps of right rows, and R2, against the batch size.

    runs: with a column batch. perfect: {batch: expected precision}.
    """
    figure, axes = canvas(1, 2, width=3.7, height=2.8, sharex=True)
    left, right = axes[0]
    left.plot(list(perfect), list(perfect.values()), color=GREY, linestyle="--", label="a perfect ranking (expected)")
    precision = runs.assign(precision=runs["selected_precision"].str[-1])
    look = {"color": colour("PRL(L)"), "marker": marker("PRL(L)"), "markersize": 4}
    band(left, precision, "batch", "precision", label="PRL(L), last epoch", **look)
    left.set(ylabel="right among the kept", xlabel="batch size (samples)")
    for name, words, dash in (
        ("last10", "mean of the last ten epochs", "-"),
        ("oracle_best", "oracle_best", ":"),
    ):
        band(
            right, runs.assign(**{name: runs[name].clip(lower=-2)}), "batch", name, label=words, linestyle=dash, **look
        )
    right.set(ylabel="R2 (below -2: at -2)", xlabel="batch size (samples)")
    for ax in axes[0]:
        ax.set_xscale("log", base=2)
        ax.set_xticks(sorted(set(runs["batch"])), sorted(set(runs["batch"])))
        ax.legend(frameon=False, labelcolor=GREY, fontsize=7)
    headline(figure, f"PRL(L); {noise_of(runs)}", data_of(runs))
    return figure
