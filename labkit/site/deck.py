"""A lesson as slides: one file that needs nothing else. The browser cuts the cells into slides that fit its window."""

import re

from . import compose, living, notebook, panel_script

SECTION = re.compile(r"^## ", re.M)
CLOSED = re.compile(r"</(?=script)", re.I)


def slides(source):
    """The slides of a lesson. source: book.Source -> HTML, everything in it"""
    from jinja2 import Environment, FileSystemLoader

    cells = shown(source)
    whole = "".join(cell["html"] for cell in cells)
    words = {"title": source.title, "cells": cells, "scripts": [CLOSED.sub(r"<\\/", text) for text in scripts(whole)]}
    env = Environment(loader=FileSystemLoader(living.FRONT), trim_blocks=True)
    return env.get_template("slides.html.j2").render(styles=living.styles() + living.front("slides.css"), **words)


def shown(source):
    """The cells that become slides: not the imports before the first section, nor the score of the guess that stands
    in the notebook: the panel scores the reader's. -> list of {kind, html}

    A cell's `slideshow` metadata (JupyterLab's property inspector sets it) may say "skip", "notes" (hints, shown on N)
    or "slide" (begins one).
    """
    made = compose.unanswered(source.notebook)
    cells, inside = [], False
    for cell, html in zip(made.cells, notebook.cells(made, lambda url: url if url.startswith("http") else None)):
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "")
        if found := compose.PREDICTED.search(cell.source):
            html += f'<div data-guess="{found[1]}"></div>'
        inside = inside or bool(SECTION.search(cell.source))
        if kind != "skip" and (inside or cell.cell_type != "code") and not cell.source.startswith("labkit.score("):
            cells.append({"kind": kind, "html": html})
    return cells


def scripts(html):
    """What the slides run: panels and their stored pictures, plotly where it is needed, the steps. -> list of texts"""
    names = compose.panels(html)
    texts = [panel_script()] if names else []
    texts += [living.script(name) for name in names if living.stored(name) is not None]
    texts += [living.plotly()] if "plotly-place" in html else []
    return [*texts, living.front("site.js"), living.front("slides.js")]
