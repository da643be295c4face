"""Figures of the notebook on RMNW-Net: its tables beside the small setting, heavy noise, and what V learns."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from torch import Tensor

from ...fit.accuracy import in_words
from ...ledger import rank_correlation
from ...plot.parts import band, data_of, headline, methods_of, numbers
from ...plot.style import DASHES, GREY, OKABE_ITO, Drawing, canvas, colour, head, legend, logarithmic, marker, write
from ...runs.grid import curves
from .experiments import CLEAN_META
from .figures_theory import classes, directions, scatter, step

__all__ = [
    "classes", "detection", "directions", "heavy", "meta_sets", "noise", "order", "scatter", "spread", "step", "weights"
]  # fmt: skip


def starred(name: str) -> str:
    """Return a method's name as the paper writes it, with a star if its meta set is clean."""
    return f"{name}*" if name in CLEAN_META else name


def look_of(name: str, **options: object) -> dict:
    """Return colour and marker of a method as matplotlib takes them, with further options."""
    return {"color": colour(name), "marker": marker(name)} | options


def columns_of(runs: pd.DataFrame) -> list[tuple[str, float]]:
    """Return the pairs of noise and rate among the runs, in their order."""
    return list(dict.fromkeys(zip(runs["noise"], runs["rate"])))


def column_names(columns: Sequence[tuple[str, float]]) -> list[str]:
    """Return the names of pairs of noise and rate as an axis shows them, in two lines."""
    return [f"{noise}\n{rate:.0%}" for noise, rate in columns]


def noise(models: Sequence, *, classes: int = 5) -> Drawing:
    """Draw Fig. 1: the transition matrices of noise models, exact, a panel each."""
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


