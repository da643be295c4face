"""Figures of the notebook on RMNW-Net: its two theorems, and the term that cross-entropy adds."""

from textwrap import wrap

from matplotlib.ticker import NullFormatter

from ...plot.parts import band, headline
from ...plot.style import DASHES, GREY, OKABE_ITO, canvas, colour, head, legend

__all__ = ["classes", "directions", "scatter", "step"]
LOSSES = {"mae": "MAE (RMNW-Net)", "ce": "cross-entropy (MNW-Net)"}
SPACES = {"samples": "on the training samples", "V": "at V's parameters"}
INKS = {"mae": colour("RMNW-Net"), "ce": colour("MNW-Net")}


def directions(table, words=""):
    """Theorem 1: the cosine between noisy and clean meta-gradients against the noise rate: expected over the labels
    (lines), and lowest to highest of the drawn meta sets (bands). table: of `rmnw_theory.directions`. -> Drawing"""
    figure, axes = canvas(2, len(LOSSES), width=3.8, height=2.5, sharex=True, sharey=True)
    for row, space in zip(axes, SPACES):
        for ax, loss in zip(row, LOSSES):
            cell = table[(table["space"] == space) & (table["loss"] == loss)]
            for k, (noise, own) in enumerate(cell.groupby("noise", sort=False)):
                look = {"color": OKABE_ITO[k], "linestyle": ("-", "--", "-.")[k % 3], "marker": "os^"[k % 3]}
                ax.plot(own["rate"], own["expected"], label=noise, markersize=4, **look)
                ax.fill_between(own["rate"], own["low"], own["high"], color=OKABE_ITO[k], alpha=0.1, linewidth=0)
            ax.axhline(0, color=GREY, linewidth=0.8)
            head(ax, f"{LOSSES[loss]}, {SPACES[space]}")
        row[0].set_ylabel("cosine to the clean\nmeta-gradient")
    for ax in axes[-1]:
        ax.set(xlabel="noise rate of the meta labels", ylim=(-1.05, 1.08))
    headline(figure, "expected over the labels (lines), single meta sets (bands, lowest to highest)", *wrap(words, 95))
    legend(figure, axes[0, 0], 3)
    return figure


def classes(table, rate, words=""):
    """The cosine between expected noisy and clean meta-gradients when labels flip to more and more classes: mean over
    random maps, lowest to highest. table: of `rmnw_theory.to_more_classes`. -> Drawing"""
    figure, axes = canvas(width=5.6, height=3.6)
    ax = axes[0, 0]
    for loss, own in table.groupby("loss", sort=False):
        look = {"color": INKS[loss], "linestyle": DASHES[{"mae": "RMNW-Net", "ce": "MNW-Net"}[loss]], "marker": "o"}
        band(ax, own, "classes", "expected", label=LOSSES[loss], markersize=4, **look)
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.set(
        xlabel="classes that each class is taken for; the last is uniform",
        ylabel="cosine to the clean one",
    )
    headline(figure, f"flips of {rate:.0%} to r random classes: bracket of Eq. (4), range over maps", *wrap(words, 62))
    legend(figure, ax, 2)
    return figure


def scatter(table, words=""):
    """Theorem 2: the scatter of the meta-gradient of m samples, measured (points) and exact (lines), beside the bound
    (dashed); right: relative to the length of the mean gradient. table: of `rmnw_parts.variances`. -> Drawing"""
    figure, axes = canvas(1, 2, width=3.8, height=3.8)
    for k, (m, own) in enumerate(table.groupby("m")):
        ink = OKABE_ITO[k]
        axes[0, 0].plot(own["rate"], own["measured"], "o", color=ink, markersize=4, label=f"m = {m}, measured")
        axes[0, 0].plot(own["rate"], own["exact"], "-", color=ink, label=f"m = {m}, exact")
        axes[0, 0].plot(own["rate"], own["bound"], "--", color=ink, label=f"m = {m}, bound")
        axes[0, 1].plot(own["rate"], own["relative"], "o-", color=ink, markersize=4)
    axes[0, 0].set(yscale="log", ylabel="E |g - E g|^2")
    axes[0, 0].yaxis.set_minor_formatter(NullFormatter())
    axes[0, 1].set(ylim=(0, None), ylabel="relative scatter")
    for ax in axes[0]:
        ax.set_xlabel("uniform noise rate eta of the meta labels")
    headline(figure, "MAE, V's gradient from a batch of m meta samples", *wrap(words, 95))
    legend(figure, axes[0, 0], 3)
    return figure


def step(table, words=""):
    """The parts of V's step over training: lengths (left), and how much more each raises the weight of a right training
    sample than of a wrong one (right); a row per meta loss. table: rows of `rmnw_parts.terms` with columns loss and
    epoch. -> Drawing"""
    lines = {"clean": ("clean part", OKABE_ITO[2], "-"), "defect": ("what noise adds", OKABE_ITO[1], "--")}
    lines["decay"] = ("weight decay", GREY, ":")
    losses = list(dict.fromkeys(table["loss"]))
    figure, axes = canvas(len(losses), 2, width=4.0, height=2.6, sharex=True)
    for (left, right), loss in zip(axes, losses):
        own = table[table["loss"] == loss]
        for name, (label, ink, dash) in lines.items():
            shown = own[own[name] > 1e-12]  # MAE's defect is 0 but for rounding
            left.plot(shown["epoch"], shown[name], dash, color=ink, marker="o", markersize=3, label=label)
            if name != "decay":
                right.plot(own["epoch"], own[f"gap_{name}"], dash, color=ink, marker="o", markersize=3)
        left.set(yscale="log", ylabel="length in V's step", ylim=(3e-6, 0.3))
        left.yaxis.set_minor_formatter(NullFormatter())
        right.axhline(0, color=GREY, linewidth=0.8)
        right.set_ylabel("right minus wrong")
        head(left, LOSSES[loss])
    for ax in axes[-1]:
        ax.set_xlabel("epoch")
    headline(figure, "V's step, part by part", *wrap(words, 95))
    legend(figure, axes[-1, 0], 3)
    return figure
