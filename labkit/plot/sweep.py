"""Figures of a sweep: scores over any parameter, and learning curves, with bands over the seeds.

They draw the rows of labkit.results, one per run. A point is a mean over runs that differ in their seeds. What else
differs gets panels; where that is too much for panels, the caption says what a point mixes.
"""

from itertools import product
from textwrap import fill
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.ticker import MaxNLocator

from ..errors import choose, must, need
from ..runs import groups
from .parts import headline
from .style import GREY, Drawing, canvas, head, legend, literal
from .sweep_parts import axis_of, curve_styles, draw_level, draw_line, draw_points, lowest, set_x_axis

LOWEST_R2 = -0.5  # lower ones are not drawn
MOST_PANELS = 6  # a parameter with more values gets no panels
PANELS_IN_ROW = 3
COLUMN_LABELS = {
    "test": "test accuracy",
    "r2_test": "R2 on the test set",
    "val_noisy": "accuracy on noisy validation",
    "r2_val_noisy": "R2 on noisy validation",
    "train_loss": "training loss (nats; squared error in regression)",
    "train_given": "training accuracy against given labels",
    "train_true": "training accuracy against true labels",
    "clean_fitted": "clean labels fitted (fraction)",
    "noisy_memorised": "wrong labels memorised (fraction)",
    "noisy_corrected": "wrong labels corrected (fraction)",
    "selected_precision": "clean among the selected (fraction)",
    "seconds": "seconds per epoch",
}


class Layout(NamedTuple):
    """The points of a figure and where they are drawn.

    rows: a row per run (and epoch) with columns x, y, curve, row, col. table: the runs, of labkit.results. x, by, row,
    col: names of parameters. styles: {curve: its style for matplotlib}. keys: all parameters in which no two runs
    behind a point differ.
    """

    rows: pd.DataFrame
    table: pd.DataFrame
    x: str
    by: str
    row: str | None
    col: str | None
    styles: dict[str, dict[str, Any]]
    keys: list[str]


def over(
    table: pd.DataFrame,
    x: str,
    *,
    y: str = "last10",
    by: str = "method",
    row: str | None = "auto",
    col: str | None = "auto",
    log: bool | None = None,
    band: str = "range",
) -> Drawing:
    """Draw a criterion against any parameter: the mean over the seeds of every group, with a band.

    table: of labkit.results. x, by, row, col: a column ("rate", "net", "hardware"), a hyperparameter ("method.q") or an
    entry of the recipe ("recipe.lr"); a curve for each value of `by`, a panel for each of `row` (down) and `col`
    (across). "auto": what else differs gets panels, where it has six values at most; None: no panels. Hyperparameters
    that differ within a method give it several curves. Runs without a value of x, of methods without that
    hyperparameter, are a level line. y: last, last10, best_val or oracle_best.
    log: a logarithmic axis, 0 in a place of its own; None takes one where x spans a factor of 30. band: "range" (lowest
    to highest) or "t" (95 % t interval of the mean).
    Returns a Drawing; for an empty table one that says so. Raises ValueError, with the nearest name, for what does not
    exist.
    """
    if table.empty:
        return _empty()
    criterion = groups.criterion(table, y)
    values = groups.parameter(table, x, "x")
    need(values.notna().any(), "x", x, "a parameter that has a value in some run")
    rows = table[["run"]].assign(x=values, y=table[y])
    layout = _arrange(rows, table, x, by, row, col)
    axis = axis_of(layout.rows["x"], log)
    figure, axes, counts = _draw_panels(layout, axis, band)
    for ax in lowest(axes):
        set_x_axis(ax, x, axis)
    _finish(figure, axes, layout, counts, groups.score_of(table), criterion, band)
    return literal(figure)


