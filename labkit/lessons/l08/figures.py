"""Figures of lesson 08: the weights that V learns, and what the noise rate of the meta set does."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps

from ...plot.parts import band
from ...plot.style import DASHES, GREY, Drawing, canvas, colour, head, legend, logarithmic, marker
from .study import EDGES, LOSSES, Learnt

__all__ = ["meta_noise", "weight_functions"]
CLEAN = colour("clean_fitted")
WRONG = colour("noisy_memorised")
METHODS = {"CE": "MNW-Net", "MAE": "RMNW-Net"}  # in whose style each meta loss is drawn


def weight_functions(learnt: dict[str, Learnt], *, epochs: Sequence[int], title: str) -> Drawing:
    """Draw V(loss) after some epochs (above), and the losses of clean and of wrong training labels after the last epoch
    (below), a column for each training.

    learnt: {name: of `labkit.lessons.l08.study.trained`}. epochs: after which V is drawn. title: the setting.
    """
    figure, axes = canvas(2, len(learnt), width=2.9, height=2.3, sharex=True, sharey="row")
    for (above, below), (name, training) in zip(axes.T, learnt.items()):
        _draw_weights(above, training, epochs)
        _draw_losses(below, training)
        head(above, name)
    first_above, first_below = axes[:, 0]
    first_above.set_ylabel("weight V(loss)")
    first_below.set_ylabel("training samples")
    figure.suptitle(title, fontsize=8, color=GREY, x=0.01, ha="left")
    for ax in (first_above, first_below):
        ax.legend(frameon=False, fontsize=7, labelcolor=GREY)
    return figure


def _draw_weights(ax, training, epochs):
    """Draw V(loss) after some epochs of a training."""
    shades = colormaps["viridis"](np.linspace(0, 0.9, len(epochs)))
    for epoch, ink in zip(epochs, shades):
        ax.plot(LOSSES, training.V[epoch - 1], color=ink, label=f"epoch {epoch}")
    logarithmic(ax)
    ax.set(ylim=(0, 1.02))


def _draw_losses(ax, training):
    """Draw histograms of the losses of clean and of wrong labels after the last epoch."""
    low = float(LOSSES[1])
    high = float(LOSSES[-2])
    loss = training.loss[-1].clamp(low, high)  # what lies outside is in the outer bins
    wrong = training.wrong
    ax.hist(loss[~wrong].numpy(), EDGES, color=CLEAN, alpha=0.6, label="clean labels")
    ax.hist(loss[wrong].numpy(), EDGES, color=WRONG, alpha=0.6, label="wrong labels")
    ax.set_xlabel("loss (nats; smallest in the first bin)", fontsize=8)


def meta_noise(table: pd.DataFrame, *, title: str, plain: Iterable[float]) -> Drawing:
    """Draw AUC of the weights (left) and test accuracy (right) after the last epoch, over the meta set's noise rate.

    table: of `labkit.lessons.l08.measured.swept`; title: the setting; plain: plain SGD's test accuracies, one for each
    seed. A point is the mean over seeds, a band reaches from the lowest to the highest.
    """
    figure, axes = canvas(1, 2, width=3.8, height=3.4, sharex=True)
    area_axes, test_axes = axes[0]
    for meta_loss, rows in table.groupby("meta_loss", sort=False):
        name = METHODS[meta_loss]
        style = {"color": colour(name), "linestyle": DASHES[name], "marker": marker(name), "markersize": 4}
        band(area_axes, rows, "eta", "auc", label=f"meta loss {meta_loss}", **style)
        band(test_axes, rows, "eta", "test", label=f"meta loss {meta_loss}", **style)
    _name_axes(area_axes, "AUC of the weights")
    _name_axes(test_axes, "test accuracy")
    area_axes.axhline(0.5, color=GREY, linewidth=1, linestyle=":")
    area_axes.text(0.5, 0.52, "chance", color=GREY, fontsize=8)
    test_axes.axhspan(min(plain), max(plain), color=GREY, alpha=0.25, linewidth=0, label="plain SGD")
    head(area_axes, title)
    legend(figure, test_axes, 3)
    return figure


def _name_axes(ax, quantity):
    """Write what the axes are, over all noise rates of the meta set."""
    ax.set(xlabel="noise rate of the meta set, τ′", ylabel=f"{quantity}, last epoch", ylim=(-0.02, 1.02))
