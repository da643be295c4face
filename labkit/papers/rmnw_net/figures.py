"""Figures of the notebook on RMNW-Net: its tables beside the small setting, heavy noise, and what V learns."""

import numpy as np
import pandas as pd
from matplotlib import colormaps

from ...fit.accuracy import in_words
from ...ledger import rank_correlation
from ...plot.parts import band, data_of, headline, methods_of, numbers
from ...plot.style import DASHES, GREY, OKABE_ITO, canvas, colour, head, legend, logarithmic, marker, write
from ...runs.grid import curves
from .experiments import CLEAN_META
from .figures_theory import *  # noqa: F403
from .figures_theory import __all__ as theory

__all__ = [
    "detection", "heavy", "meta_sets", "noise", "order", "spread", "weights", *theory
]  # fmt: skip


def starred(name):
    """A method as the paper writes it: with a star if its meta set is clean."""
    return f"{name}*" if name in CLEAN_META else name


def noise(models, classes=5):
    """Fig. 1: the transition matrices of noise models, exact: a panel each. -> Drawing"""
    figure, axes = canvas(1, len(models), width=2.4, height=3.2)
    for ax, model in zip(axes[0], models):
        T = model.matrix(classes, "").numpy()
        ax.imshow(T, cmap="Blues", vmin=0, vmax=1)
        numbers(ax, T, 0.5)
        ax.set(xlabel="given label", ylabel="true label", xticks=range(classes), yticks=range(classes))
        wrong = 1 - T.diagonal().mean()
        head(ax, f"{type(model).__name__} {model.rate:.0%}", f"{wrong:.0%} wrong labels")
    headline(figure, f"share of the true class, in %; {classes} classes")
    return figure


def order(table, runs, criterion, dataset="cifar10"):
    """Table 1: this run (left) beside the printed accuracies (right). Numbers are percent, the colour is the
    place within the column, dark is the best; below the columns Spearman's correlation of the two orders.

    table: of `ledger.join_printed`; runs: behind it; dataset: of the printed numbers. -> Drawing"""
    columns = list(dict.fromkeys(table.index.droplevel("method")))
    methods = list(dict.fromkeys(table.index.get_level_values("method")))
    names = [f"{noise}\n{rate:.0%}" for noise, rate in columns]
    alike = rank_correlation(table)
    figure, axes = canvas(1, 2, width=max(3.6, 0.9 + 0.62 * len(columns)), height=1.6 + 0.3 * len(methods), sharey=True)
    for ax, side, words in zip(
        axes[0], ("measured", "printed"), (f"this run: {runs['task'].iloc[0]}", f"printed: {dataset}")
    ):
        values = table[side].unstack()[methods].loc[columns].T
        place = table[f"{side}_rank"].unstack()[methods].loc[columns].T
        ax.imshow(-place.to_numpy(), cmap="Blues", vmin=-len(methods) * 1.2, vmax=0, aspect="auto")
        for at, value in np.ndenumerate(values.to_numpy()):
            ink = "white" if place.to_numpy()[at] < 0.45 * len(methods) else "#333333"
            write(ax, at[1], at[0], f"{value:.1f}" if value == value else "-", color=ink)
        ax.set_xticks(range(len(columns)), names, fontsize=7)
        ax.set_yticks(range(len(methods)), [starred(name) for name in methods])
        ax.grid(False)
        head(ax, words)
    same = "   ".join(f"{noise} {rate:.0%}: {alike[noise, rate]:+.2f}" for noise, rate in columns)
    headline(figure, f"{in_words(criterion)}, in %; colour: place in the column", data_of(runs, "mean"))
    figure.supxlabel(f"Spearman's correlation of the columns  {same}", fontsize=8, color=GREY, x=0.01, ha="left")
    return figure


def detection(runs, printed):
    """Table 3: the AUC of the weights, right labels against wrong ones: the best over training (filled), of the last
    epoch (small), and printed (hollow diamond).

    runs: of `experiments.detection`; printed: of `printed.cells`, of one dataset. -> Drawing"""
    dataset = printed["dataset"].iloc[0]
    columns = list(dict.fromkeys(zip(runs["noise"], runs["rate"])))
    methods = methods_of(runs)
    figure, axes = canvas(width=max(7.4, 1.6 + 1.05 * len(columns)), height=3.6)
    ax = axes[0, 0]
    for k, name in enumerate(methods):
        for at, (noise, rate) in enumerate(columns):
            own = runs[(runs["method"] == name) & (runs["noise"] == noise) & (runs["rate"] == rate)]
            x, ink = at + 0.25 * (k - 1), colour(name)
            for column, size, dx in (("auc_best", 7, -0.06), ("auc_last", 3.5, 0.0)):
                look = {"color": ink, "marker": marker(name), "markersize": size, "label": starred(name)}
                low, mean, high = (getattr(own[column], what)() for what in ("min", "mean", "max"))
                reach = [[mean - low], [high - mean]]
                ax.errorbar(
                    x + dx, mean, yerr=reach, linewidth=1, **(look if not at and dx else look | {"label": None})
                )
            one = printed.query("noise == @noise and rate == @rate and method == @name")["mean"]
            words = f"printed, {dataset} (best)" if not at and k == len(methods) - 1 else None
            ax.plot([x + 0.07] * len(one), one, "D", color=ink, fillstyle="none", label=words)
    ax.axhline(0.5, color=GREY, linewidth=1, linestyle=":")
    ax.set_xticks(range(len(columns)), [f"{noise}\n{rate:.0%}" for noise, rate in columns])
    ax.set(ylabel="AUC of the weights", ylim=(-0.02, 1.03))
    words = "large: best epoch (chosen with the true labels); small: last epoch"
    headline(figure, f"right labels against wrong ones; {words}", data_of(runs))
    legend(figure, ax, 4)
    return figure


