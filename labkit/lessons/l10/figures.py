"""Figures of lesson 10: a line and one wrong target, faces with landmarks, R2 after every epoch."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from ...plot.style import DASHES, GREY, OKABE_ITO, Drawing, canvas, colour, head, legend, marker, mosaic
from .study import METHOD_OF

if TYPE_CHECKING:
    from torch import Tensor

    from ...fit import Run

    Marks = dict[str, ArrayLike]  # {name of MARKS: places [k, 5, 2]}

__all__ = ["fitted_lines", "landmark_faces", "r2_race"]

MARKS = {"given": ("X", OKABE_ITO[1]), "true": ("o", OKABE_ITO[2]), "predicted": ("D", OKABE_ITO[0])}
EDGE = 0.12  # around an image, in which marks still show


def fitted_lines(x: ArrayLike, y: ArrayLike, *, wrong: ArrayLike, slopes: dict[str, float]) -> Drawing:
    """Draw points and lines through the origin.

    x, y [n]; wrong [n] bool; slopes: {name: slope}, names of methods or "least squares".
    """
    figure, axes = canvas(width=6.2, height=3.4)
    ax = axes[0, 0]
    wrong = np.asarray(wrong)
    clean = ~wrong
    ax.scatter(x[clean], y[clean], color=OKABE_ITO[2], s=36, label="clean target", zorder=3)
    ax.scatter(x[wrong], y[wrong], color=OKABE_ITO[1], marker="X", s=60, label="wrong target", zorder=3)
    largest = float(max(x))
    ends = np.array([0.0, largest * 1.05])
    for name, slope in slopes.items():
        ax.plot(ends, slope * ends, label=f"{name}: slope {slope:.2f}", **_line_style(name))
    ax.set(xlabel="input", ylabel="target")
    head(ax, f"n = {len(x)}, {int(wrong.sum())} wrong target; lines through the origin")
    legend(figure, ax, 2)
    return figure


def _line_style(name):
    """Return how the line of a method is drawn. -> dict for matplotlib"""
    method = METHOD_OF.get(name, name)
    style = {"color": colour(method), "linestyle": "--" if method == "NormClip" else "-"}
    if method == "ERM":
        style |= {"linewidth": 5, "alpha": 0.5}  # NormClip's line lies on it
    return style


def landmark_faces(rows: dict[str, tuple["Tensor", "Marks"]], *, title: str = "") -> Drawing:
    """Draw faces with marks.

    rows: {name: (x [k, 1, H, W], {name of MARKS: places [k, 5, 2]})}; places in [0, 1] from the upper left corner. A
    mark outside is drawn at the edge.
    """
    columns = max(len(x) for x, _ in rows.values())
    figure, ax, corners = mosaic(len(rows), columns, above=0.5, side=1.0, gap=0.25)
    legend_names = {}
    for row, (name, (x, marks)) in enumerate(rows.items()):
        first = row * columns
        corners_of_row = corners[first : first + len(x)]
        left_edge, top_edge = corners[first]
        ax.text(left_edge, top_edge - EDGE - 0.03, name, fontsize=8, color=GREY, va="bottom")
        for k, corner in enumerate(corners_of_row):
            _draw_face(ax, corner, x[k])
            _draw_marks(ax, corner, marks, k)
        legend_names |= dict.fromkeys(marks)
    for name in legend_names:
        shape, ink = MARKS[name]
        ax.plot([], [], shape, color=ink, linestyle="none", label=name)
    legend(figure, ax, len(MARKS))
    figure.suptitle(title, fontsize=8, color=GREY, x=0.01, ha="left")
    return figure


def _draw_face(ax, corner, x):
    """Draw one image of 1 x 1. corner: its upper left one; x [1, H, W]"""
    left_edge, top_edge = corner
    extent = (left_edge, left_edge + 1, top_edge + 1, top_edge)
    ax.imshow(np.asarray(x[0]), cmap="gray", vmin=0, vmax=255, extent=extent)


def _draw_marks(ax, corner, marks, k):
    """Draw the marks of the k-th face of a row."""
    for name, places in marks.items():
        shape, ink = MARKS[name]
        inside = np.asarray(places[k]).clip(-EDGE * 0.8, 1 + EDGE * 0.8)
        in_figure = corner + inside
        x, y = in_figure.T
        ax.plot(x, y, shape, color=ink, markersize=3.6, linestyle="none", markeredgewidth=0)


def r2_race(panels: dict[str, dict[str, list["Run"]]], *, title: str = "", floor: float = -1.0) -> Drawing:
    """Draw R2 on clean test faces after every epoch: mean over seeds, and a band from the lowest to the highest.

    panels: {name: {method: list of Runs}}, names of methods or "least squares". floor: lower end of the axis; a method
    that stays below it is named there. Least squares is a wide line, because others lie on it.
    """
    columns = len(panels)
    figure, axes = canvas(1, columns, width=7.4 / columns, height=3.3, sharey=True)
    for ax, (name, methods) in zip(axes[0], panels.items()):
        _draw_methods(ax, methods, floor)
        ax.axhline(0, color=GREY, linewidth=0.8, linestyle=":")
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        ax.set(xlabel="epoch", ylim=(floor - 0.03, 1.02))
        head(ax, name)
    axes[0, 0].set_ylabel("R2, clean test faces")
    first_panel = next(iter(panels.values()))
    n = len(next(iter(first_panel.values())))
    seeds = f"{n} seeds (mean, lowest to highest)" if n > 1 else "1 seed"
    figure.suptitle(f"{title}; {seeds}", fontsize=8, color=GREY, x=0.01, ha="left")
    legend(figure, axes[0, 0], 5)
    return figure


def _draw_methods(ax, methods, floor):
    """Draw the curve and the band of each method, and name those that stay below the floor."""
    below_floor = []
    for number, (name, runs) in enumerate(methods.items()):
        values = np.stack([run.history["r2_test"] for run in runs])
        _, n_epochs = values.shape
        epochs = np.arange(1, n_epochs + 1)
        mean = values.mean(0)
        lowest = values.min(0)
        highest = values.max(0)
        style = _curve_style(name)
        ax.plot(epochs, mean, label=name, markersize=4, markevery=(number % 4, 4), **style)
        ax.fill_between(epochs, lowest, highest, color=style["color"], alpha=0.15, linewidth=0)
        if values.max() < floor:
            below_floor.append(name)
    if below_floor:
        note = f"below {floor:g} in every epoch: {', '.join(below_floor)}"
        ax.text(0.02, 0.94, note, transform=ax.transAxes, fontsize=8, color=GREY)


def _curve_style(name):
    """Return how the curve of a method is drawn. -> dict for matplotlib"""
    method = METHOD_OF.get(name, name)
    style = {"color": colour(method), "linestyle": DASHES[method], "marker": marker(method)}
    if method == "ERM":
        style |= {"linestyle": "-", "linewidth": 6, "alpha": 0.45, "marker": ""}
    if method == "NormClip":
        style["linestyle"] = "--"
    return style
