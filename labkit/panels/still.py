"""A panel as one PNG, for readers that show no widget: the JSON of the front end, drawn without legends' values."""

from base64 import b64decode
from io import BytesIO
from math import ceil, isfinite
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import numpy as np

from ..plot.alt import describe
from .ended import COLUMNS, at_the_end
from .sketch import Sketch
from .still_world import world

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 9.6  # inches
ROW = 3.1  # inches, of a row of pictures
HEIGHTS = {"faces": 2.3, "table": 2.2, "world": 4.2}
CAPTION = 150  # letters of a caption at most
DPI = 100
INK = "#333333"
MARKERS = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "cross": "x", "star": "*", "dash": "_"}
IMAGES = 24  # tiles of a gallery that are drawn at most
SMALL = {"color": INK, "fontsize": 8}

Traits = dict[str, Any]  # of a part: what is declared and what is shown


def png(sketch: Sketch, state: dict[str, int], picture: dict[str, Traits], message: str) -> tuple[bytes, str]:
    """Draw a panel: its title, where its controls stand, its message, and all pictures but those to be clicked for.

    state: positions of the controls. picture: {part: traits}, as `draw` handed it over. Returns the PNG and its words.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture = at_the_end(sketch, _with_marks(picture, state.get("marks", {})))
    rows = _rows_of_parts(sketch, picture)
    heights = [_height_of_row(row, picture) for row in rows]
    figure = Figure(figsize=(WIDTH, 0.8 + sum(heights)), dpi=DPI, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    heading = f"{sketch.title}\n{setting(sketch, state)}\n{message}"
    figure.suptitle(heading, x=0.01, ha="left", fontsize=10, color=INK)
    if rows:
        subfigures = figure.subfigures(len(rows), 1, squeeze=False, height_ratios=heights)
        for row, subfigure in zip(rows, subfigures[:, 0]):
            _draw_row(subfigure, row, picture)
    file = BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue(), describe(figure)


def _with_marks(picture, marks):
    """Return a picture in which a part that the reader has marked knows it, as the trait `marks`."""
    marked = dict(picture)
    for name, marks_of_part in marks.items():
        if name in picture:
            marked[name] = {**picture[name], "marks": marks_of_part}
    return marked


def _rows_of_parts(sketch, picture):
    """Return the parts of the sketch that have a picture, row by row; rows without any are left out."""
    parts = {part["name"]: part for part in sketch.parts}
    rows = []
    for names in sketch.rows:
        row = [parts[name] for name in names if name in picture]
        if row:
            rows.append(row)
    return rows


def _height_of_row(row, picture):
    """Return the height of the tallest part of a row in inches."""
    height = 0.0
    for part in row:
        height = max(height, _height(part["kind"], picture[part["name"]]))
    return height


def _draw_row(figure, parts, picture):
    """Draw parts side by side."""
    shares = [part["traits"].get("share", 1) for part in parts]
    axes = figure.subplots(1, len(parts), squeeze=False, gridspec_kw={"width_ratios": shares})
    for part, ax in zip(parts, axes[0]):
        traits = {**part["traits"], **picture[part["name"]]}
        DRAWERS[part["kind"]](ax, traits)
        ax.set_title(traits.get("title", ""), loc="left", fontsize=9, color=INK)
    caption = _caption(parts, picture)
    if caption:
        figure.supxlabel(shorten(caption, CAPTION, placeholder=" ..."), fontsize=6.5, color=INK, x=0.01, ha="left")


def _caption(parts, picture):
    """Return the first caption of some parts, "" where none has one."""
    for part in parts:
        caption = (picture[part["name"]].get("caption") or "").strip()
        if caption:
            return caption
    return ""


def _height(kind, traits):
    """Return the height of a part in inches."""
    if kind == "gallery":
        columns = traits.get("columns", COLUMNS)
        return 0.5 + 0.95 * ceil(min(len(traits.get("items", [])), IMAGES) / columns)
    return HEIGHTS.get(kind, ROW)


def setting(sketch: Sketch, state: dict[str, int]) -> str:
    """Write where the controls stand: "noise rate 40 %, noise symmetric"."""
    values = []
    for control in sketch.controls:
        values.append(f"{control['label']} {control['words'][state[control['name']]]}")
    return ", ".join(values)


def _frame(ax, traits, xlim, ylim):
    """Set the axes of a picture with two of them."""
    ax.set_xscale(traits.get("xscale", "linear"))
    ax.set_yscale(traits.get("yscale", "linear"))
    ax.set_xlim(*traits.get("xlim", xlim))
    ax.set_ylim(*traits.get("ylim", ylim))
    ax.set_xlabel(traits.get("xlabel", ""), **SMALL)
    ax.set_ylabel(traits.get("ylabel", ""), **SMALL)
    ax.tick_params(labelsize=7, colors=INK)
    ax.spines[["top", "right"]].set_visible(False)
    if traits.get("unit", "number") == "percent":
        ax.yaxis.set_major_formatter(lambda value, place: f"{100 * value:g} %")


def _numbers(values):
    """Return numbers, NaN for None. -> array"""
    return np.array(values, object).astype(float)


def _colour(name):
    """Return a colour of the front end as one of matplotlib's."""
    return INK if name in (None, "", "currentColor") else name


