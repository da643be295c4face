"""The dashboard's menus: the figure of a sweep drawn anew for another x, curve or criterion."""

import html
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import must
from ..fit import CRITERIA
from ..plot import over
from ..runs import groups
from .live import headless

if TYPE_CHECKING:
    from IPython.display import Markdown
    from ipywidgets import VBox

BANDS = ("range", "t")
LABELS = {"x": "x", "by": "a curve for each", "y": "criterion", "band": "band"}


def explore(table: pd.DataFrame, x: str = "rate", by: str = "method", criterion: str = "last10") -> "VBox | Markdown":
    """Make menus for x, the curves, the criterion and the band, above the figure that they draw.

    table: of labkit.results, with one run or more. The menus offer what differs between the runs. Returns a widget, or
    a line of text where nobody can move it (papermill, nbval, LABKIT_FAST=1). Raises ValueError for names that do not
    exist.
    """
    must(len(table), "table", "one without a run", "a table of finished runs, see labkit.results")
    for argument, name in (("x", x), ("by", by)):
        groups.parameter(table, name, argument)
    groups.criterion(table, criterion)
    if headless():
        from IPython.display import Markdown

        return Markdown("*The menus need JupyterLab and a kernel.*")
    names = list(dict.fromkeys([x, by, *groups.varied(table), "method"]))
    options = {"x": names, "by": names, "y": list(CRITERIA), "band": list(BANDS)}
    return _menus(table, options, {"x": x, "by": by, "y": criterion, "band": "range"})


def _menus(table, options, start):
    """Make the menus and the figure below them. -> widget"""
    from ipywidgets import HTML, Dropdown, HBox, Image, Label, Layout, VBox

    narrow = Layout(width="11em")
    menus = {name: Dropdown(options=options[name], value=start[name], layout=narrow) for name in start}
    png, width = _draw(table, start)
    image = Image(value=png, width=width, layout=Layout(max_width="100%"))
    error_text = HTML()

    def redraw(_):
        try:
            image.value, image.width = _draw(table, {name: menu.value for name, menu in menus.items()})
            error_text.value = ""
        except ValueError as error:
            error_text.value = f"<pre>{html.escape(str(error))}</pre>"

    boxes = []
    for name, menu in menus.items():
        menu.observe(redraw, "value")
        boxes.append(VBox([Label(LABELS[name]), menu]))
    return VBox([HBox(boxes, layout=Layout(flex_flow="row wrap")), image, error_text])


def _draw(table: pd.DataFrame, arguments: dict[str, Any]) -> tuple[bytes, str]:
    """Draw the figure. arguments: of `plot.over`. Returns a PNG and its width in pixels of a page."""
    png, size = over(table, **arguments)._repr_png_()
    return png, str(size["width"])
