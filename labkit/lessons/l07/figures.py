"""Figures of lesson 07: which weights learn, for how long, what that is worth, and what predicts the given labels."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ...plot.style import GREY, OKABE_ITO, Drawing, canvas, colour, head, legend
from .study import WIDTH, Record

__all__ = ["critical_weights", "final_accuracy", "label_sources"]

# colour, dash and marker, as labkit.panels has them
RETAINED = (OKABE_ITO[0], "", "circle")
COVERAGE = (OKABE_ITO[3], "7 3", "square")
LABELS = {"clean": colour("clean_fitted"), "wrong": colour("noisy_memorised")}
SHOWN = {"test accuracy": "test", "noisy labels memorised": "noisy_memorised"}  # {measured column: its colour's name}
SOURCES = {  # in the order of FATES: colour and hatch
    "the network alone": (OKABE_ITO[5], ""),
    "only the network with b": (OKABE_ITO[4], "//"),
    "neither": ("#999999", ".."),
}


def critical_weights(record: Record, *, epochs: Sequence[int] = (1, 5, 30), title: str = "") -> Drawing:
    """Draw in what fraction of an epoch's steps each weight of the last layer was chosen, and how long it stays chosen.

    record: of labkit.lessons.l07.study.trained. epochs: two or three, at most its last. title: the setting.
    """
    last = len(record["share"])
    shown = sorted({min(epoch, last) for epoch in epochs})
    columns = len(shown) + 1
    figure, axes = canvas(1, columns, width=2.9, height=3.1)
    *layer_axes, coverage_axes = axes[0]
    for ax, epoch in zip(layer_axes, shown):
        share = record["share"][epoch - 1]
        image = _draw_last_layer(ax, share)
        head(ax, f"epoch {epoch}")
    bar = figure.colorbar(image, ax=layer_axes, shrink=0.8, format=PercentFormatter(1))
    bar.set_label("steps in which the weight is critical", color=GREY, fontsize=8)
    bar.ax.tick_params(colors=GREY, labelsize=7)
    _draw_coverage(coverage_axes, record)
    _write_title(figure, title)
    legend(figure, coverage_axes, 3)
    return figure


def _draw_last_layer(ax, share):
    """Draw the last layer as a matrix. share [10, WIDTH] -> image"""
    image = ax.imshow(np.asarray(share), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    ax.grid(False)
    ax.set(xlabel=f"hidden unit, 0 to {WIDTH - 1}", ylabel="class", yticks=range(10))
    return image


def _draw_coverage(ax, record):
    """Draw what fraction of the critical weights was critical a step before, and of all weights at least once."""
    epochs = range(1, 1 + len(record["coverage"]))
    rate = record["run"].method.rate
    retained_colour, *_ = RETAINED
    coverage_colour, *_ = COVERAGE
    retained_name = "critical weights that were critical a step before"
    coverage_name = "weights that were critical at least once"
    ax.plot(epochs, record["retained"], color=retained_colour, label=retained_name)
    ax.plot(epochs, record["coverage"], color=coverage_colour, linestyle="--", label=coverage_name)
    ax.axhline(1 - rate, color=GREY, linestyle=":", label="1 − ε")
    ax.set(xlabel="epoch", ylabel="fraction of the weights", ylim=(0, 1.02))
    ax.yaxis.set_major_formatter(PercentFormatter(1))


def final_accuracy(rows: pd.DataFrame, settings: dict[str, str], *, title: str = "") -> Drawing:
    """Draw what several ways to learn end with: test accuracy and memorised labels, a mark for each seed, a line at the
    mean.

    rows: of labkit.lessons.seeds.stored. settings: {name in the figure: setting}. title: the setting.
    """
    height = 0.42 * len(settings) + 1.3
    figure, axes = canvas(1, 2, width=4.2, height=height, sharey=True)
    names = list(settings)
    for ax, (column, colour_name) in zip(axes[0], SHOWN.items()):
        ink = colour(colour_name)
        for place, setting in enumerate(settings.values()):
            values = rows.loc[rows["setting"] == setting, column]
            heights = [place] * len(values)
            ax.plot(values, heights, "o", color=ink, alpha=0.7, markersize=5)
            ax.plot(values.mean(), place, "|", color=GREY, markersize=18, markeredgewidth=2)
        ax.set(xlabel=f"{column}, last epoch", yticks=range(len(names)), yticklabels=names)
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        ax.margins(x=0.08)
    axes[0, 0].set_ylim(len(settings) - 0.5, -0.5)
    _write_title(figure, title)
    return figure


def label_sources(groups: dict[str, dict[str, list[float]]], *, title: str = "") -> Drawing:
    """Draw what predicts clean and wrong labels in the end: the network alone, only the network with b, or neither.

    groups: {name: fates of labkit.lessons.l07.study.fates}. title: the setting.
    """
    height = 0.42 * len(groups) + 1.5
    figure, axes = canvas(1, 2, width=3.6, height=height, sharey=True)
    for ax, kind in zip(axes[0], LABELS):
        _draw_sources(ax, {name: fates[kind] for name, fates in groups.items()})
        ax.set(xlabel=f"fraction of the {kind} labels", xlim=(0, 1))
        ax.xaxis.set_major_formatter(PercentFormatter(1))
    axes[0, 0].invert_yaxis()
    _write_title(figure, title)
    legend(figure, axes[0, 0], 3)
    return figure


def _draw_sources(ax, fractions):
    """Draw a stacked bar for each group. fractions: {name: [3], in the order of FATES}"""
    names = list(fractions)
    widths = np.array(list(fractions.values()))  # [groups, 3]
    start = np.zeros(len(names))
    for k, (source, (ink, hatch)) in enumerate(SOURCES.items()):
        style = {"color": ink, "hatch": hatch, "edgecolor": "white", "linewidth": 0}
        ax.barh(names, widths[:, k], left=start, label=source, **style)
        start += widths[:, k]


def _write_title(figure, title):
    """Write the setting above a figure, on the left."""
    figure.suptitle(title, fontsize=8, color=GREY, x=0.01, ha="left")
