"""Panels: one declaration (Sketch), three homes: JupyterLab, an app with a kernel, a page without one."""

from . import samples
from .controls import choice, cycle, slider
from .moves import Move
from .panel import Panel
from .pictures import curve, part, points, sprite, svg_style
from .question import Question
from .sketch import Cancelled, Sketch

__all__ = [
    "Cancelled", "Move", "Panel", "Question", "Sketch",
    "choice", "curve", "cycle", "part", "points", "samples", "slider", "sprite", "svg_style",
]  # fmt: skip
