"""Curves over epochs in a panel of fixed height. All that is drawn lives in traits: it survives a reload."""

import threading
from math import isfinite
from pathlib import Path

import anywidget
from traitlets import Bool, Dict, Float, Int, List, Unicode

from ..plot.style import COLOURS, DASHES, MARKERS

ROOM = Path(__file__).parents[1]
SVG_DASHES = {"-": "", "--": "7 3", "-.": "10 3 2 3", ":": "2 3"}
SVG_MARKERS = {"o": "circle", "s": "square", "^": "triangle", "D": "diamond"}


def curve(name, x, y, colour="currentColor", dash="", marker="circle", **more):
    """One named curve, for `Curves.series`. -> dict

    x, y: numbers, y may hold NaN. dash: as SVG has it, "" is solid. marker: circle, square, triangle, diamond or none.
    more: unit="percent" | "number" if it is read out unlike the panel; guess=True if it is not measured.
    """
    y = [round(float(v), 5) if isfinite(v) else None for v in y]
    return {"name": name, "x": [float(v) for v in x], "y": y, "colour": colour, "dash": dash, "marker": marker, **more}


def look(column):
    """Colour, dash and marker of a column of the history, as in labkit.plot, in SVG's words. -> dict"""
    return {"colour": COLOURS[column], "dash": SVG_DASHES[DASHES[column]], "marker": SVG_MARKERS[MARKERS[column]]}


class Curves(anywidget.AnyWidget):
    """Curves in SVG with fixed axes.

    series: of `curve`. before: the curves of an earlier run, drawn faintly. lines: horizontal references {name, y}.
    bands: areas {x, low, high, colour}. strip: a row of words under the axis, {name, cells: [{x, text, kind}],
    keys: [{kind, name}]}. unit: "percent" | "number", of the y axis. message: the state in words, which screen readers
    announce. progress: 0 to 1, seen while busy. error: drawn instead of the curves. hint: drawn while there are none.
    alive: a page shows this panel.
    """

    _esm = ROOM / "curves.js"
    _css = ROOM / "curves.css"
    series = List().tag(sync=True)
    before = List().tag(sync=True)
    lines = List().tag(sync=True)
    bands = List().tag(sync=True)
    strip = Dict().tag(sync=True)
    title = Unicode().tag(sync=True)
    xlabel = Unicode("epoch").tag(sync=True)
    ylabel = Unicode().tag(sync=True)
    xlim = List([0.5, 30.5]).tag(sync=True)
    ylim = List([0.0, 1.0]).tag(sync=True)
    unit = Unicode("percent").tag(sync=True)
    height = Int(300).tag(sync=True)
    caption = Unicode().tag(sync=True)
    message = Unicode().tag(sync=True)
    busy = Bool(False).tag(sync=True)
    progress = Float(0.0).tag(sync=True)
    error = Unicode().tag(sync=True)
    hint = Unicode().tag(sync=True)
    alive = Bool(False).tag(sync=True)

    def __init__(self, **traits):
        self.turn = threading.RLock()  # threads draw one after the other
        super().__init__(**traits)

    def show(self, **traits):
        """Set several traits in one message; any thread may call it."""
        with self.turn, self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)
