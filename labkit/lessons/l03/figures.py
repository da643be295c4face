"""Figures of lesson 03: losses and their pull, and what networks learn at each step away from cross-entropy."""

import numpy as np
import pandas as pd
from torch import Tensor

from ...plot.parts import band
from ...plot.style import DASHES, GREY, STYLES, Drawing, canvas, colour, head, legend, marker
from ...plot.training import CURVE_NAMES

__all__ = ["loss_shapes", "loss_steps"]


def loss_shapes(shapes: dict[str, tuple[str, Tensor, Tensor]], *, p: Tensor) -> Drawing:
    """Draw losses (left) and how hard a step lifts the given label's logit (right) over that label's probability.

    shapes: {label: (name of a method, value [L], pull [L])}, see `labkit.lessons.l03.study.shape`; p [L].
    """
    figure, axes = canvas(1, 2, width=3.8, height=3.9)
    loss_axes, pull_axes = axes[0]
    for k, (label, (name, value, pull)) in enumerate(shapes.items()):
        dash = STYLES[k % len(STYLES)]
        style = {"color": colour(name), "linestyle": dash, "label": label}
        loss_axes.plot(p, value, **style)
        pull_axes.plot(p, pull, **style)
    pull_axes.axhline(0, color=GREY, linewidth=0.8)
    for ax in (loss_axes, pull_axes):
        ax.set(xlabel="probability of the given label, $p_y$", xlim=(0, 1))
    loss_axes.set(ylabel="loss (nats)", ylim=(0, 5))
    pull_axes.set_ylabel("pull on the given label's logit")
    pull_axes.set_ylim(top=1.35)
    head(loss_axes, "the rest of the probability is on one other class")
    legend(figure, loss_axes, 3)
    return figure


def loss_steps(table: pd.DataFrame, *, name: str, title: str) -> Drawing:
    """Draw what the network has learnt at the last epoch, from cross-entropy (left end) to the far end.

    table: of `l03.study.sweep`; name: of the hyperparameter with its meaning; title: the setting. A point is the mean
    over seeds, a band reaches from the lowest to the highest. The dotted line goes straight from end to end.
    """
    figure, axes = canvas(width=7.2, height=3.9)
    ax = axes[0, 0]
    for column, label in CURVE_NAMES.items():
        style = {"color": colour(column), "linestyle": DASHES[column], "marker": marker(column)}
        band(ax, table, "s", column, label=label, markersize=4, **style)
    _draw_straight_line(ax, table)
    ticks = np.unique(table["s"])
    ax.set(xlabel=name, ylabel="fraction of the samples", ylim=(-0.02, 1.02), xticks=ticks)
    head(ax, title, _seeds(table))
    legend(figure, ax, 3)
    return figure


def _seeds(table):
    """Return the seeds of a table in words."""
    seeds = table["seed"].unique()
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    return f"{len(seeds)} seeds (mean, lowest to highest)"


def _draw_straight_line(ax, table):
    """Draw what would be memorised if the fraction changed evenly from end to end."""
    column = "noisy_memorised"
    means = table.groupby("s")[column].mean()
    ends = means.iloc[[0, -1]]
    ax.plot(ends.index, ends, ":", color=colour(column), linewidth=1, label="memorised, on a straight line")
