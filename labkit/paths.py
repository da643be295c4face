"""Paths as people type them: `~` is their home, and a relative path begins in the folder where the command was typed.

A kernel runs in the folder of its notebook and a worker in another, so paths are made absolute before either starts.
"""

import os
import sys

VARIABLES = ("LABKIT_DATA", "LABKIT_RUNS", "LABKIT_CACHE")  # each names a folder
COMMAND_FOLDER = "LABKIT_TYPED_IN"  # variable for kernels of JupyterLab: the folder where ./lab was typed


def absolute(path: str | os.PathLike, start: str | None = None) -> str:
    """Make a path absolute. start: the folder where a relative path begins, None: the current one. -> text"""
    return os.path.normpath(os.path.join(start or os.getcwd(), os.path.expanduser(path)))


def locate_table(table: str, folder: str, start: str | None = None) -> str:
    """Make the path of a table of labels absolute, which begins in `start` or in the folder of the images.

    start: None: the current folder. Where the path names no file in either folder, or a different one in each, it is
    returned as it is. -> text
    """
    candidates = {absolute(table, start), absolute(table, folder)}
    files = [path for path in candidates if os.path.isfile(path)]
    return files[0] if len(files) == 1 else table


def pin_variables() -> None:
    """Make the folders in labkit's environment variables absolute, since later processes may run elsewhere."""
    for name in VARIABLES:
        if os.environ.get(name):
            os.environ[name] = absolute(os.environ[name])


def command_folder() -> str:
    """Return the folder where relative paths in a notebook's cell begin. In JupyterLab ./lab was typed there."""
    in_jupyter = bool(os.environ.get("JPY_SESSION_NAME"))
    folder = os.environ.get(COMMAND_FOLDER)
    return folder if in_jupyter and folder else os.getcwd()


def print_safely(text: str) -> None:
    """Print a text; characters that the terminal's encoding does not have are printed as escapes."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))


def printable(text: str) -> str:
    """Replace characters that would control a terminal (escape codes) or cannot be encoded (names not in UTF-8)."""
    characters = []
    for character in str(text):
        is_safe = character in "\n\t" or character.isprintable()
        characters.append(character if is_safe else ascii(character)[1:-1])
    return "".join(characters)
