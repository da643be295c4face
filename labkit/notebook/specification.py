"""The parameters of a notebook, read from the cell tagged `parameters`: types from annotations, all else from comments.

rate: float = 0.4             # noise rate, in [0, 1)                     an interval, of each element of a list
n: int = 0                    # in [10, 1437] or 0                        and one number beside it
dataset: str = "digits"       # digits | mnist | cifar10                  alternatives; a last ": " stands before them
dataset: str = "digits"       # digits | mnist | a path                   or what has a slash in it
network: str = ""             # empty is its own: "" | a name in labkit.nets.ALL      the names that a table has
methods: list[str] = ["ERM"]  # ERM and one or more of: ERM | CDR | AUX   what a list must hold (A, B and ...)
store: str = "runs/a"         # folder of the runs           a comment that begins with folder or file: a path
names: list[str] = ["ERM"]    # 2 to 4 of: names in labkit.methods.ALL    how many

A list is not empty, unless [] is one of the alternatives, and holds nothing twice. `# noqa` for linters may stand last.
"""

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from pkgutil import resolve_name
from typing import NamedTuple

TYPES = {"int": int, "float": (int, float), "bool": bool, "str": str, "list": (list, tuple), "dict": dict}
TYPES |= {"None": type(None), "anything": object}
INTERVAL = re.compile(r"\bin ([\[(])\s*([-+.\w]+)\s*,\s*([-+.\w]+)\s*([\])])(?: or ([-+.\d]*\d))?")
TABLE = re.compile(r"\bnames? in (labkit[.\w]*\w)")
FOLDER = re.compile(r"(a )?(folder|file)\b")
HOW_MANY = re.compile(r"\b(\d+) to (\d+) of: ")
MUST_HOLD = re.compile(r"((?:[^\s,]+, )*\S+) and one or more of: ")


class Parameter(NamedTuple):
    """A line of the cell: the types it may have, those of a list's elements (none: any), and its comment."""

    name: str
    default: str
    types: tuple
    elements: tuple
    comment: str

    @property
    def listed(self) -> list[str]:
        """The alternatives as the comment has them, with tables unopened; empty without any."""
        listed = self.comment.rpartition(": ")[2].split(" | ")
        return listed if len(listed) > 1 or TABLE.search(listed[0]) else []

    @property
    def alternatives(self) -> list[str]:
        """The values that the comment lists, or that its tables have; empty if it lists none."""
        names = []
        for text in self.listed:
            table = TABLE.search(text)
            names += list(resolve_name(table[1])) if table else [text.strip("\"'` ")]
        return [name for name in names if name not in ("[]", "a path")]

    @property
    def may_be_empty(self) -> bool:
        """Whether an empty list is allowed."""
        return "[]" in self.listed

    @property
    def how_many(self) -> tuple[int, float]:
        """The lowest and the highest number of a list's elements."""
        match = HOW_MANY.search(self.comment)
        return (int(match[1]), int(match[2])) if match else (1 + len(self.must_hold), float("inf"))

    @property
    def must_hold(self) -> list[str]:
        """The elements that a list needs."""
        match = MUST_HOLD.search(self.comment)
        return match[1].split(", ") if match else []

    @property
    def takes_path(self) -> bool:
        """Whether it may be a path beside its alternatives."""
        return "a path" in self.listed

    @property
    def is_path(self) -> bool:
        """Whether it is the path of a folder or file."""
        return "str" in self.types and FOLDER.match(self.comment) is not None

    @property
    def interval(self) -> re.Match | None:
        """The interval in the comment, as a match of INTERVAL."""
        return INTERVAL.search(self.comment)


def read(notebook: str | PathLike) -> dict[str, Parameter]:
    """Return the parameters of a notebook by name; empty without a cell that is tagged so."""
    cell = _tagged_cell(notebook)
    tokens = tokenize.generate_tokens(io.StringIO(cell).readline)
    comments = {}
    for token in tokens:
        if token.type == tokenize.COMMENT:
            comments[token.start[0]] = token.string.lstrip("# ")
    parameters = {}
    for name, line in _assignments(cell):
        types = _annotated(line.annotation) if isinstance(line, ast.AnnAssign) else _types_of(line.value)
        comment = comments.get(line.end_lineno, "").partition("  # noqa")[0]
        parameters[name] = Parameter(name, ast.unparse(line.value), *types, comment)
    return parameters


def _tagged_cell(notebook):
    """Return the source of the first cell tagged `parameters`, "" without one."""
    cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]  # importing nbformat takes seconds
    for cell in cells:
        if "parameters" in cell["metadata"].get("tags", []):
            return "".join(cell["source"])
    return ""


def _assignments(source) -> Iterator[tuple[str, ast.Assign | ast.AnnAssign]]:
    """Yield the lines that assign to a name, with the name."""
    for line in ast.parse(source).body:
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        if isinstance(target, ast.Name):
            yield target.id, line


def _annotated(node):
    """Return the types that an annotation names, and those of a list's elements. -> names, names"""
    match node:
        case ast.Constant(value=None):
            return ("None",), ()
        case ast.Constant(value=str(text)):
            return _annotated(ast.parse(text, mode="eval").body)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            types, elements = _annotated(left)
            further_types, further_elements = _annotated(right)
            return types + further_types, elements + further_elements
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            types, elements = _annotated(inner)
            return (*types, "None"), elements
        case ast.Subscript(value=ast.Name(id="list" | "List"), slice=inner):
            return ("list",), _annotated(inner)[0]
        case ast.Name(id=name) if name in TYPES:
            return (name,), ()
    return ("anything",), ()


def _types_of(value):
    """Return the type of a default, and those of its elements. -> names, names"""
    try:
        default = ast.literal_eval(value)
    except ValueError:
        return ("anything",), ()
    default = list(default) if isinstance(default, tuple) else default
    elements = default if isinstance(default, list) else ()
    return (_type(default),), tuple(dict.fromkeys(map(_type, elements)))


def _type(value):
    """Return the name of a value's type in TYPES; None as a default may be anything."""
    name = type(value).__name__
    return name if name in TYPES else "anything"
