"""A lesson as slides: one file that needs nothing else. The browser cuts the cells into slides that fit its window."""

import re

from . import compose, living, notebook, panel_script
from .book import Source

SECTION = re.compile(r"^## ", re.M)
CLOSED = re.compile(r"</(?=script)", re.I)


def slides(source: Source) -> str:
    """Write the slides of a lesson. -> HTML, everything in it"""
    from jinja2 import Environment, FileSystemLoader

    cells = slide_cells(source)
    html = "".join(cell["html"] for cell in cells)
    env = Environment(loader=FileSystemLoader(living.FRONT), trim_blocks=True)
    return env.get_template("slides.html.j2").render(
        title=source.title,
        cells=cells,
        scripts=[CLOSED.sub(r"<\\/", script) for script in scripts(html)],
        styles=living.styles() + living.front("slides.css"),
    )


def slide_cells(source: Source) -> list[dict[str, str]]:
    """Return the cells that become slides, with their kind and HTML.

    The imports before the first section are left out, and the score of the guess that stands in the notebook, because
    the panel scores the reader's. A cell's `slideshow` metadata (JupyterLab's property inspector sets it) may say
    "skip", "notes" (hints, shown on N) or "slide" (begins one).
    """
    lesson = compose.unanswered(source.notebook)
    cells = []
    in_section = False
    for cell, html in zip(lesson.cells, notebook.cells(lesson, link_into_web)):
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "")
        in_section = in_section or bool(SECTION.search(cell.source))
        is_import = cell.cell_type == "code" and not in_section
        if kind == "skip" or is_import or cell.source.startswith("labkit.score("):
            continue
        cells.append({"kind": kind, "html": html + compose.guess_form(cell)})
    return cells


def link_into_web(url: str) -> str | None:
    """Return a link that leads into the web; slides have no other pages."""
    return url if url.startswith("http") else None


def scripts(html: str) -> list[str]:
    """Return what the slides run: panels and their stored pictures, plotly where it is needed, the steps."""
    texts = []
    names = compose.panels(html)
    if names:
        texts.append(panel_script())
    for name in names:
        if living.stored(name) is not None:
            texts.append(living.script(name))
    if "plotly-place" in html:
        texts.append(living.plotly())
    return [*texts, living.front("site.js"), living.front("slides.js")]