def order(table: pd.DataFrame, *, runs: pd.DataFrame, criterion: str, dataset: str = "cifar10") -> Drawing:
    """Draw Table 1: this run (left) beside the printed accuracies (right).

    Numbers are percent, the colour is the place within the column, dark is the best; below the columns Spearman's
    correlation of the two orders. table: of `ledger.join_printed`; runs: behind it; dataset: of the printed numbers.
    """
    columns = list(dict.fromkeys(table.index.droplevel("method")))
    methods = list(dict.fromkeys(table.index.get_level_values("method")))
    sides = {"measured": f"this run: {runs['task'].iloc[0]}", "printed": f"printed: {dataset}"}
    width = max(3.6, 0.9 + 0.62 * len(columns))
    figure, axes = canvas(1, 2, width=width, height=1.6 + 0.3 * len(methods), sharey=True)
    for ax, (side, title) in zip(axes[0], sides.items()):
        values = table[side].unstack()[methods].loc[columns].T.to_numpy()
        place = table[f"{side}_rank"].unstack()[methods].loc[columns].T.to_numpy()
        ax.imshow(-place, cmap="Blues", vmin=-len(methods) * 1.2, vmax=0, aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            ink = "white" if place[row, column] < 0.45 * len(methods) else "#333333"
            write(ax, column, row, "-" if np.isnan(value) else f"{value:.1f}", color=ink)
        ax.set_xticks(range(len(columns)), column_names(columns), fontsize=7)
        ax.set_yticks(range(len(methods)), [starred(name) for name in methods])
        ax.grid(False)
        head(ax, title)
    correlation = rank_correlation(table)
    texts = "   ".join(f"{noise} {rate:.0%}: {correlation[noise, rate]:+.2f}" for noise, rate in columns)
    headline(figure, f"{in_words(criterion)}, in %; colour: place in the column", data_of(runs, "mean"))
    figure.supxlabel(f"Spearman's correlation of the columns  {texts}", fontsize=8, color=GREY, x=0.01, ha="left")
    return figure


def detection(runs: pd.DataFrame, *, printed: pd.DataFrame) -> Drawing:
    """Draw Table 3: the AUC of the weights, right labels against wrong ones.

    Filled: the best over training; small: of the last epoch; hollow diamond: printed. runs: of
    `experiments.detection`; printed: of `printed_tables.cells`, of one dataset.
    """
    dataset = printed["dataset"].iloc[0]
    methods = methods_of(runs)
    columns = columns_of(runs)
    figure, axes = canvas(width=max(7.4, 1.6 + 1.05 * len(columns)), height=3.6)
    ax = axes[0, 0]
    for k, name in enumerate(methods):
        for place, (noise, rate) in enumerate(columns):
            rows = runs[(runs["method"] == name) & (runs["noise"] == noise) & (runs["rate"] == rate)]
            x = place + 0.25 * (k - 1)
            is_first = place == 0
            label = starred(name) if is_first else None
            error_bar(ax, x - 0.06, rows["auc_best"], look_of(name, markersize=7, label=label))
            error_bar(ax, x, rows["auc_last"], look_of(name, markersize=3.5))
            cells = printed.query("noise == @noise and rate == @rate and method == @name")["mean"]
            label = f"printed, {dataset} (best)" if is_first and name == methods[-1] else None
            ax.plot([x + 0.07] * len(cells), cells, "D", color=colour(name), fillstyle="none", label=label)
    ax.axhline(0.5, color=GREY, linewidth=1, linestyle=":")
    ax.set_xticks(range(len(columns)), column_names(columns))
    ax.set(ylabel="AUC of the weights", ylim=(-0.02, 1.03))
    sizes = "large: best epoch (chosen with the true labels); small: last epoch"
    headline(figure, f"right labels against wrong ones; {sizes}", data_of(runs))
    legend(figure, ax, 4)
    return figure


def error_bar(ax, x: float, values: pd.Series, look: dict) -> None:
    """Draw the mean of values at x, with a line from the lowest to the highest."""
    low = values.min()
    mean = values.mean()
    high = values.max()
    ax.errorbar(x, mean, yerr=[[mean - low], [high - mean]], linewidth=1, **look)


def heavy(runs: pd.DataFrame) -> Drawing:
    """Draw Fig. 2 as curves: test accuracy after every epoch, a panel per noise."""
    cells = list(runs.groupby(["noise", "rate"], sort=False))
    figure, axes = canvas(1, len(cells), width=3.6, height=3.0, sharey=True)
    for ax, ((noise, rate), cell) in zip(axes[0], cells):
        for name in methods_of(cell):
            curve = curves(cell[cell["method"] == name], ["test"])
            look = look_of(name, linestyle=DASHES[name], markersize=3)
            band(ax, curve, "epoch", "test", label=starred(name), **look)
        ax.set(xlabel="epoch", ylim=(0, 1.02))
        head(ax, f"{noise} {rate:.0%} ({cell['realised'].mean():.0%} wrong labels)")
    axes[0, 0].set_ylabel("test accuracy")
    headline(figure, "heavy noise", data_of(runs))
    legend(figure, axes[0, 0], 4)
    return figure


def weights(traces: Sequence[dict], *, losses: Tensor, epochs: Sequence[int]) -> Drawing:
    """Draw V(loss) after some epochs (above), and the losses of right and wrong training samples after the last of them
    (below); a column per method. traces: of `experiments.trace`; losses [L]: where V was drawn."""
    figure, axes = canvas(2, len(traces), width=3.1, height=2.3, sharex=True, sharey="row")
    shades = colormaps["viridis"](np.linspace(0, 0.9, len(epochs)))
    bins = np.geomspace(losses[0], losses[-1], 41)
    for (above, below), trace in zip(axes.T, traces):
        for epoch, ink in zip(epochs, shades):
            above.plot(losses, trace["V"][epoch - 1], color=ink, label=f"after epoch {epoch}")
        last = trace["loss"][epochs[-1] - 1].clamp(float(losses[0]), float(losses[-1]))
        wrong = trace["wrong"]
        for mask, name, ink in ((~wrong, "right labels", OKABE_ITO[2]), (wrong, "wrong labels", OKABE_ITO[1])):
            below.hist(last[mask].numpy(), bins, color=ink, alpha=0.55, label=name, histtype="stepfilled")
        logarithmic(above)
        above.set(ylim=(0, 1.02))
        below.set_xlabel("loss; smaller ones in the first bin")
        head(above, f"{starred(trace['method'])}: test {trace['accuracy']['last']:.1%} (last epoch)")
    axes[0, 0].set_ylabel("weight V(loss)")
    axes[1, 0].set_ylabel("training samples")
    trace = traces[0]
    headline(figure, f"{trace['noise'].words}; n = {len(trace['wrong']):,}, seed {trace['seed']}")
    for ax in axes[:, 0]:
        ax.legend(frameon=False, fontsize=7, labelcolor=GREY)
    return figure


def spread(runs: pd.DataFrame, *, criterion: str) -> Drawing:
    """Draw how far V's weights reach at the end (left), and their AUC against the accuracy, a point per run (right).

    runs: of `experiments.train_table(also=final_weights)`, under noise.
    """
    figure, axes = canvas(1, 2, width=4.2, height=3.2)
    left, right = axes[0]
    columns = columns_of(runs)
    runs = runs.assign(place=[columns.index(column) for column in zip(runs["noise"], runs["rate"])])
    for name in methods_of(runs):
        rows = runs[runs["method"] == name]
        look = look_of(name, markersize=4)
        band(left, rows, "place", "spread", label=starred(name), linestyle=DASHES[name], **look)
        right.plot(rows["auc_end"], rows[criterion], linestyle="", **look)
    left.set_xticks(range(len(columns)), column_names(columns), fontsize=7)
    left.set(ylabel="spread of V / mean V", ylim=(0, None))
    right.set(xlabel="AUC of the weights at the end", ylabel=f"test accuracy ({criterion})")
    right.set(xlim=(0, 1.02), ylim=(0, 1.02))
    right.axvline(0.5, color=GREY, linewidth=1, linestyle=":")
    headline(figure, "weights at the end of training; spread: from the 5 % to the 95 % quantile", data_of(runs))
    legend(figure, left, 3)
    return figure


def meta_sets(runs: pd.DataFrame, *, criterion: str) -> Drawing:
    """Draw test accuracy against the size of the meta set, a panel per noise; a curve per method and way of balancing.

    runs: with columns size and balanced.
    """
    cells = list(runs.groupby(["noise", "rate"], sort=False))
    dashes = ("-", "--", ":", "-.")
    figure, axes = canvas(1, len(cells), width=3.6, height=3.2, sharey=True)
    for ax, ((noise, rate), cell) in zip(axes[0], cells):
        for k, ((name, balanced), rows) in enumerate(cell.groupby(["method", "balanced"], sort=False)):
            look = look_of(name, linestyle=dashes[k % 4], markersize=4)
            band(ax, rows, "size", criterion, label=f"{starred(name)}, {balanced}", **look)
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
