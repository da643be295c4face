"""Figures of lesson 06: labels split along the directions of a Jacobian, and what is left of them after a cut."""

import numpy as np

from ...plot.parts import headline
from ...plot.style import DASHES, GREY, OKABE_ITO, canvas, colour, head, legend, logarithmic, marker
from ...plot.training import CURVE_NAMES
from .study import COUNTS, SAMPLES, cut_labels, fates, held, vectors

__all__ = ["labels_after_the_cut", "labels_over_directions"]

# vectors of labkit.lessons.l06.study: colour, dash in SVG's words
INKS = {
    "true labels": (OKABE_ITO[0], ""),
    "given labels": (OKABE_ITO[3], "10 3 2 3"),
    "label errors": (OKABE_ITO[1], "7 3"),
    "residual": (OKABE_ITO[4], "2 3"),
}
MPL = {"": "-", "7 3": "--", "10 3 2 3": "-.", "2 3": ":"}
DIRECTIONS = "first k directions, largest singular value first"


def labels_over_directions(looks, *, words):
    """Draw the fraction of labels, label errors and residuals in the first directions, a panel per look.

    looks: {title: Look} of labkit.lessons.l06.study; words: data, noise and seed. -> Drawing
    """
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
    axes[0, 0].set_ylabel("fraction of the squared norm in them", fontsize=8)
    headline(figure, *about(words))
    legend(figure, axes[0, 0], 5)
    return figure


def labels_after_the_cut(looks, *, words):
    """Draw what becomes of clean and wrong labels, over the number of directions that the cut keeps; a panel per look.

    Arguments as of `labels_over_directions`. -> Drawing
    """
    figure, axes = canvas(1, len(looks), width=3.1, height=3.3, sharey=True)
    for ax, (title, at) in zip(axes[0], looks.items()):
        every = [fates(at, cut_labels(at, k)) for k in COUNTS]
        for name in ("clean_fitted", "noisy_corrected", "noisy_memorised"):
            style = {"color": colour(name), "linestyle": DASHES[name], "marker": marker(name), "markersize": 4}
            ax.plot(COUNTS, [found[name] for found in every], label=CURVE_NAMES[name], **style)
        logarithmic(ax)
        ax.set(ylim=(0, 1.03))
        ax.set_xlabel("first k directions, which are kept", fontsize=8)
        head(ax, title)
    axes[0, 0].set_ylabel("fraction of the labels", fontsize=8)
    headline(figure, *about(words))
    legend(figure, axes[0, 0], 3)
    return figure


def about(words):
    """Return the setting, in two lines."""
    return f"{SAMPLES} of 1,294 digits, mlp, ten outputs: {10 * SAMPLES:,} directions", words