def curves(ax: "Axes", traits: Traits) -> None:
    """Draw curves, those of before faint, bands, and level lines."""
    _frame(ax, {"unit": "percent", "xlabel": "epoch", **traits}, (0.5, 30.5), (0, 1))
    for band in traits.get("bands", []):
        ax.fill_between(
            _numbers(band["x"]), _numbers(band["low"]), _numbers(band["high"]), color=_colour(band["colour"]), alpha=0.2
        )
    for line in traits.get("lines", []):
        ax.axhline(line["y"], color="#999999", lw=0.8)
    for curve in traits.get("before", []):
        ax.plot(_numbers(curve["x"]), _numbers(curve["y"]), color=_colour(curve["colour"]), lw=1, alpha=0.35)
    for curve in traits.get("series", []):
        marker = MARKERS.get(curve.get("marker"), "")
        every = max(1, ceil(len(curve["x"]) / 8))
        style = {"color": _colour(curve["colour"]), "lw": 1.6, "marker": marker, "ms": 4, "markevery": every}
        ax.plot(_numbers(curve["x"]), _numbers(curve["y"]), label=curve["name"], **style)
    if traits.get("series"):
        ax.legend(fontsize=6.5, frameon=False, loc="best")


def scatter(ax: "Axes", traits: Traits) -> None:
    """Draw points in their groups, and lines."""
    _frame(ax, traits, (0, 1), (0, 1))
    for line in traits.get("lines", []):
        ax.plot(_numbers(line["x"]), _numbers(line["y"]), color=_colour(line["colour"]), lw=0.7)
    points = traits.get("points", {"x": [], "y": [], "group": []})
    x, y, group = _numbers(points["x"]), _numbers(points["y"]), np.array(list(points["group"]), int)
    faint = np.array(points.get("faint", [0] * len(x)), bool)
    for k, about in enumerate(traits.get("groups", [])):
        style = {
            "color": _colour(about.get("colour")),
            "marker": MARKERS.get(about.get("marker"), "o"),
            "s": 14,
            "lw": 0.8,
        }
        here = group == k
        ax.scatter(x[here & faint], y[here & faint], alpha=0.25, **style)
        ax.scatter(x[here & ~faint], y[here & ~faint], label=about["name"], **style)
    if traits.get("groups"):
        ax.legend(fontsize=6.5, frameon=False, loc="best")


def bars(ax: "Axes", traits: Traits) -> None:
    """Draw bars with their whiskers."""
    entries = traits.get("bars", [])
    _frame(ax, {"unit": "percent", **traits, "xlim": (-0.6, len(entries) - 0.4)}, (0, 1), (0, 1))
    for k, bar in enumerate(entries):
        value = np.nan if bar["value"] is None else bar["value"]
        ax.bar(k, value, color=_colour(bar.get("colour")), width=0.7)
        if bar.get("low") is not None:
            ax.vlines(k, bar["low"], bar["high"], color=INK, lw=1)
    names = [str(bar["name"]).replace(" ", "\n") for bar in entries]
    ax.set_xticks(range(len(entries)), names, fontsize=6.5)


def matrix(ax: "Axes", traits: Traits) -> None:
    """Draw a matrix as cells with their numbers."""
    values = _numbers(traits.get("values", []))
    low, high = traits.get("range", (0, 1))
    ax.imshow(values if values.size else np.zeros((1, 1)), cmap="Blues", vmin=low, vmax=high, aspect="auto")
    scale = 100 if traits.get("unit", "percent") == "percent" else 1
    for (row, column), value in np.ndenumerate(values):
        if isfinite(value) and values.size <= 150 and abs(scale * value) >= 0.5:
            shade = "white" if value > (low + high) / 2 else INK
            ax.text(column, row, f"{scale * value:.0f}", ha="center", va="center", fontsize=6, color=shade)
    if values.size and len(traits.get("rows", [])) == len(values):
        ax.set_yticks(range(len(values)), traits["rows"], fontsize=7)
    if values.size and len(traits.get("columns", [])) == values.shape[1]:
        ax.set_xticks(range(values.shape[1]), traits["columns"], fontsize=7)
    ax.set_xlabel(traits.get("xlabel", ""), **SMALL)
    ax.set_ylabel(traits.get("ylabel", ""), **SMALL)


