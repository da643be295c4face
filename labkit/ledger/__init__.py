"""The ledger: what a paper printed, beside what was measured, and a verdict for every cell, figure and claim.

ledger("CRUST")      # every cell and every finding, a row each
overview("CRUST")    # a line per table, figure and claim: opens the paper's notebook
"""

from pathlib import Path

import pandas as pd
from pandas.io.formats.style import Styler

from .. import markup
from ..errors import need
from ..fit import CRITERIA
from .measured import RESULTS, counted, gains, read, record, results_file, runs_of_cells
from .order import COLUMN, add_places, join_printed, mean_tau, rank_correlation
from .printed_tables import ITEMS, STEMS, cells
from .printed_tables import table as printed
from .verdict import VERDICTS, judge

__all__ = [
    "ITEMS", "STEMS", "VERDICTS", "cells", "counted", "gains", "join_printed", "ledger", "overview", "printed",
    "rank_correlation", "read", "record", "results_file", "styled", "table",
]  # fmt: skip

EDGES = dict(zip(VERDICTS, ("#009E73", "#56B4E9", "#D55E00", "#CC79A7", "#E69F00", "#7f7f7f")))
HOLDS = {True: "holds here", False: "does not hold here"}  # of a claim, in the setting that is named with it
EDGES |= {HOLDS[True]: EDGES["reproduced"], HOLDS[False]: EDGES["not reproduced"]}
LEFT_ALIGNED = [{"selector": "th, td", "props": "text-align: left; vertical-align: top"}]
# columns of `styled`
SETTING = ("item", "dataset", "net", "criterion", "setting")
NUMBERS = ["printed", "spread", "measured", "low", "high", "difference", "allowed"]
PLACES = ["order_printed", "order_small"]
FORMATS = {"{:.2f}": NUMBERS, "{:.0%}": ["rate"], "{:.0f}": ["n", "epochs"], "{:g}": PLACES}


def ledger(paper: str, results: Path = RESULTS, criterion: str | None = None) -> pd.DataFrame:
    """Return all that a paper printed and all that was found about its figures and claims, a row each.

    results: the folder that holds the measured runs and findings of each paper, see `results_file`. Printed cells have
    the columns of `table`; findings have item, claim, finding (the measured numbers in words), rule (the comparison
    that decided the verdict; "" where none is stored), n, criterion, setting, hardware, minutes, verdict. Raises
    ValueError for an unknown paper.
    """
    runs = read(results_file(paper, "runs", results))
    findings = read(results_file(paper, "findings", results))
    rows = table(cells(paper), runs, criterion)
    if findings.empty:
        return rows
    rules = findings["rule"].fillna("") if "rule" in findings else ""
    verdicts = findings["holds"].map(HOLDS)
    findings = findings.assign(finding=findings["measured"], words=findings["printed"], rule=rules, verdict=verdicts)
    facts = ["n", "criterion", "setting", "hardware", "minutes", "rule", "verdict"]
    findings = findings[["paper", "item", "claim", "words", "finding", *facts]]
    return pd.concat([rows, findings], ignore_index=True)


def table(cells: pd.DataFrame, measured: pd.DataFrame, criterion: str | None = None) -> pd.DataFrame:
    """Lay printed beside measured, with a verdict for every printed cell.

    cells: of `printed_tables.cells`. measured: rows of `read`. criterion: the epoch whose score counts, "last",
    "last10", "best_val" or "oracle_best"; None for the one that the paper reports. A run counts for a cell only if
    dataset (all of it), network, noise, rate and the hyperparameters that the cell names agree; see
    `measured.runs_of_cell`.
    Returns a DataFrame, a row per printed cell, in the printed unit: printed, spread (printed), measured (mean over
    seeds), low and high (its 95 % t-interval, empty with one seed), difference, allowed, n (seeds), epochs, setting,
    hardware, minutes, verdict, why. Cells that were run in a small setting only have no number there, but order_printed
    and order_small: the place of the method among those of its column that were run (1 is the best).

    The verdict. A fresh mean may differ from the printed one by chance alone, by up to `allowed`.
    - With a printed standard deviation S over R runs, and s over our n seeds, it is Welch's 95 % interval of the
      difference: t sqrt(S^2 / R + s^2 / n), Satterthwaite's degrees of freedom; with one seed s is taken to be S.
    - Without one: sqrt(2 (1.96 b)^2 + (t s)^2 (1 + 1/n)), b = sqrt(p (1 - p) / 10,000) the binomial standard error of
      the printed p. With one seed s is not known and its term is left out, which makes the rule strict.
    At most 5 percentage points (R2, AUC: .05) are allowed.
    - "reproduced": |difference| <= allowed.
    - "within the band": |difference| <= 1 percentage point (.01): the same level, by a rule of thumb. The methods
      themselves differ by about as much, so such a cell says nothing about who is best.
    - "paper's cell doubtful": neither, and the cell is doubtful by its note, or the paper prints the very same number
      for three or more methods here.
    - "not reproduced": neither; `why` says what else differs from the paper's recipe.
    - "small setting": only runs on other data or another network: never compared by number.
    - "not run": no run at all.
    """
    need(criterion is None or criterion in CRITERIA, "criterion", criterion, f"None, {', '.join(CRITERIA)}")
    need({*COLUMN, "settings"} <= set(cells.columns), "cells", list(cells.columns), "rows of printed.cells")
    methods_with_number = cells.groupby([*COLUMN, "mean"], dropna=False)["mean"].transform("size")
    cells = cells.assign(doubtful=cells["doubtful"] | (methods_with_number >= 3))
    if criterion:
        is_accuracy = cells["criterion"].isin(CRITERIA)
        cells = cells.assign(criterion=cells["criterion"].where(~is_accuracy, criterion))
    rows = []
    for cell, runs in zip(cells.to_dict("records"), runs_of_cells(cells, measured)):
        rows.append(judge(cell, runs))
    return add_places(pd.DataFrame(rows), measured)


