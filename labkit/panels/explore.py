"""The dashboard's menus: the figure of a sweep drawn anew for another x, curve or criterion."""

import html

from ..errors import must
from ..fit import CRITERIA
from ..plot import over
from ..runs import groups
from .live import headless

BANDS = ("range", "t")


def explore(table, x="rate", by="method", criterion="last10"):
    """Menus for x, the curves, the criterion and the band, above the figure that they draw.

    table: of labkit.results, with one run or more. The menus offer what differs between the runs.
    -> a widget; where nobody can move it (papermill, nbval, LABKIT_FAST=1), a line of text. Raises ValueError for names
    that do not exist.
    """
    must(len(table), "table", "one without a run", "a table of finished runs, see labkit.results")
    first = {"x": x, "by": by, "y": criterion, "band": "range"}
    for argument in ("x", "by"):
        groups.parameter(table, first[argument], argument)
    groups.criterion(table, criterion)
    from IPython.display import Markdown
    from ipywidgets import HTML, Dropdown, HBox, Image, Label, Layout, VBox

    if headless():
        return Markdown("*The menus need JupyterLab and a kernel.*")
    drawn = _drawn(table, first)

    names = list(dict.fromkeys([x, by, *groups.varied(table), "method"]))
    choices = {"x": names, "by": names, "y": list(CRITERIA), "band": list(BANDS)}
    words = {"x": "x", "by": "a curve for each", "y": "criterion", "band": "band"}
    narrow = Layout(width="11em")
    menus = {key: Dropdown(options=choices[key], value=value, layout=narrow) for key, value in first.items()}
    image, said = Image(value=drawn[0], width=drawn[1], layout=Layout(max_width="100%")), HTML()

    def draw(_):
        try:
            image.value, width = _drawn(table, {key: menu.value for key, menu in menus.items()})
            image.width, said.value = str(width), ""
        except ValueError as error:
            said.value = f"<pre>{html.escape(str(error))}</pre>"

    for menu in menus.values():
        menu.observe(draw, "value")
    row = [VBox([Label(words[key]), menu]) for key, menu in menus.items()]
    return VBox([HBox(row, layout=Layout(flex_flow="row wrap")), image, said])


def _drawn(table, at):
    """The figure as a PNG, and its width in pixels of a page."""
    png, size = over(table, **at)._repr_png_()
    return png, str(size["width"])
