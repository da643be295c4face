"""Figures of the notebook on CRUST: its theory. They draw the tables of labkit.papers.crust.jacobian, theorem and of
crust.gradient_bias; `words` is the setting (data, n, network, noise, rate, seeds) for the headline.
"""

from textwrap import fill

import numpy as np

from ...plot.parts import band, headline
from ...plot.style import GREY, OKABE_ITO, canvas, head, legend

__all__ = ["alignment", "bias", "nuisance", "spectra", "theorem"]

SETS = {  # of jacobian.subsets: colour, dash
    "all points": (OKABE_ITO[7], "-"),
    "right labels": (OKABE_ITO[2], "--"),
    "wrong labels": (OKABE_ITO[1], "--"),
    "coreset, Algorithm 1": (OKABE_ITO[4], "-"),
    "coreset, released": (OKABE_ITO[0], "-"),
    "random subset": (GREY, ":"),
}


def say(figure, words):
    """The headline, in as many lines as the width of the figure asks for."""
    headline(figure, *fill(words, int(12 * figure.get_figwidth())).splitlines())


def spectra(table, words=""):
    """Singular values of the Jacobian of several sets of points, a panel per snapshot. table: of crust_theory.spectra.
    -> Drawing"""
    epochs = list(dict.fromkeys(table["epoch"]))
    figure, axes = canvas(1, len(epochs), width=2.7, height=2.5, sharey=True)
    for ax, epoch in zip(axes[0], epochs):
        for _, row in table[table["epoch"] == epoch].iterrows():
            ink, dash = SETS[row["set"]]
            values = np.maximum(row["values"], 1e-4)
            ax.plot(
                np.arange(1, len(values) + 1) / len(values), values, dash, color=ink, label=row["set"], linewidth=1.2
            )
        ax.set(yscale="log", xlabel="index / number of rows")
        head(ax, f"epoch {epoch}")
    axes[0, 0].set_ylabel("singular value / sqrt(n)", fontsize=8)
    say(figure, words)
    legend(figure, axes[0, 0], 3)
    return figure


def alignment(table, words=""):
    """Share of a vector's square that lies in the information space, over the epochs; a panel per vector. table: of
    crust_theory.alignment. -> Drawing"""
    vectors = ("labels", "true labels", "residual")
    figure, axes = canvas(1, 3, width=2.4, height=2.6, sharey=True)
    for ax, vector in zip(axes[0], vectors):
        own = table[table["vector"] == vector]
        for group, ink, dash in (("right", OKABE_ITO[2], "-"), ("wrong", OKABE_ITO[1], "--")):
            part = own[own["group"] == group]
            band(
                ax,
                part,
                "epoch",
                "share",
                label=f"samples with a {group} label",
                color=ink,
                linestyle=dash,
                marker="o",
                markersize=4,
            )
        band(ax, own, "epoch", "chance", label="a random vector", color=GREY, linestyle=":")
        ax.set(xlabel="epoch", ylim=(0, 1))
        head(ax, vector)
    axes[0, 0].set_ylabel("share in the information space", fontsize=8)
    say(figure, words)
    legend(figure, axes[0, 0], 3)
    return figure


def nuisance(table, words=""):
    """|Pi_N(y_S)| / sqrt(k) over the epochs for every set of points, a panel per energy of the information space.
    table: of crust_theory.nuisance. -> Drawing"""
    energies = sorted(set(table["energy"]))
    figure, axes = canvas(1, len(energies), width=2.6 if len(energies) > 1 else 5.0, height=2.9, sharey=True)
    for ax, energy in zip(axes[0], energies):
        for name, (ink, dash) in SETS.items():
            own = table[(table["energy"] == energy) & (table["set"] == name)]
            band(ax, own, "epoch", "nuisance", label=name, color=ink, linestyle=dash, marker="o", markersize=3)
        ax.set(xlabel="epoch", ylim=(0, 1))
        head(ax, f"information space: {energy:.0%} of the squares")
    axes[0, 0].set_ylabel("|nuisance part| / sqrt(k)", fontsize=8)
    say(figure, words)
    legend(figure, axes[0, 0], 3)
    return figure


def bias(table, words=""):
    """Distance of the coreset's gradient from that of all samples against alpha of mixup, a panel per selector and full
    gradient; solid: of the mean over draws (bias), dotted: of one draw. table: of crust.gradient_bias. -> Drawing"""
    panels = list(table.groupby(["selector", "to"], sort=False))
    figure, axes = canvas(1, len(panels), width=2.0, height=2.5, sharey=True)
    for ax, ((selector, to), part) in zip(axes[0], panels):
        ax.axhline(
            part.loc[part["alpha"].isna(), "bias"].mean(), color=OKABE_ITO[7], linewidth=1, label="without mixup"
        )
        for k, (several, own) in enumerate(part.dropna().groupby("partners")):
            ink, mark = OKABE_ITO[(0, 1, 2)[k % 3]], "osD"[k % 3]
            ax.plot(
                own["alpha"],
                own["bias"],
                color=ink,
                marker=mark,
                markersize=4,
                label=f"|R| = {several}, mean of the draws",
            )
            ax.plot(own["alpha"], own["error"], ":", color=ink, label=f"|R| = {several}, one draw")
        ax.set(xscale="log", xlabel="alpha", ylim=(0, 1.05 * table[["bias", "error"]].max(axis=None)))
        head(ax, selector, f"full gradient of the {to} labels")
    axes[0, 0].set_ylabel("|coreset - full| / |full|", fontsize=8)
    say(figure, words)
    legend(figure, axes[0, 0], 4)
    return figure


def theorem(table, words=""):
    """Theorem 4.1: how many of the selected samples are classified correctly, and how many wrong labels are fitted,
    over the steps of gradient descent; a panel per number of classes. table: rows of `theorem`. -> Drawing"""
    figure, axes = canvas(1, table["classes"].nunique(), width=3.4, height=3.7, sharey=True)
    for ax, (classes, part) in zip(axes[0], table.groupby("classes")):
        for k, (_, row) in enumerate(part.iterrows()):
            name = f"{row['selector']}, noise {row['rate']:.0%}, k = {row['k']}, rho = {row['rho']:.0%}"
            curves, ink = row["curves"], OKABE_ITO[k % 7]
            ax.plot(curves["step"], curves["correct"], color=ink, label=name)
            ax.plot(curves["step"], curves["memorised"], ":", color=ink)
        ax.set(xscale="log", ylim=(-0.02, 1.03))
        ax.set_xlabel("steps of gradient descent", fontsize=8)
        head(ax, f"{classes} classes, delta / 8 = {part['limit'].iloc[0]:.3f}")
        ax.legend(frameon=False, labelcolor=GREY, fontsize=7, loc="upper left", bbox_to_anchor=(0, -0.22))
    axes[0, 0].set_ylabel("share")
    say(figure, f"{words}. Solid: selected samples classified as their true class; dotted: wrong labels fitted")
    return figure
