"""Figures of the notebook on CDR+AUX. They draw rows of `labkit.runs.grid.grid` or of the ledger: one row per run.

Everywhere a point is the mean over seeds and a band or bar reaches from the lowest to the highest seed.
"""

from collections.abc import Sequence
from itertools import product
from textwrap import fill

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ...errors import must, need
from ...fit.accuracy import in_words
from ...noise.passport import Passport
from ...plot.parts import DASHES, band, data_of, headline, methods_of, noise_of, numbers, shifted
from ...plot.style import GREY, OKABE_ITO, ORDER, Drawing, canvas, colour, head, legend, logarithmic, marker
from ...runs.grid import curves
from .kernel import WAYS

__all__ = [
    "absorbed", "beside_printed", "lambda_sweep", "noise_matrices", "table_heat", "towards_the_kernel",
    "training_and_validation", "width_sweep",
]  # fmt: skip

PHASES = {  # column: words, colour, dash
    "train_aided": ("training, with b (what the loss sees)", OKABE_ITO[1], "-"),
    "train_given": ("training, without b (the network alone)", OKABE_ITO[0], "--"),
    "val_noisy": ("validation, noisy labels, without b", OKABE_ITO[3], "-."),
}

SOLVED = {"kernel ridge": OKABE_ITO[5], "kernel, no ridge": OKABE_ITO[3]}
PANELS = {  # column: what its axis shows, in a formula, methods
    "kernel_moved": ("change of the kernel", "|K_T - K_0| / |K_0|, training set", ("ERM", "RDI")),
    "distance": ("distance to kernel ridge", "|f_T - f_kernel| / |f_kernel - f_0|, test set", ("RDI", "AUX")),
    "last": ("test accuracy", "after the last step", ("ERM", "RDI", "AUX", *SOLVED)),
}
LAMBDAS = {"lam": "lambda", "lam_eff": "effective lambda (0 left out)"}  # column: name of the axis


def table_heat(runs: pd.DataFrame, *, criterion: str) -> Drawing:
    """Draw a results table as colours and numbers: mean and standard deviation over seeds in percent, a panel per
    noise, a row per method, a column per rate; the best mean of every column is bold."""
    noises, methods, rates = list(dict.fromkeys(runs["noise"])), methods_of(runs), sorted(set(runs["rate"]))
    figure, axes = canvas(1, len(noises), width=0.9 + 0.75 * len(rates), height=0.9 + 0.4 * len(methods), sharey=True)
    scores = runs.groupby(["noise", "method", "rate"])[criterion].agg(["mean", "std"])
    for ax, noise in zip(axes[0], noises):
        mean = scores.loc[noise]["mean"].unstack().loc[methods, rates].to_numpy()
        std = scores.loc[noise]["std"].unstack().loc[methods, rates].to_numpy()
        ax.imshow(mean, cmap="Blues", vmin=0, vmax=1.3, aspect="auto")
        numbers(ax, mean, 0.75, 1, std, mean == np.nanmax(mean, axis=0))
        ax.set(xlabel="noise rate", xticks=range(len(rates)), xticklabels=[f"{rate:.0%}" for rate in rates])
        ax.set_yticks(range(len(methods)), methods)
        head(ax, f"{noise} noise")
    headline(figure, f"{in_words(criterion)}, in %", data_of(runs, "mean ± standard deviation"))
    return figure