def learning(
    histories: pd.DataFrame,
    table: pd.DataFrame,
    column: str | None = None,
    *,
    by: str = "method",
    row: str | None = "auto",
    col: str | None = "auto",
    band: str = "range",
) -> Drawing:
    """Draw a column of the histories after every epoch: the mean over the seeds of every group, with a band.

    histories: of labkit.runs.store.histories. table: of labkit.results, the runs that are drawn. column: of
    labkit.measure.COLUMNS (r2_... for regression); None is the score on the test set. by, row, col, band, and what is
    returned and raised: see `over`.
    """
    if table.empty or histories.empty:
        return _empty()
    histories = histories[histories["run"].isin(table["run"])]
    measured = [name for name in histories.columns.drop(["run", "epoch", "stage"]) if histories[name].notna().any()]
    if not column:
        column = "test" if "test" in measured else "r2_test"
    choose("column", column, dict.fromkeys(measured))
    rows = histories[["run", "epoch"]].rename(columns={"epoch": "x"}).assign(y=histories[column])
    table = table[table["run"].isin(rows.loc[rows["y"].notna(), "run"])]
    layout = _arrange(rows, table, "epoch", by, row, col)
    figure, axes, counts = _draw_panels(layout, axis_of(rows["x"], False), band)
    for ax in lowest(axes):
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        ax.set_xlabel("epoch")
    label = COLUMN_LABELS.get(column, column)
    _finish(figure, axes, layout, counts, label, f"{label}, after every epoch", band)
    return literal(figure)


def _empty():
    """Make a figure without data that says why. -> Drawing"""
    figure, axes = canvas(width=6.4, height=0.6)
    axes[0, 0].set_axis_off()
    text = "No finished run yet: there is nothing to draw."
    axes[0, 0].text(0, 0.5, text, color=GREY, fontsize=10, va="center")
    return figure


def _arrange(rows, table, x, by, row, col):
    """Give every run its curve and its panel. rows: with columns run, x, y. -> Layout"""
    must(table["run"].is_unique, "table", "one with a run twice", "one row per run, as labkit.results makes it")
    for argument, name in (("by", by), ("row", row), ("col", col)):
        if name not in ("auto", None):
            groups.parameter(table, name, argument)
    named = [name for name in (x, by, row, col) if name not in ("auto", "epoch", None)]
    separating = groups.separating(table, named, MOST_PANELS)
    by_curves = _separated_by_curves(table, by, separating)
    by_panels = [name for name in separating if name not in by_curves]
    if col == "auto":
        col = by_panels.pop(0) if by_panels else None
    if row == "auto":
        row = by_panels.pop(0) if by_panels else None
    runs = table[["run"]].copy()
    runs["row"] = groups.parameter(table, row, "row") if row else ""
    runs["col"] = groups.parameter(table, col, "col") if col else ""
    runs["curve"], styles = curve_styles(table, by, by_curves)
    panel_keys = [name for name in (row, col) if name and name not in named]
    return Layout(rows.merge(runs, on="run"), table, x, by, row, col, styles, [*named, *by_curves, *panel_keys])


def _separated_by_curves(table, by, separating):
    """Return the hyperparameters that give a method several curves: as many as leave it MOST_PANELS at most."""
    chosen = [name for name in separating if by == "method" and name.startswith("method.")]
    while chosen:
        curves = groups.settings(table)[["method", *chosen]].drop_duplicates()
        if curves.value_counts("method").max() <= MOST_PANELS:
            break
        chosen.pop()
    return chosen


def _draw_panels(layout, axis, band):
    """Draw every group in its panel. -> figure, axes, number of runs behind each point"""
    panels = list(product(groups.ordered(layout.rows["row"]), groups.ordered(layout.rows["col"])))
    figure, axes = _make_panels(layout)
    rows = layout.rows.assign(position=axis.positions(layout.rows["x"]))
    counts = {label: [] for label in layout.styles}
    for ax, (row, col) in zip(axes.flat, panels):
        in_panel = _equals(rows["row"], row) & _equals(rows["col"], col)
        points = groups.spread(rows[in_panel], ["curve", "x", "position"], "y", band).sort_values("position")
        for k, (label, style) in enumerate(layout.styles.items()):
            curve = points[points["curve"] == label]
            counts[label] += list(curve["n"])
            _draw_curve(ax, curve, axis, style, _offset(layout, k))
        titles = [groups.title(layout.col, col), groups.title(layout.row, row)]
        head(ax, ", ".join(filter(None, titles)))
    for ax in list(axes.flat)[len(panels) :]:
        ax.set_visible(False)
    _name_curves(axes[0, 0], layout.styles, counts)
    every_count = []
    for curve_counts in counts.values():
        every_count += curve_counts
    return figure, axes, every_count


