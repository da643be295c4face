"""The front end: the JavaScript files of labkit/panels/front, put together into one text, and its style sheet."""

import re
from pathlib import Path

FRONT = Path(__file__).parent / "front"
FILES = (
    "chart", "alt", "walk", "shown", "cursor", "beside", "curves", "scatter", "bars", "matrix", "gallery", "faces",
    "table", "contour", "train", "world", "part", "controls", "marks", "samples", "guess", "form", "asking", "compare",
    "moves", "address", "panel", "prediction",
)  # fmt: skip
STYLE_SHEETS = ("panel", "chart", "gallery", "world", "compare", "guess", "samples")
EXPORT = re.compile(r"^export default ", re.M)


def module(widget: str = "panel") -> str:
    """Return the front end as an ES module, for anywidget. widget: "panel", or "prediction", the question alone."""
    return f"{_source()}\nexport default {widget};\n"


def classic() -> str:
    """Return the front end as a plain script that sets `window.labkit`: a page may load it from a file."""
    return f"(() => {{\n{_source()}\nwindow.labkit = {{ ...window.labkit, panel, prediction, guess }};\n}})();\n"


def styles() -> str:
    """Return all style sheets of the panel and its parts."""
    return "\n".join((FRONT / f"{name}.css").read_text(encoding="utf-8") for name in STYLE_SHEETS)


def _source():
    """Return all JavaScript files as one text."""
    return "\n".join(map(_wrapped, FILES))


def _wrapped(name):
    """Return a file as a constant called like the file, which holds its default export; its other names are hidden."""
    text = (FRONT / f"{name}.js").read_text(encoding="utf-8")
    body, count = EXPORT.subn("return ", text)
    if count != 1:
        raise RuntimeError(f"{name}.js has {count} default exports; one is needed")
    return f"const {name} = (() => {{\n{body}}})();"
