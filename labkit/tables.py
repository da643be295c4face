"""CSV files as tables of text: separator, encoding and the width of every line are checked before a file is read."""

import codecs
import csv
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from .errors import ask, must, need

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SEPARATOR_NAMES = {"tab": "\t", "\\t": "\t"}  # for separators that cannot be typed everywhere
BYTE_ORDER_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
UNREADABLE = (csv.Error, UnicodeError, pd.errors.ParserError, pd.errors.EmptyDataError, LookupError, OSError)


def read_table(path: Path, sep: str | None = None, encoding: str | None = None, text: bool = True) -> pd.DataFrame:
    """Read a CSV file with a header; only an empty cell counts as missing ("NA" and "None" are words).

    sep: the separator; None: the only one under which all lines have as many cells as the header. encoding: None:
    UTF-8, with or without a byte order mark. text: leave all cells as text, else columns of numbers become numbers.
    Raises ValueError for what is no table, a line of another width, a name twice, or an ambiguous separator.
    """
    need(path.is_file(), "the table", str(path), "a CSV file that exists")
    encoding = encoding_of(path, encoding)
    try:
        sep, skipped = layout(path, sep, encoding)
        names = check_width(path, sep, encoding, skipped)
        frame = pd.read_csv(
            path, sep=sep, encoding=encoding, skiprows=skipped, index_col=False, keep_default_na=False, na_values=[""],
            skipinitialspace=True, dtype=str if text else None, low_memory=False,
        )  # fmt: skip
    except UNREADABLE as error:
        raise ValueError(f"{path} cannot be read as a CSV table: {error}{_encoding_hint(error)}") from None
    need(len(frame), f"the number of rows of {path}", 0, "1 or more below the header")
    frame.columns = names
    return frame


def encoding_of(path: Path, encoding: str | None) -> str:
    """Return the encoding of a file: the one asked for, else UTF-8. Raises ValueError for an unknown one."""
    if encoding is None:
        return "utf-8-sig"
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, TypeError):
        need(False, "encoding", encoding, 'the name of an encoding, such as "utf-8" or "cp1252"')
    return "utf-8-sig" if name == "utf-8" else encoding  # reads UTF-8 with or without a byte order mark


def _encoding_hint(error):
    """Return how to read a file that is not in UTF-8, or "" for another error."""
    if not isinstance(error, UnicodeDecodeError) or error.encoding.replace("_", "-") not in ("utf-8", "utf-8-sig"):
        return ""
    name = "cp1252"
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if error.object.startswith(mark):
            name = encoding
    return f'; it is not UTF-8: encoding="{name}", for example, names another encoding'


def lines(path: Path, sep: str, encoding: str, skipped: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of every line that is not empty. skipped: lines left out at the top."""
    with path.open(newline="", encoding=encoding) as file:
        for _ in range(skipped):
            file.readline()
        reader = csv.reader(file, delimiter=sep, skipinitialspace=True)
        for cells in reader:
            if cells:
                yield skipped + reader.line_num, cells


def layout(path: Path, sep: str | None, encoding: str) -> tuple[str, int]:
    """Return the separator, and the number of lines above the header: 1 for a spreadsheet's line `sep=;`, else 0."""
    with path.open(newline="", encoding=encoding) as file:
        header = file.readline().rstrip("\r\n")
    unquoted = header.strip('"')
    if unquoted.lower().startswith("sep=") and len(unquoted) == 5:
        return unquoted[-1], 1
    if sep is not None:
        sep = SEPARATOR_NAMES.get(sep, sep)
        need(isinstance(sep, str) and len(sep) == 1, "sep", sep, 'one character, such as ";", or "tab"')
        return sep, 0
    candidates = [mark for mark in SEPARATORS if mark in header]
    if len(candidates) > 1:
        regular = [mark for mark in candidates if _is_regular(path, mark, encoding)]
        candidates = regular or candidates
    if len(candidates) > 1:
        marks = " and ".join(SEPARATORS[mark] for mark in candidates)
        ask("sep", f"the header of {path.name} holds {marks}", " or ".join(map(repr, candidates)))
    return candidates[0] if candidates else ",", 0


def _is_regular(path, sep, encoding):
    """Return whether all lines have the same number of cells, above 1."""
    widths = {len(cells) for _, cells in lines(path, sep, encoding)}
    return len(widths) == 1 and widths != {1}


def check_width(path: Path, sep: str, encoding: str, skipped: int) -> list[str]:
    """Return the names in the header. Raises ValueError for a name twice and a line of another width."""
    rows = lines(path, sep, encoding, skipped)
    _, header = next(rows, (1, []))
    names = [name.strip() or f"unnamed {k}" for k, name in enumerate(header, 1)]
    repeated = sorted({name for name in names if names.count(name) > 1})
    must(not repeated, f"the header of {path}", f"one with {repeated[:1]} twice", "one of different names")
    for number, cells in rows:
        if len(cells) != len(names):
            count = f"the number of values in line {number} of {path}"
            need(False, count, len(cells), f"{len(names)}, one per name in the header")
    return names


def choose_columns(path: str | Path, argument: str, names: Any, columns: Iterable[str]) -> list[str]:
    """Return the columns that an argument names, by one text or by a list of different ones.

    Raises ValueError for None and for names that are no columns.
    """
    columns = list(columns)
    listed = [names] if isinstance(names, str) else names
    file = Path(path).name
    may_be = f"a column of {file}, or a list of them: {', '.join(map(str, columns))}"
    if names is None:
        ask(argument, f"the columns of {file} are {', '.join(map(repr, columns))}", "one of them, or a list")
    need(isinstance(listed, (list, tuple)) and listed, argument, names, may_be)
    need(all(isinstance(name, str) for name in listed), argument, names, may_be)
    for name in listed:
        need(name in columns, argument, name, may_be + near(name, columns))
    need(len(set(listed)) == len(listed), argument, names, "different columns")
    return list(listed)


def choose_single_columns(path: str | Path, columns: Iterable[str], **arguments: str | None) -> list[str]:
    """Return the columns that several arguments name, one each; None names no column.

    arguments: {name of the argument: its value}. Raises ValueError for a value that is no column.
    """
    columns = list(columns)
    chosen = []
    for argument, name in arguments.items():
        if name is None:
            continue
        need(isinstance(name, str), argument, name, f"one column of {Path(path).name}: {', '.join(columns)}")
        chosen += choose_columns(path, argument, name, columns)
    return chosen


def names_without(names: Iterable, excluded: Collection) -> list:
    """Return the names that are not excluded, in their order."""
    return [name for name in names if name not in excluded]


def need_different_columns(columns: Sequence[str]) -> None:
    """Raise ValueError for a column that has two roles."""
    need(len(set(columns)) == len(columns), "the columns", columns, "a different column for each role")


def refuse_headless(path: Path, frame: pd.DataFrame, names: Iterable[str]) -> None:
    """Raise ValueError if a column of labels has the name of one of its labels: then the file has no header."""
    for name in names:
        labels = frame[name].dropna().astype(str).str.strip()
        may_be = "names of columns: it is a label in the lines below too, so add a line of names above it"
        need(not (labels == name).any(), f"{name!r} in the first line of {path.name}", name, may_be)


def near(name: str, known: Sequence[str]) -> str:
    """Return a hint with the known name that is most alike, or "" if none is."""
    from difflib import get_close_matches

    matches = get_close_matches(name, known, n=1, cutoff=0.5)
    return f" (did you mean {matches[0]!r}?)" if matches else ""
