"""Figures of lesson 07: who may learn, for how long, what that is worth, and how RDI comes near the kernel."""

import numpy as np

from ...plot.style import GREY, OKABE_ITO, canvas, colour, head, legend
from ...plot.training import CURVE_NAMES
from .study import FATES, WIDTH

__all__ = ["critical_weights", "label_givers", "who_may_learn"]

STAYED, EVER = (OKABE_ITO[0], "", "circle"), (OKABE_ITO[3], "7 3", "square")  # as labkit.panels has them
LABELS = {"right": colour("clean_fitted"), "wrong": colour("noisy_memorised")}
LAST = "test accuracy after the last epoch"


def critical_weights(record, *, epochs=(1, 5, 30), words=""):
    """Which weights of the last layer were chosen in which share of an epoch's steps, and how long the chosen stay.

    record: of labkit.lessons.l07.study.trained. epochs: two or three, at most its last. words: the setting. -> Drawing
    """
    epochs = sorted({min(t, len(record["ever"])) for t in epochs})
    figure, axes = canvas(1, len(epochs) + 1, width=2.9, height=3.1)
    for ax, t in zip(axes[0], epochs):
        shown = ax.imshow(np.asarray(record["share"][t - 1]), cmap="Blues", vmin=0, vmax=1, aspect="auto")
        ax.grid(False)
        ax.set(xlabel=f"hidden unit, 0 to {WIDTH - 1}", ylabel="class", yticks=range(10))
        head(ax, f"epoch {t}")
    bar = figure.colorbar(shown, ax=axes[0, :-1], shrink=0.8)
    bar.set_label("share of the steps", color=GREY, fontsize=8), bar.ax.tick_params(colors=GREY, labelsize=7)
    ax, at = axes[0, -1], range(1, 1 + len(record["ever"]))
    ax.plot(at, record["stayed"], color=STAYED[0], label="of the chosen: chosen a step before, too")
    ax.plot(at, record["ever"], color=EVER[0], linestyle="--", label="of all weights: chosen at least once")
    rate = record["run"].method.rate
    ax.axhline(1 - rate, color=GREY, linestyle=":", label="1 − τ")
    ax.set(xlabel="epoch", ylabel="share of the weights", ylim=(0, 1.02))
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    legend(figure, ax, 3)
    return figure


def who_may_learn(groups, *, words=""):
    """The last test accuracy of several ways to choose, a mark per seed and a line at the mean, and beside it the wrong
    labels that were memorised. groups: {name: list of Runs}. words: the setting. -> Drawing"""
    figure, axes = canvas(1, 2, width=3.8, height=0.42 * len(groups) + 1.3, sharey=True)
    for ax, column, name in zip(axes[0], ("test", "noisy_memorised"), (LAST, CURVE_NAMES["noisy_memorised"])):
        for place, runs in enumerate(groups.values()):
            each = [run.rows[-1][column] for run in runs]
            ax.plot(each, [place] * len(each), "o", color=colour(column), alpha=0.7, markersize=5)
            ax.plot(np.mean(each), place, "|", color=GREY, markersize=18, markeredgewidth=2)
        ax.set(xlabel=f"{name} (share)", yticks=range(len(groups)), yticklabels=list(groups))
        ax.margins(x=0.08)
    axes[0, 0].set_ylim(len(groups) - 0.5, -0.5)
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    return figure


def label_givers(groups, *, words=""):
    """Who gives right and wrong labels in the end: the network alone, only the network with b, or nobody.

    groups: {name: fates of labkit.lessons.l07.study.fates}. words: the setting. -> Drawing"""
    figure, axes = canvas(1, 2, width=3.6, height=0.42 * len(groups) + 1.5, sharey=True)
    inks = (OKABE_ITO[5], OKABE_ITO[4], "#999999")
    for ax, kind in zip(axes[0], LABELS):
        left = np.zeros(len(groups))
        for k, (fate, ink) in enumerate(zip(FATES, inks)):
            width = np.array([fates[kind][k] for fates in groups.values()])
            hatch = ("", "//", "..")[k]
            ax.barh(list(groups), width, left=left, color=ink, hatch=hatch, edgecolor="white", linewidth=0, label=fate)
            left += width
        ax.set(xlabel=f"share of the {kind} labels", xlim=(0, 1))
    axes[0, 0].invert_yaxis()
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    legend(figure, axes[0, 0], 3)
    return figure
