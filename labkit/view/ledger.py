"""The ledger of all papers as one page without a kernel."""

from datetime import UTC, datetime

from .. import __version__, numbers
from ..study import ledger
from ..study.measured import RESULTS

PAGE = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>The ledger: printed beside measured</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 90rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; font-size: 13px; display: block; overflow-x: auto }}
th, td {{ padding: .25rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid #8884 }}
summary {{ cursor: pointer; margin: 1rem 0 }}
</style></head><body>
{body}
</body></html>
"""
BODY = """\
<h1>The ledger: printed beside measured</h1>
<p>labkit {version}, numbers {numbers}, {date}. A cell is compared with the printed number only where data, network,
noise, rate and criterion agree; elsewhere it is a small setting, and the order of the methods is all that is
compared.</p>
<p>{verdicts}</p>
{papers}
"""
PAPER = """\
<h2 id="{stem}">{paper}</h2>
{overview}
<details><summary>{paper}: all {count} printed cells</summary>
{cells}
</details>
"""


def page(results=RESULTS):
    """One page for all papers. -> HTML"""
    return PAGE.format(body=body(results))


def body(results=RESULTS):
    """What `ledger.overview` says of each paper, and every printed cell. -> HTML, without a head"""
    edge = '<span style="border-left: 4px solid {}">&nbsp;{}</span>'
    verdicts = " &middot; ".join(edge.format(ink, name) for name, ink in ledger.EDGES.items())
    papers = "".join(_paper(paper, results) for paper in ledger.ITEMS)
    date = datetime.now(UTC).date().isoformat()
    return BODY.format(version=__version__, numbers=numbers.NUMBERS, date=date, verdicts=verdicts, papers=papers)


def _paper(paper, results):
    """The part of one paper."""
    every = ledger.ledger(paper, results)
    rows = every[every["printed"].notna()]
    words = {"stem": ledger.STEMS[paper], "paper": paper, "count": len(rows)}
    tables = {"overview": ledger.overview(paper, results, every).to_html(), "cells": ledger.styled(rows).to_html()}
    return PAPER.format(**words, **tables)
