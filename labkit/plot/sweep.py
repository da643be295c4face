"""Figures of a sweep: scores over any parameter, and learning curves, with bands over the seeds.

They draw the rows of labkit.results, one per run. Points of runs that differ in more than their seeds are never made in
silence: what differs gets panels, and where it is too much for panels the caption says what a point mixes.
"""

from itertools import product
from textwrap import fill
from typing import NamedTuple

import pandas as pd
from matplotlib.ticker import MaxNLocator

from ..errors import choose, must, need
from ..runs import groups
from .parts import headline
from .style import GREY, canvas, head, legend, literal
from .sweep_parts import axis_of, curves, level, line, lowest, points, x_axis

__all__ = ["learning", "over"]

FLOOR, MOST, WRAP = -0.5, 6, 3  # the lowest R2 that is drawn; values that get a panel each; panels side by side
CURVES = {
    "test": "test accuracy",
    "r2_test": "R2 on the test set",
    "val_noisy": "accuracy on noisy validation",
    "r2_val_noisy": "R2 on noisy validation",
    "train_loss": "training loss (nats; squared error in regression)",
    "train_given": "training accuracy against given labels",
    "train_true": "training accuracy against true labels",
    "clean_fitted": "right labels fitted (share)",
    "noisy_memorised": "wrong labels memorised (share)",
    "noisy_corrected": "wrong labels corrected (share)",
    "selected_precision": "right among the selected (share)",
    "seconds": "seconds per epoch",
}


class Framed(NamedTuple):
    """What is drawn.

    rows: with x, y, curve, row, col. table: that they come from. x, by, row, col: names of parameters. looks: of every
    curve. keys: all parameters that points are held apart by.
    """

    rows: pd.DataFrame
    table: pd.DataFrame
    x: str
    by: str
    row: str | None
    col: str | None
    looks: dict
    keys: list


def over(table, x, *, y="last10", by="method", row="auto", col="auto", log=None, band="range"):
    """A criterion against any parameter: the mean over the seeds of every group, with a band.

    table: of labkit.results. x, by, row, col: a column ("rate", "net", "hardware"), a hyperparameter ("method.q") or an
    entry of the recipe ("recipe.lr"); a curve for each value of `by`, a panel for each of `row` (down) and `col`
    (across). "auto": what else differs gets panels, where it has six values at most; None: no panels. Hyperparameters
    that differ within a method give it several curves. Runs without a value of x, of methods without that
    hyperparameter, are a level line. y: last, last10, best_val or oracle_best.
    log: a logarithmic axis, 0 in a place of its own; None takes one where x spans a factor of 30. band: "range" (lowest
    to highest) or "t" (95 % t interval of the mean).
    -> Drawing; of an empty table one that says so. Raises ValueError, with the nearest name, for what does not exist.
    """
    if table.empty:
        return nothing()
    said, values = groups.criterion(table, y), groups.parameter(table, x, "x")
    need(values.notna().any(), "x", x, "a parameter that has a value in some run")
    framed = _framed(table[["run"]].assign(x=values, y=table[y]), table, x, by, row, col)
    axis = axis_of(framed.rows["x"], log)
    figure, axes, n = _panels(framed, axis, band)
    for ax in lowest(axes):
        x_axis(ax, x, axis)
    _finish(figure, axes, framed, n, groups.score_of(table), said, band)
    return literal(figure)


def learning(histories, table, column=None, *, by="method", row="auto", col="auto", band="range"):
    """A column of the histories after every epoch: the mean over the seeds of every group, with a band.

    histories: of labkit.runs.store.histories. table: of labkit.results, the runs that are drawn. column: of
    labkit.measure.COLUMNS (r2_... for regression); None is the score on the test set. by, row, col, band, and what is
    returned and raised: as `over` has it.
    """
    if table.empty or histories.empty:
        return nothing()
    histories = histories[histories["run"].isin(table["run"])]
    measured = [name for name in histories.columns.drop(["run", "epoch", "stage"]) if histories[name].notna().any()]
    column = column or next(name for name in ("test", "r2_test") if name in measured)
    choose("column", column, dict.fromkeys(measured))
    rows = histories[["run", "epoch"]].rename(columns={"epoch": "x"}).assign(y=histories[column])
    table = table[table["run"].isin(rows.loc[rows["y"].notna(), "run"])]
    framed = _framed(rows, table, "epoch", by, row, col)
    figure, axes, n = _panels(framed, axis_of(rows["x"], False), band)
    for ax in lowest(axes):
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        ax.set_xlabel("epoch")
    words = CURVES.get(column, column)
    _finish(figure, axes, framed, n, words, f"{words}, after every epoch", band)
    return literal(figure)


def nothing(words="No finished run yet: there is nothing to draw."):
    """A figure without data that says why. -> Drawing"""
    figure, axes = canvas(width=6.4, height=0.6)
    axes[0, 0].set_axis_off()
    axes[0, 0].text(0, 0.5, words, color=GREY, fontsize=10, va="center")
    return figure


