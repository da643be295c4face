"""A notebook's stored cells as HTML, by nbconvert: formulas as MathML, links to other pages, panels as their places."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..markup import without_empty_headers

if TYPE_CHECKING:
    from nbconvert import HTMLExporter
    from nbformat import NotebookNode

FRONT = Path(__file__).parent / "front"
PANEL = "application/vnd.labkit.panel+json"
PLOTLY = "application/vnd.plotly.v1+json"
PRIORITY = [PANEL, PLOTLY, "text/html", "text/markdown", "image/svg+xml", "text/latex", "image/png", "text/plain"]
CALL = re.compile(r"labkit\.(?:plot\.)?\w+(?=\()")
PLACE = '<div class="panel-place" data-panel="{name}" data-state="{state}"></div>'

Link = Callable[[str], str | None]  # url of a link -> where the page has it, or None if it has no such page


def same_url(url: str) -> str:
    """Return a link as it is."""
    return url


def cells(notebook: "NotebookNode", link: Link = same_url) -> list[str]:
    """Return the HTML of each cell of a notebook of nbformat 4, from what is stored: nothing runs."""
    notebook = deepcopy(notebook)
    for cell in notebook.cells:
        cell.source = cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n")  # for the tests, not for readers
    html, _ = exporter(link).from_notebook_node(notebook, {"metadata": {"name": "cells"}})
    parts = html.split("<!--cell-->")[1:]
    if len(parts) != len(notebook.cells):
        raise RuntimeError(f"{len(notebook.cells)} cells became {len(parts)}")
    return parts


def exporter(link: Link) -> "HTMLExporter":
    """Return nbconvert's exporter with the body of our pages, and our reader of Markdown."""
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    config = Config({"NbConvertBase": {"display_data_priority": PRIORITY}})
    template = (FRONT / "body.html.j2").read_text(encoding="utf-8")
    html_exporter = HTMLExporter(raw_template=template, config=config)
    html_exporter.register_filter("markdown2html", lambda source: markdown(source, link))
    html_exporter.register_filter("living", living)
    html_exporter.register_filter("without_empty_headers", without_empty_headers)
    html_exporter.register_filter("alt", lambda output, cell: escape(alt(output, cell)))
    return html_exporter


def markdown(source: str, link: Link = same_url) -> str:
    """Translate Markdown of a notebook, formulas included. -> HTML"""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    from .formulas import Formulas

    class Renderer(Formulas, IPythonRenderer):
        """Formulas as MathML; a link that leads to no page becomes plain words."""

        def link(self, text, url, title=None):
            target = link(url)
            return super().link(text, target, title) if target else f'<span class="away">{text}</span>'

    return without_empty_headers(MarkdownWithMath(renderer=Renderer(escape=False)).render(source))


def living(output: dict[str, Any]) -> str:
    """Return the place of an output that a script fills: a panel, a plotly figure. -> HTML, "" for other outputs"""
    panel = output["data"].get(PANEL)
    plotly = output["data"].get(PLOTLY)
    if panel:
        state = escape(json.dumps(panel.get("state", {})), quote=True)
        return PLACE.format(name=escape(str(panel["panel"])), state=state)
    if plotly:
        figure = json.dumps({"data": plotly["data"], "layout": plotly["layout"]}).replace("<", "\\u003c")
        height = escape(str(plotly["layout"].get("height", 450)))
        script = f'<script type="application/json">{figure}</script>'
        return f'<div class="plotly-place" style="min-height: {height}px">{script}</div>'
    return ""


def alt(output: dict[str, Any], cell: "NotebookNode") -> str:
    """Return the text that stands for a figure where it is not seen: what its output says of it.

    An output of an older run says nothing; then it is the call that drew the figure.
    """
    for about in output.get("metadata", {}).values():
        if isinstance(about, dict) and about.get("alt"):
            return str(about["alt"])
    calls = CALL.findall(cell["source"])
    plot_calls = [call for call in calls if ".plot." in call]
    last_call = (plot_calls or calls)[-1:]
    return f"figure, drawn by {last_call[0]}" if last_call else "figure"
