"""Files made from a file of the project, which carry the hash of what they were made from.

So a file tells by itself whether it was edited since, and whether the project has another version by now. Only what a
reader writes counts: the kind and source of every cell that is not blank, or the text of a page. Outputs, execution
counts and the blank cell that JupyterLab adds below the last one are no edit.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import NamedTuple

NAME = "labkit"  # of the entry in a notebook's metadata
PAGE_MARK = re.compile(r"\n<!-- labkit: made from ([0-9a-f]{64}) -->\n\Z")


class Version(NamedTuple):
    """The hash of a file's content, and of the content that it was made from (None: it does not say)."""

    content: str
    made_from: str | None


def make(source: Path, outputs: bool) -> bytes:
    """Return a copy of a notebook or a page, marked with its version. outputs: keep a notebook's outputs, too"""
    text = _text(source)
    if source.suffix != ".ipynb":
        return f"{text}\n<!-- labkit: made from {_hash(text)} -->\n".encode()
    notebook = json.loads(text)
    if not outputs:
        _clear(notebook)
    notebook["metadata"][NAME] = {"made_from": _hash_of_cells(notebook)}
    return (json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def version(path: Path) -> Version:
    """Return the version of a notebook or a page. Raises ValueError for a file that is neither."""
    text = _text(path)
    if path.suffix != ".ipynb":
        mark = PAGE_MARK.search(text)
        return Version(_hash(PAGE_MARK.sub("", text)), mark[1] if mark else None)
    try:
        notebook = json.loads(text)
        mark = notebook["metadata"].get(NAME, {}).get("made_from")
        return Version(_hash_of_cells(notebook), mark)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is no notebook: {type(error).__name__}: {error}") from None


def _text(path):
    """Return the text of a file, with the line ends of POSIX: git may write those of Windows."""
    return path.read_bytes().decode().replace("\r\n", "\n")


def _clear(notebook):
    """Remove outputs, execution counts and the state of widgets, in place."""
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
            cell["execution_count"] = None
            cell["metadata"].pop("execution", None)


def _hash_of_cells(notebook):
    """Return the hash of the kind and source of every cell that is not blank."""
    cells = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if source.strip():
            cells.append((cell["cell_type"], source))
    return _hash(json.dumps(cells))


def _hash(text):
    """Return the hash of a text, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
