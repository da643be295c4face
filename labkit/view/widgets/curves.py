"""Curves over epochs in a panel of fixed height. All that is drawn lives in traits: it survives a reload."""

import threading

import anywidget
from traitlets import Bool, Dict, Float, Int, List, Unicode

from ..panel import script
from ..panel.pictures import curve, look

__all__ = ["Curves", "curve", "look"]


class Curves(anywidget.AnyWidget):
    """Curves in SVG with fixed axes.

    series: of `curve`. before: the curves of an earlier run, drawn faintly. lines: horizontal references {name, y}.
    bands: areas {x, low, high, colour}. strip: a row of words under the axis, {name, cells: [{x, text, kind}],
    keys: [{kind, name}]}. unit: "percent" | "number", of the y axis. message: the state in words, which screen readers
    announce. progress: 0 to 1, seen while busy. error: drawn instead of the curves. hint: drawn while there are none.
    alive: a page shows this panel.
    """

    _esm = script.alone("curves")
    _css = script.FRONT / "chart.css"
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
