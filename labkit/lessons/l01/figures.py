"""Figures of lesson 01: labels drawn from rows of a matrix, noise models side by side, and what their rates mean."""

import numpy as np

from ...plot.samples import draw_matrix
from ...plot.style import GREY, OKABE_ITO, STYLES, canvas, head, legend
from .study import MODELS, digits, expected_fractions, limit

__all__ = ["drawn_labels", "same_word", "transition_matrices", "wrong_fractions"]

LOOKS = {name: (OKABE_ITO[k % 6], STYLES[k % 6], "osD^vPX"[k]) for k, name in enumerate(MODELS)}
LOOKS["instance"] = ("#882255", STYLES[5], "X")
FILLS = ("#c6dbef", "#fdd0a2", "#c7e9c0")  # of the labels 0, 1, 2


def drawn_labels(T, *, true, u):
    """Draw the row of each image's true class as a bar of length 1, and its random number u on it. The segment under u
    is the label. T [3, 3], true [N], u [N]. -> Drawing"""
    figure, axes = canvas(width=7.2, height=2.6)
    ax = axes[0, 0]
    for image, (c, number) in enumerate(zip(true.tolist(), u.tolist())):
        left = 0.0
        for label, width in enumerate(T[c].tolist()):
            ax.barh(image, width, left=left, height=0.7, color=FILLS[label], edgecolor="white")
            ax.text(left + 0.008, image, str(label), ha="left", va="center", fontsize=8, color="#333333")
            left += width
        ax.plot(number, image, "D", color="#333333", markersize=6)
        ax.annotate(f"{number:.2f}", (number, image), textcoords="offset points", xytext=(6, -3), fontsize=7)
    ax.grid(False)
    names = [f"image {image}, true class {c}" for image, c in enumerate(true.tolist())]
    ax.set(xlabel="probability; each segment begins with its label, the diamond is u", xlim=(0, 1))
    ax.set(yticks=range(len(names)), yticklabels=names)
    ax.invert_yaxis()
    return figure


def transition_matrices(matrices, *, words=""):
    """Transition matrices side by side. matrices: {title: [C, C]}. words: a line above them. -> Drawing"""
    columns = min(3, len(matrices))
    figure, axes = canvas(-(-len(matrices) // columns), columns, width=3.1, height=3.3)
    for ax in axes.flat[len(matrices) :]:
        ax.set_axis_off()
    for ax, (title, matrix) in zip(axes.flat, matrices.items()):
        draw_matrix(ax, np.asarray(matrix), hidden=0.005)
        head(ax, title)
    figure.suptitle(words, fontsize=9, color=GREY)
    return figure


def wrong_fractions(models=MODELS, rates=tuple(k / 100 for k in range(1, 100)), guess=None):
    """Draw the expected fraction of wrong labels at each asked rate, on the digits. A cross stands at the first rate at
    which the clean label of some class does not lead. Models with the same fractions are one line. guess: (rate,
    fraction), a star, unless the fraction is None. -> Drawing"""
    figure, axes = canvas(width=7.2, height=4.2)
    ax, rates = axes[0, 0], tuple(rates)
    for names in _groups(models, rates):
        ink, dash, _ = LOOKS[names[0]]
        ax.plot(rates, expected_fractions(names[0], rates), color=ink, linestyle=dash, label=", ".join(names))
    for rate, fraction, names in _limits(models, rates):
        ax.plot(rate, fraction, "x", color=GREY, markersize=9, markeredgewidth=2)
        above = {"xytext": (-8, 6), "ha": "right"} if fraction > 0.3 else {"xytext": (8, -12), "ha": "left"}
        ax.annotate(", ".join(names), (rate, fraction), textcoords="offset points", fontsize=8, color=GREY, **above)
    words = "from here on a clean label does not lead"
    ax.plot([], [], "x", color=GREY, markeredgewidth=2, label=words, linestyle="none")
    if guess is not None and guess[1] is not None:
        ax.plot(*guess, "*", markersize=15, color=GREY, label="your guess (asymmetric)", linestyle="none")
    head(ax, f"digits, n = {len(digits().train) + len(digits().train.val):,}, ten classes")
    ax.set(xlabel="asked rate", ylabel="expected fraction of wrong labels", xlim=(0, 1), ylim=(0, 1))
    legend(figure, ax, 2)
    return figure


def _groups(models, rates):
    """Group the models whose expected fractions are the same at all rates. -> list of lists"""
    groups = {}
    for name in models:
        fractions = tuple(round(fraction, 6) for fraction in expected_fractions(name, rates))
        groups.setdefault(fractions, []).append(name)
    return list(groups.values())


def _limits(models, rates):
    """Find where a clean label stops to lead, and for which models; close ones stand together.

    -> list of (rate, fraction, names)
    """
    places = {}
    for name in models:
        if (lost := limit(name, rates)) is not None:
            fraction = expected_fractions(name, rates)[rates.index(lost)]
            places.setdefault((lost, round(fraction, 2)), (lost, fraction, []))[2].append(name)
    return list(places.values())


def same_word(table, *, setting=""):
    """Draw plain SGD's test accuracy under noises that are all asked for with the same rate. table: columns setting,
    wrong labels (fraction that came out), best_val, a row per seed. -> Drawing"""
    figure, axes = canvas(width=7.2, height=3.9)
    ax = axes[0, 0]
    for name, rows in table.groupby("setting", sort=False):
        ink, _, shape = LOOKS[name]
        ax.plot(rows["wrong labels"], rows["best_val"], shape, color=ink, markersize=8, label=name, linestyle="none")
    ax.axvline(0.4, color=GREY, linewidth=0.8, linestyle=":", label="asked")
    head(ax, setting)
    ax.set(xlabel="fraction of wrong labels that came out", ylabel="test accuracy (best_val)")
    ax.set(xlim=(0, 0.6), ylim=(0.3, 1))
    legend(figure, ax, 4)
    return figure
