"""The ledger: what a paper printed, beside what was measured, and a verdict for every cell, figure and claim.

ledger("CRUST")      # every cell and every finding, a row each
overview("CRUST")    # a line per table, figure and claim: opens the paper's notebook
"""

import numpy as np
import pandas as pd

from .. import markup
from ..errors import need
from ..fit import CRITERIA
from .measured import RESULTS, counted, each, gains, read, record, results_file
from .order import COLUMN, join_printed, places, rank_correlation, tau
from .printed_tables import ITEMS, STEMS, cells
from .printed_tables import table as printed
from .verdict import VERDICTS, judged

__all__ = [
    "ITEMS", "STEMS", "VERDICTS", "cells", "counted", "gains", "join_printed", "ledger", "overview", "printed",
    "rank_correlation", "read", "record", "results_file", "styled", "table",
]  # fmt: skip

EDGES = dict(zip(VERDICTS, ("#009E73", "#56B4E9", "#D55E00", "#CC79A7", "#E69F00", "#7f7f7f")))
HOLDS = {True: "holds here", False: "does not hold here"}  # of a claim, in the setting that is named with it
EDGES |= {HOLDS[True]: EDGES["reproduced"], HOLDS[False]: EDGES["not reproduced"]}
LEFT = [{"selector": "th, td", "props": "text-align: left; vertical-align: top"}]


def ledger(paper, results=RESULTS, criterion=None):
    """All that a paper printed and all that was found about its figures and claims. -> DataFrame, a row each

    results: the folder that holds the measured runs and findings of each paper, see `results_file`. Printed cells have
    the columns of `table`; findings have item, claim, finding (the measured numbers in words), rule (what decided the
    verdict; "" where none is stored), n, criterion, setting, hardware, minutes, verdict. Raises ValueError for an
    unknown paper.
    """
    runs = read(results_file(paper, "runs", results))
    found = read(results_file(paper, "findings", results))
    rows = table(cells(paper), runs, criterion)
    if found.empty:
        return rows
    found = found.assign(finding=found["measured"], verdict=found["holds"].map(HOLDS), words=found["printed"])
    found["rule"] = found["rule"].fillna("") if "rule" in found else ""
    facts = ["n", "criterion", "setting", "hardware", "minutes", "rule", "verdict"]
    findings = found[["paper", "item", "claim", "words", "finding", *facts]]
    return pd.concat([rows, findings], ignore_index=True)


def table(cells, measured, criterion=None):
    """Printed beside measured, with a verdict for every printed cell.

    cells: of `printed.cells`. measured: rows of `read`. criterion: which epoch's score, "last", "last10", "best_val" or
    "oracle_best"; None is the one that the paper reports. A run counts for a cell only if dataset (all of it), network,
    noise, rate and the hyperparameters that the cell names agree; see `measured.of_cell`.
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
    same = cells.groupby([*COLUMN, "mean"], dropna=False)["mean"].transform("size") >= 3
    cells = cells.assign(doubtful=cells["doubtful"] | same)
    if criterion:
        cells = cells.assign(criterion=cells["criterion"].where(~cells["criterion"].isin(CRITERIA), criterion))
    rows = pd.DataFrame(map(judged, cells.to_dict("records"), each(cells, measured)))
    return places(rows, measured)


def styled(table):
    """A table of `table` for the eye: two decimals, verdicts in words and a coloured edge; without the columns that are
    empty, and without data, network, criterion and setting where they are the same in all rows. -> Styler"""
    fixed = [name for name in ("item", "dataset", "net", "criterion", "setting") if table[name].nunique() > 1]
    numbers = ["printed", "spread", "measured", "low", "high", "difference", "allowed"]
    places = ["order_printed", "order_small"]
    shown = [*fixed, "noise", "rate", "label", *numbers, "n", "epochs", *places, "verdict", "why"]
    empty = [name for name in shown if table[name].isna().all() or (table[name] == "").all()]
    look = markup.styled(table[[name for name in shown if name not in empty]])
    for form, names in (("{:.2f}", numbers), ("{:.0%}", ["rate"]), ("{:.0f}", ["n", "epochs"]), ("{:g}", places)):
        look = look.format(form, subset=[name for name in names if name not in empty], na_rep="")
    return look.map(_edge, subset=["verdict"]).hide(axis="index")


def overview(paper, results=RESULTS, rows=None):
    """A line per table of the paper and per finding: printed, measured, n, hardware, minutes, rule, verdict. -> Styler

    rows: of `ledger`, where the caller has them already: they take seconds.
    """
    rows = ledger(paper, results) if rows is None else rows
    found = rows[rows["claim"].notna()] if "claim" in rows else rows[:0]
    lines = [_summed(item, rows[(rows["item"] == item) & rows["printed"].notna()]) for item in ITEMS[paper]]
    lines += [_found(line) for line in found.to_dict("records")]
    look = markup.styled(pd.DataFrame(lines)).format("{:.1f}", subset=["minutes"]).set_table_styles(LEFT)
    return look.map(_edge, subset=["verdict"]).hide(axis="index")


def _summed(item, rows):
    """One line of `overview` for a printed table."""
    counts = rows["verdict"].value_counts()
    small, ran = rows[rows["verdict"] == "small setting"], rows[rows["n"] > 0]
    words = f"{len(ran)} cells in the paper's setting"
    if len(small):
        taus = [value for _, column in small.groupby(COLUMN, dropna=False) if np.isfinite(value := tau(column))]
        agree = f", Kendall's tau of the order {np.mean(taus):+.2f} over {len(taus)} columns" if taus else ""
        words += f"; {len(small)} in a small setting ({'; '.join(sorted(set(small['setting'])))}){agree}"
    verdict = ", ".join(f"{counts[name]} {name}" for name in VERDICTS if name in counts)
    all_of = lambda name: ", ".join(sorted({str(value) for value in rows[name] if value}))
    return {
        "item": item,
        "printed": f"{len(rows)} cells",
        "measured": words,
        "n": all_of("n_small") or all_of("n"),
        "hardware": all_of("hardware"),
        "minutes": rows["minutes"].sum(),
        "rule": "",  # that of the cells' verdict is in `table`
        "verdict": verdict,
    }


def _found(line):
    """One line of `overview` for a finding."""
    claim = f"{line['claim']} ({line['words']})" if line["words"] else line["claim"]
    setting = f"{line['finding']} [{line['setting']}]"
    return {"item": line["item"], "printed": claim, "measured": setting, "n": f"{line['n']:.0f}"} | {
        name: line[name] for name in ("hardware", "minutes", "rule", "verdict")
    }


def _edge(verdict):
    """The colour of a cell of verdicts: that of the first one that it counts."""
    first = verdict.partition(", ")[0].lstrip("0123456789 ")
    return f"border-left: 4px solid {EDGES[first]}"
