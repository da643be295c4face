"""Figures of the notebook on CRUST: its training and its selection. They draw rows of `labkit.runs.grid.grid` and the
tables of `experiments`. A point is the mean over seeds, a band reaches from the lowest to the highest.
"""

from textwrap import fill

import numpy as np
import torch

from ...fit.accuracy import in_words
from ...ledger import rank_correlation
from ...plot.parts import band, data_of, headline, noise_of
from ...plot.style import GREY, OKABE_ITO, canvas, colour, head, legend, marker
from ...runs.grid import curves
from .figures_theory import *  # noqa: F403
from .figures_theory import __all__ as THEORY

__all__ = ["ablation", "cloud", "epochs", "filters", "orders", *THEORY]

PANELS = {
    "selected_precision": ("(a) label accuracy", "share of right labels"),
    "train_given": ("(b) training set, given labels", "accuracy"),
    "train_true": ("(b) training set, true labels", "accuracy"),
    "test": ("(c) test set", "accuracy"),
}
CHOOSERS = {
    "centrality": (OKABE_ITO[0], "o"),
    "smallest gradient": (OKABE_ITO[2], "s"),
    "kmedoids": (OKABE_ITO[3], "^"),
    "facility_location": (OKABE_ITO[1], "D"),
}


def epochs(runs, what="size"):
    """Fig. 1: label accuracy of the coreset, accuracy on the training set (against the given and against the true
    labels) and on the test set over the epochs, a curve per value of the column `what`. -> Drawing"""
    long = curves(runs, PANELS)
    figure, axes = canvas(1, 4, width=2.15, height=2.6)
    for ax, (column, (title, unit)) in zip(axes[0], PANELS.items()):
        for k, (name, curve) in enumerate(long.groupby(what, sort=False)):
            ink = colour("ERM") if name == "ERM" else OKABE_ITO[k % 7]
            band(ax, curve, "epoch", column, label=name, color=ink, linestyle=("-", "--", "-.", ":")[k % 4])
        ax.axhline(
            1 - runs["realised"].mean(), color=GREY, linewidth=0.8, linestyle=(0, (1, 3)), label="share of right"
        )
        ax.set(xlabel="epoch", ylim=(-0.02, 1.03))
        ax.set_ylabel(unit, fontsize=8)
        head(ax, title)
    headline(figure, f"{noise_of(runs)}; {data_of(runs)}")
    legend(figure, axes[0, 0], 5)
    return figure


def filters(table):
    """Label precision of what each selector chooses against the size of the coreset, counted (solid) and weighted by
    what each sample stands for (dotted); a panel per grouping. table: of `experiments.filters`. -> Drawing"""
    figure, axes = canvas(1, table["group_by"].nunique(), width=3.3, height=3.0, sharey=True)
    for ax, (group_by, part) in zip(axes[0], table.groupby("group_by", sort=False)):
        for name, (ink, mark) in CHOOSERS.items():
            own = part[part["selector"] == name]
            look = {"color": ink, "marker": mark, "markersize": 4}
            band(ax, own, "keep", "precision", label=name, **look)
            if name != "smallest gradient":
                ax.plot(
                    *own.groupby("keep")["weighted"].mean().reset_index().T.to_numpy(),
                    ":",
                    color=ink,
                    label=f"{name}, weighted",
                )
        right = table["right"].mean()
        ax.axhline(right, color=GREY, linewidth=1, linestyle=(0, (1, 3)), label="share of right labels")
        ax.plot(
            ideal := np.linspace(0.01, 1, 99),
            np.minimum(1, right / ideal),
            color=GREY,
            linewidth=0.6,
            label="best possible",
        )
        ax.set(ylim=(0, 1.03))
        ax.set_xlabel("share that is kept of every group", fontsize=8)
        head(ax, f"groups: {group_by}")
    axes[0, 0].set_ylabel("label precision", fontsize=8)
    one = table.iloc[0]
    headline(
        figure, one["noise"], f"{one['task']}, n = {one['samples']:,}; the network was trained on all given labels"
    )
    legend(figure, axes[0, 0], 3)
    return figure


