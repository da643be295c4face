"""Figures of the notebook on CRUST: its training and its selection. They draw rows of `labkit.runs.grid.grid` and the
tables of `experiments`. A point is the mean over seeds, a band reaches from the lowest to the highest.
"""

from textwrap import fill

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ...fit.accuracy import in_words
from ...ledger import rank_correlation
from ...plot.parts import band, data_of, headline, noise_of
from ...plot.style import GREY, OKABE_ITO, Drawing, canvas, colour, head, legend, marker
from ...runs.grid import curves
from .figures_theory import alignment, bias, nuisance, spectra, theorem

__all__ = [
    "ablation", "alignment", "bias", "cloud", "epochs", "filters", "nuisance", "ranks", "spectra", "theorem"
]  # fmt: skip

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
DASHES = ("-", "--", "-.", ":")


def epochs(runs: pd.DataFrame, *, by: str = "size") -> Drawing:
    """Draw Fig. 1 over the epochs, a curve per value of the column `by`.

    Panels: label accuracy of the coreset, accuracy on the training set (against the given and against the true labels)
    and on the test set.
    """
    long = curves(runs, PANELS)
    right = 1 - runs["realised"].mean()
    figure, axes = canvas(1, 4, width=2.15, height=2.6)
    for ax, (column, (title, unit)) in zip(axes[0], PANELS.items()):
        for k, (name, curve) in enumerate(long.groupby(by, sort=False)):
            ink = colour("ERM") if name == "ERM" else OKABE_ITO[k % 7]
            band(ax, curve, "epoch", column, label=name, color=ink, linestyle=DASHES[k % 4])
        ax.axhline(right, color=GREY, linewidth=0.8, linestyle=(0, (1, 3)), label="share of right")
        ax.set(xlabel="epoch", ylim=(-0.02, 1.03))
        ax.set_ylabel(unit, fontsize=8)
        head(ax, title)
    headline(figure, f"{noise_of(runs)}; {data_of(runs)}")
    legend(figure, axes[0, 0], 5)
    return figure


def filters(table: pd.DataFrame) -> Drawing:
    """Draw the label precision of what each selector chooses against the size of the coreset, a panel per grouping.

    Solid: counted; dotted: weighted by what each sample stands for. table: of `experiments.filters`.
    """
    right = table["right"].mean()
    ideal = np.linspace(0.01, 1, 99)
    figure, axes = canvas(1, table["group_by"].nunique(), width=3.3, height=3.0, sharey=True)
    for ax, (group_by, part) in zip(axes[0], table.groupby("group_by", sort=False)):
        for name, (ink, mark) in CHOOSERS.items():
            rows = part[part["selector"] == name]
            band(ax, rows, "keep", "precision", label=name, color=ink, marker=mark, markersize=4)
            if name != "smallest gradient":
                weighted = rows.groupby("keep")["weighted"].mean()
                ax.plot(weighted.index, weighted, ":", color=ink, label=f"{name}, weighted")
        ax.axhline(right, color=GREY, linewidth=1, linestyle=(0, (1, 3)), label="share of right labels")
        ax.plot(ideal, np.minimum(1, right / ideal), color=GREY, linewidth=0.6, label="best possible")
        ax.set(ylim=(0, 1.03))
        ax.set_xlabel("share that is kept of every group", fontsize=8)
        head(ax, f"groups: {group_by}")
    axes[0, 0].set_ylabel("label precision", fontsize=8)
    row = table.iloc[0]
    data = f"{row['task']}, n = {row['samples']:,}; the network was trained on all given labels"
    headline(figure, row["noise"], data)
    legend(figure, axes[0, 0], 3)
    return figure


