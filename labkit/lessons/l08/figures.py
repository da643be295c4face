"""Figures of lesson 08: what the noise of the meta set does to the learnt weights."""

from ...plot.parts import band
from ...plot.style import DASHES, GREY, canvas, colour, head, legend, marker

__all__ = ["meta_noise", "meta_pulls"]
LOSSES = {"CE": "MNW-Net", "MAE": "RMNW-Net"}  # whose look each meta loss has


def meta_noise(table, *, words, plain):
    """AUC of the weights (left) and test accuracy (right) at the last epoch, over the noise of the meta set.

    table: of `labkit.lessons.l08.study.sweep`; words: the setting; plain: plain SGD's test accuracies, a seed each.
    A point is the mean over seeds, a band reaches from the lowest to the highest. -> Drawing
    """
    figure, axes = canvas(1, 2, width=3.8, height=3.6, sharex=True)
    for name, own in table.groupby("meta_loss", sort=False):
        as_method = LOSSES[name]
        look = {"color": colour(as_method), "linestyle": DASHES[as_method], "marker": marker(as_method)}
        for ax, column in zip(axes[0], ("auc", "test")):
            band(ax, own, "eta", column, label=f"meta loss {name}", markersize=4, **look)
    axes[0, 0].axhline(0.5, color=GREY, linewidth=1, linestyle=":")
    axes[0, 1].axhspan(min(plain), max(plain), color=GREY, alpha=0.2, linewidth=0)
    axes[0, 1].axhline(sum(plain) / len(plain), color=GREY, linewidth=1, linestyle=":", label="plain SGD; chance (AUC)")
    for ax, what in zip(axes[0], ("AUC of the weights", "test accuracy")):
        ax.set(xlabel="share of the meta labels drawn anew", ylabel=f"{what}, last epoch", ylim=(-0.02, 1.02))
    seeds = table["seed"].nunique()
    head(
        axes[0, 0], words, f"{seeds} seeds (mean, lowest to highest)" if seeds > 1 else f"seed {table['seed'].iloc[0]}"
    )
    legend(figure, axes[0, 1], 3)
    return figure


def meta_pulls(table, *, words):
    """How much more the meta-gradient lifts the weight of a right training sample than of a wrong one: the part of the
    clean labels, what the noise adds, and their sum. table: DataFrame, a row per meta loss, columns clean, noise, sum,
    in any unit. -> Drawing"""
    figure, axes = canvas(1, len(table), width=3.6, height=3.0, sharey=True)
    looks = {"clean": (colour("clean_fitted"), ""), "noise": (colour("noisy_memorised"), "//"), "sum": (GREY, "")}
    for ax, (name, row) in zip(axes[0], table.iterrows()):
        for k, (part, (ink, hatch)) in enumerate(looks.items()):
            ax.bar(k, row[part], color=ink, hatch=hatch, edgecolor="white", linewidth=0)
        ax.axhline(0, color=GREY, linewidth=0.8)
        ax.set_xticks(range(3), ["clean part", "what noise adds", "together"])
        ax.margins(y=0.15)
        head(ax, f"meta loss {name}")
    axes[0, 0].set_ylabel("for right minus wrong labels\n(per unit of weight)")
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    return figure
