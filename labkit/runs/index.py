"""One table over the same file of every run in a store, by DuckDB; what was read before is kept in an index.

A finished run never changes, so its rows are read once. The index (<store>/.index/) is a copy that may be deleted at
any time; a run whose files were changed or made anew has another stamp, is looked at again, and is left out with a
warning where it is not what was stored. Two processes may write the index at once: it is replaced as a whole, and what
the slower one did not know is read again. A checksum stands beside it: an index that is damaged is none.
"""

import os
import re
import warnings
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import pandas as pd

from ..fit.seal import FACTS, FILES, checksum, flaw, read_facts, same_number
from ..state import atomic_write

NAME = re.compile(r"[0-9a-f]{16}")
FEW = 100  # new runs that are read again each time rather than written into the index
NAMED = 5  # runs that a warning names
READ = "result.parquet", "history.parquet"  # files that tables are made of


def table(store, file, having=None):
    """The rows of `file` in every finished run: run, and the file's columns; one that a file lacks is empty there. A
    run that was edited, and a file that cannot be read, are left out with a warning. having: names of the runs that
    have one, None: all. -> DataFrame"""
    now = _runs(store)
    now = now if having is None else now[now["run"].isin(having)]
    if not len(now):
        return pd.DataFrame()
    import duckdb

    with duckdb.connect() as connection:
        connection.register("now", now)
        index = store / ".index" / file
        known = _known(connection, index)
        read = set(zip(known["run"], known["stamp"]))
        unread = [(run, stamp) for run, stamp in zip(now["run"], now["stamp"]) if (run, stamp) not in read]
        new = [str(store / run / file) for run in _as_stored(connection, store, unread)]
        try:
            rows = _rows(connection, index if read else None, new)
        except duckdb.Error:
            rows = _rows(connection, index if read else None, _sound(connection, new))
        if len(new) > FEW:
            _write(rows, index)
        return rows.project("* EXCLUDE (stamp)").df() if rows else pd.DataFrame()


def _runs(store):
    """Finished runs: their names, and stamps that change with their files. -> DataFrame"""
    try:
        with os.scandir(store) as entries:
            found = [(entry.name, _stamp(entry.path)) for entry in entries if NAME.fullmatch(entry.name)]
    except (FileNotFoundError, NotADirectoryError):
        found = []
    return pd.DataFrame(found, columns=["run", "stamp"])


def _stamp(folder):
    """Sizes, times and numbers of the files of a run that are read. -> text"""
    known = []
    for name in (FACTS, *READ):
        with suppress(OSError):
            file = os.stat(os.path.join(folder, name))
            known += [name, file.st_size, file.st_mtime_ns, file.st_ctime_ns, file.st_ino]
    return sha256(repr(known).encode()).hexdigest()[:16]


def _as_stored(connection, store, runs):
    """Those of the runs that are what was stored; the others are named in a warning. runs: pairs of name and stamp. ->
    list of names"""
    looked = {run: _look(store / run, stamp) for run, stamp in runs}
    flaws = {run: why for run, (why, _) in looked.items() if why}
    flaws |= _differing(connection, store, {run: said for run, (why, said) in looked.items() if said and not why})
    if flaws:
        named = "; ".join(f"{run}: {why}" for run, why in list(flaws.items())[:NAMED])
        more = f" and {len(flaws) - NAMED} more" if len(flaws) > NAMED else ""
        warnings.warn(f"left out of {store}, as they are not what was stored: {named}{more}", stacklevel=4)
    return [run for run, _ in runs if run not in flaws]


@lru_cache(maxsize=10_000)
def _look(folder: Path, stamp: str):
    """What is wrong with a run, and its accuracies where nothing but these can tell; kept until its files change."""
    why = flaw(folder, READ)
    facts = {} if why else read_facts(folder)
    return why, None if FILES in facts else facts.get("accuracy")


def _differing(connection, store, runs):
    """Runs without a seal whose table has other accuracies than config.json. runs: accuracies by name. -> what is
    wrong by name"""
    import duckdb

    paths = [str(store / run / READ[0]) for run in runs]
    try:
        tables = connection.read_parquet(paths, union_by_name=True, filename=True).df() if paths else pd.DataFrame()
    except duckdb.Error:  # `_sound` finds the file that cannot be read
        return {}
    wrong = {}
    for facts in tables.to_dict("records"):
        run = Path(facts["filename"]).parent.name
        if any(not same_number(facts.get(name), value) for name, value in runs[run].items()):
            wrong[run] = f"{READ[0]} has other accuracies than {FACTS}"
    return wrong


def _known(connection, index):
    """Runs in the index; a damaged index, or one of an older version, is none. -> DataFrame"""
    import duckdb

    with suppress(duckdb.Error, OSError):
        if _sum_of(index).read_text(encoding="ascii", errors="replace") == checksum(index):
            return connection.read_parquet(str(index)).project("run, stamp").distinct().df()
    return pd.DataFrame(columns=["run", "stamp"])


def _sum_of(index):
    """The file that holds the checksum of an index. -> Path"""
    return index.with_name(f"{index.name}.sha256")


def _rows(connection, index, paths):
    """Rows of the index that are still of a run in the store, and rows of the files. -> relation, None without any"""
    parts = []
    if index:
        connection.read_parquet(str(index)).create_view("index")
        parts.append("SELECT * FROM index SEMI JOIN now USING (run, stamp)")
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
    if bad:
        warnings.warn(f"left out, as they cannot be read: {', '.join(bad)}", stacklevel=4)
    return [path for path in paths if path not in bad]


def _write(rows, index):
    """Replace the index; a store that cannot be written keeps the old one."""
    import duckdb

    temporary = index.with_name(f"{index.name}.{os.getpid()}")
    try:
        index.parent.mkdir(exist_ok=True)
        rows.write_parquet(str(temporary))
        made = checksum(temporary)
        temporary.replace(index)
        atomic_write(_sum_of(index), made.encode())
    except (OSError, duckdb.Error):
        pass
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
