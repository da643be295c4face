"""Figures of lesson 03: losses and their pull, and what networks learn at each step away from cross-entropy."""

import numpy as np

from ...plot.parts import band
from ...plot.style import DASHES, GREY, STYLES, canvas, colour, head, legend, marker
from ...plot.training import CURVE_NAMES

__all__ = ["loss_shapes", "loss_steps"]


def loss_shapes(shapes, *, p):
    """Losses (left) and how hard a step lifts the given label's logit (right) over that label's probability.

    shapes: {words: (name of a method, value [L], pull [L])}, see `labkit.lessons.l03.study.shape`; p [L]. -> Drawing
    """
    figure, axes = canvas(1, 2, width=3.8, height=3.9)
    for k, (words, (name, *shape)) in enumerate(shapes.items()):
        for ax, values in zip(axes[0], shape):
            ax.plot(p, values, color=colour(name), linestyle=STYLES[k % len(STYLES)], label=words)
    axes[0, 1].axhline(0, color=GREY, linewidth=0.8)
    for ax, what, high in zip(axes[0], ("loss (nats)", "pull on the given label's logit"), (5, 1.35)):
        ax.set(xlabel="probability of the given label, $p_y$", ylabel=what, xlim=(0, 1))
        ax.set_ylim(top=high)
    axes[0, 0].set_ylim(bottom=0)
    head(axes[0, 0], "the rest of the probability is on one other class")
    legend(figure, axes[0, 0], 3)
    return figure


def loss_steps(table, *, name, words):
    """What the network has learnt at the last epoch, over the step from cross-entropy (left end) to the far end.

    table: of `l03.study.sweep`; name: of the hyperparameter with its meaning; words: the setting. A point
    is the mean over seeds, a band reaches from the lowest to the highest. The dotted line goes straight from end to
    end. -> Drawing
    """
    figure, axes = canvas(width=7.2, height=3.9)
    ax, column = axes[0, 0], "noisy_memorised"
    for each, said in CURVE_NAMES.items():
        look = {"color": colour(each), "linestyle": DASHES[each], "marker": marker(each), "markersize": 4}
        band(ax, table, "s", each, label=said, **look)
    ends = table.groupby("s")[column].mean().iloc[[0, -1]]
    ax.plot(ends.index, ends, ":", color=colour(column), linewidth=1, label="memorised, on a straight line")
    ax.set(xlabel=name, ylabel="fraction of the samples", ylim=(-0.02, 1.02), xticks=np.unique(table["s"]))
    seeds = table["seed"].nunique()
    head(ax, words, f"{seeds} seeds (mean, lowest to highest)" if seeds > 1 else f"seed {table['seed'].iloc[0]}")
    legend(figure, ax, 3)
    return figure
