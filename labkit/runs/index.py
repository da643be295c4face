"""One table over the same file of every run in a store, by DuckDB; rows read before are kept in an index.

A finished run never changes, so its rows are read once. The index (<store>/.index/) is a copy that may be deleted at
any time. A run whose files were changed or made anew has another stamp; it is checked again, and left out with a
warning if it is not what was stored. Two processes may write the index at once: it is replaced as a whole, and the runs
that the slower one did not know are read again. A checksum stands beside it, and a damaged index is not used.
"""

import os
import re
import warnings
from collections.abc import Container
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import pandas as pd

from ..fit.seal import FACTS, FILES, checksum, flaw, read_facts, same_number
from ..state import atomic_write

NAME = re.compile(r"[0-9a-f]{16}")
UNINDEXED = 100  # so many new runs are read again each time rather than written into the index
NAMED = 5  # runs that a warning names
READ = "result.parquet", "history.parquet"  # files that tables are made of


def table(store: Path, file: str, having: Container[str] | None = None) -> pd.DataFrame:
    """Return the rows of `file` in every finished run: run, and the file's columns; a missing column is empty.

    A run that was edited, and a file that cannot be read, are left out with a warning. having: names of the runs that
    have such a file, None: all.
    """
    present = _runs(store)
    present = present if having is None else present[present["run"].isin(having)]
    if not len(present):
        return pd.DataFrame()
    import duckdb

    with duckdb.connect() as connection:
        connection.register("present", present)
        index = store / ".index" / file
        known = _known(connection, index)
        indexed = set(zip(known["run"], known["stamp"]))
        unread = [pair for pair in zip(present["run"], present["stamp"]) if pair not in indexed]
        paths = _paths(store, _as_stored(connection, store, unread), file)
        try:
            rows = _rows(connection, index if indexed else None, paths)
        except duckdb.Error:
            rows = _rows(connection, index if indexed else None, _readable(connection, paths))
        if len(paths) > UNINDEXED:
            _write(rows, index)
        return rows.project("* EXCLUDE (stamp)").df() if rows else pd.DataFrame()


def _runs(store):
    """Return the finished runs: their names, and stamps that change with their files. -> DataFrame"""
    try:
        with os.scandir(store) as entries:
            runs = [(entry.name, _stamp(entry.path)) for entry in entries if NAME.fullmatch(entry.name)]
    except (FileNotFoundError, NotADirectoryError):
        runs = []
    return pd.DataFrame(runs, columns=["run", "stamp"])


def _stamp(folder):
    """Hash sizes, times and numbers of the files of a run that are read. -> text"""
    facts = []
    for name in (FACTS, *READ):
        with suppress(OSError):
            file = os.stat(os.path.join(folder, name))
            facts += [name, file.st_size, file.st_mtime_ns, file.st_ctime_ns, file.st_ino]
    return sha256(repr(facts).encode()).hexdigest()[:16]


def _paths(store, runs, file):
    """Return the paths of a file in the folders of runs. -> list of texts"""
    return [str(store / run / file) for run in runs]


def _as_stored(connection, store, runs):
    """Return the names of the runs that are what was stored; warn of the others. runs: pairs of name and stamp"""
    flaws = {}
    unsealed = {}
    for run, stamp in runs:
        reason, accuracy = _check(store / run, stamp)
        if reason:
            flaws[run] = reason
        elif accuracy:
            unsealed[run] = accuracy
    flaws |= _differing(connection, store, unsealed)
    if flaws:
        reasons = [f"{run}: {reason}" for run, reason in list(flaws.items())[:NAMED]]
        further = f" and {len(flaws) - NAMED} more" if len(flaws) > NAMED else ""
        message = f"left out of {store}, as they are not what was stored: {'; '.join(reasons)}{further}"
        warnings.warn(message, stacklevel=4)
    return [run for run, _ in runs if run not in flaws]


@lru_cache(maxsize=10_000)
def _check(folder: Path, stamp: str):
    """Return what is wrong with a run, and its accuracies if it has no seal; cached until its files change."""
    reason = flaw(folder, READ)
    facts = {} if reason else read_facts(folder)
    return reason, None if FILES in facts else facts.get("accuracy")


def _differing(connection, store, runs):
    """Find runs whose table has other accuracies than config.json. runs: accuracies by name. -> reasons by name"""
    import duckdb

    paths = _paths(store, runs, READ[0])
    try:
        tables = connection.read_parquet(paths, union_by_name=True, filename=True).df() if paths else pd.DataFrame()
    except duckdb.Error:  # `_readable` finds the file that cannot be read
        return {}
    reasons = {}
    for facts in tables.to_dict("records"):
        run = Path(facts["filename"]).parent.name
        for name, value in runs[run].items():
            if not same_number(facts.get(name), value):
                reasons[run] = f"{READ[0]} has other accuracies than {FACTS}"
    return reasons


def _known(connection, index):
    """Return names and stamps of the runs in the index; none from a damaged one, or one of an older version."""
    import duckdb

    with suppress(duckdb.Error, OSError):
        if _checksum_file(index).read_text(encoding="ascii", errors="replace") == checksum(index):
            return connection.read_parquet(str(index)).project("run, stamp").distinct().df()
    return pd.DataFrame(columns=["run", "stamp"])


def _checksum_file(index):
    """Return the path of the file that holds the checksum of an index."""
    return index.with_name(f"{index.name}.sha256")


def _rows(connection, index, paths):
    """Join the rows of the index whose run is still present and the rows of files. -> relation, None without any"""
    parts = []
    if index:
        connection.read_parquet(str(index)).create_view("index")
        parts.append("SELECT * FROM index SEMI JOIN present USING (run, stamp)")
    if paths:
        connection.read_parquet(paths, union_by_name=True, filename=True).create_view("files")
        named = "SELECT parse_path(filename)[-2] AS run, * EXCLUDE (filename) FROM files"
        parts.append(f"SELECT run, * EXCLUDE (run) FROM ({named}) JOIN present USING (run)")
    if not parts:
        return None
    connection.execute(f"CREATE OR REPLACE TEMP TABLE joined AS {' UNION ALL BY NAME '.join(parts)}")
    return connection.table("joined")


def _readable(connection, paths):
    """Return the files that can be read; warn of the others. -> list of paths"""
    import duckdb

    readable = []
    damaged = []
    for path in paths:
        try:
            columns = connection.read_parquet(path).columns
        except duckdb.Error:
            columns = []
        if columns:
            readable.append(path)
        else:
            damaged.append(path)
    if damaged:
        warnings.warn(f"left out, as they cannot be read: {', '.join(damaged)}", stacklevel=4)
    return readable


def _write(rows, index):
    """Replace the index; a store that cannot be written keeps the old one."""
    import duckdb

    temporary = index.with_name(f"{index.name}.{os.getpid()}")
    try:
        index.parent.mkdir(exist_ok=True)
        rows.write_parquet(str(temporary))
        digest = checksum(temporary)
        temporary.replace(index)
        atomic_write(_checksum_file(index), digest.encode())
    except (OSError, duckdb.Error):
        pass
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
