"""Tables over the runs of a store, finished or not."""

import json
import warnings
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import choose, need
from ..fit import identity
from ..fit.place import place
from ..state import atomic_write
from .index import table

FAILED = ".failed"  # a folder of the store: a file for each run that failed and has not finished since
COLUMNS = ("run", "label", "what", "error", "cell", "traceback", "date", "attempts")

Store = str | PathLike | None  # a folder; None: LABKIT_RUNS, or runs/ in the current folder


def folder(store: Store = None) -> Path:
    """Return the folder of the runs: `store`, else LABKIT_RUNS, else runs/ in the current folder."""
    return place(store)


def results(store: Store = None, **where: Any) -> pd.DataFrame:
    """Return one row per finished run: its configuration, noise, accuracies by criterion, notes and hardware.

    where: only runs whose column has this value, e.g. results(method="CDR", seed=0). Raises ValueError for a column
    that does not exist. Read by DuckDB, with an index of the runs read before: thousands in a second.
    """
    rows = table(folder(store), "result.parquet")
    for column, value in where.items():
        choose("column", column, dict.fromkeys(rows.columns))
        rows = rows[rows[column] == value]
    return rows.sort_values("run", ignore_index=True) if len(rows) else rows.reset_index(drop=True)


def histories(store: Store = None, **where: Any) -> pd.DataFrame:
    """Return the histories of the runs that `results` finds: the run, and a row per epoch with the columns of
    labkit.measure.COLUMNS (r2_... for regression)."""
    stored = results(store)
    selected = results(store, **where)
    if "method" not in stored:
        return pd.DataFrame()
    trained = set(stored["run"][stored["method"].notna()])  # a notebook has no history
    rows = table(folder(store), "history.parquet", trained)
    return rows[rows["run"].isin(selected["run"])].sort_values(["run", "epoch"], ignore_index=True)


def failures(store: Store = None) -> pd.DataFrame:
    """Return one row per run that failed and has not finished since.

    Columns: run, label, what (method or notebook), error (its last line), cell (the number of the failed cell, for
    notebooks), traceback, date, attempts. Records that cannot be read are left out with a warning.
    """
    rows = []
    unreadable = []
    for path in sorted((folder(store) / FAILED).glob("*.json")):
        try:
            rows.append(_failure(path))
        except (OSError, ValueError, RecursionError) as error:
            unreadable.append(f"{path.name} ({error})")
    if unreadable:
        names = "; ".join(unreadable)
        warnings.warn(f"left out of {folder(store) / FAILED}, as they cannot be read: {names}", stacklevel=2)
    return pd.DataFrame(rows, columns=COLUMNS)


def _failure(path):
    """Read the record of a failed run. -> dict. Raises ValueError for a file that holds something else"""
    facts = json.loads(path.read_text(encoding="utf-8"))
    need(isinstance(facts, dict), path.name, type(facts).__name__, "a dict")
    wrong = [name for name in COLUMNS if isinstance(facts.get(name), (dict, list))]
    need(isinstance(facts.get("run"), str) and not wrong, path.name, facts.get("run"), "the record of a failed run")
    return facts


def unfinished(store: Store = None) -> list[str]:
    """Return the names of runs that were begun and neither finished nor failed; the same call resumes them."""
    begun = {path.name.removesuffix(".partial") for path in folder(store).glob("*.partial")}
    return sorted(begun.difference(failures(store)["run"]))


def note(store: Store, point: Mapping[str, Any], failure: Mapping[str, Any]) -> None:
    """Record a failure, in the place of an earlier one of the same point.

    point: what was to run, as JSON values. failure: entries of the columns of `failures`
    """
    path = _record(store, point)
    failure = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "attempts": _attempts(path) + 1, **failure}
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, json.dumps({name: failure.get(name) for name in COLUMNS}, indent=1).encode())


def _attempts(path):
    """Return how often a run has failed before."""
    with suppress(OSError, ValueError, RecursionError, TypeError):
        return int(_failure(path)["attempts"])
    return 0


def forgive(store: Store, point: Mapping[str, Any]) -> None:
    """Remove the record of an earlier failure of a point that has finished."""
    _record(store, point).unlink(missing_ok=True)


def _record(store, point):
    """Return the path of the record of a point's failure."""
    return folder(store) / FAILED / f"{identity(point)}.json"
