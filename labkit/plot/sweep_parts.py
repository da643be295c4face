"""Parts of the figures of a sweep: where values of any parameter lie on an axis, how a group looks, how it is drawn."""

from typing import NamedTuple

import pandas as pd
from matplotlib.ticker import FuncFormatter, NullLocator

from ..errors import need
from ..paths import printable
from ..runs.groups import SHARES, ordered, parameter, places, title, written
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


class Axis(NamedTuple):
    """Where values lie: numbers where they are, 0 in a place of its own on a logarithmic axis, words side by side."""

    values: list
    numeric: bool
    log: bool

    def at(self, x):
        """The positions of a column. -> Series"""
        if not self.numeric:
            return x.map({value: k for k, value in enumerate(self.values)})
        return shifted(x.astype(float)) if self.log else x.astype(float)


def axis_of(x, log=None):
    """The axis for the values of x; log: see `over`. -> Axis. Raises ValueError for a logarithmic axis where x has
    words, numbers below 0, or 0 alone."""
    values = ordered(x.dropna())
    numeric = all(pd.api.types.is_number(value) and not isinstance(value, bool) for value in values)
    above = [value for value in values if value > 0] if numeric else []
    can = bool(above) and min(values) >= 0
    need(can or not log, "log", log, "False or None where x has words, numbers below 0, or 0 alone")
    return Axis(values, numeric, can and max(above) >= SPAN * min(above) if log is None else bool(log))


def lowest(axes):
    """The panels without another below them, with their ticks. -> list"""
    found = []
    for column in axes.T:
        found.append([ax for ax in column if ax.get_visible()][-1])
        found[-1].tick_params(labelbottom=True)
    return found


def x_axis(ax, x, axis):
    """Scale, name with its unit, and ticks of the axis of x."""
    ax.set_xlabel(AXES.get(x) or title(x))
    if axis.log:
        ax.set_xscale("log")
    at = axis.at(pd.Series(axis.values)).tolist()
    words = [printable(written(x, value)) for value in axis.values]
    gaps = [right - left for left, right in zip(at, at[1:])]
    apart = axis.log or not gaps or min(gaps) > (at[-1] - at[0]) / 14
    if not axis.numeric or (len(at) <= 9 and apart):
        tilted = {"rotation": 25, "ha": "right"} if sum(map(len, words)) > 40 else {}
        ax.set_xticks(at, words, **tilted)
        ax.xaxis.set_minor_locator(NullLocator())
    elif x in SHARES:
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    if not axis.numeric:
        ax.set_xlim(-0.5, len(at) - 0.5)


def curves(table, by, beside):
    """What a curve is for: a value of `by`, with the hyperparameters `beside` that differ. -> labels (Series), {label:
    look} in the order in which they are drawn"""
    keys = pd.DataFrame({name: parameter(table, name, "by") for name in (by, *beside)})
    shown = lambda row: [title(n, v) for n, v in zip(keys, row) if n == by or not pd.isna(v)]
    labels = pd.Series([", ".join(shown(row)) for row in keys.itertuples(index=False)], table.index)
    kinds = keys.assign(label=labels).drop_duplicates("label").sort_values(list(keys), key=places)
    return labels, dict(zip(kinds["label"], looks(by, list(kinds[by]), kinds["label"])))


def looks(by, values, labels):
    """Colour, marker and dash: a method's own, else those of its place. Curves of one method share its colour alone; of
    two methods of one colour and dash, the second gets another dash here. -> list of dicts for matplotlib"""
    marks, found, taken = list("osD^vPX*ph<>d8H"), [], set()
    for k, (value, label) in enumerate(zip(values, labels)):
        own = by == "method" and value in COLOURS
        colour, mark, dash = (LINES[k % 7], marks[k % 15], "-")
        if own:
            colour, mark, dash = COLOURS[value], MARKERS[value], DASHES[value]
        dashes = [dash, *(style for style in STYLES if style != dash)]
        dash = next((style for style in dashes if (colour, style) not in taken), dash)
        taken.add((colour, dash))
        mark = marks[(marks.index(mark) + values[:k].count(value)) % 15] if own else mark
        found.append({"label": label, "color": colour, "marker": mark, "linestyle": dash, "markersize": 4})
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
