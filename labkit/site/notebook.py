"""A notebook's stored cells as HTML, by nbconvert: formulas as MathML, links to other pages, panels as their places."""

import json
import re
from copy import deepcopy
from html import escape
from pathlib import Path

FRONT = Path(__file__).parent / "front"
PANEL, PLOTLY = "application/vnd.labkit.panel+json", "application/vnd.plotly.v1+json"
SHOWN = [PANEL, PLOTLY, "text/html", "text/markdown", "image/svg+xml", "text/latex", "image/png", "text/plain"]
CALL = re.compile(r"labkit\.(?:plot\.)?\w+(?=\()")
PLACE = '<div class="panel-place" data-panel="{name}" data-state="{state}"></div>'


def cells(notebook, link=lambda url: url):
    """What a page shows of each cell, from what is stored: nothing runs.

    notebook: of nbformat 4. link: url of a link -> where the page has it, or None if it has not. -> list of HTML texts,
    as many as there are cells
    """
    notebook = deepcopy(notebook)
    for cell in notebook.cells:
        cell.source = cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n")  # for the tests, not for readers
    html, _ = exporter(link).from_notebook_node(notebook, {"metadata": {"name": "cells"}})
    made = html.split("<!--cell-->")[1:]
    if len(made) != len(notebook.cells):
        raise RuntimeError(f"{len(notebook.cells)} cells became {len(made)}")
    return made


def exporter(link):
    """nbconvert's exporter with the body of our pages, and our reader of Markdown."""
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    config = Config({"NbConvertBase": {"display_data_priority": SHOWN}})
    made = HTMLExporter(raw_template=(FRONT / "body.html.j2").read_text(encoding="utf-8"), config=config)
    made.register_filter("markdown2html", lambda source: markdown(source, link))
    made.register_filter("living", living)
    made.register_filter("alt", alt)
    return made


def markdown(source, link=lambda url: url):
    """Markdown of a notebook, formulas included. -> HTML"""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    from .formulas import Formulas

    class Renderer(Formulas, IPythonRenderer):
        """Formulas as MathML; a link that leads to no page becomes plain words."""

        def link(self, text, url, title=None):
            there = link(url)
            return super().link(text, there, title) if there else f'<span class="away">{text}</span>'

    return MarkdownWithMath(renderer=Renderer(escape=False)).render(source)


def living(output):
    """The place of an output that a script brings to life: a panel, a plotly figure."""
    if data := output["data"].get(PANEL):
        state = escape(json.dumps(data.get("state", {})), quote=True)
        return PLACE.format(name=escape(str(data["panel"])), state=state)
    if data := output["data"].get(PLOTLY):
        figure = json.dumps({key: data[key] for key in ("data", "layout")}).replace("<", "\\u003c")
        height = escape(str(data["layout"].get("height", 450)))
        script = f'<script type="application/json">{figure}</script>'
        return f'<div class="plotly-place" style="min-height: {height}px">{script}</div>'
    return ""


def alt(output, cell):
    """What a figure is called for those who do not see it: by what drew it."""
    calls = CALL.findall(cell["source"])
    plots = [call for call in calls if ".plot." in call] or calls
    return f"figure, drawn by {plots[-1]}" if plots else "figure"