def _framed(rows, table, x, by, row, col):
    """Rows (run, x, y) with by, row and col of their runs. -> Framed"""
    must(table["run"].is_unique, "table", "one with a run twice", "one row per run, as labkit.results makes it")
    given = {"by": by, "row": row, "col": col}
    for argument, name in given.items():
        if name not in ("auto", None):
            groups.parameter(table, name, argument)
    named = [name for name in (x, by, row, col) if name not in ("auto", "epoch", None)]
    left = groups.separating(table, named, MOST)
    beside = [name for name in left if by == "method" and name.startswith("method.")]
    while beside and groups.settings(table)[["method", *beside]].drop_duplicates().value_counts("method").max() > MOST:
        beside.pop()
    panels = iter([name for name in left if name not in beside])
    col = next(panels, None) if col == "auto" else col
    row = next(panels, None) if row == "auto" else row
    given = {"row": row, "col": col}
    runs = {key: groups.parameter(table, name, key) if name else "" for key, name in given.items()}
    runs["curve"], looks = curves(table, by, beside)
    keys = [*named, *beside, *(name for name in (row, col) if name and name not in named)]
    return Framed(rows.merge(table[["run"]].assign(**runs), on="run"), table, x, by, row, col, looks, keys)


def _panels(framed, axis, band):
    """Draw every group in its panel. -> figure, axes, numbers of runs behind the points"""
    down, across = groups.ordered(framed.rows["row"]), groups.ordered(framed.rows["col"])
    shape = (len(down), len(across)) if len(down) > 1 else (-(-len(across) // WRAP), min(WRAP, len(across)))
    size = {"width": max(2.4, 6.6 / shape[1]), "height": 3.4 if shape[0] == 1 else 2.2}
    figure, axes = canvas(*shape, **size, sharex=True, sharey=True)
    rows, n = framed.rows.assign(at=axis.at(framed.rows["x"])), {}
    for ax, (i, j) in zip(axes.flat, product(down, across)):
        panel = rows[_is(rows["row"], i) & _is(rows["col"], j)]
        of = groups.spread(panel, ["curve", "x", "at"], "y", band).sort_values("at")
        for k, (label, look) in enumerate(framed.looks.items()):
            own = of[of["curve"] == label]
            n[label] = [*n.get(label, []), *own["n"]]
            middle = (len(framed.looks) - 1) / 2
            beside = 0 if framed.x == framed.by else (k - middle) * 0.7 / max(len(framed.looks), 4)
            _curve(ax, own, axis, look, beside)
        head(ax, ", ".join(filter(None, (groups.title(framed.col, j), groups.title(framed.row, i)))))
    for ax in list(axes.flat)[len(down) * len(across) :]:
        ax.set_visible(False)
    _named(axes[0, 0], framed.looks, n)
    return figure, axes, [each for group in n.values() for each in group]


def _curve(ax, of, axis, look, beside):
    """One group: a line over numbers, points over words, a level where x has no value."""
    look, own = look | {"label": f"_{look['label']}"}, of[of["x"].notna()]
    if len(own):
        (line if axis.numeric else points)(ax, own, look, beside)
    for row in of[of["x"].isna()].itertuples():
        level(ax, row, look)


def _named(ax, looks, n):
    """All groups for the legend, whether this panel has them or not; with their n where it is not the same."""
    unequal = len({each for group in n.values() for each in group}) > 1
    for label, look in looks.items():
        many = f" ({groups.seeds(n[label]).partition(' seed')[0]})" if unequal and n[label] else ""
        ax.plot([], [], **look | {"label": label + many})


def _is(values, value):
    """Where values are `value`; what is missing is one value, too."""
    return values.isna() if pd.isna(value) else values == value


def _finish(figure, axes, framed, n, ylabel, said, band):
    """Name of the vertical axis, the caption, the legend."""
    for ax in axes[:, 0]:
        ax.set_ylabel(fill(ylabel, 22))
    low = framed.rows["y"].min()
    if low < FLOOR and "R2" in said:
        axes[0, 0].set_ylim(bottom=FLOOR)
        said += f"; what is below {FLOOR:g} is not in the picture"
    if "accuracy" in said and "R2" not in said:
        below, above = axes[0, 0].get_ylim()
        axes[0, 0].set_ylim(max(below, -0.02), min(above, 1.02))  # a t interval knows no limits
    mixed, many = groups.differing(framed.table, framed.keys), groups.seeds(n)
    many = f"mean and band ({groups.BANDS[band]}); {many}" if max(n) > 1 else f"{many} at every point: no band"
    lines = [said, groups.described(framed.table), many.replace("seed", "run") if mixed else many]
    if mixed:
        lines.append(f"NOT SEEDS ALONE: a point mixes runs that differ in {', '.join(mixed)}")
    wide = int(14 * figure.get_size_inches()[0])
    headline(figure, *(fill(words, wide) for words in lines))
    legend(figure, axes[0, 0], max(1, wide // 22))
