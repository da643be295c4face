"""lab papers: every paper's notebook, executed, and as a page; and the ledger of all papers."""

import json
import time

import nbformat

from ..notebook import execute
from ..site.book import DASHBOARDS
from ..site.ledger import page as page_of_ledger
from ..state import atomic_write
from . import ROOT, parser
from .run import KEPT

DESCRIPTION = """\
Run every paper's notebook in notebooks/, write each as NAME.html beside it, and ledger.html. The dashboard of sweeps is
no paper and is left out: ./lab run sweep -p store DIR."""
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


def main(argv):
    """Run them all, whatever fails; end with a table. -> exit status, 1 when one failed"""
    parser("papers", DESCRIPTION).parse_args(argv)
    found = sorted((ROOT / "notebooks").glob("*.ipynb"))
    rows = [_one(path) for path in found if path.relative_to(ROOT).as_posix() not in DASHBOARDS]
    ledger = ROOT / "notebooks" / "ledger.html"
    atomic_write(ledger, page_of_ledger().encode())
    print(f"the ledger -> {ledger.relative_to(ROOT)}\n")
    for name, minutes, failure in rows:
        print(f"{name:32s} {minutes:6.1f} min   {failure or 'done'}")
    failed = sum(bool(failure) for *_, failure in rows)
    print(f"{len(rows) - failed} done, {failed} failed")
    return int(failed > 0 or not rows)


def _one(notebook):
    """Run one notebook; its page is written when it came to its end. -> name, minutes, last line of what failed"""
    began, out = time.monotonic(), KEPT / notebook.name
    out.parent.mkdir(parents=True, exist_ok=True)
    print(f"{notebook.name} -> {notebook.with_suffix('.html').relative_to(ROOT)}", flush=True)
    failure = execute(notebook, out, {})
    if failure:
        print(failure.traceback)
        failure = f"failed: {failure.error} (see {out.relative_to(ROOT)})"
    else:
        notebook.with_suffix(".html").write_text(
            page(nbformat.read(out, as_version=4), notebook.stem), encoding="utf-8"
        )
    return notebook.name, (time.monotonic() - began) / 60, failure


def page(notebook, title):
    """An executed notebook as one HTML file that holds all it shows. -> text"""
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

    kind, script = "application/vnd.plotly.v1+json", True
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        if drawn := output.get("data", {}).get(kind):
            figure = from_json(json.dumps({key: drawn[key] for key in ("data", "layout")}), skip_invalid=True)
            output.data["text/html"] = to_html(figure, full_html=False, include_plotlyjs=script)
            script = False