def _make_panels(layout):
    """Make a panel for every value of row (down) and col (across); a single row of panels is wrapped."""
    down = len(groups.ordered(layout.rows["row"]))
    across = len(groups.ordered(layout.rows["col"]))
    if down == 1:
        down = -(-across // PANELS_IN_ROW)
        across = min(PANELS_IN_ROW, across)
    height = 3.4 if down == 1 else 2.2
    return canvas(down, across, width=max(2.4, 6.6 / across), height=height, sharex=True, sharey=True)


def _offset(layout, k):
    """Return how far beside the tick the points of the k-th curve stand on an axis of words."""
    if layout.x == layout.by:
        return 0
    middle = (len(layout.styles) - 1) / 2
    return (k - middle) * 0.7 / max(len(layout.styles), 4)


def _draw_curve(ax, points, axis, style, offset):
    """Draw one group: a line over numbers, points over words, a level line where x has no value."""
    style = style | {"label": f"_{style['label']}"}  # the underscore keeps it out of the legend
    valued = points[points["x"].notna()]
    if len(valued) and axis.numeric:
        draw_line(ax, valued, style)
    elif len(valued):
        draw_points(ax, valued, style, offset)
    for row in points[points["x"].isna()].itertuples():
        draw_level(ax, row, style)


def _name_curves(ax, styles, counts):
    """Name all groups for the legend, whether this panel has them or not; with their n where it is not the same."""
    distinct = set()
    for curve_counts in counts.values():
        distinct.update(curve_counts)
    for label, style in styles.items():
        name = label
        if len(distinct) > 1 and counts[label]:
            name += f" ({groups.seeds(counts[label]).partition(' seed')[0]})"
        ax.plot([], [], **style | {"label": name})


def _equals(values, value):
    """Return where values are `value`; missing values equal a missing one."""
    return values.isna() if pd.isna(value) else values == value


def _finish(figure, axes, layout, counts, ylabel, score, band):
    """Write the name of the vertical axis, the caption and the legend. score: what is drawn, in words."""
    for ax in axes[:, 0]:
        ax.set_ylabel(fill(ylabel, 22))
    note = _limit_y(axes[0, 0], layout.rows["y"].min(), score)
    lines = [score + note, groups.described(layout.table)]
    mixed = groups.differing(layout.table, layout.keys)
    seeds = groups.seeds(counts)
    n = f"mean and band ({groups.BANDS[band]}); {seeds}" if max(counts) > 1 else f"{seeds} at every point: no band"
    if mixed:
        lines.append(n.replace("seed", "run"))
        lines.append(f"NOT SEEDS ALONE: a point mixes runs that differ in {', '.join(mixed)}")
    else:
        lines.append(n)
    characters = int(14 * figure.get_size_inches()[0])
    headline(figure, *[fill(line, characters) for line in lines])
    legend(figure, axes[0, 0], max(1, characters // 22))


def _limit_y(ax, lowest_y, score):
    """Limit the vertical axis of all panels. Returns what the caption adds where values are left out, else ""."""
    note = ""
    if lowest_y < LOWEST_R2 and "R2" in score:
        ax.set_ylim(bottom=LOWEST_R2)
        note = f"; what is below {LOWEST_R2:g} is not in the picture"
    if "accuracy" in score and "R2" not in score:
        bottom, top = ax.get_ylim()
        ax.set_ylim(max(bottom, -0.02), min(top, 1.02))  # a t interval knows no limits
    return note
