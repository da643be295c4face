"""Figures of lesson 04: which samples a filter keeps, which classes it shuts out, and what the assumed rate does."""

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike
from torch import Tensor

from ...fit import Run
from ...plot.parts import band
from ...plot.style import DASHES, GREY, OKABE_ITO, STYLES, Drawing, canvas, colour, head, legend, marker
from ...ranks import smallest
from .study import BATCH, TRUE_RATE, edge

__all__ = ["assumed_rates", "filter_race", "kept_by_class", "trust_plane"]

CLEAN, WRONG = OKABE_ITO[2], OKABE_ITO[1]


def trust_plane(scores: dict[str, Tensor], *, wrong: Tensor, keep: int, title: str = "") -> Drawing:
    """Draw the samples of one batch: their loss, the norm of p - e, and the cuts of two filters that keep as many.

    scores: of labkit.lessons.l04.study.trusted. wrong bool [n]. keep: how many. title: the setting.
    """
    figure, axes = canvas(width=6.4, height=3.7)
    ax = axes[0, 0]
    _draw_samples(ax, scores, ~wrong, "clean label", color=CLEAN, marker="o")
    _draw_samples(ax, scores, wrong, "wrong label", color=WRONG, marker="X")
    loss_cut = _cut(scores["loss"], keep)
    norm_cut = _cut(scores["layer"], keep)
    ax.axvline(loss_cut, color=colour("SPL"), linestyle="--", label=f"SPL keeps the {keep} on the left")
    ax.axhline(norm_cut, color=colour("PRL(L)"), linestyle="-.", label=f"PRL(L) keeps the {keep} below")
    ax.set(xlabel="loss of the given label (nats)", ylabel="norm of p − e", xlim=(0, None), ylim=(0, 1.5))
    head(ax, title)
    legend(figure, ax, 2)
    return figure


def _draw_samples(ax, scores, group, name, **style):
    """Draw the samples of a group at their loss and their norm of p - e. group bool [n]"""
    x = scores["loss"][group]
    y = scores["layer"][group]
    ax.scatter(x, y, s=26, alpha=0.75, linewidths=0, label=f"{name} ({len(x)})", **style)


def _cut(score, keep):
    """Return where a filter that keeps the `keep` smallest scores cuts. score [n] -> float or None"""
    return edge(score, smallest(score, keep))


def filter_race(runs: dict[str, list[Run]], *, title: str = "") -> Drawing:
    """Draw the test accuracy after every epoch: the mean, and a band from the lowest to the highest seed.

    runs: {name: Runs that differ in their seed}; a name may be a method's, with more words after it.
    """
    figure, axes = canvas(width=7.2, height=3.6)
    ax = axes[0, 0]
    for name, group in runs.items():
        _draw_group(ax, name, group)
    ax.set(xlabel="epoch", ylabel="test accuracy", ylim=(0, 1.02))
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    first_group = next(iter(runs.values()))
    head(ax, f"{title}; {_seeds(first_group)}")
    legend(figure, ax, 3)
    return figure


def _draw_group(ax, name, group):
    """Draw the mean over the seeds of a method, and a band."""
    method = name.split(",")[0]
    values = np.stack([run.history["test"] for run in group])
    epochs = np.arange(1, values.shape[1] + 1)
    ink = colour(method)
    dash = DASHES[method] if name == method else STYLES[3]
    style = {"color": ink, "linestyle": dash, "marker": marker(method)}
    label = name.replace("ERM", "plain SGD")
    ax.plot(epochs, values.mean(0), label=label, markersize=4, markevery=4, **style)
    ax.fill_between(epochs, values.min(0), values.max(0), color=ink, alpha=0.18, linewidth=0)


def _seeds(group):
    """Return the seeds of a list of runs in words."""
    if len(group) == 1:
        return f"seed {group[0].config['seed']}"
    return f"{len(group)} seeds (mean, lowest to highest)"


def kept_by_class(fractions: dict[str, ArrayLike], *, title: str = "") -> Drawing:
    """Draw which classes a filter lets in: the fraction of each class's clean labels that is kept, epoch by epoch.

    fractions: {name of the filter: [epochs, C]}. title: the setting.
    """
    panels = len(fractions)
    figure, axes = canvas(1, panels, width=7.4 / panels, height=2.9, sharey=True)
    for ax, (name, values) in zip(axes[0], fractions.items()):
        image = _draw_classes(ax, np.asarray(values).T)
        head(ax, name)
    axes[0, 0].set_ylabel("class")
    bar = figure.colorbar(image, ax=list(axes[0]), shrink=0.9)
    bar.set_label("fraction of its clean labels kept", color=GREY, fontsize=8)
    bar.ax.tick_params(colors=GREY, labelsize=7)
    figure.suptitle(title, fontsize=8, color=GREY, x=0.01, ha="left")
    return figure


def _draw_classes(ax, fractions):
    """Draw a matrix of classes and epochs. fractions [C, epochs] -> image"""
    classes, epochs = fractions.shape
    span = (0.5, epochs + 0.5, classes - 0.5, -0.5)
    image = ax.imshow(fractions, cmap="Blues", vmin=0, vmax=1, aspect="auto", extent=span)
    ax.set(xlabel="epoch", yticks=range(classes))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.grid(False)
    return image


def assumed_rates(table: pd.DataFrame, *, title: str = "") -> Drawing:
    """Draw the test accuracy against the fraction that is dropped.

    table: rows with method, way ("at once", ...), assumed, seed and last. title: the setting.
    """
    figure, axes = canvas(width=7.2, height=3.6)
    ax = axes[0, 0]
    groups = table.groupby(["method", "way"], sort=False)
    for k, ((method, way), rows) in enumerate(groups):
        dash = STYLES[k % len(STYLES)]
        style = {"color": colour(method), "linestyle": dash, "marker": marker(method)}
        band(ax, rows, "assumed", "last", label=f"{method}, {way}", markersize=5, **style)
    ax.axvline(TRUE_RATE, color=GREY, linewidth=1, linestyle=":")
    ax.text(TRUE_RATE + 0.01, 0.02, "the noise rate", color=GREY, fontsize=8)
    ax.set(xlabel=f"fraction dropped from each batch of {BATCH} (ε)", ylim=(0, 1.02))
    ax.set_ylabel("test accuracy, last epoch")
    head(ax, title)
    legend(figure, ax, 3)
    return figure
