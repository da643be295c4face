"""Figures of lesson 06: labels split along the directions of a Jacobian, and what is left of them after a cut."""

from collections.abc import Mapping

import numpy as np

from ...plot.parts import headline
from ...plot.style import DASHES, GREY, OKABE_ITO, Drawing, canvas, colour, head, legend, logarithmic, marker
from ...plot.training import CURVE_NAMES
from .study import COUNTS, SAMPLES, Snapshot, fates_of_cuts, held, vectors

__all__ = ["labels_after_the_cut", "labels_over_directions"]

INKS = {  # colour and dash of `study.vectors`
    "true labels": (OKABE_ITO[0], "-"),
    "given labels": (OKABE_ITO[3], "-."),
    "label errors": (OKABE_ITO[1], "--"),
    "residual": (OKABE_ITO[4], ":"),
}
FATES = ("clean_fitted", "noisy_corrected", "noisy_memorised")  # columns of a history
DIRECTIONS = "first k directions, largest singular value first"
NETWORK = f"{SAMPLES} of 1,294 digits, mlp, ten outputs: {10 * SAMPLES:,} directions"


def labels_over_directions(snapshots: Mapping[str, Snapshot], *, setting: str) -> Drawing:
    """Draw the fraction of labels, label errors and residuals in the first directions, a panel per snapshot.

    snapshots: {title: Snapshot}. setting: data, noise and seed in words.
    """
    figure, axes = canvas(1, len(snapshots), width=3.1, height=3.3, sharey=True)
    for ax, (title, snapshot) in zip(axes[0], snapshots.items()):
        m = len(snapshot.K)
        k = np.arange(1, m + 1)
        for name, v in vectors(snapshot).items():
            ink, dash = INKS[name]
            ax.plot(k, held(snapshot, v), dash, color=ink, label=name)
        ax.plot(k, k / m, color=GREY, linewidth=0.8, label="a random vector")
        logarithmic(ax)
        ax.set(ylim=(0, 1.02))
        ax.set_xlabel(DIRECTIONS, fontsize=8)
        head(ax, title)
    axes[0, 0].set_ylabel("fraction of the squared norm in them", fontsize=8)
    headline(figure, NETWORK, setting)
    legend(figure, axes[0, 0], 5)
    return figure


def labels_after_the_cut(snapshots: Mapping[str, Snapshot], *, setting: str) -> Drawing:
    """Draw what becomes of clean and wrong labels, over the number of directions that the cut keeps; a panel per
    snapshot.

    Arguments as of `labels_over_directions`.
    """
    figure, axes = canvas(1, len(snapshots), width=3.1, height=3.3, sharey=True)
    for ax, (title, snapshot) in zip(axes[0], snapshots.items()):
        fractions = fates_of_cuts(snapshot)
        for name in FATES:
            style = {"color": colour(name), "linestyle": DASHES[name], "marker": marker(name), "markersize": 4}
            ax.plot(COUNTS, fractions[name], label=CURVE_NAMES[name], **style)
        logarithmic(ax)
        ax.set(ylim=(0, 1.03))
        ax.set_xlabel("first k directions, which are kept", fontsize=8)
        head(ax, title)
    axes[0, 0].set_ylabel("fraction of the labels", fontsize=8)
    headline(figure, NETWORK, setting)
    legend(figure, axes[0, 0], 3)
    return figure
