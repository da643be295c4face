"""Figures of lesson 04: whom a filter trusts in a batch, which classes it shuts out, and what the assumed rate does."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from ...plot.parts import band
from ...plot.style import DASHES, GREY, OKABE_ITO, STYLES, canvas, colour, head, legend, marker
from .study import BATCH, TRUE_RATE, edge

__all__ = ["assumed_rates", "filter_race", "kept_by_class", "trust_plane"]

CLEAN, WRONG = OKABE_ITO[2], OKABE_ITO[1]


def trust_plane(seen, *, wrong, keep, words=""):
    """The samples of one batch: their loss, the norm of p - e, and the cuts of two filters that keep the same number.

    seen: of labkit.lessons.l04.study.trusted. wrong [n] bool. keep: how many. words: the setting. -> Drawing
    """
    figure, axes = canvas(width=6.4, height=3.7)
    ax, loss = axes[0, 0], seen["loss"]
    looks = {"clean label": (~wrong, CLEAN, "o"), "wrong label": (wrong, WRONG, "X")}
    for name, (some, ink, shape) in looks.items():
        look = {"s": 26, "alpha": 0.75, "linewidths": 0}
        ax.scatter(
            loss[some], seen["layer"][some], color=ink, marker=shape, label=f"{name} ({int(some.sum())})", **look
        )
    ax.axvline(_cut(loss, keep), color=colour("SPL"), linestyle="--", label=f"SPL keeps the {keep} on the left")
    ax.axhline(
        _cut(seen["layer"], keep), color=colour("PRL(L)"), linestyle="-.", label=f"PRL(L) keeps the {keep} below"
    )
    ax.set(xlabel="loss of the given label (nats)", ylabel="norm of p − e", xlim=(0, None), ylim=(0, 1.5))
    head(ax, words)
    legend(figure, ax, 2)
    return figure


def _cut(score, keep):
    """Where a filter that keeps the `keep` smallest scores cuts. score [n] -> float or None"""
    return edge(score, score.argsort().argsort() < keep)


def filter_race(runs, *, words=""):
    """Test accuracy after every epoch. runs: {name: list of Runs that differ in their seed}; a name may be a method's,
    with more words after it. Mean, and a band from the lowest to the highest seed. -> Drawing"""
    figure, axes = canvas(width=7.2, height=3.6)
    ax = axes[0, 0]
    for name, group in runs.items():
        method = name.split(",")[0]
        values = np.stack([run.history["test"] for run in group])
        epochs = np.arange(1, values.shape[1] + 1)
        dash = DASHES[method] if name == method else STYLES[3]
        look = {"color": colour(method), "linestyle": dash, "marker": marker(method), "markersize": 4, "markevery": 4}
        ax.plot(epochs, values.mean(0), label=name.replace("ERM", "plain SGD"), **look)
        ax.fill_between(epochs, values.min(0), values.max(0), color=colour(method), alpha=0.18, linewidth=0)
    ax.set(xlabel="epoch", ylabel="test accuracy", ylim=(0, 1.02))
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    one = next(iter(runs.values()))
    spread = f"{len(one)} seeds (mean, lowest to highest)" if len(one) > 1 else f"seed {one[0].config['seed']}"
    head(ax, f"{words}; {spread}")
    legend(figure, ax, 3)
    return figure


def kept_by_class(fractions, *, words=""):
    """Which classes a filter lets in: the fraction of each class's clean labels that is kept, epoch by epoch.

    fractions: {title: [epochs, C]} -> Drawing
    """
    figure, axes = canvas(1, len(fractions), width=7.4 / len(fractions), height=2.9, sharey=True)
    for ax, (title, values) in zip(axes[0], fractions.items()):
        values = np.asarray(values).T  # [C, epochs]
        span = (0.5, values.shape[1] + 0.5, len(values) - 0.5, -0.5)
        image = ax.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto", extent=span)
        ax.set(xlabel="epoch", yticks=range(len(values)))
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        ax.grid(False)
        head(ax, title)
    axes[0, 0].set_ylabel("class")
    bar = figure.colorbar(image, ax=list(axes[0]), shrink=0.9)
    bar.set_label("fraction of its clean labels kept", color=GREY, fontsize=8)
    bar.ax.tick_params(colors=GREY, labelsize=7)
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    return figure


def assumed_rates(table, *, words=""):
    """Test accuracy against the fraction that is dropped. table: rows with method, way ("at once", ...), assumed, seed
    and last. -> Drawing"""
    figure, axes = canvas(width=7.2, height=3.6)
    ax = axes[0, 0]
    for k, ((method, way), rows) in enumerate(table.groupby(["method", "way"], sort=False)):
        look = {"color": colour(method), "linestyle": STYLES[k % 4], "marker": marker(method), "markersize": 5}
        band(ax, rows, "assumed", "last", label=f"{method}, {way}", **look)
    ax.axvline(TRUE_RATE, color=GREY, linewidth=1, linestyle=":")
    ax.text(TRUE_RATE + 0.01, 0.02, "the noise rate", color=GREY, fontsize=8)
    ax.set(
        xlabel=f"fraction dropped from each batch of {BATCH} (ε)", ylabel="test accuracy, last epoch", ylim=(0, 1.02)
    )
    head(ax, words)
    legend(figure, ax, 3)
    return figure
