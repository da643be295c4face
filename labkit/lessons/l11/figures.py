"""Figures of lesson 11: whom people confuse, what SPL should be told, and all methods on three noises of one rate."""

import numpy as np

from ...plot.parts import numbers
from ...plot.style import GREY, OKABE_ITO, canvas, colour, head, legend, marker
from .study import CLASSES, NOISES, OTHERS, RATES, of, scores

__all__ = ["confusions", "rates_told", "three_noises"]

SHORT = {"Confident learning": "conf. learn.", "Co-teaching": "Co-teach."}
INKS = dict(zip(NOISES, (OKABE_ITO[1], OKABE_ITO[4], OKABE_ITO[0])))
LOOKS = dict(zip(NOISES, ("-", "--", ":")))


def confusions(matrices, *, words="", names=CLASSES):
    """Transition matrices with the names of the classes, side by side. matrices: {title: [C, C]}. -> Drawing"""
    figure, axes = canvas(1, len(matrices), width=4.3, height=4.3)
    for ax, (title, T) in zip(axes[0], matrices.items()):
        T = np.asarray(T)
        ax.imshow(T, cmap="Blues", vmin=0, vmax=1)
        numbers(ax, T, 0.5)
        ticks = {"xticks": range(len(T)), "yticks": range(len(T)), "yticklabels": names}
        ax.set(xlabel="given label", ylabel="true class", **ticks)
        ax.set_xticks(range(len(T)), names, rotation=60, ha="right")
        head(ax, f"{title}, in % of the class")
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    return figure


def rates_told(runs, *, noises=NOISES, true=0.402, guess=None, words=""):
    """What SPL makes of every assumed rate: test accuracy (left) and noisy validation accuracy (right), the mean of the
    last ten epochs; mean and lowest to highest seed. runs: rows of labkit.lessons.l11.study.results. -> Drawing"""
    figure, axes = canvas(1, 2, width=3.8, height=3.3, sharey=True)
    for ax, column, label in zip(axes[0], ("last10", "val10"), ("test (true labels)", "validation (noisy labels)")):
        for noise in noises:
            table = scores(runs, noise)[column]
            ax.plot(RATES, table["mean"], LOOKS[noise], color=INKS[noise], marker="o", markersize=4, label=noise)
            ax.fill_between(RATES, table["min"], table["max"], color=INKS[noise], alpha=0.18, linewidth=0)
            top = table["mean"].idxmax()
            ax.plot(top, table["mean"][top], "o", markersize=12, fillstyle="none", color=INKS[noise])
        ax.axvline(true, color=GREY, linestyle=":", label="share of wrong labels")
        ax.set(xlabel="ε, what SPL is told", ylabel="accuracy, last ten epochs" if ax is axes[0, 0] else "")
        head(ax, f"{label}; ring: the highest")
    if guess is not None:
        axes[0, 0].plot(
            guess, axes[0, 0].get_ylim()[1], "*", markersize=14, color=GREY, clip_on=False, label="your guess"
        )
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    legend(figure, axes[0, 0], 5)
    return figure


def three_noises(runs, *, criterion="last10", words=""):
    """Every method on the three noises: a mark per seed, the methods in one order. criterion: "last10" | "best_val". ->
    Drawing"""
    figure, axes = canvas(1, len(NOISES), width=2.9, height=3.1, sharey=True, sharex=True)
    rows = {**{name: (name, 0.0) for name in OTHERS}, "SPL, told 20 %": ("SPL", 0.2), "SPL, told 40 %": ("SPL", 0.4)}
    for ax, noise in zip(axes[0], NOISES):
        for place, (method, told) in enumerate(rows.values()):
            each = of(runs, noise=noise, method=method, assumed_rate=told)[criterion]
            ax.plot(each, [place] * len(each), marker(method), color=colour(method), alpha=0.8, linestyle="none")
            ax.plot(each.mean(), place, "|", color=GREY, markersize=16, markeredgewidth=2)
        ax.set(xlabel="test accuracy", yticks=range(len(rows)), yticklabels=list(rows))
        head(ax, noise)
    axes[0, 0].set_ylim(len(rows) - 0.5, -0.5)
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    return figure
