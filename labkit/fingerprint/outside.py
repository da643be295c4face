"""What a function reads from outside of the program: variables of the environment, and files.

Seen are names and paths that the function has as texts, or in its closure, its defaults and its globals.
"""

import os
from hashlib import sha256
from types import FunctionType

from . import bytecode

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


def outside(walk, function: FunctionType) -> None:
    """Hash the variables of the environment and the files that a function reads. What it writes, too, is no input."""
    parts = bytecode.nested(function.__code__)
    names = {name for part in parts for name in part.co_names}
    reads = names & READERS and not names & WRITERS
    if not (reads or names & ENVIRONMENT):
        return
    texts = sorted(set(_texts(function, parts)))
    if names & ENVIRONMENT:
        known = dict(os.environ)
        walk.put("environment", [(text, known[text]) for text in texts if text in known])
    opened_to_write = "open" in names and MODES.intersection(texts)
    if reads and not opened_to_write:
        walk.put("files", [(text, content(text)) for text in texts if os.path.isfile(text)])


def content(path: str) -> str:
    """The hash of a file's content. -> 64 hexadecimal digits, "" for one that cannot be read"""
    digest = sha256()
    try:
        with open(path, "rb") as file:
            while block := file.read(2**20):
                digest.update(block)
    except OSError:
        return ""
    return digest.hexdigest()


def _texts(function, parts):
    """Texts and paths that a function has. -> list of texts"""
    values = [constant for part in parts for constant in part.co_consts]
    values += [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    values += [function.__globals__.get(name) for name, *_ in bytecode.globals_used(function.__code__)]
    for cell in function.__closure__ or ():
        try:
            values.append(cell.cell_contents)
        except ValueError:  # it has no value yet
            continue
    paths = [os.fspath(value) for value in values if isinstance(value, (str, os.PathLike))]
    return [path for path in paths if isinstance(path, str)]
