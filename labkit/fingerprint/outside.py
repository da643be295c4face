"""What a function reads from outside of the program: variables of the environment, and files.

The names and paths are found if the function has them as texts, or in its closure, its defaults and its globals.
"""

import os
from hashlib import file_digest
from types import FunctionType
from typing import TYPE_CHECKING

from . import bytecode

if TYPE_CHECKING:
    from .walk import Walk

ENVIRONMENT = {"environ", "environb", "getenv"}
READERS = {
    "fromfile", "genfromtxt", "imread", "load", "load_file", "loadmat", "loadtxt", "memmap", "open", "read_bytes",
    "read_csv", "read_json", "read_parquet", "read_pickle", "read_text", "safe_open",
}  # fmt: skip
WRITERS = {
    "dump", "save", "save_file", "savetxt", "savez", "to_csv", "to_json", "to_parquet", "touch", "write", "write_bytes",
    "write_text", "writelines",
}  # fmt: skip
MODES = {"a", "ab", "at", "w", "wb", "wt", "x", "xb", "r+", "a+", "w+"}  # of a file that is written


def outside(walk: "Walk", function: FunctionType) -> None:
    """Hash the variables of the environment and the files that a function reads.

    A function that also writes files reads none: what it writes is no input.
    """
    codes = bytecode.nested(function.__code__)
    names = set()
    for code in codes:
        names.update(code.co_names)
    reads_environment = bool(names & ENVIRONMENT)
    reads_files = bool(names & READERS) and not names & WRITERS
    if not (reads_files or reads_environment):
        return
    texts = sorted(set(_texts(function, codes)))
    if reads_environment:
        environment = dict(os.environ)
        walk.put("environment", [(text, environment[text]) for text in texts if text in environment])
    opened_to_write = "open" in names and MODES.intersection(texts)
    if reads_files and not opened_to_write:
        walk.put("files", [(text, content(text)) for text in texts if os.path.isfile(text)])


def content(path: str | os.PathLike) -> str:
    """Return the hash of a file's content, 64 hexadecimal digits; "" for a file that cannot be read."""
    try:
        with open(path, "rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _texts(function, codes):
    """Return the texts and paths that a function has, as texts."""
    values = []
    for code in codes:
        values += code.co_consts
    values += function.__defaults__ or ()
    values += (function.__kwdefaults__ or {}).values()
    for name, *_ in bytecode.globals_used(function.__code__):
        values.append(function.__globals__.get(name))
    for cell in function.__closure__ or ():
        try:
            values.append(cell.cell_contents)
        except ValueError:  # it has no value yet
            continue
    texts = []
    for value in values:
        if isinstance(value, (str, os.PathLike)):
            path = os.fspath(value)
            if isinstance(path, str):  # it may be bytes
                texts.append(path)
    return texts
