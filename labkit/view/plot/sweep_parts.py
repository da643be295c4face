"""Parts of the figures of a sweep: where values of any parameter lie on an axis, how a group looks, how it is drawn."""

from typing import NamedTuple

import pandas as pd
from matplotlib.ticker import FuncFormatter, NullLocator

from ...errors import need
from ...runs.groups import SHARES, ordered, title, written
from .parts import shifted
from .style import COLOURS, DASHES, LINES, MARKERS, STYLES

AXES = {
    "rate": "noise rate (% of the labels)",
    "realised": "wrong labels (%)",
    "epochs": "epochs of training",
    "samples": "training samples",
    "lam": "lambda",
    "recipe.lr": "learning rate",
    "recipe.batch": "batch size (samples)",
    "recipe.weight_decay": "weight decay",
}
SPAN = 30  # from this factor on an axis is logarithmic


class Places(NamedTuple):
    """Where values lie: numbers where they are, 0 in a place of its own on a logarithmic axis, words side by side."""

    values: list
    numeric: bool
    log: bool

    def at(self, x):
        """The positions of a column. -> Series"""
        if not self.numeric:
            return x.map({value: k for k, value in enumerate(self.values)})
        return shifted(x.astype(float)) if self.log else x.astype(float)


def at_places(x, log=None):
    """The places of the values of x; log: see `over`. -> Places. Raises ValueError for a logarithmic axis where x has
    words, numbers below 0, or 0 alone."""
    values = ordered(x.dropna())
    numeric = all(pd.api.types.is_number(value) and not isinstance(value, bool) for value in values)
    above = [value for value in values if value > 0] if numeric else []
    can = bool(above) and min(values) >= 0
    need(can or not log, "log", log, "False or None where x has words, numbers below 0, or 0 alone")
    return Places(values, numeric, can and max(above) >= SPAN * min(above) if log is None else bool(log))


def lowest(axes):
    """The panels without another below them, with their ticks. -> list"""
    found = []
    for column in axes.T:
        found.append([ax for ax in column if ax.get_visible()][-1])
        found[-1].tick_params(labelbottom=True)
    return found


def x_axis(ax, x, places):
    """Scale, name with its unit, and ticks of the axis of x."""
    ax.set_xlabel(AXES.get(x) or title(x))
    if places.log:
        ax.set_xscale("log")
    at = places.at(pd.Series(places.values)).tolist()
    words = [written(x, value) for value in places.values]
    gaps = [right - left for left, right in zip(at, at[1:])]
    apart = places.log or not gaps or min(gaps) > (at[-1] - at[0]) / 14
    if not places.numeric or (len(at) <= 9 and apart):
        tilted = {"rotation": 25, "ha": "right"} if sum(map(len, words)) > 40 else {}
        ax.set_xticks(at, words, **tilted)
        ax.xaxis.set_minor_locator(NullLocator())
    elif x in SHARES:
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    if not places.numeric:
        ax.set_xlim(-0.5, len(at) - 0.5)


def looks(by, values):
    """Name, colour, marker and dash of every value of the parameter `by`: a method's own, the same everywhere, else
    those of its place. -> list of dicts for matplotlib"""
    others = list("osD^vPX*ph<>d8H")
    found = []
    for k, value in enumerate(values):
        place = (LINES[k % 7], others[k % 15], STYLES[k // 7 % 7])
        own = by == "method" and value in COLOURS
        colour, mark, dash = (COLOURS[value], MARKERS[value], DASHES[value]) if own else place
        found.append({"label": title(by, value), "color": colour, "marker": mark, "linestyle": dash, "markersize": 4})
    return found


def line(ax, of, look, place):
    """A group over numbers: a line through the means, a band around it; a bar where it is one point."""
    ax.plot(of["at"], of["mean"], **look)
    if len(of) == 1:
        points(ax, of, look, 0)
    elif of["low"].notna().any():
        ax.fill_between(of["at"], of["low"], of["high"], color=look["color"], alpha=0.18, linewidth=0)


def points(ax, of, look, place):
    """A group over words: a point and a bar for each, `place` beside the tick."""
    reach = [(of["mean"] - of["low"]).clip(lower=0), (of["high"] - of["mean"]).clip(lower=0)]  # rounding
    ax.errorbar(of["at"] + place, of["mean"], yerr=reach, **look | {"linestyle": "none", "elinewidth": 1})


def level(ax, row, look):
    """A group without a value of x: a level line, a band around it."""
    ax.axhline(row.mean, **look | {"marker": "", "linewidth": 1.2})
    if row.low == row.low:
        ax.axhspan(row.low, row.high, color=look["color"], alpha=0.12, linewidth=0)
