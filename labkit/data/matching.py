"""Names in a table and the files that they mean, however the paths are written."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd

from ..errors import ask, need
from .divide import pick
from .images import ENDINGS

UPLOAD = re.compile(r".*/upload/\d+/(?:[0-9a-f]{6,12}-)?")  # Label Studio writes this before a name
Change = Callable[[str], str]


@lru_cache(2**18)  # every rule normalises the same paths
def normal(text: str) -> str:
    """Return a path with slashes and composed accents, without a drive, empty parts and single points."""
    text = str(text).strip().replace("\\", "/")
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if text[1:2] == ":":
        text = re.sub(r"^[A-Za-z]:", "", text)
    parts = [part for part in text.split("/") if part not in ("", ".")]
    return "/".join(parts)


def path_in_address(text: str) -> str:
    """Return the path in an address of the web, decoded, without its query.

    Label Studio addresses a file of its own machine by a query ?d=PATH: then that is the path.
    """
    address, has_query, query = str(text).partition("?d=")
    path = query if has_query else re.split(r"[?#]", address)[0]
    return unquote(path)


def lower_case(text: str) -> str:
    """Return a text without capitals."""
    return str(text).casefold()


def without_ending(path: str) -> str:
    """Return a path without its last point and the ending after it."""
    start, _, ending = path.rpartition(".")
    has_ending = start and ending and "/" not in ending and not start.endswith("/")
    return start if has_ending else path


def last_part(path: str) -> str:
    """Return the last part of a path."""
    return path.rpartition("/")[2]


def normal_without_ending(text: str) -> str:
    """Return a normal path without its ending."""
    return without_ending(normal(text))


def file_name(text: str) -> str:
    """Return the last part of a normal path."""
    return last_part(normal(text))


def stem(text: str) -> str:
    """Return the last part of a normal path, without its ending."""
    return without_ending(file_name(text))


def uploaded_name(text: str) -> str:
    """Return the name that a file had before it was uploaded to Label Studio."""
    return UPLOAD.sub("", "/" + normal(text))


def stored_name(text: str) -> str:
    """Return the last part of a normal path as Label Studio stores it, without blanks."""
    return file_name(text).replace(" ", "_")


def below(folder: str, text: str) -> str:
    """Return a normal path as seen from a folder, if it lies in it. folder: ends with a slash."""
    return normal(text).removeprefix(folder)


# A name in the table means a file if both are the same after these changes: of the name, and of the path of the file.
RULES: tuple[tuple[Change, Change], ...] = (
    (normal, normal),
    (normal, normal_without_ending),
    (file_name, file_name),
    (file_name, stem),
    (uploaded_name, file_name),
    (uploaded_name, stored_name),
)


def rules_of(texts: Sequence[str]) -> Iterator[tuple[Change, Change]]:
    """Yield the rules for names in a table, then rules that leave out the first folders, shared by all names."""
    yield from RULES
    shared = shared_folders(texts)
    for count in range(1, len(shared) + 1):
        folder = "/".join(shared[:count]) + "/"
        yield partial(below, folder), normal
        yield partial(below, folder), normal_without_ending


def shared_folders(texts: Sequence[str]) -> list[str]:
    """Return the first folders that all paths share. -> list of names"""
    if not texts:
        return []
    shared = normal(texts[0]).split("/")[:-1]
    for text in texts:
        folders = normal(text).split("/")[:-1]
        count = 0
        while count < min(len(shared), len(folders)) and shared[count] == folders[count]:
            count += 1
        shared = shared[:count]
    return shared


def matched(listed: Iterable, names: Sequence[str]) -> np.ndarray:
    """Return for each listed name the position of the file that it means, -1 for none. -> int [len(listed)]

    names: paths of the files. A listed name means a file by its path, by its path without ending, by its last part, by
    both, without the start that Label Studio adds, or without the first folders that all listed names share. The first
    of these rules is used under which the most names mean a file that no other name means. If it does not find all
    files, the listed names are also read as addresses of the web, and then without regard to capitals.
    """
    listed = list(map(str, listed))
    texts = list(dict.fromkeys(listed))
    best = np.full(len(texts), -1)
    best_count = 0
    for change_text, change_file in ((str, str), (path_in_address, str), (lower_case, lower_case)):
        changed_texts = list(map(change_text, texts))
        changed_names = list(map(change_file, names))
        is_new = changed_texts != texts or changed_names != list(names)
        if change_text is not str and not is_new:
            continue
        positions, unique = _best_positions(changed_texts, changed_names)
        if unique > best_count:
            best = positions
            best_count = unique
        if best_count == len(texts):
            break
    position_of = dict(zip(texts, best.tolist()))
    return np.array([position_of[text] for text in listed], np.int64)


def _best_positions(texts, names):
    """Return the positions under the best rule, and the number of texts that mean a file as no other text does."""
    best = np.full(len(texts), -1)
    best_count = 0
    for change_text, change_name in rules_of(texts):
        position_of = _unique_positions(map(change_name, names))
        changed_texts = map(change_text, texts)
        positions = np.array([position_of.get(text, -1) for text in changed_texts], np.int64)
        counts = np.bincount(positions[positions >= 0], minlength=len(names))
        unique = int((counts == 1).sum())
        if unique > best_count:
            best = positions
            best_count = unique
        if best_count == len(texts):
            break
    return best, best_count


def _unique_positions(names):
    """Return the positions of the names that occur once. -> {name: position}"""
    position_of = {}
    repeated = set()
    for position, name in enumerate(names):
        if name in position_of:
            repeated.add(name)
        position_of[name] = position
    return {name: position for name, position in position_of.items() if name not in repeated}


def file_column(path: Path, frame: pd.DataFrame, names: Sequence[str], file: str | None, folder: Path) -> str:
    """Return the column that names the files. file: its name, None: the only column whose values are files.

    names: paths of the files, seen from `folder`. Raises ValueError if no column names files, or if more than one does.
    """
    files_in_header = [name for name in frame.columns if name.lower().endswith(ENDINGS)]
    may_be = "names of columns, such as image,label: the names of files begin below it"
    need(not files_in_header, f"the first line of {path.name}", ", ".join(frame.columns), may_be)
    if file is not None:
        return file
    shares = {}
    for name in frame.columns:
        texts = frame[name].dropna().astype(str).tolist()
        count = float((matched(texts, names) >= 0).sum())
        shares[name] = count / max(1, len(frame))
    best_share = max(shares.values())
    best = [name for name, share in shares.items() if share == best_share]
    if best_share == 0:
        columns = ", ".join(map(repr, frame.columns))
        ask("file", f"no column of {path.name} names files below {folder}, such as {names[0]!r}", f"one of {columns}")
    if len(best) > 1:
        ask("file", f"the columns {best} of {path.name} name files", " or ".join(map(repr, best)))
    return best[0]


def positions_of(
    path: Path, column: pd.Series, names: Sequence[str], folder: Path, skip: Collection[str] = ()
) -> np.ndarray:  # fmt: skip
    """Return the position of the file that each row means. -> int [rows], -1 if it is absent and skipped

    names: paths of the files, seen from `folder`. Raises ValueError for a file that is listed and absent, or there and
    not listed, unless `skip` holds "absent" or "unlisted"; and for a file that is listed twice.
    """
    listed = column.astype(str).tolist()
    positions = matched(listed, names)
    subject = f"{column.name} in {path.name}"
    absent = [text for text, position in zip(listed, positions) if position < 0]
    may_be = f'a file below {folder} ({len(absent)} are not); skip="absent" leaves these lines out'
    if "absent" not in skip:
        need(not absent, subject, absent[:1], may_be)
    present = positions[positions >= 0]
    may_be = f"a file below {folder}: none of {len(listed)} is"
    need(len(present), subject, absent[:1], may_be)
    repeated = np.flatnonzero(np.bincount(present, minlength=len(names)) > 1)
    may_be = (
        f"a different file in every line ({len(repeated)} files have several): keep one line per file, with pandas: "
        f"table.groupby({column.name!r}).sample(1, random_state=0).to_csv(...)"
    )
    need(not len(repeated), subject, pick(names, repeated[:1]), may_be)
    unlisted = np.setdiff1d(np.arange(len(names)), present)
    example = pick(names, unlisted[:1])
    may_be = f'{len(names)}, one per image: {example} has none; skip="unlisted" leaves such images out'
    if "unlisted" not in skip:
        need(not len(unlisted), f"the number of lines of {path.name}", len(present), may_be)
    return positions
