"""Parts that the figures of the paper notebooks share. A point is the mean over seeds, a band reaches from the lowest
to the highest seed."""

import numpy as np

from .style import GREY, ORDER, write

DASHES = ("-", "--", "-.", ":")


def numbers(ax, shares, dark, digits=0, spread=None, bold=None):
    """Write every cell of a shown matrix in percent, in white where it is above `dark`; 0 stays empty."""
    for at, share in np.ndenumerate(shares):
        words = f"{100 * share:.{digits}f}" if 100 * share >= 0.5 else ""
        words += f"\n± {100 * spread[at]:.1f}" if spread is not None and spread[at] >= 0 else ""
        weight = "bold" if bold is not None and bold[at] else "normal"
        write(ax, at[1], at[0], words, color="white" if share > dark else "#333333", weight=weight)
    ax.grid(False)


def band(ax, runs, x, y, **look):
    """The mean of column y over seeds at every x, with a band from the lowest to the highest."""
    at = runs.groupby(x)[y].agg(["mean", "min", "max"])
    ax.plot(at.index, at["mean"], **look)
    if (at["max"] > at["min"]).any():
        ax.fill_between(at.index, at["min"], at["max"], color=look["color"], alpha=0.18, linewidth=0)


def shifted(values):
    """Positions on a logarithmic axis, 0 a factor 4 left of the smallest positive value."""
    return values.where(values > 0, values[values > 0].min() / 4)


def methods_of(runs):
    """The methods among the runs, in the order in which they are always drawn."""
    return sorted(set(runs["method"]), key=[*ORDER, *runs["method"]].index)


def noise_of(runs):
    """The noise of all runs in words, its rate too if there is one."""
    rates = sorted(set(runs["rate"]))
    return f"{', '.join(dict.fromkeys(runs['noise']))} noise, {', '.join(f'{rate:.0%}' for rate in rates)}"


def data_of(runs, spread="mean, lowest to highest"):
    """Data, samples, networks, epochs and seeds of all runs in words."""
    one, nets = runs.iloc[0], dict.fromkeys(net.partition("(")[0] for net in runs["net"])
    seeds = runs["seed"].nunique()
    spread = f"{seeds} seeds ({spread})" if seeds > 1 else f"seed {one['seed']}"
    epochs = " or ".join(map(str, sorted(set(runs["epochs"]))))
    return f"{one['task']}, n = {one['samples']:,}, {', '.join(nets)}, {epochs} epochs, {spread}"


def headline(figure, *lines):
    figure.suptitle("\n".join(lines), fontsize=9, color=GREY, x=0.01, ha="left")
