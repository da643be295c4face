"""Paths that people type: `~` is their home, and what is relative begins where the command was typed.

A kernel runs in the folder of its notebook, a worker where it was started: a path becomes absolute before either.
"""

import os
import sys

VARIABLES = ("LABKIT_DATA", "LABKIT_RUNS", "LABKIT_CACHE")  # each names a folder
TYPED_IN = "LABKIT_TYPED_IN"  # for kernels of JupyterLab: the folder where ./lab was typed


def absolute(path: str | os.PathLike, start: str | None = None) -> str:
    """Make a path absolute, seen from the folder `start` (None: the current one). -> text"""
    return os.path.normpath(os.path.join(start or os.getcwd(), os.path.expanduser(path)))


def located(table: str, folder: str, start: str | None = None) -> str:
    """Make the path of a table of labels absolute, which begins in the folder `start` (None: the current one) or below
    the folder of the images. It stays as it is where it names a file in neither, or one in each. -> text"""
    there = {place for place in (absolute(table, start), absolute(table, folder)) if os.path.isfile(place)}
    return there.pop() if len(there) == 1 else table


def pin_variables() -> None:
    """Make the folders that labkit's variables name absolute: processes started later may run elsewhere."""
    for name in VARIABLES:
        if os.environ.get(name):
            os.environ[name] = absolute(os.environ[name])


def typed_in() -> str:
    """Give the folder that relative paths in a notebook's cell begin in: where ./lab was typed, for JupyterLab."""
    by_jupyter = os.environ.get("JPY_SESSION_NAME") and os.environ.get(TYPED_IN)
    return by_jupyter or os.getcwd()


def speak(text: str) -> None:
    """Print a text, with what the terminal's encoding has not as escapes."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))


def printable(text: str) -> str:
    """Replace what a terminal would obey (escape codes) and what no encoding has (names that are not UTF-8)."""
    kept = (sign if sign in "\n\t" or sign.isprintable() else ascii(sign)[1:-1] for sign in str(text))
    return "".join(kept)
