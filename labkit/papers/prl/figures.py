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
CELL = ["noise", "rate"]


def table(runs: pd.DataFrame, *, criterion: str) -> Drawing:
    """Draw Table 1 (R2) or 2 (accuracy, in %) as numbers on colours: the mean over seeds, a panel per noise, a row per
    method, a column per rate; the best of every column is bold."""
    noises, methods = list(dict.fromkeys(runs["noise"])), methods_of(runs)
    rates = _rates_by_noise(runs)
    width = 0.6 + 0.5 * max(map(len, rates.values()))
    height = 0.9 + 0.28 * len(methods)
    figure, axes = canvas(1, len(noises), width=max(width, 5.5 / len(noises)), height=height, sharey=True)
    means = runs.groupby(["noise", "method", "rate"])[criterion].mean()
    for ax, noise in zip(axes[0], noises):
        scores = means.loc[noise].unstack().loc[methods, rates[noise]].to_numpy()
        ax.imshow(scores, cmap="Blues", vmin=0, vmax=1.3, aspect="auto")
        best = np.nanmax(scores, axis=0)
        for (i, j), score in np.ndenumerate(scores):
            ink = "white" if score > 0.75 else "#333333"
            weight = "bold" if score == best[j] else "normal"
            write(ax, j, i, _score_text(score, runs), color=ink, weight=weight)
        ax.grid(False)
        labels = [f"{rate:.0%}" for rate in rates[noise]]
        ax.set(xlabel="noise rate", xticks=range(len(labels)), xticklabels=labels)
        ax.set_yticks(range(len(methods)), methods)
        head(ax, noise)
    title = in_words(criterion, "test R2") if _is_regression(runs) else f"{in_words(criterion)}, in %"
    headline(figure, title, data_of(runs, "mean"))
    return figure


def _is_regression(runs):
    """Return whether the runs have an R2 and no accuracy."""
    return "r2_test" in runs


def _rates_by_noise(runs):
    """Return the rates of each noise, ascending. -> {noise: rates}"""
    rates = {}
    for noise, noise_runs in runs.groupby("noise", sort=False):
        rates[noise] = sorted(set(noise_runs["rate"]))
    return rates


def _score_text(score, runs):
    """Return an accuracy in percent, or an R2 with two decimals while it is above -10."""
    if not _is_regression(runs):
        return f"{100 * score:.1f}"
    return f"{score:.2f}" if score > -9.95 else f"{score:.0f}"


def curves(runs: pd.DataFrame, *, column: str = "test") -> Drawing:
    """Draw Fig. 2 (column "r2_test") or Fig. 3 ("test"): the score on clean test data after every epoch, a panel per
    noise (down) and rate (across)."""
    rates = _rates_by_noise(runs)
    columns = max(map(len, rates.values()))
    is_regression = column == "r2_test"
    floor = FLOOR if is_regression else 0
    height = max(1.55, 4.4 / len(rates))
    figure, axes = canvas(len(rates), columns, width=max(2.3, 5.5 / columns), height=height, sharex=True, sharey=True)
    for row, (noise, noise_rates) in zip(axes, rates.items()):
        for ax, rate in zip(row, noise_rates):
            cell = curves_of_runs(runs[(runs["noise"] == noise) & (runs["rate"] == rate)], [column])
            cell[column] = cell[column].clip(lower=floor)
            for name in methods_of(cell):
                style = {"color": colour(name), "linestyle": METHOD_DASHES[name], "linewidth": 1.2}
                band(ax, cell[cell["method"] == name], "epoch", column, label=name, **style)
            head(ax, f"{noise} {rate:.0%}")
            ax.set_ylim(floor, 1.02)
            ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    for ax in axes[-1]:
        ax.set_xlabel("epoch")
    for ax in axes[:, 0]:
        ax.set_ylabel("R2, test" if is_regression else "accuracy, test")
    clipped = f"; values below {FLOOR:g} are drawn there" if is_regression else ""
    headline(figure, f"after every epoch{clipped}", data_of(runs))
    legend(figure, axes[0, 0], 5)
    return figure


