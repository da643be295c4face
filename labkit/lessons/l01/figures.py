"""Figures of lesson 01: labels drawn from rows of a matrix, noise models side by side, and what their rates mean."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil

import numpy as np
import pandas as pd
from torch import Tensor

from ...plot.samples import draw_matrix
from ...plot.style import GREY, OKABE_ITO, STYLES, Drawing, canvas, head, legend
from .study import MODELS, expected_fractions, limit, size

__all__ = ["drawn_labels", "same_word", "transition_matrices", "wrong_fractions"]

PURPLE = "#882255"
FILLS = ("#c6dbef", "#fdd0a2", "#c7e9c0")  # of the labels 0, 1, 2
RATES = tuple(k / 100 for k in range(1, 100))
INK = "#333333"
NEAR_EDGE = 0.9  # a number u above it is written on the left of its diamond


def noise_style(name: str) -> tuple[str, str | tuple, str]:
    """Return colour, line and marker of a noise of MODELS."""
    if name == "instance":
        return PURPLE, STYLES[5], "X"
    k = MODELS.index(name)
    return OKABE_ITO[k], STYLES[k], "osD^vP"[k]


def drawn_labels(T: Tensor, *, true: Tensor, u: Tensor) -> Drawing:
    """Draw the row of each image's true class as a bar of length 1, and its random number u on it.

    The segment under u is the label. T [3, 3], true [N], u [N].
    """
    figure, axes = canvas(width=7.2, height=2.6)
    ax = axes[0, 0]
    names = []
    for image, (c, number) in enumerate(zip(true.tolist(), u.tolist())):
        names.append(f"image {image}, true class {c}")
        _draw_segments(ax, image, T[c].tolist())
        ax.plot(number, image, "D", color=INK, markersize=6)
        offset, align = ((-6, -3), "right") if number > NEAR_EDGE else ((6, -3), "left")
        place = {"xy": (number, image), "xytext": offset, "textcoords": "offset points", "ha": align}
        ax.annotate(f"{number:.2f}", fontsize=7, **place)
    ax.grid(False)
    ax.set(xlabel="probability; each segment begins with its label, the diamond is u", xlim=(0, 1))
    ax.set(yticks=range(len(names)), yticklabels=names)
    ax.invert_yaxis()
    return figure


def _draw_segments(ax, image, probabilities):
    """Draw a segment for each label, one behind the other. probabilities: a row of T"""
    start = 0.0
    for label, width in enumerate(probabilities):
        ax.barh(image, width, left=start, height=0.7, color=FILLS[label], edgecolor="white")
        ax.text(start + 0.008, image, str(label), ha="left", va="center", fontsize=8, color=INK)
        start += width


def transition_matrices(matrices: Mapping[str, Tensor], *, caption: str = "") -> Drawing:
    """Draw transition matrices side by side. matrices: {title: [C, C]}. caption: a line above them."""
    columns = min(3, len(matrices))
    rows = ceil(len(matrices) / columns)
    figure, axes = canvas(rows, columns, width=3.1, height=3.3)
    for ax in axes.flat[len(matrices) :]:
        ax.set_axis_off()
    for ax, (title, matrix) in zip(axes.flat, matrices.items()):
        draw_matrix(ax, np.asarray(matrix), hidden=0.005)
        head(ax, title)
    figure.suptitle(caption, fontsize=9, color=GREY)
    return figure


def wrong_fractions(
    models: Sequence[str] = MODELS, rates: Iterable[float] = RATES, guess: tuple[float, float | None] | None = None
) -> Drawing:
    """Draw the expected fraction of wrong labels at each asked rate, on the digits.

    A cross stands at the first rate at which the clean label of some class does not lead. Models with the same
    fractions are one line. guess: (rate, fraction), a star, unless the fraction is None.
    """
    figure, axes = canvas(width=7.2, height=4.2)
    ax = axes[0, 0]
    rates = tuple(rates)
    for names in _groups(models, rates):
        ink, dash, _ = noise_style(names[0])
        fractions = expected_fractions(names[0], rates)
        ax.plot(rates, fractions, color=ink, linestyle=dash, label=", ".join(names))
    _draw_limits(ax, models, rates)
    if guess is not None and guess[1] is not None:
        ax.plot(*guess, "*", markersize=15, color=GREY, label="your guess (asymmetric)", linestyle="none")
    head(ax, f"digits, n = {size():,}, ten classes")
    ax.set(xlabel="asked rate", ylabel="expected fraction of wrong labels", xlim=(0, 1), ylim=(0, 1))
    legend(figure, ax, 2)
    return figure


def _groups(models, rates):
    """Group the models whose expected fractions are the same at all rates. -> list of lists"""
    groups = {}
    for name in models:
        fractions = np.round(expected_fractions(name, rates), 6)
        groups.setdefault(tuple(fractions), []).append(name)
    return list(groups.values())


def _draw_limits(ax, models, rates):
    """Draw a cross where a clean label stops to lead, with the names of the models."""
    for rate, fraction, names in _limits(models, rates):
        ax.plot(rate, fraction, "x", color=GREY, markersize=9, markeredgewidth=2)
        place = {"xytext": (-8, 6), "ha": "right"} if fraction > 0.3 else {"xytext": (8, -12), "ha": "left"}
        text = ", ".join(names)
        ax.annotate(text, (rate, fraction), textcoords="offset points", fontsize=8, color=GREY, **place)
    meaning = "from here on a clean label does not lead"
    ax.plot([], [], "x", color=GREY, markeredgewidth=2, label=meaning, linestyle="none")


def _limits(models, rates):
    """Find where a clean label stops to lead, and for which models; close ones stand together.

    -> list of (rate, fraction, names)
    """
    places = {}
    for name in models:
        lost = limit(name, rates)
        if lost is None:
            continue
        fraction = expected_fractions(name, rates)[rates.index(lost)]
        place = (lost, round(fraction, 2))
        _, _, names = places.setdefault(place, (lost, fraction, []))
        names.append(name)
    return list(places.values())


def same_word(table: pd.DataFrame, *, setting: str = "") -> Drawing:
    """Draw plain SGD's test accuracy under noises that are all asked for with the same rate.

    table: columns setting, wrong labels (fraction that came out), best_val, a row per seed.
    """
    figure, axes = canvas(width=7.2, height=3.9)
    ax = axes[0, 0]
    for name, rows in table.groupby("setting", sort=False):
        ink, _, shape = noise_style(name)
        style = {"color": ink, "markersize": 8, "linestyle": "none"}
        ax.plot(rows["wrong labels"], rows["best_val"], shape, label=name, **style)
    ax.axvline(0.4, color=GREY, linewidth=0.8, linestyle=":", label="asked")
    head(ax, setting)
    ax.set(xlabel="fraction of wrong labels that came out", ylabel="test accuracy (best_val)")
    ax.set(xlim=(0, 0.6), ylim=(0.3, 1))
    legend(figure, ax, 4)
    return figure