def styled(table: pd.DataFrame) -> Styler:
    """Return a table of `table` for display: two decimals, verdicts in words and a coloured edge.

    Columns that are empty are left out, and data, network, criterion and setting where they are the same in all rows.
    """
    varied = [name for name in SETTING if table[name].nunique() > 1]
    columns = []
    for name in (*varied, "noise", "rate", "label", *NUMBERS, "n", "epochs", *PLACES, "verdict", "why"):
        if not (table[name].isna().all() or (table[name] == "").all()):
            columns.append(name)
    styler = markup.styled(table[columns])
    for pattern, names in FORMATS.items():
        styler = styler.format(pattern, subset=[name for name in names if name in columns], na_rep="")
    return styler.map(_edge, subset=["verdict"]).hide(axis="index")


def overview(paper: str, results: Path = RESULTS, rows: pd.DataFrame | None = None) -> Styler:
    """Return a line per table of the paper and per finding: printed, measured, n, hardware, minutes, rule, verdict.

    rows: of `ledger`, where the caller has them already, because they take seconds.
    """
    rows = ledger(paper, results) if rows is None else rows
    lines = []
    for item in ITEMS[paper]:
        lines.append(_table_line(item, rows[(rows["item"] == item) & rows["printed"].notna()]))
    findings = rows[rows["claim"].notna()] if "claim" in rows else rows[:0]
    for finding in findings.to_dict("records"):
        lines.append(_finding_line(finding))
    styler = markup.styled(pd.DataFrame(lines)).format("{:.1f}", subset=["minutes"]).set_table_styles(LEFT_ALIGNED)
    return styler.map(_edge, subset=["verdict"]).hide(axis="index")


def _table_line(item, rows):
    """Return the line of `overview` for a printed table. -> dict"""
    counts = rows["verdict"].value_counts()
    verdicts = [f"{counts[name]} {name}" for name in VERDICTS if name in counts]
    return {
        "item": item,
        "printed": f"{len(rows)} cells",
        "measured": _coverage(rows),
        "n": _distinct(rows["n_small"]) or _distinct(rows["n"]),
        "hardware": _distinct(rows["hardware"]),
        "minutes": rows["minutes"].sum(),
        "rule": "",  # that of the cells' verdict is in `table`
        "verdict": ", ".join(verdicts),
    }


def _coverage(rows):
    """Return how many cells were run in the paper's setting and in a small one, and how well the orders agree."""
    text = f"{(rows['n'] > 0).sum()} cells in the paper's setting"
    small = rows[rows["verdict"] == "small setting"]
    if small.empty:
        return text
    measurements = small["measurement"].nunique()
    text += f"; {len(small)} by {measurements} measurements in a small setting"
    text += f" ({'; '.join(sorted(set(small['setting'])))})"
    mean, columns = mean_tau(small)
    if columns:
        text += f", Kendall's tau of the order {mean:+.2f} over {columns} measured columns"
    return text


def _distinct(column):
    """Return the distinct values of a column, sorted as texts, without zeros and empty texts. -> text"""
    values = {str(value) for value in column if value}
    return ", ".join(sorted(values))


def _finding_line(finding):
    """Return the line of `overview` for a finding. -> dict"""
    claim = finding["claim"]
    if finding["words"]:
        claim += f" ({finding['words']})"
    line = {
        "item": finding["item"],
        "printed": claim,
        "measured": f"{finding['finding']} [{finding['setting']}]",
        "n": f"{finding['n']:.0f}",
    }
    for name in ("hardware", "minutes", "rule", "verdict"):
        line[name] = finding[name]
    return line


def _edge(verdict):
    """Return the edge of a cell of verdicts, in the colour of the first one that it counts. -> CSS"""
    first = verdict.partition(", ")[0].lstrip("0123456789 ")
    return f"border-left: 4px solid {EDGES[first]}"