def beside(runs: pd.DataFrame, *, cells: pd.DataFrame, criterion: str) -> Drawing | str:
    """Draw here (down) against printed (across), a point per method: a panel per noise and rate that both have.

    Only the order is comparable: the data differ. R2 below the axis is drawn at its edge. Returns a sentence where no
    noise and rate is in both.
    """
    is_regression = _is_regression(runs)
    quantity, floor, unit = ("R2", FLOOR, 1) if is_regression else ("accuracy", 0, 100)
    measured = runs.groupby([*CELL, "method"], sort=False)[criterion].agg(["mean", "min", "max"])
    printed = cells.set_index([*CELL, "method"])["mean"] / unit
    points = measured.join(printed.rename("printed"), how="inner").reset_index()
    panels = list(points.groupby(CELL, sort=False))
    if not panels:
        return "The paper prints none of these noises and rates."
    columns = min(3 if len(panels) < 7 else 4, len(panels))
    rows = -(-len(panels) // columns)
    figure, axes = canvas(rows, columns, width=max(2.1, 5.5 / columns), height=2.2, sharex=True, sharey=True)
    for ax, ((noise, rate), cell) in zip(axes.flat, panels):
        for point in cell.sort_values("method", key=lambda names: names.map(ORDER.index)).to_dict("records"):
            _draw_point(ax, point, floor)
        head(ax, f"{noise} {rate:.0%}")
        ax.set(xlim=(floor - 0.05, 1.05), ylim=(floor - 0.05, 1.05))
    for ax in list(axes.flat)[len(panels) :]:
        ax.set_visible(False)
    for ax in axes[:, 0]:
        ax.set_ylabel(f"{quantity} here")
    for ax in axes[-1]:
        ax.set_xlabel(f"{quantity}, printed")
    score = in_words(criterion, "test R2" if is_regression else "test accuracy")
    headline(figure, score, data_of(runs), f"printed: {cells['dataset'].iloc[0]}")
    legend(figure, axes[0, 0], 5)
    return figure


def _draw_point(ax, point, floor):
    """Draw a method's mean here against the printed one, with a bar from the lowest to the highest seed."""
    x, y = np.clip((point["printed"], point["mean"]), floor, 1)
    bar = [[y - max(point["min"], floor)], [max(point["max"], floor) - y]]
    name = point["method"]
    style = {"fmt": marker(name), "color": colour(name), "markersize": 5, "label": name}
    ax.errorbar(x, y, yerr=np.clip(bar, 0, None), **style)


def offsets(runs: pd.DataFrame, *, cells: pd.DataFrame, criterion: str) -> Drawing:
    """Draw Table 3: accuracy against how far the assumed rate is off; the last panels are printed.

    runs: with a column offset. cells: of `printed_tables.cells`.
    """
    datasets = list(dict.fromkeys(cells["dataset"]))
    figure, axes = canvas(1, 1 + len(datasets), width=2.9, height=2.7, sharex=True, sharey=True)
    cells = with_offset(cells).assign(score=cells["mean"] / 100)
    panels = {f"{runs['task'].iloc[0]}, measured": runs.assign(score=runs[criterion])}
    for name in datasets:
        panels[f"{name}, printed"] = cells[cells["dataset"] == name]
    for ax, (title, scores) in zip(axes[0], panels.items()):
        for k, ((noise, rate), curve) in enumerate(scores.groupby(CELL)):
            style = {"color": OKABE_ITO[k], "linestyle": DASHES[k], "marker": "osD"[k], "markersize": 4}
            band(ax, curve, "offset", "score", label=f"{noise} {rate:.0%}", **style)
        ax.axvline(0, color=GREY, linewidth=1, linestyle=":")
        ax.set(xlabel="assumed minus true rate", ylim=(0, 1.02))
        head(ax, title)
    axes[0, 0].set_ylabel("test accuracy")
    headline(figure, f"{', '.join(methods_of(runs))}: {in_words(criterion)}", data_of(runs))
    legend(figure, axes[0, 0], 3)
    return figure


def norms(runs: pd.DataFrame, *, criterion: str, by: str = "norm") -> Drawing:
    """Draw the ablation: accuracy of every method with each normalisation, a point per seed, a bar for the mean; a
    panel per noise and rate. runs: with a column `by`."""
    kinds, methods = list(dict.fromkeys(runs[by])), methods_of(runs)
    panels = runs.groupby(CELL, sort=False)
    figure, axes = canvas(1, panels.ngroups, width=max(3.9, 6.6 / panels.ngroups), height=2.8, sharey=True)
    for ax, ((noise, rate), cell) in zip(axes[0], panels):
        for k, kind in enumerate(kinds):
            for j, name in enumerate(methods):
                scores = cell[(cell[by] == kind) & (cell["method"] == name)][criterion]
                x = j + 0.26 * (k - (len(kinds) - 1) / 2)
                ax.bar(x, scores.mean(), 0.24, color=OKABE_ITO[k], alpha=0.45, label=kind if j == 0 else None)
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
    precision_ax, score_ax = axes[0]
    precisions = list(perfect.values())
    precision_ax.plot(list(perfect), precisions, color=GREY, linestyle="--", label="a perfect ranking (expected)")
    style = {"color": colour("PRL(L)"), "marker": marker("PRL(L)"), "markersize": 4}
    measured = runs.assign(precision=runs["selected_precision"].str[-1])
    band(precision_ax, measured, "batch", "precision", label="PRL(L), last epoch", **style)
    precision_ax.set(ylabel="right among the kept", xlabel="batch size (samples)")

    clipped = runs.assign(last10=runs["last10"].clip(lower=-2), oracle_best=runs["oracle_best"].clip(lower=-2))
    band(score_ax, clipped, "batch", "last10", label="mean of the last ten epochs", linestyle="-", **style)
    band(score_ax, clipped, "batch", "oracle_best", label="oracle_best", linestyle=":", **style)
    score_ax.set(ylabel="R2 (below -2: at -2)", xlabel="batch size (samples)")
    batches = sorted(set(runs["batch"]))
    for ax in axes[0]:
        ax.set_xscale("log", base=2)
        ax.set_xticks(batches, batches)
        ax.legend(frameon=False, labelcolor=GREY, fontsize=7)
    headline(figure, f"PRL(L); {noise_of(runs)}", data_of(runs))
    return figure
