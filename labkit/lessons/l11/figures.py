"""Figures of lesson 11: what people confuse, which rate SPL should assume, and the order of methods on two noises."""

import numpy as np

from ...plot.parts import numbers
from ...plot.style import GREY, OKABE_ITO, canvas, colour, head, legend, marker
from .reading import of, swept
from .study import CLASSES, NOISES, OTHERS, RATES, STARTS, true_rate

__all__ = ["assumed_rates", "confusions", "orders"]

SHORT = {"Confident learning": "conf. learn.", "Co-teaching": "Co-teach."}
INKS = dict(zip(STARTS, (OKABE_ITO[1], OKABE_ITO[0])))
SETTINGS = (("people", "large"), ("symmetric", "large"), ("people", "small"))


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


def assumed_rates(runs, *, guess=None, words=""):
    """Draw what SPL makes of every assumed rate, from both starts, as means of the last ten epochs.

    Solid: test accuracy, with its lowest and highest seed. Dotted: accuracy on noisy validation. A ring marks the
    highest mean test accuracy. runs: rows of `study.results`. guess: an assumed rate, or None. -> Drawing
    """
    figure, axes = canvas(1, len(SETTINGS), width=2.9, height=3.2, sharey=True)
    for ax, (noise, size) in zip(axes[0], SETTINGS):
        for start, ink in INKS.items():
            table = swept(runs, noise=noise, start=start, size=size).groupby("rate")
            test, seen = table["last10"].agg(["mean", "min", "max"]), table["val10"].mean()
            ax.plot(RATES, test["mean"], color=ink, marker="o", markersize=4, label=f"test, {start}")
            ax.fill_between(RATES, test["min"], test["max"], color=ink, alpha=0.18, linewidth=0)
            ax.plot(RATES, seen, ":", color=ink, label=f"noisy validation, {start}")
            top = test["mean"].idxmax()
            ax.plot(top, test["mean"][top], "o", markersize=12, fillstyle="none", color=ink)
        ax.axvline(true_rate(), color=GREY, linewidth=1, linestyle=(0, (1, 3)), label="fraction of wrong labels")
        ax.set(xlabel="ε, the rate that SPL assumes", ylabel="accuracy" if ax is axes[0, 0] else "")
        samples = of(runs, noise=noise, method="ERM", size=size)["samples"].iloc[0]
        head(ax, f"{noise}, n = {samples:,}")
    if guess is not None:
        top = axes[0, 0].get_ylim()[1]
        axes[0, 0].plot(guess, top, "*", markersize=14, color=GREY, clip_on=False, label="your guess")
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    legend(figure, axes[0, 0], 3)
    return figure


def orders(runs, *, criterion="last10", methods=OTHERS, words=""):
    """Every method on both noises: a mark per seed and a line at the mean. Methods stand in their order under symmetric
    noise. criterion: "last10" | "best_val". -> Drawing"""
    figure, axes = canvas(1, len(NOISES), width=3.6, height=3.9, sharey=True, sharex=True)
    symmetric = {name: of(runs, noise="symmetric", method=name)[criterion].mean() for name in methods}
    ordered = sorted(symmetric, key=symmetric.get, reverse=True)
    for ax, noise in zip(axes[0], ("symmetric", "people")):
        for place, method in enumerate(ordered):
            values = of(runs, noise=noise, method=method)[criterion]
            ax.plot(values, [place] * len(values), marker(method), color=colour(method), alpha=0.8, linestyle="none")
            ax.plot(values.mean(), place, "|", color=GREY, markersize=16, markeredgewidth=2)
        ax.set(xlabel="test accuracy", yticks=range(len(ordered)), yticklabels=ordered)
        ax.grid(axis="y", alpha=0.2)
        head(ax, noise)
    axes[0, 0].set_ylim(len(ordered) - 0.5, -0.5)
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    return figure
