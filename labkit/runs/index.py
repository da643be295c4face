"""One table over the same file of every run in a store, by DuckDB; what was read before is kept in an index.

A finished run never changes, so its rows are read once. The index (<store>/.index/) is a copy that may be deleted at
any time; a run folder that was made anew has another inode, and is read again. Two processes may write it at once: it
is replaced as a whole, and what the slower one did not know is read again.
"""

import os
import re
import warnings
from contextlib import suppress

import pandas as pd

NAME = re.compile(r"[0-9a-f]{16}")
FEW = 100  # new runs that are read again each time rather than written into the index


def table(store, file, having=None):
    """The rows of `file` in every finished run: run, and the file's columns; one that a file lacks is empty there. A
    file that cannot be read is left out with a warning. having: names of the runs that have one, None: all. ->
    DataFrame"""
    now = _runs(store)
    now = now if having is None else now[now["run"].isin(having)]
    if not len(now):
        return pd.DataFrame()
    import duckdb

    with duckdb.connect() as connection:
        connection.register("now", now)
        index = store / ".index" / file
        known = _known(connection, index)
        read = set(zip(known["run"], known["inode"]))
        new = [str(store / run / file) for run, inode in zip(now["run"], now["inode"]) if (run, inode) not in read]
        try:
            rows = _rows(connection, index if read else None, new)
        except duckdb.Error:
            rows = _rows(connection, index if read else None, _sound(connection, new))
        if len(new) > FEW:
            _write(rows, index)
        return rows.project("* EXCLUDE (inode)").df() if rows else pd.DataFrame()


def _runs(store):
    """Finished runs: their names and inodes. -> DataFrame"""
    try:
        with os.scandir(store) as entries:
            found = [(entry.name, entry.inode()) for entry in entries if NAME.fullmatch(entry.name)]
    except (FileNotFoundError, NotADirectoryError):
        found = []
    return pd.DataFrame(found, columns=["run", "inode"])


def _known(connection, index):
    """Runs in the index; a damaged index is none. -> DataFrame"""
    import duckdb

    with suppress(duckdb.Error):
        if index.exists():
            return connection.read_parquet(str(index)).project("run, inode").distinct().df()
    return pd.DataFrame(columns=["run", "inode"])


def _rows(connection, index, paths):
    """Rows of the index that are still of a run in the store, and rows of the files. -> relation, None without any"""
    parts = []
    if index:
        connection.read_parquet(str(index)).create_view("index")
        parts.append("SELECT * FROM index SEMI JOIN now USING (run, inode)")
    if paths:
        connection.read_parquet(paths, union_by_name=True, filename=True).create_view("files")
        named = "SELECT parse_path(filename)[-2] AS run, * EXCLUDE (filename) FROM files"
        parts.append(f"SELECT run, * EXCLUDE (run) FROM ({named}) JOIN now USING (run)")
    if not parts:
        return None
    connection.execute(f"CREATE OR REPLACE TEMP TABLE found AS {' UNION ALL BY NAME '.join(parts)}")
    return connection.table("found")


def _sound(connection, paths):
    """Those of the files that can be read; the others are named in a warning. -> list"""
    import duckdb

    def fine(path):
        try:
            return bool(connection.read_parquet(path).columns)
        except duckdb.Error:
            return False

    bad = [path for path in paths if not fine(path)]
    warnings.warn(f"left out, as they cannot be read: {', '.join(bad)}", stacklevel=4)
    return [path for path in paths if path not in bad]


def _write(rows, index):
    """Replace the index; a store that cannot be written keeps the old one."""
    import duckdb

    temporary = index.with_name(f"{index.name}.{os.getpid()}")
    try:
        index.parent.mkdir(exist_ok=True)
        rows.write_parquet(str(temporary))
        temporary.replace(index)
    except (OSError, duckdb.Error):
        pass
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
