"""Parts that the figures of the paper notebooks share. A point is the mean over seeds, a band reaches from the lowest
to the highest seed."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import GREY, ORDER, write

DASHES = ("-", "--", "-.", ":")


def numbers(
    ax: Axes,
    shares: np.ndarray,
    dark: float,
    digits: int = 0,
    spread: np.ndarray | None = None,
    bold: np.ndarray | None = None,
) -> None:
    """Write every cell of a shown matrix in percent; a cell below half a percent stays empty.

    shares: of 1, as shown. dark: numbers of larger shares are white. spread: shares to be written below, after a
    plus-minus sign, where they are not negative. bold: which cells are in bold type.
    """
    for cell, share in np.ndenumerate(shares):
        text = f"{100 * share:.{digits}f}" if 100 * share >= 0.5 else ""
        if spread is not None and spread[cell] >= 0:
            text += f"\n± {100 * spread[cell]:.1f}"
        weight = "bold" if bold is not None and bold[cell] else "normal"
        row, column = cell
        write(ax, column, row, text, color="white" if share > dark else "#333333", weight=weight)
    ax.grid(False)


def band(ax: Axes, runs: pd.DataFrame, x: str, y: str, **style: Any) -> None:
    """Draw the mean of column y over seeds at every x, with a band from the lowest to the highest."""
    curve = runs.groupby(x)[y].agg(["mean", "min", "max"])
    ax.plot(curve.index, curve["mean"], **style)
    if (curve["max"] > curve["min"]).any():
        ax.fill_between(curve.index, curve["min"], curve["max"], color=style["color"], alpha=0.18, linewidth=0)


def shifted(values: pd.Series) -> pd.Series:
    """Return positions on a logarithmic axis, with 0 a factor 4 left of the smallest positive value."""
    return values.where(values > 0, values[values > 0].min() / 4)


def methods_of(runs: pd.DataFrame) -> list[str]:
    """Return the methods among the runs, in the order in which they are always drawn."""
    order = [*ORDER, *runs["method"]]
    return sorted(set(runs["method"]), key=order.index)


def noise_of(runs: pd.DataFrame) -> str:
    """Return the noise of all runs and its rates in words."""
    noises = ", ".join(dict.fromkeys(runs["noise"]))
    rates = [f"{rate:.0%}" for rate in sorted(set(runs["rate"]))]
    return f"{noises} noise, {', '.join(rates)}"


def data_of(runs: pd.DataFrame, spread: str = "mean, lowest to highest") -> str:
    """Return data, samples, networks, epochs and seeds of all runs in words."""
    run = runs.iloc[0]
    nets = ", ".join(dict.fromkeys(runs["net"].str.partition("(")[0]))
    epochs = " or ".join(map(str, sorted(set(runs["epochs"]))))
    n_seeds = runs["seed"].nunique()
    seeds = f"{n_seeds} seeds ({spread})" if n_seeds > 1 else f"seed {run['seed']}"
    return f"{run['task']}, n = {run['samples']:,}, {nets}, {epochs} epochs, {seeds}"


def headline(figure: Figure, *lines: str) -> None:
    """Write the title of a figure, in grey, from the left."""
    figure.suptitle("\n".join(lines), fontsize=9, color=GREY, x=0.01, ha="left")
