"""Figures of lesson 07: which weights learn, for how long, what that is worth, and what predicts the given labels."""

import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ...plot.style import GREY, OKABE_ITO, canvas, colour, head, legend
from .study import FATES, WIDTH

__all__ = ["critical_weights", "final_accuracy", "label_sources"]

STAYED, EVER = (OKABE_ITO[0], "", "circle"), (OKABE_ITO[3], "7 3", "square")  # as labkit.panels has them
LABELS = {"clean": colour("clean_fitted"), "wrong": colour("noisy_memorised")}
SHOWN = {"test accuracy": "test", "noisy labels memorised": "noisy_memorised"}  # {measured column: its colour's name}


def critical_weights(record, *, epochs=(1, 5, 30), words=""):
    """Draw in what fraction of an epoch's steps each weight of the last layer was chosen, and how long it stays chosen.

    record: of labkit.lessons.l07.study.trained. epochs: two or three, at most its last. words: the setting. -> Drawing
    """
    epochs = sorted({min(t, len(record["ever"])) for t in epochs})
    figure, axes = canvas(1, len(epochs) + 1, width=2.9, height=3.1)
    for ax, t in zip(axes[0], epochs):
        shown = ax.imshow(np.asarray(record["share"][t - 1]), cmap="Blues", vmin=0, vmax=1, aspect="auto")
        ax.grid(False)
        ax.set(xlabel=f"hidden unit, 0 to {WIDTH - 1}", ylabel="class", yticks=range(10))
        head(ax, f"epoch {t}")
    bar = figure.colorbar(shown, ax=axes[0, :-1], shrink=0.8, format=PercentFormatter(1))
    bar.set_label("steps in which the weight is critical", color=GREY, fontsize=8)
    bar.ax.tick_params(colors=GREY, labelsize=7)
    ax, at = axes[0, -1], range(1, 1 + len(record["ever"]))
    ax.plot(at, record["stayed"], color=STAYED[0], label="critical weights that were critical a step before")
    ax.plot(at, record["ever"], color=EVER[0], linestyle="--", label="weights that were critical at least once")
    rate = record["run"].method.rate
    ax.axhline(1 - rate, color=GREY, linestyle=":", label="1 − ε")
    ax.set(xlabel="epoch", ylabel="fraction of the weights", ylim=(0, 1.02))
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    legend(figure, ax, 3)
    return figure


def final_accuracy(rows, settings, *, words=""):
    """Draw what several ways to learn end with: test accuracy and memorised labels, a mark for each seed, a line at the
    mean.

    rows: of labkit.lessons.seeds.stored. settings: {name in the figure: setting}. words: the setting. -> Drawing
    """
    figure, axes = canvas(1, 2, width=4.2, height=0.42 * len(settings) + 1.3, sharey=True)
    for ax, (column, look) in zip(axes[0], SHOWN.items()):
        for place, setting in enumerate(settings.values()):
            values = rows.loc[rows["setting"] == setting, column]
            ax.plot(values, [place] * len(values), "o", color=colour(look), alpha=0.7, markersize=5)
            ax.plot(values.mean(), place, "|", color=GREY, markersize=18, markeredgewidth=2)
        ax.set(xlabel=f"{column}, last epoch", yticks=range(len(settings)), yticklabels=list(settings))
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        ax.margins(x=0.08)
    axes[0, 0].set_ylim(len(settings) - 0.5, -0.5)
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    return figure


def label_sources(groups, *, words=""):
    """Draw what predicts clean and wrong labels in the end: the network alone, only the network with b, or neither.

    groups: {name: fates of labkit.lessons.l07.study.fates}. words: the setting. -> Drawing
    """
    figure, axes = canvas(1, 2, width=3.6, height=0.42 * len(groups) + 1.5, sharey=True)
    inks = (OKABE_ITO[5], OKABE_ITO[4], "#999999")
    names = ("the network alone", "only the network with b", "neither")
    for ax, kind in zip(axes[0], LABELS):
        left = np.zeros(len(groups))
        for k in range(len(FATES)):
            width = np.array([fates[kind][k] for fates in groups.values()])
            look = {"color": inks[k], "hatch": ("", "//", "..")[k], "edgecolor": "white", "linewidth": 0}
            ax.barh(list(groups), width, left=left, label=names[k], **look)
            left += width
        ax.set(xlabel=f"fraction of the {kind} labels", xlim=(0, 1))
        ax.xaxis.set_major_formatter(PercentFormatter(1))
    axes[0, 0].invert_yaxis()
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    legend(figure, axes[0, 0], 3)
    return figure
