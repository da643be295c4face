"""What the cell tagged `parameters` of a notebook takes: types from an annotation, all else from the comment behind it.

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
    def listed(self):
        """The alternatives as the comment has them, with tables unopened. -> list of texts, empty without any"""
        listed = self.comment.rpartition(": ")[2].split(" | ")
        return listed if len(listed) > 1 or TABLE.search(listed[0]) else []

    @property
    def alternatives(self):
        """The values that the comment lists, or that its tables have. -> list of texts, empty where it lists none"""
        found = []
        for text in self.listed:
            table = TABLE.search(text)
            found += list(resolve_name(table[1])) if table else [text.strip("\"'` ")]
        return [text for text in found if text not in ("[]", "a path")]

    @property
    def may_be_empty(self):
        """Does an empty list say something?"""
        return "[]" in self.listed

    @property
    def how_many(self):
        """How many elements a list has. -> least, most"""
        asked = HOW_MANY.search(self.comment)
        return (int(asked[1]), int(asked[2])) if asked else (1 + len(self.must_hold), float("inf"))

    @property
    def must_hold(self):
        """The elements that a list cannot be without. -> list"""
        asked = MUST_HOLD.search(self.comment)
        return asked[1].split(", ") if asked else []

    @property
    def takes_path(self):
        """May it be a path beside its alternatives?"""
        return "a path" in self.listed

    @property
    def is_path(self):
        """Is it the path of a folder or file?"""
        return "str" in self.types and FOLDER.match(self.comment) is not None

    @property
    def interval(self):
        """The interval in the comment. -> match of INTERVAL, or None"""
        return INTERVAL.search(self.comment)


def read(notebook):
    """The parameters of a notebook. -> {name: Parameter}, empty without a cell that is tagged so"""
    cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]  # importing nbformat takes seconds
    cell = next(("".join(cell["source"]) for cell in cells if "parameters" in cell["metadata"].get("tags", [])), "")
    tokens = tokenize.generate_tokens(io.StringIO(cell).readline)
    comments = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    found = {}
    for line in ast.parse(cell).body:
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        if isinstance(target, ast.Name):
            types = _annotated(line.annotation) if isinstance(line, ast.AnnAssign) else _like(line.value)
            comment = comments.get(line.end_lineno, "").partition("  # noqa")[0]
            found[target.id] = Parameter(target.id, ast.unparse(line.value), *types, comment)
    return found


def _annotated(node):
    """The types that an annotation names, and those of a list's elements. -> names, names"""
    match node:
        case ast.Constant(value=None):
            return ("None",), ()
        case ast.Constant(value=str(text)):
            return _annotated(ast.parse(text, mode="eval").body)
        case ast.BinOp(left=one, op=ast.BitOr(), right=other):
            return tuple(a + b for a, b in zip(_annotated(one), _annotated(other)))
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return _annotated(inner)[0] + ("None",), _annotated(inner)[1]
        case ast.Subscript(value=ast.Name(id="list" | "List"), slice=inner):
            return ("list",), _annotated(inner)[0]
        case ast.Name(id=name) if name in TYPES:
            return (name,), ()
    return ("anything",), ()


def _like(value):
    """The type of a default, and those of its elements. -> names, names"""
    try:
        default = ast.literal_eval(value)
    except ValueError:
        return ("anything",), ()
    default = list(default) if isinstance(default, tuple) else default
    elements = default if isinstance(default, list) else ()
    return (_type(default),), tuple(dict.fromkeys(map(_type, elements)))


def _type(value):
    """Its name in TYPES; None as a default says nothing."""
    name = type(value).__name__
    return name if name in TYPES else "anything"