def cloud(points, group, y, right, sets, words=""):
    """Gradients p - e_y of one group in the plane of their first two principal components, a panel per set of chosen
    positions. points [N, C], group, right bool [N], y [N], sets {name: positions [K]} -> Drawing"""
    mine = group.nonzero()[:, 0]
    centred = points[mine].double() - points[mine].double().mean(0)
    plane = centred @ torch.linalg.svd(centred, full_matrices=False)[2][:2].T
    plane = plane + 0.02 * torch.randn(plane.shape, generator=torch.Generator().manual_seed(0), dtype=plane.dtype)
    figure, axes = canvas(1, len(sets), width=2.6, height=2.7, sharex=True, sharey=True)
    for ax, (name, chosen) in zip(axes[0], sets.items()):
        taken = torch.isin(mine, chosen)
        for which, ink, word in ((right[mine], OKABE_ITO[2], "right"), (~right[mine], OKABE_ITO[1], "wrong")):
            ax.plot(
                *plane[which & ~taken].T,
                "o",
                color=ink,
                fillstyle="none",
                markersize=4,
                alpha=0.6,
                label=f"{word}, left out",
            )
            ax.plot(*plane[which & taken].T, "o", color=ink, markersize=3, label=f"{word} label, selected")
        ax.set_xlabel("first component of p - e_y", fontsize=8)
        head(
            ax,
            f"{name}: {int(taken.sum())} of {len(mine)}",
            f"{float(right[mine][taken].double().mean()):.0%} of them right",
        )
    axes[0, 0].set_ylabel("second component", fontsize=8)
    headline(figure, *fill(words, int(12 * figure.get_figwidth())).splitlines())
    legend(figure, axes[0, 0], 2)
    return figure


def orders(table, criterion):
    """Ranks printed beside ranks measured, a panel per column of Table 1. table: of crust_claims.orders. -> Drawing"""
    cells = list(table.groupby(["noise", "rate"], sort=False))
    correlations = rank_correlation(table)
    figure, axes = canvas(1, len(cells), width=1.8, height=2.3)
    for ax, ((noise, rate), cell) in zip(axes[0], cells):
        for _, row in cell.iterrows():
            look = {"color": colour(row["method"]), "linewidth": 2.2 if row["method"] == "CRUST" else 1}
            ax.plot(
                [0, 1], [row["printed_rank"], row["measured_rank"]], marker=marker(row["method"]), markersize=4, **look
            )
            ax.text(1.06, row["measured_rank"], row["method"], fontsize=6, color=GREY, va="center")
        ax.set(xlim=(-0.1, 2.3), ylim=(len(cell) + 0.5, 0.5), xticks=[0, 1], yticks=range(1, len(cell) + 1))
        ax.set_xticklabels(["printed", "here"])
        ax.set_xlabel("who ranks", fontsize=8)
        ax.grid(False)
        head(ax, f"{noise} {rate:.0%}", f"Spearman {correlations[noise, rate]:.2f}")
    axes[0, 0].set_ylabel("rank (1 is best)", fontsize=8)
    headline(figure, "printed: CIFAR-10, ResNet-32; here: the small setting", in_words(criterion))
    return figure


def ablation(runs, criterion):
    """Step by step: test accuracy, and label precision of the coreset at the end, counted and weighted, of the rows'
    column `step`. -> Drawing"""
    steps = list(dict.fromkeys(runs["step"]))
    figure, axes = canvas(1, 2, width=3.4, height=0.9 + 0.26 * len(steps), sharey=True)
    at = {name: k for k, name in enumerate(steps)}
    marks = {criterion: ("D", OKABE_ITO[1], "test accuracy")}
    shares = {
        "precision": ("o", OKABE_ITO[0], "counted"),
        "weighted": ("s", OKABE_ITO[4], "weighted by what it stands for"),
    }
    for ax, columns in zip(axes[0], (marks, shares)):
        for column, (mark, ink, word) in columns.items():
            mean = runs.groupby("step", sort=False)[column].agg(["mean", "min", "max"]).loc[steps]
            ax.plot(mean["mean"], range(len(steps)), mark, color=ink, label=word)
            ax.hlines([at[name] for name in steps], mean["min"], mean["max"], color=ink, linewidth=1)
        ax.set(ylim=(len(steps) - 0.5, -0.5), xlim=(0, 1.02))
        ax.set_yticks(range(len(steps)), steps)
        ax.legend(frameon=False, labelcolor=GREY, fontsize=7, loc="lower left")
    axes[0, 0].set_xlabel(in_words(criterion), fontsize=8)
    axes[0, 1].set_xlabel("label precision of the coreset", fontsize=8)
    headline(figure, noise_of(runs), data_of(runs))
    return figure
