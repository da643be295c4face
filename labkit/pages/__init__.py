"""Pages that need no other file: HTML with its style inside, made from the templates of this folder."""

from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def render(template: str, **values: Any) -> str:
    """Fill a template of this folder, such as "report.html.j2". -> HTML

    A text becomes text of the page; what is HTML already comes as `html(text)`.
    """
    return _environment().get_template(template).render(**values)


def html(text: str) -> str:
    """Mark a text as HTML, so that a template does not escape it."""
    from markupsafe import Markup

    return Markup(text)


@cache
def _environment():
    """Return the engine that reads the templates. -> jinja2.Environment"""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(loader=FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, undefined=StrictUndefined)
