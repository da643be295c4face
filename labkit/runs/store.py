"""Finds Runs: tables over all that a store holds, finished or not."""

import json
import os
from pathlib import Path

import pandas as pd

from ..errors import choose
from .index import table

FAILED = "failed.json"  # in the folder of a run in the making: what went wrong with it last
COLUMNS = ("run", "label", "what", "error", "cell", "traceback", "date", "attempts")


def folder(store=None):
    """Where runs are kept: `store`, else LABKIT_RUNS, else runs/ in the current folder."""
    return Path(store or os.environ.get("LABKIT_RUNS") or "runs").expanduser()


def results(store=None, **where):
    """One row per finished run: its configuration, noise, accuracies by criterion, notes and hardware. -> DataFrame

    where: only runs whose column has this value, e.g. results(method="CDR", seed=0). Raises ValueError for a column
    that does not exist. Read by DuckDB, with an index of the runs seen before: thousands in a second.
    """
    found = table(folder(store), "result.parquet")
    for column, value in where.items():
        choose("column", column, dict.fromkeys(found.columns))
        found = found[found[column] == value]
    return found.sort_values("run", ignore_index=True) if len(found) else found.reset_index(drop=True)


def histories(store=None, **where):
    """The histories of the runs that `results` finds: the run, and a row per epoch with the columns of
    labkit.measure.COLUMNS (r2_... for regression). -> DataFrame"""
    found, rows = results(store, **where), table(folder(store), "history.parquet")
    if not len(rows):
        return rows
    return rows[rows["run"].isin(found["run"])].sort_values(["run", "epoch"], ignore_index=True)


def failures(store=None):
    """One row per run that failed and has not finished since: run, label, what (method or notebook), error (its last
    line), cell (the number of the failed cell, for notebooks), traceback, date, attempts. -> DataFrame"""
    found = sorted(folder(store).glob(f"*.partial/{FAILED}"))
    rows = [{"run": path.parent.name.removesuffix(".partial"), **json.loads(path.read_text())} for path in found]
    return pd.DataFrame(rows, columns=COLUMNS)


def unfinished(store=None):
    """Runs that were begun and neither finished nor failed: they go on when the same is asked for again. -> list of
    names"""
    begun = folder(store).glob("*.partial")
    return sorted(path.name.removesuffix(".partial") for path in begun if not (path / FAILED).exists())
