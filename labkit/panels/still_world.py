"""Two classes of points in the plane, and what a network believes of it, for the image of a panel (see `still`)."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = {"circle": "o", "triangle": "^"}
LEARNT = "#D55E00"
HALF = 7.5  # between the levels of one class and of the other


def world(ax: "Axes", traits: dict[str, Any]) -> None:
    """Draw points with their given labels, stars around what is learnt by heart, and the boundary of the network."""
    points = np.array(traits["points"])
    given = _digits(traits.get("given") or traits["truth"])
    flips = traits.get("marks", [])
    given[flips] = 1 - given[flips]
    wrong = given != _digits(traits["truth"])
    if traits.get("grid"):
        _land(ax, traits)
        learnt = points[wrong & (given == _digits(traits["believed"]))]
        ax.scatter(learnt[:, 0], learnt[:, 1], marker="*", s=260, color=LEARNT, label="wrong label learnt by heart")
    ax.scatter(*points[wrong].T, s=130, facecolors="none", edgecolors="black", linestyle=":", label="wrong label")
    for label, about in enumerate(traits["classes"]):
        style = {
            "marker": MARKERS[about["marker"]],
            "color": about["colour"],
            "edgecolor": "white",
            "s": 40,
            "zorder": 3,
        }
        ax.scatter(*points[given == label].T, label=about["name"], **style)
    ax.set(xlim=traits["xlim"], ylim=traits["ylim"], xticks=[], yticks=[], aspect="equal")
    ax.legend(fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


def _land(ax, traits):
    """Draw what the network gives to either class, and the boundary."""
    columns = traits["columns"]
    level = np.array([int(digit, 16) for digit in traits["grid"]]).reshape(-1, columns)
    x = np.linspace(*traits["xlim"], columns)
    y = np.linspace(*traits["ylim"], len(level))
    colours = [about["colour"] for about in traits["classes"]]
    ax.contourf(x, y, level, levels=[-1, HALF, 16], colors=colours, alpha=0.25)
    ax.contour(x, y, level, levels=[HALF], colors="black", linewidths=1.5)


def _digits(text):
    """Return a text of digits as numbers. -> array"""
    return np.array(list(text), int)
