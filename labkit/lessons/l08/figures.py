"""Figures of lesson 08: the weights that V learns, and what the noise rate of the meta set does."""

import numpy as np
from matplotlib import colormaps

from ...plot.parts import band
from ...plot.style import DASHES, GREY, canvas, colour, head, legend, logarithmic, marker
from .study import EDGES, LOSSES

__all__ = ["meta_noise", "weight_functions"]
CLEAN, WRONG = colour("clean_fitted"), colour("noisy_memorised")
LOOKS = {"CE": "MNW-Net", "MAE": "RMNW-Net"}  # whose look each meta loss has


def weight_functions(learnt, *, epochs, words):
    """Draw V(loss) after some epochs (above), and the losses of clean and of wrong training labels after the last epoch
    (below), a column for each training.

    learnt: {title: of `labkit.lessons.l08.study.trained`}. epochs: after which V is drawn. words: the
    setting. -> Drawing
    """
    figure, axes = canvas(2, len(learnt), width=2.9, height=2.3, sharex=True, sharey="row")
    shades = colormaps["viridis"](np.linspace(0, 0.9, len(epochs)))
    for (above, below), (title, training) in zip(axes.T, learnt.items()):
        for epoch, ink in zip(epochs, shades):
            above.plot(LOSSES, training.V[epoch - 1], color=ink, label=f"epoch {epoch}")
        loss = training.loss[-1].clamp(float(LOSSES[1]), float(LOSSES[-2]))  # the rest is in the outer bins
        for chosen, name, ink in ((~training.wrong, "clean labels", CLEAN), (training.wrong, "wrong labels", WRONG)):
            below.hist(loss[chosen].numpy(), EDGES, color=ink, alpha=0.6, label=name)
        logarithmic(above)
        above.set(ylim=(0, 1.02))
        below.set_xlabel("loss (nats; smallest in the first bin)", fontsize=8)
        head(above, title)
    axes[0, 0].set_ylabel("weight V(loss)")
    axes[1, 0].set_ylabel("training samples")
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    for ax in axes[:, 0]:
        ax.legend(frameon=False, fontsize=7, labelcolor=GREY)
    return figure


def meta_noise(table, *, words, plain):
    """Draw AUC of the weights (left) and test accuracy (right) after the last epoch, over the meta set's noise rate.

    table: of `labkit.lessons.l08.measured.swept`; words: the setting; plain: plain SGD's test accuracies, one for each
    seed. A point is the mean over seeds, a band reaches from the lowest to the highest. -> Drawing
    """
    figure, axes = canvas(1, 2, width=3.8, height=3.4, sharex=True)
    for meta_loss, rows in table.groupby("meta_loss", sort=False):
        name = LOOKS[meta_loss]
        look = {"color": colour(name), "linestyle": DASHES[name], "marker": marker(name)}
        for ax, column in zip(axes[0], ("auc", "test")):
            band(ax, rows, "eta", column, label=f"meta loss {meta_loss}", markersize=4, **look)
    for ax, title in zip(axes[0], ("AUC of the weights", "test accuracy")):
        ax.set(xlabel="noise rate of the meta set, τ′", ylabel=f"{title}, last epoch", ylim=(-0.02, 1.02))
    axes[0, 0].axhline(0.5, color=GREY, linewidth=1, linestyle=":")
    axes[0, 0].text(0.5, 0.52, "chance", color=GREY, fontsize=8)
    axes[0, 1].axhspan(min(plain), max(plain), color=GREY, alpha=0.25, linewidth=0, label="plain SGD")
    head(axes[0, 0], words)
    legend(figure, axes[0, 1], 3)
    return figure
