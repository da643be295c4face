"""Figures of lesson 06: labels laid over the directions of a Jacobian, and what is left of them after a cut."""

import numpy as np

from ...plot.parts import headline
from ...plot.style import DASHES, GREY, OKABE_ITO, canvas, colour, head, legend, logarithmic, marker
from ...plot.training import CURVE_NAMES
from .study import COUNTS, SAMPLES, fates, halves, held, named, vectors

__all__ = ["labels_after_the_cut", "labels_over_directions", "spectra_without_labels"]

# vectors of labkit.lessons.l06.study: colour, dash in SVG's words
INKS = {
    "true labels": (OKABE_ITO[0], ""),
    "given labels": (OKABE_ITO[3], "10 3 2 3"),
    "label errors": (OKABE_ITO[1], "7 3"),
    "residual": (OKABE_ITO[4], "2 3"),
}
MPL = {"": "-", "7 3": "--", "10 3 2 3": "-.", "2 3": ":"}
DIRECTIONS = "directions, largest singular value first"


def labels_over_directions(looks, *, words):
    """How much of labels, label errors and residuals the first directions hold, a panel per look. looks: {title: Look}
    of labkit.lessons.l06.study; words: data, noise and seed. -> Drawing"""
    figure, axes = canvas(1, len(looks), width=3.1, height=3.3, sharey=True)
    for ax, (title, at) in zip(axes[0], looks.items()):
        m = len(at.K)
        for name, v in vectors(at).items():
            ink, dash = INKS[name]
            ax.plot(range(1, m + 1), held(at, v), MPL[dash], color=ink, label=name)
        ax.plot(range(1, m + 1), np.arange(1, m + 1) / m, color=GREY, linewidth=0.8, label="a random vector")
        logarithmic(ax)
        ax.set(ylim=(0, 1.02))
        ax.set_xlabel(DIRECTIONS, fontsize=8)
        head(ax, title)
    axes[0, 0].set_ylabel("share of the square that they hold", fontsize=8)
    headline(figure, *about(words))
    legend(figure, axes[0, 0], 5)
    return figure


def labels_after_the_cut(looks, *, words):
    """What the given labels say when only the first directions are kept; a panel per look. Arguments as of
    `labels_over_directions`. -> Drawing"""
    figure, axes = canvas(1, len(looks), width=3.1, height=3.3, sharey=True)
    for ax, (title, at) in zip(axes[0], looks.items()):
        every = [fates(at, named(at, k)) for k in COUNTS]
        for name in ("clean_fitted", "noisy_corrected", "noisy_memorised"):
            style = {"color": colour(name), "linestyle": DASHES[name], "marker": marker(name), "markersize": 4}
            ax.plot(COUNTS, [found[name] for found in every], label=CURVE_NAMES[name], **style)
        logarithmic(ax)
        ax.set(ylim=(0, 1.03))
        ax.set_xlabel(f"kept {DIRECTIONS}", fontsize=8)
        head(ax, title)
    axes[0, 0].set_ylabel("share of the samples", fontsize=8)
    headline(figure, *about(words))
    legend(figure, axes[0, 0], 3)
    return figure


def spectra_without_labels(looks, *, words):
    """Singular values of the rows of equally many right and wrong samples, a panel per look. Arguments as of
    `labels_over_directions`. -> Drawing"""
    figure, axes = canvas(1, len(looks), width=3.1, height=3.1, sharey=True)
    for ax, (title, at) in zip(axes[0], looks.items()):
        for (name, values), ink, dash in zip(halves(at).items(), (OKABE_ITO[2], OKABE_ITO[1]), ("-", "--")):
            ax.plot(np.arange(1, len(values) + 1) / len(values), values, dash, color=ink, label=f"images with {name}")
        logarithmic(ax, "y")
        ax.set(ylim=(1e-2, 1e2))
        ax.set_xlabel("direction / number of directions", fontsize=8)
        head(ax, title)
    axes[0, 0].set_ylabel("singular value / sqrt(n)", fontsize=8)
    headline(figure, *about(words))
    legend(figure, axes[0, 0], 2)
    return figure


def about(words):
    """The setting, in two lines."""
    return f"{SAMPLES} of 1,294 digits, mlp, ten outputs: {10 * SAMPLES:,} directions", words