def heavy(runs):
    """Fig. 2 as curves: test accuracy after every epoch, a panel per noise. -> Drawing"""
    cells = list(runs.groupby(["noise", "rate"], sort=False))
    figure, axes = canvas(1, len(cells), width=3.6, height=3.0, sharey=True)
    for ax, ((noise, rate), cell) in zip(axes[0], cells):
        for name in methods_of(cell):
            own = curves(cell[cell["method"] == name], ["test"])
            look = {"color": colour(name), "linestyle": DASHES[name], "marker": marker(name), "markersize": 3}
            band(ax, own, "epoch", "test", label=starred(name), **look)
        ax.set(xlabel="epoch", ylim=(0, 1.02))
        head(ax, f"{noise} {rate:.0%} ({cell['realised'].mean():.0%} wrong labels)")
    axes[0, 0].set_ylabel("test accuracy")
    headline(figure, "heavy noise", data_of(runs))
    legend(figure, axes[0, 0], 4)
    return figure


def weights(looks, losses, epochs):
    """V(loss) after some epochs (above), and the losses of right and wrong training samples after the last of them
    (below); a column per method. looks: of `experiments.watched`; losses [L]: where V was drawn. -> Drawing"""
    figure, axes = canvas(2, len(looks), width=3.1, height=2.3, sharex=True, sharey="row")
    shades, bins = colormaps["viridis"](np.linspace(0, 0.9, len(epochs))), np.geomspace(losses[0], losses[-1], 41)
    for (above, below), look in zip(axes.T, looks):
        for epoch, ink in zip(epochs, shades):
            above.plot(losses, look["V"][epoch - 1], color=ink, label=f"after epoch {epoch}")
        last, wrong = look["loss"][epochs[-1] - 1].clamp(float(losses[0]), float(losses[-1])), look["wrong"]
        for mask, name, ink in ((~wrong, "right labels", OKABE_ITO[2]), (wrong, "wrong labels", OKABE_ITO[1])):
            below.hist(last[mask].numpy(), bins, color=ink, alpha=0.55, label=name, histtype="stepfilled")
        logarithmic(above)
        above.set(ylim=(0, 1.02))
        below.set_xlabel("loss; smaller ones in the first bin")
        head(above, f"{starred(look['method'])}: test {look['accuracy']['last']:.1%} (last epoch)")
    axes[0, 0].set_ylabel("weight V(loss)")
    axes[1, 0].set_ylabel("training samples")
    one = looks[0]
    headline(figure, f"{one['noise'].words}; n = {len(one['wrong']):,}, seed {one['seed']}")
    for ax in axes[:, 0]:
        ax.legend(frameon=False, fontsize=7, labelcolor=GREY)
    return figure


def spread(runs, criterion):
    """Left: how far V's weights reach at the end. Right: their AUC against the accuracy, a point per run. runs: of
    `experiments.table(also=judged)`, under noise. -> Drawing"""
    figure, axes = canvas(1, 2, width=4.2, height=3.2)
    columns = list(dict.fromkeys(zip(runs["noise"], runs["rate"])))
    at = {cell: k for k, cell in enumerate(columns)}
    places_of = pd.Series(list(zip(runs["noise"], runs["rate"])), index=runs.index).map(at)
    for name in methods_of(runs):
        own, look = runs[runs["method"] == name], {"color": colour(name), "marker": marker(name), "markersize": 4}
        band(axes[0, 0], own.assign(at=places_of), "at", "spread", label=starred(name), linestyle=DASHES[name], **look)
        axes[0, 1].plot(own["auc_end"], own[criterion], linestyle="", **look)
    axes[0, 0].set_xticks(range(len(columns)), [f"{noise}\n{rate:.0%}" for noise, rate in columns], fontsize=7)
    axes[0, 0].set(ylabel="spread of V / mean V", ylim=(0, None))
    axes[0, 1].set(
        xlabel="AUC of the weights at the end", ylabel=f"test accuracy ({criterion})", xlim=(0, 1.02), ylim=(0, 1.02)
    )
    axes[0, 1].axvline(0.5, color=GREY, linewidth=1, linestyle=":")
    headline(figure, "weights at the end of training; spread: from the 5 % to the 95 % quantile", data_of(runs))
    legend(figure, axes[0, 0], 3)
    return figure


def meta_sets(runs, criterion):
    """Test accuracy against the size of the meta set, a panel per noise; a curve per method and way of balancing.
    runs: with columns size and balanced. -> Drawing"""
    cells = list(runs.groupby(["noise", "rate"], sort=False))
    figure, axes = canvas(1, len(cells), width=3.6, height=3.2, sharey=True)
    for ax, ((noise, rate), cell) in zip(axes[0], cells):
        for k, ((name, balanced), own) in enumerate(cell.groupby(["method", "balanced"], sort=False)):
            look = {"color": colour(name), "linestyle": ("-", "--", ":", "-.")[k % 4], "marker": marker(name)}
            band(ax, own, "size", criterion, label=f"{starred(name)}, {balanced}", markersize=4, **look)
        sizes = sorted(set(cell["size"]))
        ax.set_xscale("log")
        ax.set_xticks(sizes, sizes)
        ax.minorticks_off()
        ax.set(xlabel="meta samples")
        head(ax, f"{noise} {rate:.0%}")
    axes[0, 0].set_ylabel("test accuracy")
    headline(figure, in_words(criterion), data_of(runs.assign(samples=runs["samples"].max())))
    legend(figure, axes[0, 0], 2)
    return figure