def beside_printed(table: pd.DataFrame) -> Drawing:
    """Draw printed (hollow) beside measured (filled, with its 95 % interval where there are seeds): a panel per noise
    and rate that was run. table: of labkit.ledger.table. Raises ValueError when no cell was run."""
    ran = table[table["n"] > 0]
    must(len(ran), "table", "one without a cell that was run", "one with measured cells")
    panels = list(ran.groupby(["noise", "rate"], sort=False))
    columns = min(4, len(panels))
    figure, axes = canvas(-(-len(panels) // columns), columns, width=2.6, height=2.3)
    for ax, ((noise, rate), cells) in zip(axes.flat, panels):
        y = range(len(cells))
        bar = [cells["measured"] - cells["low"].clip(lower=0), cells["high"].clip(upper=100) - cells["measured"]]
        ax.errorbar(cells["measured"], y, xerr=bar, fmt="o", color=OKABE_ITO[0], label="measured")
        ax.plot(cells["printed"], y, "D", color=OKABE_ITO[1], fillstyle="none", label="printed")
        ax.set(yticks=y, xlabel="test accuracy (%)", ylim=(len(cells) - 0.5, -0.5))
        ax.set_yticklabels(cells["label"])
        head(ax, f"{noise} {rate:.0%}", f"seeds: {cells['n'].max()}, epochs: {cells['epochs'].max():.0f}")
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    cell = ran.iloc[0]
    headline(figure, f"{cell['dataset']}, {cell['net']}; {in_words(cell['criterion'])}")
    legend(figure, axes[0, 0], 2)
    return figure


def training_and_validation(runs: pd.DataFrame, *, method: str = "CDR+AUX") -> Drawing:
    """Draw accuracy against the given labels over the epochs, in training with and without b and on the noisy
    validation split; the line is the share of right labels. A panel per noise (down) and rate (across). Raises
    ValueError for a method that is not among the runs."""
    method_runs = runs[runs["method"] == method]
    need(len(method_runs), "method", method, f"one of {', '.join(methods_of(runs))}")
    epochs = curves(method_runs)
    noises, rates = list(dict.fromkeys(method_runs["noise"])), sorted(set(method_runs["rate"]))
    shape = (len(noises), len(rates)) if len(rates) > 1 else (1, len(noises))
    figure, axes = canvas(*shape, width=2.9, height=2.1 + 0.8 / shape[0], sharex=True, sharey=True)
    for ax, (noise, rate) in zip(axes.flat, product(noises, rates)):
        cell = epochs[(epochs["noise"] == noise) & (epochs["rate"] == rate)]
        for column, (label, ink, dash) in PHASES.items():
            band(ax, cell, "epoch", column, label=label, color=ink, linestyle=dash)
        right = 1 - cell["realised"].mean()
        ax.axhline(right, color=GREY, linewidth=1, linestyle=":", label="share of right labels")
        ax.set_ylim(0, 1.03)
        head(ax, f"{noise} {rate:.0%} ({1 - right:.0%} wrong)")
    for ax in axes[-1]:
        ax.set_xlabel("epoch")
    for ax in axes[:, 0]:
        ax.set_ylabel("accuracy")
    headline(figure, f"{method}: accuracy against the given labels", data_of(method_runs))
    legend(figure, axes[0, 0], 2 if axes.size > 1 else 1)
    return figure


def lambda_sweep(runs: pd.DataFrame, *, criterion: str, by: str = "rate", x: str | Sequence[str] = "lam") -> Drawing:
    """Draw test accuracy against lambda, one curve per value of `by`; 0 has a place of its own to the left of the
    logarithmic axis. x: "lam", "lam_eff" (the ridge that a run really had), or both as a list: a panel each."""
    panels = [x] if isinstance(x, str) else x
    figure, axes = canvas(1, len(panels), width=5.4 if len(panels) == 1 else 3.6, height=3.2, sharey=True)
    for ax, column in zip(axes[0], panels):
        drawn = runs if column == "lam" else runs[runs[column] > 0]
        drawn = drawn.assign(position=shifted(drawn[column]))
        for k, (value, curve) in enumerate(drawn.groupby(by)):
            label = f"noise rate {value:.0%}" if by == "rate" else str(value)
            band(ax, curve, "position", criterion, label=label, color=OKABE_ITO[k % 7], markersize=4, **_line(k))
        ax.set_xscale("log")
        if column == "lam":
            positions = drawn.groupby("lam")["position"].first()
            ax.set_xticks(positions, [f"{lam:g}" for lam in positions.index])
        else:
            ax.xaxis.set_major_formatter("{x:g}")
        ax.minorticks_off()
        ax.set_xlabel(LAMBDAS[column])
    axes[0, 0].set(ylabel="test accuracy", ylim=(0, 1.02))
    headline(figure, f"{in_words(criterion)}; {noise_of(runs)}", data_of(runs))
    legend(figure, axes[0, 0], 3)
    return figure


def _line(k):
    """Return dash and marker of the k-th curve."""
    return {"linestyle": DASHES[k % 4], "marker": "osD^v"[k % 5]}


def width_sweep(runs: pd.DataFrame, *, criteria: Sequence[str] = ("last", "best_val")) -> Drawing:
    """Draw test accuracy against the width of the hidden layers, one curve per column `what`; a panel per criterion.

    runs: with columns `width` and `what` (the curve's name).
    """
    figure, axes = canvas(1, len(criteria), width=3.6, height=3.2, sharey=True)
    widths = sorted(set(runs["width"]))
    for ax, criterion in zip(axes[0], criteria):
        for k, (name, curve) in enumerate(runs.groupby("what", sort=False)):
            ink = colour(name) if name in ORDER else OKABE_ITO[k % 7]
            band(ax, curve, "width", criterion, label=name, color=ink, **_line(k))
        ax.set_xscale("log", base=2)
        ax.set_xticks(widths, widths)
        ax.set(xlabel="units per hidden layer", ylim=(0, 1.02))
        head(ax, in_words(criterion))
    axes[0, 0].set_ylabel("test accuracy")
    headline(figure, noise_of(runs), data_of(runs))
    legend(figure, axes[0, 0], 3)
    return figure


def noise_matrices(passports: Sequence[Passport]) -> Drawing:
    """Draw what the noise models did: a panel per passport, the share of every true class that got each given label."""
    figure, axes = canvas(1, len(passports), width=2.5, height=3.0)
    for ax, passport in zip(axes[0], passports):
        matrix = np.asarray(passport.realised_matrix)
        ax.imshow(matrix, cmap="Blues", vmin=0, vmax=1)
        numbers(ax, matrix, 0.5)
        ax.set(xlabel="given label", ylabel="true label", xticks=range(len(matrix)), yticks=range(len(matrix)))
        head(ax, f"{passport.name} {passport.rate:.0%}", f"{passport.realised:.1%} wrong, seed {passport.seed}")
    headline(figure, "realised share of the true class, in %")
    return figure


def absorbed(norms: ArrayLike, *, wrong: ArrayLike, title: str = "") -> Drawing:
    """Draw how far b_i moved for right and for wrong labels: two histograms. norms [N], wrong bool [N]."""
    norms, wrong = np.asarray(norms), np.asarray(wrong)
    figure, axes = canvas(width=5.2, height=2.8)
    ax, bins = axes[0, 0], np.linspace(0, norms.max(), 41)
    for mask, name, ink in ((~wrong, "right labels", OKABE_ITO[2]), (wrong, "wrong labels", OKABE_ITO[1])):
        ax.hist(norms[mask], bins, color=ink, alpha=0.55, label=f"{name} (n = {mask.sum():,})")
    ax.set(xlabel="lambda ||b_i|| (logits) at the end of training", ylabel="training samples")
    head(ax, fill(title, 80))
    legend(figure, ax, 2)
    return figure


def towards_the_kernel(runs: pd.DataFrame) -> Drawing:
    """Draw against the width how far the tangent kernel moves in training, how far the trained outputs end from kernel
    ridge regression, and the test accuracy of both; solid the standard way of writing a network, dashed the "ntk" way.

    runs: of labkit.papers.cdr_aux.kernel.towards.
    """
    figure, axes = canvas(1, len(PANELS), width=3.5, height=3.4)
    widths = sorted(set(runs["width"]))
    for ax, (column, (label, formula, methods)) in zip(axes[0], PANELS.items()):
        for name, (way, dash) in product(methods, zip(WAYS, ("-", "--"))):
            curve = runs[(runs["way"] == way) & (runs["method"] == name)]
            if len(curve):
                style = {"color": _method_colour(name), "marker": _method_marker(name), "markersize": 4}
                band(ax, curve, "width", column, linestyle=dash, label=f"{name}, {way}", **style)
        ax.set_xscale("log", base=2)
        ax.set_xticks(widths, widths)
        ax.set(xlabel="units in the hidden layer", ylabel=label)
        head(ax, formula)
        if column != "last":
            logarithmic(ax, "y")
    axes[0, -1].set_ylim(0, 1.02)
    trained = runs[~runs["method"].isin(list(SOLVED))]
    data = data_of(trained).replace("epochs", "steps")
    headline(figure, f"{noise_of(runs)}; squared loss, gradient descent", data)
    legend(figure, axes[0, -1], 5)
    return figure


def _method_colour(name):
    """Return the colour of a method; what is solved has its own."""
    return SOLVED[name] if name in SOLVED else colour(name)


def _method_marker(name):
    """Return the marker of a method; what is solved has a star."""
    return "*" if name in SOLVED else marker(name)
