"""Names in a table and names of files: which name means which file, however the path is written."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

import numpy as np

from ..errors import ask, need
from .images import ENDINGS

UPLOAD = re.compile(r".*/upload/\d+/(?:[0-9a-f]{6,12}-)?")  # what Label Studio writes before a name


@lru_cache(2**18)  # every rule asks for it
def normal(text):
    """Return a path with slashes and composed accents, without what only says that it is one."""
    text = str(text).strip().replace("\\", "/")
    text = text if text.isascii() else unicodedata.normalize("NFC", text)
    text = re.sub(r"^[A-Za-z]:", "", text) if text[1:2] == ":" else text
    parts = [part for part in text.split("/") if part not in ("", ".")]
    return "/".join(parts)


def of_address(text):
    """Return the path in an address of the web: without its question, with its signs as they were before."""
    before, mark, behind = str(text).partition("?d=")  # how Label Studio asks for a file of its machine
    return unquote(behind if mark else re.split(r"[?#]", before)[0])


def plain(text):
    """Return a text without capitals."""
    return str(text).casefold()


def without_ending(text):
    """Return a path without what stands behind its last point."""
    start, point, ending = text.rpartition(".")
    has_ending = start and ending and "/" not in ending and not start.endswith("/")
    return start if point and has_ending else text


def last(text):
    """Return the last part of a path."""
    return text.rpartition("/")[2]


def uploaded(text):
    """Return the name that a file had before it was uploaded."""
    return UPLOAD.sub("", "/" + text)


RULES = (  # what is done to a name in the table, and to the name of a file
    (normal, normal),
    (normal, lambda name: without_ending(normal(name))),
    (lambda text: last(normal(text)), lambda name: last(normal(name))),
    (lambda text: last(normal(text)), lambda name: without_ending(last(normal(name)))),
    (lambda text: uploaded(normal(text)), lambda name: last(normal(name))),
    (lambda text: uploaded(normal(text)), lambda name: last(normal(name)).replace(" ", "_")),
)


def rules_of(texts):
    """Yield the rules for names in a table; then those that leave out the first folders, which all of them share."""
    yield from RULES
    shared = shared_folders(texts)
    for count in range(1, len(shared) + 1):
        start = "/".join(shared[:count]) + "/"
        below = lambda text, start=start: normal(text).removeprefix(start)
        yield below, normal
        yield below, lambda name: without_ending(normal(name))


def shared_folders(texts):
    """Return the first folders that all paths share. -> list of names"""
    folders = [normal(text).split("/")[:-1] for text in texts]
    shared = folders[0] if folders else []
    for parts in folders:
        same = [a == b for a, b in zip(shared, parts)]
        shared = shared[: same.index(False) if False in same else len(same)]
    return shared


def matched(listed, names):
    """Return for each listed name the position of the file that it means, -1 for none. names: of the files.

    A name matches as a path, as one without its ending, by its last part, by both, without what Label Studio writes
    before it, or without the first folders that all listed names share: by the first of these rules under which the
    most names mean a file that no other name means. Where not all do, names are read as addresses of the web too, and
    then without regard to capitals.
    -> int [len(listed)]
    """
    texts = list(dict.fromkeys(map(str, listed)))
    best, most = np.full(len(texts), -1), 0
    for of_text, of_file in ((str, str), (of_address, str), (plain, plain)):
        changed, files = list(map(of_text, texts)), list(map(of_file, names))
        if of_text is not str and (changed, files) == (texts, list(names)):
            continue
        found, alone = _best(changed, files)
        if alone > most:
            best, most = found, alone
        if most == len(texts):
            break
    meant = dict(zip(texts, best.tolist()))
    return np.array([meant[str(text)] for text in listed], np.int64)


def _best(texts, names):
    """Return the positions under the best rule, and how many names mean a file that no other name means."""
    best, most = np.full(len(texts), -1), 0
    for of_listed, of_name in rules_of(texts):
        places = _places(names, of_name)
        found = np.array([places.get(of_listed(text), -1) for text in texts], np.int64)
        counts = np.bincount(found[found >= 0], minlength=len(names))
        alone = int((counts == 1).sum())
        if alone > most:
            best, most = found, alone
        if most == len(texts):
            break
    return best, most


def _places(names, key):
    """Return {key: position} for the names whose key no other name has."""
    places, twice = {}, set()
    for position, name in enumerate(names):
        text = key(name)
        if text in places:
            twice.add(text)
        places[text] = position
    return {text: position for text, position in places.items() if text not in twice}


def file_column(path, frame, names, file, where):
    """Return the column that names the files. file: its name, None: the only one whose values are files.

    names: of the files, below the folder `where`. Raises ValueError where no column, or more than one, names them.
    """
    heads = [name for name in frame.columns if name.lower().endswith(ENDINGS)]
    may_be = "names of columns, such as image,label: the names of files begin below it"
    need(not heads, f"the first line of {path.name}", ", ".join(frame.columns), may_be)
    if file is not None:
        return file
    shares = {}
    for name in frame.columns:
        texts = frame[name].dropna().astype(str).tolist()
        shares[name] = float((matched(texts, names) >= 0).sum()) / max(1, len(frame))
    most = max(shares.values())
    best = [name for name, share in shares.items() if share == most]
    allowed = ", ".join(map(repr, frame.columns))
    if most == 0:
        ask("file", f"no column of {path.name} names files below {where}, such as {names[0]!r}", f"one of {allowed}")
    if len(best) > 1:
        ask("file", f"the columns {best} of {path.name} name files", " or ".join(map(repr, best)))
    return best[0]


def positions_of(path, column, names, where, skip=()):
    """Return the position of the file of every row, and which files have no row.

    Raises ValueError that names what is listed and absent, listed twice, or there without a row, unless `skip` leaves
    it out. -> int [rows], -1 where it is absent and skipped; positions of files without a row
    """
    listed = column.astype(str).tolist()
    found = matched(listed, names)
    absent = [text for text, position in zip(listed, found) if position < 0]
    what = f"{column.name} in {path.name}"
    leave = '; skip="absent" leaves these lines out'
    need(not absent or "absent" in skip, what, absent[:1], f"a file below {where} ({len(absent)} are not){leave}")
    there = found[found >= 0]
    need(len(there), what, absent[:1], f"a file below {where}: none of {len(listed)} is")
    twice = np.flatnonzero(np.bincount(there, minlength=len(names)) > 1)
    may_be = (
        f"a different file in every line ({len(twice)} files have several): keep one line per file, with pandas: "
        f"table.groupby({column.name!r}).sample(1, random_state=0).to_csv(...)"
    )
    need(not len(twice), what, [names[k] for k in twice[:1]], may_be)
    rest = np.setdiff1d(np.arange(len(names)), there)
    without = f'{[names[k] for k in rest[:1]]} has none; skip="unlisted" leaves such images out'
    what, may_be = f"the number of lines of {path.name}", f"{len(names)}, one per image: {without}"
    need(not len(rest) or "unlisted" in skip, what, len(there), may_be)
    return found, rest
