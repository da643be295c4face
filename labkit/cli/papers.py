"""lab papers: run every paper's notebook, write each as a page, and the ledger of all papers."""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat

from ..errors import choose
from ..notebook import execute
from ..site.book import DASHBOARDS
from ..site.ledger import page as page_of_ledger
from ..state import atomic_write
from . import ROOT, how_to_open, parser
from .run import KEPT

DESCRIPTION = """\
Run the papers' notebooks in notebooks/, all or those that are named, and write each as a page beside it, and the ledger
of all papers as ledger.html. The dashboard of sweeps is no paper and is left out: ./lab run sweep -p store DIR.

  ./lab papers
  ./lab papers cdr_aux"""
# nbconvert's page without what it would fetch: require.js, mermaid, the widget manager, MathJax (formulas are MathML)
TEMPLATE = """\
{% extends 'lab/index.html.j2' %}
{% block html_head_js %}{% endblock %}
{% block jupyter_widgets %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_css %}{{ super() }}<style>
math { font-family: "STIX Two Math", "Latin Modern Math", "Cambria Math", "DejaVu Math TeX Gyre", math }
</style>{% endblock %}
"""


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab papers`."""
    command = parser("papers", DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("names", nargs="*", metavar="NAME", help="of a notebook, e.g. cdr_aux; all when none is named")
    return command


def main(argv: Sequence[str]) -> int:
    """Run the notebooks, whatever fails, and print a table of the outcomes. -> exit status, 1 if one failed

    Raises ValueError, before anything runs, for the name of no paper.
    """
    rows = [_run(path) for path in chosen(arguments().parse_args(argv).names)]
    ledger = ROOT / "notebooks" / "ledger.html"
    atomic_write(ledger, page_of_ledger().encode())
    print(f"the ledger -> {ledger.relative_to(ROOT)}; {how_to_open(ledger)}\n")
    for name, minutes, failure in rows:
        print(f"{name:32s} {minutes:6.1f} min   {failure or 'done'}")
    failed = sum(bool(failure) for *_, failure in rows)
    print(f"{len(rows) - failed} done, {failed} failed")
    return int(failed > 0 or not rows)


def chosen(names: Sequence[str]) -> list[Path]:
    """Return the notebooks of papers by name, all if there is no name. Raises ValueError for the name of no paper."""
    notebooks = _notebooks()
    if not names:
        return list(notebooks.values())
    paths = [choose("the paper", Path(name).name.removesuffix(".ipynb"), notebooks) for name in names]
    return list(dict.fromkeys(paths))


def _notebooks():
    """Return the papers' notebooks by name, sorted."""
    notebooks = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if path.relative_to(ROOT).as_posix() not in DASHBOARDS:
            notebooks[path.stem] = path
    return notebooks


def _run(notebook):
    """Run one notebook; write its page if it came to its end. -> name, minutes, last line of the failure or None"""
    start = time.monotonic()
    out = KEPT / notebook.name
    target = notebook.with_suffix(".html")
    out.parent.mkdir(parents=True, exist_ok=True)
    print(f"{notebook.name} -> {target.relative_to(ROOT)}", flush=True)
    failure = execute(notebook, out, {})
    if failure:
        print(failure.traceback)
        failure = f"failed: {failure.error} (see {out.relative_to(ROOT)})"
    else:
        atomic_write(target, page(nbformat.read(out, as_version=4), notebook.stem).encode())
        print(how_to_open(target), flush=True)
    return notebook.name, (time.monotonic() - start) / 60, failure


def page(notebook: nbformat.NotebookNode, title: str) -> str:
    """Write an executed notebook as one HTML file that needs no other."""
    from nbconvert import HTMLExporter

    from ..site.notebook import markdown

    notebook.metadata.pop("widgets", None)
    _turnable(notebook)
    exporter = HTMLExporter(raw_template=TEMPLATE)
    exporter.register_filter("markdown2html", markdown)
    return exporter.from_notebook_node(notebook, {"metadata": {"name": title}})[0]


def _turnable(notebook):
    """Give the plotly figures of a notebook the HTML that a page needs, the first one with plotly.js in it."""
    from plotly.io import from_json, to_html

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    script = True
    for output in outputs:
        stored = output.get("data", {}).get("application/vnd.plotly.v1+json")
        if stored:
            figure = from_json(json.dumps({"data": stored["data"], "layout": stored["layout"]}), skip_invalid=True)
            output.data["text/html"] = to_html(figure, full_html=False, include_plotlyjs=script)
            script = False
