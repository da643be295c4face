"""The front end: the JavaScript files of labkit/panels/front, put together into one text, and its style sheet."""

import re
from pathlib import Path

FRONT = Path(__file__).parent / "front"
PARTS = ("curves", "scatter", "bars", "matrix", "gallery", "faces", "table")
EXPORT = re.compile(r"^export default ", re.M)


def module():
    """The panel as an ES module, for anywidget. -> text"""
    return f"{_files('chart', *PARTS, 'panel')}\nexport default panel;\n"


def classic():
    """The panel as a plain script that sets `window.labkit.panel`: a page may load it from a file. -> text"""
    return f"(() => {{\n{_files('chart', *PARTS, 'panel')}\nwindow.labkit = {{ ...window.labkit, panel }};\n}})();\n"


def styles():
    """All style sheets of the panel and its parts. -> text"""
    return "\n".join((FRONT / f"{name}.css").read_text(encoding="utf-8") for name in ("panel", "chart", "gallery"))


def _files(*names):
    return "\n".join(map(_wrapped, names))


def _wrapped(name):
    """A file with its names kept to itself: its default export becomes a constant called as the file."""
    text = (FRONT / f"{name}.js").read_text(encoding="utf-8")
    body, count = EXPORT.subn("return ", text)
    if count != 1:
        raise RuntimeError(f"{name}.js has {count} default exports; one is needed")
    return f"const {name} = (() => {{\n{body}}})();"
