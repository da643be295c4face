"""CSV files as tables of text: separator, encoding, and the width of every line are settled before anything is read."""

import codecs
import csv
from pathlib import Path

import pandas as pd

from .errors import ask, must, need

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
WORDS = {"tab": "\t", "\\t": "\t"}  # how a separator may be written where a tab cannot be typed
WIDE = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read_table(path: Path, sep: str | None = None, encoding: str | None = None, text: bool = True) -> pd.DataFrame:
    """Read a CSV file with a header; only an empty cell counts as missing ("NA" and "None" are words).

    sep: None: the one separator under which every line has the width of the header. encoding: None: UTF-8, with or
    without a byte order mark. text: leave cells as text, else columns of numbers become numbers.
    Raises ValueError for what is no table: the line of another width, a name twice, a separator that is left open.
    """
    need(path.is_file(), "the table", str(path), "a CSV file that exists")
    encoding = encoding_of(path, encoding)
    try:
        sep, first = layout(path, sep, encoding)
        names = check_width(path, sep, encoding, first)
        frame = pd.read_csv(
            path, sep=sep, encoding=encoding, skiprows=first, index_col=False, keep_default_na=False, na_values=[""],
            skipinitialspace=True, dtype=str if text else None, low_memory=False,
        )  # fmt: skip
    except (csv.Error, UnicodeError, pd.errors.ParserError, pd.errors.EmptyDataError, LookupError, OSError) as error:
        raise ValueError(f"{path} cannot be read as a CSV table: {error}{_advice(error)}") from None
    need(len(frame), f"the number of rows of {path}", 0, "1 or more below the header")
    frame.columns = names
    return frame


def encoding_of(path: Path, encoding: str | None) -> str:
    """Return the encoding of a file: the one that is asked for, else UTF-8. Raises ValueError for an unknown one."""
    if encoding is None:
        return "utf-8-sig"
    try:
        if codecs.lookup(encoding).name == "utf-8":  # with or without a mark
            return "utf-8-sig"
    except (LookupError, TypeError):
        need(False, "encoding", encoding, 'the name of an encoding, such as "utf-8" or "cp1252"')
    return encoding


def _advice(error: Exception) -> str:
    """Return how a file in another encoding is read."""
    if not isinstance(error, UnicodeDecodeError) or error.encoding.replace("_", "-") not in ("utf-8", "utf-8-sig"):
        return ""
    known = next((name for mark, name in WIDE.items() if error.object.startswith(mark)), "cp1252")
    return f'; it is not UTF-8: encoding="{known}", for example, names another encoding'


def lines(path: Path, sep: str, encoding: str, first: int = 0):
    """Yield the number and the cells of every line that is not empty."""
    with path.open(newline="", encoding=encoding) as file:
        for _ in range(first):
            file.readline()
        reader = csv.reader(file, delimiter=sep, skipinitialspace=True)
        for cells in reader:
            if cells:
                yield first + reader.line_num, cells


def layout(path: Path, sep: str | None, encoding: str) -> tuple[str, int]:
    """Return the separator, and the number of lines above the header: a spreadsheet's line `sep=;`."""
    with path.open(newline="", encoding=encoding) as file:
        header = file.readline().rstrip("\r\n")
    mark = header.strip('"')
    if mark.lower().startswith("sep=") and len(mark) == 5:
        return mark[-1], 1
    if sep is not None:
        sep = WORDS.get(sep, sep)
        need(isinstance(sep, str) and len(sep) == 1, "sep", sep, 'one character, such as ";", or "tab"')
        return sep, 0
    there = [mark for mark in SEPARATORS if mark in header] or [","]
    if len(there) > 1:
        there = [mark for mark in there if _regular(path, mark, encoding)] or there
    if len(there) > 1:
        found = " and ".join(SEPARATORS[mark] for mark in there)
        ask("sep", f"the header of {path.name} holds {found}", " or ".join(map(repr, there)))
    return there[0], 0


def _regular(path: Path, sep: str, encoding: str) -> bool:
    """Return whether all lines have the same width, above 1."""
    widths = {len(cells) for _, cells in lines(path, sep, encoding)}
    return len(widths) == 1 and widths != {1}


def check_width(path: Path, sep: str, encoding: str, first: int) -> list[str]:
    """Return the names in the header. Raises ValueError that names a line of another width, or a name that is twice."""
    rows = lines(path, sep, encoding, first)
    header = next(rows, (1, []))[1]
    names = [name.strip() or f"unnamed {k}" for k, name in enumerate(header, 1)]
    twice = sorted({name for name in names if names.count(name) > 1})
    must(not twice, f"the header of {path}", f"one with {twice[:1]} twice", "one of different names")
    for number, cells in rows:
        what = f"the number of values in line {number} of {path}"
        need(len(cells) == len(names), what, len(cells), f"{len(names)}, one per name in the header")
    return names


def choose_columns(path: Path, argument: str, names: object, columns: object) -> list[str]:
    """Return the columns that an argument names: one text, or a list of different ones. Raises ValueError."""
    listed = [names] if isinstance(names, str) else names
    columns = list(columns)
    may_be = f"a column of {Path(path).name}, or a list of them: {', '.join(map(str, columns))}"
    if names is None:
        ask(argument, f"the columns of {Path(path).name} are {', '.join(map(repr, columns))}", "one of them, or a list")
    need(isinstance(listed, (list, tuple)) and listed, argument, names, may_be)
    need(all(isinstance(name, str) for name in listed), argument, names, may_be)
    for name in listed:
        need(name in columns, argument, name, may_be + near(name, columns))
    need(len(set(listed)) == len(listed), argument, names, "different columns")
    return list(listed)


def refuse_headless(path: Path, frame: pd.DataFrame, names: list[str]) -> None:
    """Raise ValueError where a column of labels is called like one of its labels: the first line is no header."""
    for name in names:
        labels = frame[name].dropna().astype(str).str.strip()
        may_be = "names of columns: it is a label in the lines below too, so add a line of names above it"
        need(not (labels == name).any(), f"{name!r} in the first line of {path.name}", name, may_be)


def near(name: str, known: list[str]) -> str:
    """Return the nearest of the known names as a hint, or nothing."""
    from difflib import get_close_matches

    found = get_close_matches(name, known, n=1, cutoff=0.5)
    return f" (did you mean {found[0]!r}?)" if found else ""
