"""Figures of lesson 10: a line and one wrong target, faces with landmarks, R2 after every epoch."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from ...plot.style import DASHES, GREY, OKABE_ITO, canvas, colour, head, legend, marker, mosaic

__all__ = ["fitted_lines", "landmark_faces", "r2_race"]

MARKS = {"given": ("X", OKABE_ITO[1]), "true": ("o", OKABE_ITO[2]), "predicted": ("D", OKABE_ITO[0])}
EDGE = 0.12  # around an image, in which marks still show


def fitted_lines(x, y, *, wrong, slopes):
    """Points and lines through the origin. x, y [n]; wrong [n] bool; slopes: {name: slope}, names of methods or "least
    squares". -> Drawing"""
    figure, axes = canvas(width=6.2, height=3.4)
    ax, wrong = axes[0, 0], np.asarray(wrong)
    ax.scatter(x[~wrong], y[~wrong], color=OKABE_ITO[2], s=36, label="clean target", zorder=3)
    ax.scatter(x[wrong], y[wrong], color=OKABE_ITO[1], marker="X", s=60, label="wrong target", zorder=3)
    ends = np.array([0.0, float(max(x)) * 1.05])
    for name, slope in slopes.items():
        method = {"least squares": "ERM"}.get(name, name)
        wide = {"linewidth": 5, "alpha": 0.5} if method == "ERM" else {}  # NormClip's line lies on it
        look = {"color": colour(method), "linestyle": "--" if method == "NormClip" else "-", **wide}
        ax.plot(ends, slope * ends, label=f"{name}: slope {slope:.2f}", **look)
    ax.set(xlabel="input", ylabel="target")
    head(ax, f"n = {len(x)}, {int(wrong.sum())} wrong target; lines through the origin")
    legend(figure, ax, 2)
    return figure


def landmark_faces(rows, *, words=""):
    """Faces with marks. rows: {title: (x [k, 1, H, W], {name: places [k, 5, 2]})}, names of MARKS; places in [0, 1]
    from the upper left corner. A mark outside is drawn at the edge. -> Drawing"""
    most = max(len(x) for x, _ in rows.values())
    figure, ax, corners = mosaic(len(rows), most, above=0.5, side=1.0, gap=0.25)
    for (title, (x, marks)), first in zip(rows.items(), range(0, len(corners), most)):
        left, top = corners[first]
        ax.text(left, top - EDGE - 0.03, title, fontsize=8, color=GREY, va="bottom")
        for k, corner in enumerate(corners[first : first + len(x)]):
            _face(ax, np.array(corner), x[k], {name: places[k] for name, places in marks.items()})
    for name in dict.fromkeys(name for _, marks in rows.values() for name in marks):
        ax.plot([], [], MARKS[name][0], color=MARKS[name][1], linestyle="none", label=name)
    legend(figure, ax, len(MARKS))
    figure.suptitle(words, fontsize=8, color=GREY, x=0.01, ha="left")
    return figure


def _face(ax, corner, x, marks):
    """One image of 1 x 1 with its marks. corner: its upper left one"""
    left, top = corner
    ax.imshow(np.asarray(x[0]), cmap="gray", vmin=0, vmax=255, extent=(left, left + 1, top + 1, top))
    for name, places in marks.items():
        places = corner + np.asarray(places).clip(-EDGE * 0.8, 1 + EDGE * 0.8)
        ax.plot(*places.T, MARKS[name][0], color=MARKS[name][1], markersize=3.6, linestyle="none", markeredgewidth=0)


def r2_race(panels, *, words="", floor=-1.0):
    """Draw R2 on clean test faces after every epoch: mean over seeds, and a band from the lowest to the highest.

    panels: {title: {name: list of Runs}}, names of methods or "least squares". floor: lower end of the axis; a method
    that stays below it is named there. Least squares is a wide line, because others lie on it. -> Drawing
    """
    figure, axes = canvas(1, len(panels), width=7.4 / len(panels), height=3.3, sharey=True)
    for ax, (title, group) in zip(axes[0], panels.items()):
        below = []
        for number, (name, runs) in enumerate(group.items()):
            values = np.stack([run.history["r2_test"] for run in runs])
            epochs = np.arange(1, values.shape[1] + 1)
            ax.plot(epochs, values.mean(0), label=name, markersize=4, markevery=(number % 4, 4), **_look(name))
            ink = _look(name)["color"]
            ax.fill_between(epochs, values.min(0), values.max(0), color=ink, alpha=0.15, linewidth=0)
            if values.max() < floor:
                below.append(name)
        if below:
            note = f"below {floor:g} in every epoch: {', '.join(below)}"
            ax.text(0.02, 0.94, note, transform=ax.transAxes, fontsize=8, color=GREY)
        ax.axhline(0, color=GREY, linewidth=0.8, linestyle=":")
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        ax.set(xlabel="epoch", ylim=(floor - 0.03, 1.02))
        head(ax, title)
    axes[0, 0].set_ylabel("R2, clean test faces")
    seeds = len(next(iter(next(iter(panels.values())).values())))
    spread = f"{seeds} seeds (mean, lowest to highest)" if seeds > 1 else "1 seed"
    figure.suptitle(f"{words}; {spread}", fontsize=8, color=GREY, x=0.01, ha="left")
    legend(figure, axes[0, 0], 5)
    return figure


def _look(name):
    """Return how the curve of a method is drawn. -> dict"""
    method = {"least squares": "ERM"}.get(name, name)
    look = {"color": colour(method), "linestyle": DASHES[method], "marker": marker(method)}
    if method == "ERM":
        return look | {"linestyle": "-", "linewidth": 6, "alpha": 0.45, "marker": ""}
    return look | {"linestyle": "--"} if method == "NormClip" else look
