"""The ledger of all papers as one page without a kernel."""

from datetime import UTC, datetime
from pathlib import Path

from .. import __version__, ledger, markup, numbers, pages, reproduce
from ..ledger.measured import RESULTS

FORMATS = dict.fromkeys(("printed", "spread", "measured", "low", "high"), "{:.2f}") | {
    "rate": "{:.0%}",
    "epochs": "{:g}",
}


def page(results: Path = RESULTS) -> str:
    """Write one page for all papers. -> HTML"""
    return pages.render("ledger.html.j2", **_facts(results))


def body(results: Path = RESULTS) -> str:
    """Write what `page` says without its head, for a page that has one. -> HTML"""
    return pages.render("ledger_body.html.j2", **_facts(results))


def _facts(results):
    """Return what the templates show: for each paper the table of `ledger.overview`, and every printed cell."""
    return {
        "version": __version__,
        "numbers": numbers.NUMBERS,
        "date": datetime.now(UTC).date().isoformat(),
        "verdicts": ledger.EDGES,
        "papers": [_paper(paper, results) for paper in ledger.ITEMS],
    }


def _paper(paper, results):
    """Return the part of one paper."""
    table = ledger.ledger(paper, results)
    printed = table[table["printed"].notna()]
    return {
        "name": paper,
        "stem": ledger.STEMS[paper],
        "count": len(printed),
        "overview": pages.html(ledger.overview(paper, results, table).to_html()),
        "cells": pages.html(ledger.styled(printed).to_html()),
        "full": _full(paper, results),
    }


def _full(paper, results):
    """Return the table of what was measured with a paper's full recipe, and how many numbers it has; None for none."""
    table = reproduce.printed_beside_measured(paper, results)
    if table.empty:
        return None
    styler = markup.styled(table.drop(columns=["net"])).format(FORMATS, na_rep="").hide(axis="index")
    return {"count": len(table), "table": pages.html(styler.to_html())}
