"""Figures of the notebook on RMNW-Net: its two theorems, and the term that cross-entropy adds. `setting` is part of the
headline."""

from textwrap import wrap

import pandas as pd
from matplotlib.ticker import NullFormatter

from ...plot.parts import band, headline
from ...plot.style import DASHES, GREY, OKABE_ITO, Drawing, canvas, colour, head, legend

LOSSES = {"mae": "MAE (RMNW-Net)", "ce": "cross-entropy (MNW-Net)"}
METHODS = {"mae": "RMNW-Net", "ce": "MNW-Net"}
SPACES = {"samples": "on the training samples", "V": "at V's parameters"}
PARTS = {
    "clean": ("clean part", OKABE_ITO[2], "-"),
    "defect": ("what noise adds", OKABE_ITO[1], "--"),
    "decay": ("weight decay", GREY, ":"),
}


def directions(table: pd.DataFrame, *, setting: str = "") -> Drawing:
    """Draw Theorem 1: the cosine between noisy and clean meta-gradients against the noise rate.

    Lines: expected over the labels; bands: lowest to highest of the drawn meta sets. table: of `theorem_1.directions`.
    """
    figure, axes = canvas(2, len(LOSSES), width=3.8, height=2.5, sharex=True, sharey=True)
    for row, space in zip(axes, SPACES):
        for ax, loss in zip(row, LOSSES):
            cell = table[(table["space"] == space) & (table["loss"] == loss)]
            for k, (noise, rows) in enumerate(cell.groupby("noise", sort=False)):
                look = {"color": OKABE_ITO[k], "linestyle": ("-", "--", "-.")[k % 3], "marker": "os^"[k % 3]}
                ax.plot(rows["rate"], rows["expected"], label=noise, markersize=4, **look)
                ax.fill_between(rows["rate"], rows["low"], rows["high"], color=OKABE_ITO[k], alpha=0.1, linewidth=0)
            ax.axhline(0, color=GREY, linewidth=0.8)
            head(ax, f"{LOSSES[loss]}, {SPACES[space]}")
        row[0].set_ylabel("cosine to the clean\nmeta-gradient")
    for ax in axes[-1]:
        ax.set(xlabel="noise rate of the meta labels", ylim=(-1.05, 1.08))
    marks = "expected over the labels (lines), single meta sets (bands, lowest to highest)"
    headline(figure, marks, *wrap(setting, 95))
    legend(figure, axes[0, 0], 3)
    return figure


def classes(table: pd.DataFrame, *, rate: float, setting: str = "") -> Drawing:
    """Draw the cosine between expected noisy and clean meta-gradients when labels flip to more and more classes.

    Mean over random maps, lowest to highest. table: of `theorem_1.to_more_classes`.
    """
    figure, axes = canvas(width=5.6, height=3.6)
    ax = axes[0, 0]
    for loss, rows in table.groupby("loss", sort=False):
        name = METHODS[loss]
        look = {"color": colour(name), "linestyle": DASHES[name], "marker": "o", "markersize": 4}
        band(ax, rows, "classes", "expected", label=LOSSES[loss], **look)
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.set(xlabel="classes that each class is taken for; the last is uniform", ylabel="cosine to the clean one")
    flips = f"flips of {rate:.0%} to r random classes: bracket of Eq. (4), range over maps"
    headline(figure, flips, *wrap(setting, 62))
    legend(figure, ax, 2)
    return figure


def scatter(table: pd.DataFrame, *, setting: str = "") -> Drawing:
    """Draw Theorem 2: the scatter of the meta-gradient of m samples (left), and relative to the mean gradient (right).

    Points: measured; lines: exact; dashed: the bound. table: of `theorem_2.variances`.
    """
    figure, axes = canvas(1, 2, width=3.8, height=3.8)
    left, right = axes[0]
    for k, (m, rows) in enumerate(table.groupby("m")):
        ink = OKABE_ITO[k]
        left.plot(rows["rate"], rows["measured"], "o", color=ink, markersize=4, label=f"m = {m}, measured")
        left.plot(rows["rate"], rows["exact"], "-", color=ink, label=f"m = {m}, exact")
        left.plot(rows["rate"], rows["bound"], "--", color=ink, label=f"m = {m}, bound")
        right.plot(rows["rate"], rows["relative"], "o-", color=ink, markersize=4)
    left.set(yscale="log", ylabel="E |g - E g|^2")
    left.yaxis.set_minor_formatter(NullFormatter())
    right.set(ylim=(0, None), ylabel="relative scatter")
    for ax in axes[0]:
        ax.set_xlabel("uniform noise rate eta of the meta labels")
    headline(figure, "MAE, V's gradient from a batch of m meta samples", *wrap(setting, 95))
    legend(figure, left, 3)
    return figure


def step(table: pd.DataFrame, *, setting: str = "") -> Drawing:
    """Draw the parts of V's step over training, a row per meta loss.

    Left: lengths; right: how much more each raises the weight of a right training sample than of a wrong one. table:
    rows of `theorem_2.terms` with columns loss and epoch.
    """
    losses = list(dict.fromkeys(table["loss"]))
    figure, axes = canvas(len(losses), 2, width=4.0, height=2.6, sharex=True)
    for (left, right), loss in zip(axes, losses):
        rows = table[table["loss"] == loss]
        for name, (label, ink, dash) in PARTS.items():
            positive = rows[rows[name] > 1e-12]  # MAE's defect is 0 but for rounding
            left.plot(positive["epoch"], positive[name], dash, color=ink, marker="o", markersize=3, label=label)
            if name != "decay":
                right.plot(rows["epoch"], rows[f"gap_{name}"], dash, color=ink, marker="o", markersize=3)
        left.set(yscale="log", ylabel="length in V's step", ylim=(3e-6, 0.3))
        left.yaxis.set_minor_formatter(NullFormatter())
        right.axhline(0, color=GREY, linewidth=0.8)
        right.set_ylabel("right minus wrong")
        head(left, LOSSES[loss])
    for ax in axes[-1]:
        ax.set_xlabel("epoch")
    headline(figure, "V's step, part by part", *wrap(setting, 95))
    legend(figure, axes[-1, 0], 3)
    return figure
