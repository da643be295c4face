"""Figures of the notebook on CRUST: its theory. They draw the tables of `jacobian`, `theorem` and `bias`; `setting`
(data, n, network, noise, rate, seeds) is the headline.
"""

from textwrap import fill

import numpy as np
import pandas as pd

from ...plot.parts import band, headline
from ...plot.style import GREY, OKABE_ITO, Drawing, canvas, head, legend

SETS = {  # of jacobian.subsets: colour, dash
    "all points": (OKABE_ITO[7], "-"),
    "right labels": (OKABE_ITO[2], "--"),
    "wrong labels": (OKABE_ITO[1], "--"),
    "coreset, Algorithm 1": (OKABE_ITO[4], "-"),
    "coreset, released": (OKABE_ITO[0], "-"),
    "random subset": (GREY, ":"),
}
VECTORS = ("labels", "true labels", "residual")
GROUPS = {"right": (OKABE_ITO[2], "-"), "wrong": (OKABE_ITO[1], "--")}


def write_headline(figure: Drawing, setting: str) -> None:
    """Write the headline, in as many lines as the width of the figure asks for."""
    headline(figure, *fill(setting, int(12 * figure.get_figwidth())).splitlines())


def spectra(table: pd.DataFrame, *, setting: str = "") -> Drawing:
    """Draw the singular values of the Jacobian of several sets of points, a panel per snapshot.

    table: of `jacobian.spectra`.
    """
    snapshots = list(table.groupby("epoch", sort=False))
    figure, axes = canvas(1, len(snapshots), width=2.7, height=2.5, sharey=True)
    for ax, (epoch, rows) in zip(axes[0], snapshots):
        for _, row in rows.iterrows():
            ink, dash = SETS[row["set"]]
            values = np.maximum(row["values"], 1e-4)
            index = np.arange(1, len(values) + 1) / len(values)
            ax.plot(index, values, dash, color=ink, label=row["set"], linewidth=1.2)
        ax.set(yscale="log", xlabel="index / number of rows")
        head(ax, f"epoch {epoch}")
    axes[0, 0].set_ylabel("singular value / sqrt(n)", fontsize=8)
    write_headline(figure, setting)
    legend(figure, axes[0, 0], 3)
    return figure


def alignment(table: pd.DataFrame, *, setting: str = "") -> Drawing:
    """Draw the share of a vector's square that lies in the information space over the epochs, a panel per vector.

    table: of `jacobian.alignment`.
    """
    figure, axes = canvas(1, 3, width=2.4, height=2.6, sharey=True)
    for ax, vector in zip(axes[0], VECTORS):
        rows = table[table["vector"] == vector]
        for group, (ink, dash) in GROUPS.items():
            style = {"color": ink, "linestyle": dash, "marker": "o", "markersize": 4}
            band(ax, rows[rows["group"] == group], "epoch", "share", label=f"samples with a {group} label", **style)
        band(ax, rows, "epoch", "chance", label="a random vector", color=GREY, linestyle=":")
        ax.set(xlabel="epoch", ylim=(0, 1))
        head(ax, vector)
    axes[0, 0].set_ylabel("share in the information space", fontsize=8)
    write_headline(figure, setting)
    legend(figure, axes[0, 0], 3)
    return figure


def nuisance(table: pd.DataFrame, *, setting: str = "") -> Drawing:
    """Draw |Pi_N(y_S)| / sqrt(k) over the epochs for every set of points, a panel per energy of the information space.

    table: of `jacobian.nuisance`.
    """
    energies = sorted(set(table["energy"]))
    width = 2.6 if len(energies) > 1 else 5.0
    figure, axes = canvas(1, len(energies), width=width, height=2.9, sharey=True)
    for ax, energy in zip(axes[0], energies):
        for name, (ink, dash) in SETS.items():
            rows = table[(table["energy"] == energy) & (table["set"] == name)]
            band(ax, rows, "epoch", "nuisance", label=name, color=ink, linestyle=dash, marker="o", markersize=3)
        ax.set(xlabel="epoch", ylim=(0, 1))
        head(ax, f"information space: {energy:.0%} of the squares")
    axes[0, 0].set_ylabel("|nuisance part| / sqrt(k)", fontsize=8)
    write_headline(figure, setting)
    legend(figure, axes[0, 0], 3)
    return figure


def bias(table: pd.DataFrame, *, setting: str = "") -> Drawing:
    """Draw the distance of the coreset's gradient from that of all samples against alpha of mixup.

    A panel per selector and full gradient; solid: of the mean over draws (bias), dotted: of one draw. table: of
    `bias.gradient_bias`.
    """
    panels = list(table.groupby(["selector", "to"], sort=False))
    highest = table[["bias", "error"]].max(axis=None)
    figure, axes = canvas(1, len(panels), width=2.0, height=2.5, sharey=True)
    for ax, ((selector, to), part) in zip(axes[0], panels):
        plain = part.loc[part["alpha"].isna(), "bias"].mean()
        ax.axhline(plain, color=OKABE_ITO[7], linewidth=1, label="without mixup")
        for k, (partners, rows) in enumerate(part.dropna().groupby("partners")):
            ink = OKABE_ITO[k % 3]
            name = f"|R| = {partners}"
            style = {"color": ink, "marker": "osD"[k % 3], "markersize": 4}
            ax.plot(rows["alpha"], rows["bias"], label=f"{name}, mean of the draws", **style)
            ax.plot(rows["alpha"], rows["error"], ":", color=ink, label=f"{name}, one draw")
        ax.set(xscale="log", xlabel="alpha", ylim=(0, 1.05 * highest))
        head(ax, selector, f"full gradient of the {to} labels")
    axes[0, 0].set_ylabel("|coreset - full| / |full|", fontsize=8)
    write_headline(figure, setting)
    legend(figure, axes[0, 0], 4)
    return figure


def theorem(table: pd.DataFrame, *, setting: str = "") -> Drawing:
    """Draw Theorem 4.1 over the steps of gradient descent, a panel per number of classes: how many of the selected
    samples are classified correctly, and how many wrong labels are fitted. table: of `theorem.cases`"""
    figure, axes = canvas(1, table["classes"].nunique(), width=3.4, height=3.7, sharey=True)
    for ax, (classes, cases) in zip(axes[0], table.groupby("classes")):
        for k, (_, case) in enumerate(cases.iterrows()):
            name = f"{case['selector']}, noise {case['rate']:.0%}, k = {case['k']}, rho = {case['rho']:.0%}"
            curves = case["curves"]
            ink = OKABE_ITO[k % 7]
            ax.plot(curves["step"], curves["correct"], color=ink, label=name)
            ax.plot(curves["step"], curves["memorised"], ":", color=ink)
        ax.set(xscale="log", ylim=(-0.02, 1.03))
        ax.set_xlabel("steps of gradient descent", fontsize=8)
        head(ax, f"{classes} classes, delta / 8 = {cases['limit'].iloc[0]:.3f}")
        ax.legend(frameon=False, labelcolor=GREY, fontsize=7, loc="upper left", bbox_to_anchor=(0, -0.22))
    axes[0, 0].set_ylabel("share")
    curves = "Solid: selected samples classified as their true class; dotted: wrong labels fitted"
    write_headline(figure, f"{setting}. {curves}")
    return figure
