"""Figures of lesson 01: noise models side by side, what their rates mean, and what the same word does to a training."""

import numpy as np

from ...plot.samples import draw_matrix
from ...plot.style import GREY, OKABE_ITO, STYLES, canvas, head, legend
from .study import MODELS, digits, expected_shares, limit

__all__ = ["same_word", "transition_matrices", "wrong_shares"]

LOOKS = {name: (OKABE_ITO[k % 6], STYLES[k % 6], "osD^vPX"[k]) for k, name in enumerate(MODELS)}
LOOKS["instance"] = ("#882255", STYLES[5], "X")


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


def wrong_shares(models=MODELS, rates=tuple(k / 30 for k in range(30)), guess=None):
    """How many labels are wrong at each asked rate, on the digits; a cross where, from then on, some class is called by
    another name most often. Models with the same shares are one line. guess: (rate, share), a star, unless the share
    is None. -> Drawing"""
    figure, axes = canvas(width=7.2, height=4.2)
    ax, rates = axes[0, 0], tuple(rates)
    for names in _alike(models, rates):
        ink, dash, _ = LOOKS[names[0]]
        ax.plot(rates, expected_shares(names[0], rates), color=ink, linestyle=dash, label=", ".join(names))
    for rate, share, names in _limits(models, rates):
        ax.plot(rate, share, "x", color=GREY, markersize=9, markeredgewidth=2)
        above = {"xytext": (-8, 6), "ha": "right"} if share > 0.3 else {"xytext": (8, -12), "ha": "left"}
        ax.annotate(", ".join(names), (rate, share), textcoords="offset points", fontsize=8, color=GREY, **above)
    ax.plot([], [], "x", color=GREY, markeredgewidth=2, label="a wrong label leads from here", linestyle="none")
    if guess is not None and guess[1] is not None:
        ax.plot(*guess, "*", markersize=15, color=GREY, label="your guess (asymmetric)", linestyle="none")
    head(ax, f"digits, n = {len(digits().train) + len(digits().train.val):,}, ten classes; expected shares")
    ax.set(xlabel="asked rate", ylabel="share of wrong labels", xlim=(0, 1), ylim=(0, 1))
    legend(figure, ax, 2)
    return figure


def _alike(models, rates):
    """Models whose expected shares are the same at all rates. -> list of lists"""
    groups = {}
    for name in models:
        groups.setdefault(tuple(round(share, 6) for share in expected_shares(name, rates)), []).append(name)
    return list(groups.values())


def _limits(models, rates):
    """Where a wrong label begins to lead, and for which models; close ones stand together. -> (rate, share, names)"""
    places = {}
    for name in models:
        if (lost := limit(name, rates)) is not None:
            share = expected_shares(name, rates)[rates.index(lost)]
            places.setdefault((lost, round(share, 2)), (lost, share, []))[2].append(name)
    return list(places.values())


def same_word(table, *, setting=""):
    """Plain SGD under noises that are all asked for with the same rate. table: columns noise, wrong (share that came
    out), best_val, a row per seed. -> Drawing"""
    figure, axes = canvas(width=7.2, height=3.9)
    ax = axes[0, 0]
    for name, rows in table.groupby("noise", sort=False):
        ink, _, shape = LOOKS[name]
        ax.plot(rows.wrong, rows.best_val, shape, color=ink, markersize=8, label=name, linestyle="none")
    ax.axvline(table.asked.iloc[0], color=GREY, linewidth=0.8, linestyle=":", label="asked")
    head(ax, setting)
    ax.set(
        xlabel="share of wrong labels that came out", ylabel="test accuracy (best_val)", xlim=(0, 0.6), ylim=(0.3, 1)
    )
    legend(figure, ax, 4)
    return figure
