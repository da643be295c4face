"""Finished runs of the queue as rows of a small file in the paper's room, and printed beside measured.

results/full.parquet has a row per run: the point that it is, its configuration, the passport of its noise, the score by
every criterion, hardware, threads, versions, date, commit, and the curves that the figures draw, rounded to five
decimals.
"""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..fit import Run
from ..fit.run import row
from ..ledger import ITEMS
from ..ledger.measured import RESULTS, read, record, results_file, runs_of_method, score
from ..numbers import NUMBERS
from ..runs.scores import seconds
from .jobs import Point, key
from .numbers import printed_numbers
from .queue import parts, point_of
from .work import records

FULL = "full"  # the kind of the results file
CURVES = ("train_loss", "train_given", "train_aided", "noisy_memorised", "selected_precision", "val_noisy", "test")
CURVES += ("auc_weight", "r2_test", "r2_val_noisy")
DECIMALS = 5  # of curves
POINT = "point"  # the column with the key of the point


def export_finished(store: str | Path, results: Path = RESULTS) -> dict[str, int]:
    """Write the finished runs of a store to the results of their papers. -> {paper: rows that were new}

    results: the folder that holds each paper's room. A run that is there already stays as it is. A run that cannot be
    read is left out with a warning.
    """
    rows = {paper: [] for paper in ITEMS}
    done = set(finished(results))
    for entry in records(store):
        if key(entry["point"]) not in done:
            rows[entry["point"]["paper"]] += _rows(Path(store), entry)
    counts = {}
    for paper, new in rows.items():
        if new:
            record(pd.DataFrame(new), results_file(paper, FULL, results))
        counts[paper] = len(new)
    return counts


def finished(results: Path = RESULTS) -> list[str]:
    """Return the keys of the points whose rows are exported, by the numbers that labkit has today.

    A row that was measured before labkit.NUMBERS was raised does not count: its run is open again.
    """
    keys = []
    for paper in ITEMS:
        rows = read(results_file(paper, FULL, results))
        if len(rows):
            keys += list(rows[POINT][rows["numbers"] == NUMBERS])
    return keys


def printed_beside_measured(paper: str, results: Path = RESULTS) -> pd.DataFrame:
    """Lay the printed numbers of a paper beside the runs of its full recipe, without a verdict.

    Returns a row per printed number that has a run: item, dataset, noise, rate, label, criterion, printed, spread (as
    printed), measured (mean over seeds, in the printed unit), low and high (of the seeds), seeds, epochs, stand_in ("",
    or what was measured in place of what). Raises ValueError for an unknown paper.
    """
    rows = read(results_file(paper, FULL, results))
    if rows.empty:
        return pd.DataFrame()
    by_run = dict(list(rows.groupby(rows[POINT].map(_without_seed))))
    stand_ins = _stand_ins(paper)
    table = []
    for number in printed_numbers([paper]):
        point = point_of(number)
        own = _without_seed(key(point)), ""
        for name, stand_in in [own, *stand_ins.get(_condition(point, point["data"]), [])]:
            if name in by_run:
                for cell in number.cells:
                    table.append(_beside(cell, by_run[name], stand_in))
    return pd.DataFrame(table)


def _rows(store, entry):
    """Return the rows of a recorded run: one for a training, one for each timed method. -> list of dicts"""
    facts = {"run": entry["run"], POINT: key(entry["point"])}
    if "rows" in entry["further"]:
        return list(map(facts.__or__, entry["further"]["rows"]))
    try:
        run = Run.load(store / entry["run"])
    except ValueError as error:
        warnings.warn(f"left out, as it cannot be read: {error}", stacklevel=3)
        return []
    return [facts | _training(run) | entry["further"]]


def _training(run: Run) -> dict[str, Any]:
    """Return the row of a training."""
    facts = row(run.facts)
    facts["config"] = json.dumps(run.config)
    facts["samples"] = run.notes["samples"]
    facts["seconds"] = seconds(run)
    for name in CURVES:
        if name in run.rows[0]:
            curve = np.array([epoch[name] for epoch in run.rows], np.float64)
            facts[name] = curve.round(DECIMALS).astype(np.float32)
    return facts


def _without_seed(name):
    """Return a point's key without its seed."""
    point = json.loads(name)
    point.pop("seed")
    return key(point)


def _condition(point: Point, dataset: str) -> str:
    """Return what a stand-in shares with the run that it stands in for. dataset: that of the latter"""
    shared = [point.get("noise"), point.get("rate"), point.get("method"), point.get("method.hyperparameters")]
    return json.dumps([dataset, *shared], sort_keys=True)


def _stand_ins(paper):
    """Return the runs that stand in for others. -> {condition: [(key without seed, what stands in for what)]}"""
    table = {}
    for part in parts([paper]):
        if part.replaces:
            for point in part.points:
                entry = _without_seed(key(point)), part.stand_in
                entries = table.setdefault(_condition(point, part.replaces), [])
                if entry not in entries:
                    entries.append(entry)
    return table


def _beside(cell, runs, stand_in):
    """Return printed beside measured for one cell. runs: of its point, which may be of several methods -> dict"""
    runs = runs_of_method(cell, runs)
    values = cell["factor"] * score(runs, cell["criterion"])
    facts = {name: cell[name] for name in ("item", "dataset", "net", "noise", "rate", "label", "criterion")}
    facts |= {"printed": cell["mean"], "spread": cell["std"], "measured": np.nanmean(values)}
    facts |= {"low": np.nanmin(values), "high": np.nanmax(values), "seeds": int(np.isfinite(values).sum())}
    epochs = runs["epochs"].iloc[0] if "epochs" in runs else np.nan
    return {**facts, "epochs": epochs, "stand_in": stand_in}