def cloud(points: Tensor, *, group: Tensor, right: Tensor, sets: dict[str, Tensor], setting: str = "") -> Drawing:
    """Draw gradients p - e_y of one group in the plane of their first two principal components, a panel per set.

    points [N, C]; group, right bool [N]; sets {name: positions [K] that are chosen}.
    """
    members = group.nonzero()[:, 0]
    plane = principal_plane(points[members])
    label = right[members]
    figure, axes = canvas(1, len(sets), width=2.6, height=2.7, sharex=True, sharey=True)
    for ax, (name, chosen) in zip(axes[0], sets.items()):
        selected = torch.isin(members, chosen)
        for kind, ink, word in ((label, OKABE_ITO[2], "right"), (~label, OKABE_ITO[1], "wrong")):
            hollow = {"fillstyle": "none", "markersize": 4, "alpha": 0.6, "label": f"{word}, left out"}
            ax.plot(*plane[kind & ~selected].T, "o", color=ink, **hollow)
            ax.plot(*plane[kind & selected].T, "o", color=ink, markersize=3, label=f"{word} label, selected")
        ax.set_xlabel("first component of p - e_y", fontsize=8)
        precision = float(label[selected].double().mean())
        head(ax, f"{name}: {int(selected.sum())} of {len(members)}", f"{precision:.0%} of them right")
    axes[0, 0].set_ylabel("second component", fontsize=8)
    headline(figure, *fill(setting, int(12 * figure.get_figwidth())).splitlines())
    legend(figure, axes[0, 0], 2)
    return figure


def principal_plane(points: Tensor) -> Tensor:
    """Project points on their first two principal components, with a little noise that tells equal ones apart.
    points [m, C] -> [m, 2]"""
    centred = points.double() - points.double().mean(0)
    _, _, components = torch.linalg.svd(centred, full_matrices=False)
    plane = centred @ components[:2].T
    return plane + 0.02 * torch.randn(plane.shape, generator=torch.Generator().manual_seed(0), dtype=plane.dtype)


def ranks(table: pd.DataFrame, *, criterion: str) -> Drawing:
    """Draw printed ranks beside measured ones, a panel per column of Table 1. table: of `experiments.rank_methods`"""
    cells = list(table.groupby(["noise", "rate"], sort=False))
    correlation = rank_correlation(table)
    figure, axes = canvas(1, len(cells), width=1.8, height=2.3)
    for ax, ((noise, rate), cell) in zip(axes[0], cells):
        for row in cell.itertuples():
            places = [row.printed_rank, row.measured_rank]
            width = 2.2 if row.method == "CRUST" else 1
            ink = colour(row.method)
            mark = marker(row.method)
            ax.plot([0, 1], places, color=ink, linewidth=width, marker=mark, markersize=4)
            ax.text(1.06, row.measured_rank, row.method, fontsize=6, color=GREY, va="center")
        ax.set(xlim=(-0.1, 2.3), ylim=(len(cell) + 0.5, 0.5), xticks=[0, 1], yticks=range(1, len(cell) + 1))
        ax.set_xticklabels(["printed", "here"])
        ax.set_xlabel("who ranks", fontsize=8)
        ax.grid(False)
        head(ax, f"{noise} {rate:.0%}", f"Spearman {correlation[noise, rate]:.2f}")
    axes[0, 0].set_ylabel("rank (1 is best)", fontsize=8)
    headline(figure, "printed: CIFAR-10, ResNet-32; here: the small setting", in_words(criterion))
    return figure


def ablation(runs: pd.DataFrame, *, criterion: str) -> Drawing:
    """Draw every step's test accuracy (left) and its label precision at the end, counted and weighted (right).

    runs: of `experiments.ablate`.
    """
    steps = list(dict.fromkeys(runs["step"]))
    left = {criterion: ("D", OKABE_ITO[1], "test accuracy")}
    right = {
        "precision": ("o", OKABE_ITO[0], "counted"),
        "weighted": ("s", OKABE_ITO[4], "weighted by what it stands for"),
    }
    figure, axes = canvas(1, 2, width=3.4, height=0.9 + 0.26 * len(steps), sharey=True)
    for ax, columns in zip(axes[0], (left, right)):
        for column, (mark, ink, label) in columns.items():
            mean = runs.groupby("step", sort=False)[column].agg(["mean", "min", "max"]).loc[steps]
            ax.plot(mean["mean"], range(len(steps)), mark, color=ink, label=label)
            ax.hlines(range(len(steps)), mean["min"], mean["max"], color=ink, linewidth=1)
        ax.set(ylim=(len(steps) - 0.5, -0.5), xlim=(0, 1.02))
        ax.set_yticks(range(len(steps)), steps)
        ax.legend(frameon=False, labelcolor=GREY, fontsize=7, loc="lower left")
    axes[0, 0].set_xlabel(in_words(criterion), fontsize=8)
    axes[0, 1].set_xlabel("label precision of the coreset", fontsize=8)
    headline(figure, noise_of(runs), data_of(runs))
    return figure
