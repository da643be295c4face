"""Parts of the figures of a sweep: axes for values of any parameter, styles of curves, and how groups are drawn."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator

from ..errors import need
from ..paths import printable
from ..runs.groups import SHARES, ordered, parameter, places, title, written
from .parts import shifted
from .style import COLOURS, DASHES, LINES, MARKERS, MARKS, STYLES

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
LOG_FACTOR = 30  # from this factor on an axis is logarithmic


class Axis(NamedTuple):
    """Where values lie: numbers where they are, 0 in a place of its own on a logarithmic axis, words side by side."""

    values: list
    numeric: bool
    log: bool

    def positions(self, x: pd.Series) -> pd.Series:
        """Return the positions of the values of a column."""
        if not self.numeric:
            return x.map({value: k for k, value in enumerate(self.values)})
        return shifted(x.astype(float)) if self.log else x.astype(float)


def axis_of(x: pd.Series, log: bool | None = None) -> Axis:
    """Return the axis for the values of x. log: see `over`.

    Raises ValueError for a logarithmic axis where x has words, numbers below 0, or 0 alone.
    """
    values = ordered(x.dropna())
    numeric = all(_is_number(value) for value in values)
    positive = [value for value in values if value > 0] if numeric else []
    can_be_log = bool(positive) and min(values) >= 0
    need(can_be_log or not log, "log", log, "False or None where x has words, numbers below 0, or 0 alone")
    if log is None:
        log = can_be_log and max(positive) >= LOG_FACTOR * min(positive)
    return Axis(values, numeric, bool(log))


def _is_number(value):
    """Return whether a value is a number; a truth value is none."""
    return pd.api.types.is_number(value) and not isinstance(value, bool)


def lowest(axes: np.ndarray) -> list[Axes]:
    """Return the panels without another below them, and show the labels of their ticks."""
    panels = []
    for column in axes.T:
        visible = [ax for ax in column if ax.get_visible()]
        visible[-1].tick_params(labelbottom=True)
        panels.append(visible[-1])
    return panels


def set_x_axis(ax: Axes, x: str, axis: Axis) -> None:
    """Set the scale, the name with its unit, and the ticks of the axis of parameter x."""
    ax.set_xlabel(AXES.get(x) or title(x))
    if axis.log:
        ax.set_xscale("log")
    positions = axis.positions(pd.Series(axis.values)).tolist()
    labels = [printable(written(x, value)) for value in axis.values]
    if not axis.numeric or (len(positions) <= 9 and _has_room(positions, axis.log)):
        tilted = {"rotation": 25, "ha": "right"} if sum(map(len, labels)) > 40 else {}
        ax.set_xticks(positions, labels, **tilted)
        ax.xaxis.set_minor_locator(NullLocator())
    elif x in SHARES:
        ax.xaxis.set_major_formatter(FuncFormatter(_percent))
    if not axis.numeric:
        ax.set_xlim(-0.5, len(positions) - 0.5)


def _percent(value, _):
    """Write the label of a tick as a share. matplotlib passes the position, too."""
    return f"{value:.0%}"


def _has_room(positions, log):
    """Return whether the labels of ticks do not overlap."""
    if log or len(positions) < 2:
        return True
    return np.diff(positions).min() > (positions[-1] - positions[0]) / 14


def curve_styles(table: pd.DataFrame, by: str, settings: list[str]) -> tuple[pd.Series, dict[str, dict[str, Any]]]:
    """Return the label of each run's curve, and the style of each label in the order in which curves are drawn.

    A curve is for a value of `by`, with the hyperparameters `settings` that differ.
    """
    keys = pd.DataFrame({name: parameter(table, name, "by") for name in (by, *settings)})
    labels = pd.Series([_curve_label(run, by) for run in keys.to_dict("records")], table.index, dtype=object)
    curves = keys.assign(label=labels).drop_duplicates("label").sort_values(list(keys), key=places)
    styles = _styles(by, list(curves[by]), list(curves["label"]))
    return labels, dict(zip(curves["label"], styles))


def _curve_label(values, by):
    """Return the values of a run's parameters in words; hyperparameters that its method lacks are left out."""
    parts = []
    for name, value in values.items():
        if name == by or not pd.isna(value):
            parts.append(title(name, value))
    return ", ".join(parts)


def _styles(by, values, labels):
    """Return the style of each curve for matplotlib: that of its method, or else that of its place in the list.

    Curves of one method share its colour. Where two curves have the same colour and dash, the second gets another dash.
    """
    styles = []
    taken = set()
    for k, (value, label) in enumerate(zip(values, labels)):
        if by == "method" and value in COLOURS:
            colour = COLOURS[value]
            dash = DASHES[value]
            earlier_curves = values[:k].count(value)
            mark = MARKS[(MARKS.index(MARKERS[value]) + earlier_curves) % len(MARKS)]
        else:
            colour = LINES[k % len(LINES)]
            dash = "-"
            mark = MARKS[k % len(MARKS)]
        if (colour, dash) in taken:
            free = [style for style in STYLES if (colour, style) not in taken]
            dash = free[0] if free else dash
        taken.add((colour, dash))
        styles.append({"label": label, "color": colour, "marker": mark, "linestyle": dash, "markersize": 4})
    return styles


def draw_line(ax: Axes, points: pd.DataFrame, style: dict[str, Any]) -> None:
    """Draw a group over numbers: a line through the means, a band around it; a bar where it is one point."""
    ax.plot(points["position"], points["mean"], **style)
    if len(points) == 1:
        draw_points(ax, points, style, 0)
    elif points["low"].notna().any():
        ax.fill_between(
            points["position"], points["low"], points["high"], color=style["color"], alpha=0.18, linewidth=0
        )


def draw_points(ax: Axes, points: pd.DataFrame, style: dict[str, Any], offset: float) -> None:
    """Draw a group over words: a point and a bar for each, `offset` beside the tick."""
    below = (points["mean"] - points["low"]).clip(lower=0)  # rounding can make it negative
    above = (points["high"] - points["mean"]).clip(lower=0)
    style = style | {"linestyle": "none", "elinewidth": 1}
    ax.errorbar(points["position"] + offset, points["mean"], yerr=[below, above], **style)


def draw_level(ax: Axes, row: Any, style: dict[str, Any]) -> None:
    """Draw a group without a value of x: a level line, a band around it. row: mean, low and high."""
    ax.axhline(row.mean, **style | {"marker": "", "linewidth": 1.2})
    if not pd.isna(row.low):
        ax.axhspan(row.low, row.high, color=style["color"], alpha=0.12, linewidth=0)
