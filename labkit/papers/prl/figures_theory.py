"""Figures of PRL's theory: Fig. 1 as a surface and as contours, the lemmas, biased descent, robust means."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from torch import Tensor

from ...plot.parts import DASHES, band, headline
from ...plot.style import GREY, OKABE_ITO, Drawing, canvas, colour, head, legend, marker
from . import lemmas

if TYPE_CHECKING:
    from plotly.graph_objects import Figure as PlotlyFigure

__all__ = ["contours", "descent", "lemma_1", "lemma_2", "robust", "stops", "surface"]

POINT_COLOURS = (OKABE_ITO[1], OKABE_ITO[2])


def _landscape(points, side):
    """Return x1, x2 and the loss on a grid around two points."""
    reach_1, reach_2 = 1.25 * points["x1"].abs().max(), 1.6 * points["x2"].abs().max()
    x1, x2 = np.linspace(-reach_1, reach_1, side), np.linspace(-reach_2, reach_2, side)
    loss, _ = lemmas.quadratic(*np.meshgrid(x1, x2))
    return x1, x2, loss


def _fates(point):
    """Return what either filter does with a point. -> list of two texts"""
    loss, norm = point["loss"], point["gradient norm"]
    return [
        f"loss {loss:,.0f}: loss filter {point['loss filter']} it",
        f"gradient norm {norm:,.0f}: gradient filter {point['gradient norm filter']} it",
    ]


def surface(points: pd.DataFrame, *, side: int = 31) -> "PlotlyFigure":
    """Draw Fig. 1 as a surface that turns with the mouse. points: of lemmas.filters."""
    from plotly import graph_objects as go

    x1, x2, loss = _landscape(points, side)
    rounded = np.vectorize(lambda value: float(f"{value:.3g}"))(loss).tolist()
    style = {"colorscale": "Blues", "showscale": False, "opacity": 0.75, "hoverinfo": "skip"}
    shapes = [go.Surface(x=x1.round(1).tolist(), y=x2.round(2).tolist(), z=rounded, **style)]
    for k, point in points.iterrows():
        name = f"({point['x1']:g}, {point['x2']:g})"
        position = {"x": [point["x1"]], "y": [point["x2"]], "z": [point["loss"]]}
        text = "<br>".join([name, *_fates(point)])
        dot = {"size": 6, "color": POINT_COLOURS[k]}
        shapes.append(go.Scatter3d(**position, mode="markers", marker=dot, name=name, hovertext=text))
    axes = {"xaxis_title": "x1", "yaxis_title": "x2", "zaxis_title": "loss"}
    axes["camera"] = {"eye": dict.fromkeys("xyz", 1.55)}  # far enough for all of the axes
    layout = {"height": 460, "margin": dict.fromkeys("lrtb", 0), "scene": axes, "template": "none"}
    return go.Figure(shapes, layout)


def contours(points: pd.DataFrame) -> Drawing:
    """Draw Fig. 1 flat: the loss as contours, the two points, and what either filter drops."""
    figure, axes = canvas(width=7.4, height=3.4)
    ax = axes[0, 0]
    x1, x2, loss = _landscape(points, 161)
    ax.contour(x1, x2, loss / 1e3, levels=10, cmap="Blues", linewidths=0.8)
    for k, point in points.iterrows():
        position, ink = (point["x1"], point["x2"]), POINT_COLOURS[k]
        ax.plot(*position, "o", color=ink, markersize=7)
        style = {"textcoords": "offset points", "fontsize": 8, "color": ink, "ha": "right"}
        ax.annotate("\n".join(_fates(point)), position, (-8, 12), **style)
    ax.set(xlabel="x1", ylabel="x2")
    head(ax, "loss 0.5 x1^2 + 50 x2^2: lines of equal loss; the two points of section 4; one of the two has to go")
    return figure


def lemma_1(table: pd.DataFrame) -> Drawing:
    """Draw the error of the filtered mean as a share of Lemma 1's bound, a point per batch: a panel per filter, a
    colour per kind of corruption; 1 is the bound."""
    filters, kinds = list(dict.fromkeys(table["filter"])), list(dict.fromkeys(table["kind"]))
    figure, axes = canvas(1, len(filters), width=3.7, height=2.9, sharey=True)
    for ax, name in zip(axes[0], filters):
        for k, kind in enumerate(kinds):
            batches = table[(table["filter"] == name) & (table["kind"] == kind)]
            x = batches["rate"] + 0.012 * (k - (len(kinds) - 1) / 2)
            ax.plot(x, batches["ratio"], "osD^"[k], color=OKABE_ITO[k], markersize=4, alpha=0.7, label=kind)
        ax.axhline(1, color=GREY, linewidth=1, linestyle=":")
        ax.set(yscale="log", xlabel="corruption rate", ylim=(5e-3, 2))
        head(ax, f"rows dropped: {'the longest, PRL(L)' if name == 'PRL(L)' else name}")
    axes[0, 0].set_ylabel("error / bound of Lemma 1")
    draws = table["draw"].max() + 1
    headline(figure, f"100 gradients of 50 dimensions, 10 classes; {draws} batches per kind and rate")
    legend(figure, axes[0, 0], len(kinds))
    return figure


def lemma_2(*, alpha: Tensor, beta: Tensor) -> Drawing:
    """Draw Lemma 2 on random pairs, true class 0: the two sides of its condition; above the diagonal the smaller
    cross-entropy has the longer gradient. alpha, beta [n, q]."""
    sides = lemmas.lemma_2(alpha, beta, 0)
    variances, bound = sides[0].numpy(), sides[1].numpy()
    y = np.eye(alpha.shape[-1])[0]
    is_longer = np.linalg.norm(alpha.numpy() - y, axis=1) >= np.linalg.norm(beta.numpy() - y, axis=1)
    figure, axes = canvas(width=5.0, height=3.2)
    ax = axes[0, 0]
    groups = {"longer gradient": is_longer, "shorter gradient": ~is_longer}
    for (name, mask), ink in zip(groups.items(), (OKABE_ITO[1], OKABE_ITO[0])):
        label = f"{name} (n = {mask.sum():,})"
        ax.plot(bound[mask], variances[mask], ".", color=ink, markersize=3, label=label)
    ax.axline((0, 0), slope=1, color=GREY, linewidth=1, linestyle=":", label="equality")
    ax.set(xlabel="q / (q - 1)^2 (alpha_k - beta_k)(2 - alpha_k - beta_k)", ylabel="Var alpha_i - Var beta_i, i not k")
    head(ax, f"the prediction of smaller cross-entropy has the ...; random pairs, {len(y)} classes")
    legend(figure, ax, 3)
    return figure


def descent(table: pd.DataFrame) -> Drawing:
    """Draw Theorem 4: where SGD with a biased gradient stops, against the length of the bias; a panel per landscape."""
    landscapes = list(dict.fromkeys(table["landscape"]))
    figure, axes = canvas(1, len(landscapes), width=3.7, height=3.0, sharey=True)
    for ax, name in zip(axes[0], landscapes):
        runs = table[table["landscape"] == name]
        for k, ((bias, sigma), curve) in enumerate(runs.groupby(["bias", "sigma"])):
            style = {"color": OKABE_ITO[k], "linestyle": DASHES[k], "marker": "osD^"[k], "markersize": 4}
            band(ax, curve, "zeta", "end", label=f"bias {bias}, noise {sigma:g}", **style)
        ax.set(xscale="log", yscale="log", xlabel="bias zeta (length)")
        head(ax, f"{name}, L = 1")
    axes[0, 0].set_ylabel("gradient norm at the end")
    lines = "root mean square over the last fifth of 2,000 steps", "20 dimensions, 3 starts (mean, lowest to highest)"
    headline(figure, *lines)
    legend(figure, axes[0, 0], 2)
    return figure


def stops(table: pd.DataFrame, *, title: str, subtitle: str) -> Drawing:
    """Draw Theorem 1 on data: where training stops, the clean gradient's norm against the distance of the gradient used
    from it."""
    figure, axes = canvas(width=4.6, height=3.1)
    ax = axes[0, 0]
    for name, points in table.groupby("method"):
        ink = colour(name)
        ax.plot(points["zeta"], points["clean"], marker(name), color=ink, label=name, markersize=6)
        is_plain = name == "ERM"  # its labels stand to the right, those of PRL(L) to the left in three heights
        style = {"fontsize": 7, "color": ink, "textcoords": "offset points", "ha": "left" if is_plain else "right"}
        for k, point in enumerate(points.to_dict("records")):
            shift = (6, -10) if is_plain else (-8, 1 + 9 * (k % 3))
            ax.annotate(f"{point['rate']:.0%}", (point["zeta"], point["clean"]), shift, **style)
    ax.axline((0, 0), slope=1, color=GREY, linewidth=1, linestyle=":", label="equal")
    ax.set(xlabel="zeta: distance of the gradient used from the clean one", ylabel="norm of the clean gradient")
    ax.set_ylim(0, 1.15 * table["clean"].max())
    head(ax, title, subtitle)
    legend(figure, ax, 3)
    return figure


def robust(table: pd.DataFrame) -> Drawing:
    """Draw Theorems 2 and 3: the error of robust means of gradients under an adversary, a panel per sweep."""
    sweeps, estimators = list(dict.fromkeys(table["what"])), list(dict.fromkeys(table["estimator"]))
    dashes = {"general": "-", "supervision": "--"}
    figure, axes = canvas(2, 2, width=3.9, height=2.7)
    for ax, sweep in zip(axes.flat, sweeps):
        errors = table[table["what"] == sweep]
        for k, name in enumerate(estimators):
            for corruption, curve in errors[errors["estimator"] == name].groupby("corruption"):
                style = {"color": OKABE_ITO[k], "marker": "osD"[k], "markersize": 3.5}
                style |= {"linestyle": dashes[corruption], "label": f"{name}, {corruption}"}
                band(ax, curve, "x", "error", **style)
        for corruption, curve in errors.groupby("corruption"):
            bound = curve.groupby("x")["bound"].mean()
            style = {"color": GREY, "linestyle": dashes[corruption], "linewidth": 1}
            ax.plot(bound.index, bound, label=f"4 eps L, {corruption}", **style)
        scale = "linear" if sweep == "corruption rate" else "log"
        ax.set(xscale=scale, yscale=scale, xlabel=sweep)
        ax.set_ylabel("error of the mean")
    defaults = "unless varied: rate 20 %, d = 100, q = 10, corrupted rows just short enough to be kept"
    headline(figure, "200 gradients, 5 draws (mean, lowest to highest)", defaults)
    legend(figure, axes[0, 1], 2)
    return figure