def gallery(ax: "Axes", traits: Traits) -> None:
    """Draw small images with their given labels, and the true ones of those that are wrong."""
    items = traits.get("items", [])
    names = []
    for item in items:
        wrong = item["true"] != item["given"]
        names.append(f"{item['given']} ≠ {item['true']}" if wrong else str(item["given"]))
    tiles = _images(ax, traits, names)
    for sign in traits.get("signs", []):
        if isinstance(sign, dict):
            _signs(ax, sign, [tile for tile, item in zip(tiles, items) if item["fate"] == sign["name"]])
    if tiles and any(isinstance(sign, dict) for sign in traits.get("signs", [])):
        ax.legend(fontsize=6.5, frameon=False, loc="upper left", bbox_to_anchor=(0, 0), ncols=3)


def _signs(ax, sign, tiles):
    """Draw the mark of a fate in the corner of the tiles that have it."""
    style = {"color": _colour(sign["colour"]), "marker": MARKERS.get(sign["marker"], "o"), "s": 14, "lw": 0.8}
    ax.scatter([left + 1.02 for left, _ in tiles], [top + 1.25 for _, top in tiles], label=sign["name"], **style)


def faces(ax: "Axes", traits: Traits) -> None:
    """Draw images with marks on them."""
    tiles = _images(ax, traits, [str(item["name"]) for item in traits.get("items", [])])
    for about in [*traits.get("marks", []), *traits.get("moving", [])]:
        for k, (left, top) in enumerate(tiles):
            where = (
                np.array(about["points"][k] if k < len(about["points"]) else [], float).reshape(-1, 2).clip(-0.1, 1.1)
            )
            style = {"color": _colour(about["colour"]), "marker": MARKERS.get(about["marker"], "o"), "s": 10, "lw": 0.8}
            ax.scatter(left + where[:, 0], top + where[:, 1], label=about["name"] if k == 0 else None, **style)
    if traits.get("marks") and tiles:
        ax.legend(fontsize=6.5, frameon=False, loc="upper left", bbox_to_anchor=(0, 0))


def _images(ax, traits, names):
    """Draw the first tiles of a sheet of images with their names. -> the upper left corner of each"""
    from PIL import Image

    ax.axis("off")
    if not traits.get("sprite") or not names:
        return []
    sheet = np.asarray(Image.open(BytesIO(b64decode(traits["sprite"].partition(",")[2]))).convert("RGB"))
    columns = traits.get("columns", COLUMNS)
    height = sheet.shape[0] // ceil(traits.get("count", len(names)) / columns)
    width = sheet.shape[1] // columns
    corners = []
    for k, name in enumerate(names[:IMAGES]):
        y, x = divmod(traits["items"][k].get("place", k), columns)
        tile = sheet[y * height : (y + 1) * height, x * width : (x + 1) * width]
        row, column = divmod(k, columns)
        left, top = 1.2 * column, 1.5 * row
        ax.imshow(tile, extent=(left, left + 1, top + 1, top), interpolation="nearest")
        ax.text(left + 0.5, top + 1.25, name, ha="center", va="center", fontsize=6, color=INK)
        corners.append((left, top))
    ax.set_xlim(-0.1, 1.2 * min(columns, len(names)))
    ax.set_ylim(1.5 * ceil(len(corners) / columns), -0.1)
    ax.set_aspect("equal")
    return corners


def table(ax: "Axes", traits: Traits) -> None:
    """Draw a table."""
    ax.axis("off")
    rows = [list(map(str, row)) for row in traits.get("rows", [])]
    if not rows:
        return
    head = traits.get("columns") or traits.get("head") or None
    drawn = ax.table(
        cellText=rows, colLabels=head if head and len(head) == len(rows[0]) else None, loc="upper left", cellLoc="left"
    )
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(7)
    drawn.auto_set_column_width(list(range(len(rows[0]))))
    for cell in drawn.get_celld().values():
        cell.set_edgecolor("#dddddd")


DRAWERS = {
    "curves": curves, "scatter": scatter, "bars": bars, "matrix": matrix, "gallery": gallery, "faces": faces,
    "table": table, "world": world,
}  # fmt: skip
