"""Figures of lesson 05: which gradients of one predicted class are chosen, and how clean a choice is."""

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from ...papers.crust.figures import CHOOSERS
from ...plot.parts import band, headline
from ...plot.style import GREY, OKABE_ITO, canvas, head, legend
from .study import SHOWN, TURN, cloud

__all__ = ["chosen_gradients", "clean_over_epochs", "coreset_race"]

CLEAN, WRONG = OKABE_ITO[2], OKABE_ITO[1]
RACERS = ((GREY, "--"), (WRONG, "-"), (OKABE_ITO[0], "-."), (OKABE_ITO[3], ":"))  # colours and dashes of methods


def chosen_gradients(scene, *, selectors, keep, c=SHOWN):
    """Draw the gradients of the samples that are predicted c, a panel per selector. Solid is chosen, open is left out,
    and a thin line leads from each sample to its medoid.

    scene: of labkit.lessons.l05.study. keep: fraction of every predicted class. -> Drawing
    """
    figure, axes = canvas(1, len(selectors), width=3.3, height=4.4, sharey=True)
    for ax, selector in zip(axes[0], selectors):
        seen = cloud(scene, selector, keep, c)
        for start, end in zip(seen.place, seen.place[seen.medoid]):
            ax.plot(*zip(start, end), color=GREY, linewidth=0.4, alpha=0.6)
        taken = np.isin(np.arange(len(seen.members)), seen.order)
        for word, which, ink, mark in (("clean", seen.clean, CLEAN, "o"), ("wrong", ~seen.clean, WRONG, "X")):
            look = {"color": ink, "markersize": 5, "markeredgewidth": 0.8}
            left_out, chosen = which.numpy() & ~taken, which.numpy() & taken
            ax.plot(*seen.place[left_out].T, mark, fillstyle="none", label=f"{word} label, left out", **look)
            ax.plot(*seen.place[chosen].T, mark, label=f"{word} label, chosen", **look)
        given_labels(ax, c)
        clean = float(seen.clean[seen.order].double().mean())
        words = f"{len(seen.order)} of {len(taken)} chosen, {clean:.0%} of them clean"
        head(ax, selector.replace("_", " "), words)
    headline(figure, *setting(scene, f"images that are predicted {c}; grey digits: the given label of a direction"))
    legend(figure, axes[0, 0], 2)
    return figure


def given_labels(ax, c):
    """Write every given label where its gradients are. c: the predicted class"""
    for k in range(9):
        turn = np.pi / 2 - float(TURN) * k
        ax.text(1.3 * np.cos(turn), 1.3 * np.sin(turn), (c + 1 + k) % 10, color=GREY, ha="center", va="center")
    ax.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    ax.set_xlabel("plane of p - e_y, first coordinate", fontsize=8)
    ax.set_ylabel("second coordinate", fontsize=8)


def setting(scene, more):
    """Return data, n, noise and network in two lines. -> texts"""
    task, passport = scene.task, scene.task.noise
    noise = f"{passport.name} {passport.rate:.0%}, seed {passport.seed}"
    return f"{task.name}, n = {len(task.train):,}, MLP; {noise}", more


def coreset_race(runs, *, words):
    """Draw test accuracy and the fraction of clean labels among the samples that are trained on, after every epoch: the
    mean of the seeds, and a band from the lowest to the highest.

    runs: {name: list of Runs that differ in their seed}. words: the setting. -> Drawing
    """
    panels = {"test": "test accuracy", "selected_precision": "clean, of those trained on"}
    figure, axes = canvas(1, 2, width=3.9, height=3.2)
    for ax, (column, name) in zip(axes[0], panels.items()):
        for (label, group), (ink, dash), mark in zip(runs.items(), RACERS, "oDs^"):
            table = pd.concat([run.history for run in group])
            look = {"color": ink, "linestyle": dash, "marker": mark, "markersize": 4, "markevery": 4}
            band(ax, table, "epoch", column, label=label, **look)
        ax.set(xlabel="epoch", ylim=(0, 1.02))
        ax.set_ylabel(name, fontsize=8)
        ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    headline(figure, words)
    legend(figure, axes[0, 0], 4)
    return figure


def clean_over_epochs(tables, clean, *, words):
    """Draw the label precision of what each selector chooses over the epochs of training, a panel per noise.

    Lines are means of the seeds, and bands reach from the lowest to the highest.

    tables: {noise: {selector: DataFrame with epoch, seed, precision}}. clean: {noise: fraction of clean labels}. words:
    the setting. -> Drawing
    """
    figure, axes = canvas(1, len(tables), width=3.2, height=3.2, sharey=True)
    for ax, (noise, selectors) in zip(axes[0], tables.items()):
        for selector, table in selectors.items():
            ink, mark = CHOOSERS[selector]
            name = selector.replace("_", " ")
            band(ax, table, "epoch", "precision", color=ink, marker=mark, markersize=4, label=name)
        ax.axhline(clean[noise], color=GREY, linewidth=1, linestyle=(0, (1, 3)), label="clean labels in the data")
        ax.set(ylim=(0, 1.03), xscale="log", xlabel="epochs of plain SGD")
        epochs = sorted(set(table["epoch"]))
        ax.set_xticks(epochs, epochs)
        ax.minorticks_off()
        head(ax, noise)
    axes[0, 0].set_ylabel("clean labels among the chosen half", fontsize=8)
    headline(figure, words)
    legend(figure, axes[0, 0], 4)
    return figure
