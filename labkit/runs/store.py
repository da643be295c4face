"""Finds Runs: tables over all that a store holds, finished or not."""

import json
import warnings
from contextlib import suppress
from datetime import UTC, datetime

import pandas as pd

from ..errors import choose, need
from ..fit import identity
from ..fit.place import place
from ..state import atomic_write
from .index import table

FAILED = ".failed"  # a folder of the store: what went wrong last, a file for each that has not finished since
COLUMNS = ("run", "label", "what", "error", "cell", "traceback", "date", "attempts")


def folder(store=None):
    """Where runs are kept: `store`, else LABKIT_RUNS, else runs/ in the current folder, see labkit.fit.place."""
    return place(store)


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
    every, found = results(store), results(store, **where)
    if "method" not in every:
        return pd.DataFrame()
    trained = set(every["run"][every["method"].notna()])  # a notebook has no history
    rows = table(folder(store), "history.parquet", trained)
    return rows[rows["run"].isin(found["run"])].sort_values(["run", "epoch"], ignore_index=True)


def failures(store=None):
    """One row per run that failed and has not finished since: run, label, what (method or notebook), error (its last
    line), cell (the number of the failed cell, for notebooks), traceback, date, attempts. -> DataFrame"""
    rows, bad = [], []
    for path in sorted((folder(store) / FAILED).glob("*.json")):
        try:
            rows.append(_failure(path))
        except (OSError, ValueError, RecursionError) as error:
            bad.append(f"{path.name} ({error})")
    if bad:
        warnings.warn(f"left out of {folder(store) / FAILED}, as they cannot be read: {'; '.join(bad)}", stacklevel=2)
    return pd.DataFrame(rows, columns=COLUMNS)


def _failure(path):
    """What went wrong, from its file. -> dict. Raises ValueError for a file that holds something else"""
    facts = json.loads(path.read_text(encoding="utf-8"))
    need(isinstance(facts, dict), path.name, type(facts).__name__, "a dict")
    wrong = [name for name in COLUMNS if isinstance(facts.get(name), (dict, list))]
    need(isinstance(facts.get("run"), str) and not wrong, path.name, facts.get("run"), "the record of a failed run")
    return facts


def unfinished(store=None):
    """Runs that were begun and neither finished nor failed: they go on when the same is asked for again. -> list of
    names"""
    begun = {path.name.removesuffix(".partial") for path in folder(store).glob("*.partial")}
    return sorted(begun.difference(failures(store)["run"]))


def note(store, asked, failure):
    """Write down what went wrong with what was asked for (JSON values), in the place of an earlier failure of the same.
    failure: dict, see `failures`"""
    path = _failed(store, asked)
    with suppress(OSError, ValueError, RecursionError, TypeError):
        failure = {"attempts": int(_failure(path)["attempts"]) + 1, **failure}
    failure = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "attempts": 1, **failure}
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, json.dumps({name: failure.get(name) for name in COLUMNS}, indent=1).encode())


def forgive(store, asked):
    """What was asked for has finished: an earlier failure of it is no longer one."""
    _failed(store, asked).unlink(missing_ok=True)


def _failed(store, asked):
    return folder(store) / FAILED / f"{identity(asked)}.json"
