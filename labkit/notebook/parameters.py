"""What the cell tagged `parameters` of a notebook takes, and whether a value fits; read without starting a kernel.

rate: float = 0.4                # noise rate, in [0, 1)          an interval, of each element where it is a list
dataset = "digits"               # digits | mnist | cifar10       alternatives
methods = ["ERM", "CDR"]         # one or more of: ERM | CDR | AUX
"""

import ast
import io
import json
import math
import re
import tokenize
from contextlib import suppress
from typing import NamedTuple

import nbformat
import yaml

from ..errors import choose, need

TYPES = {"int": int, "float": (int, float), "bool": bool, "str": str, "list": list, "dict": dict}
TYPES |= {"None": type(None), "anything": object}
INTERVAL = re.compile(r"\bin ([\[(])\s*([-+.\w]+)\s*,\s*([-+.\w]+)\s*([\])])")


class Parameter(NamedTuple):
    """A line of the cell: the types it may have, those of a list's elements (none: any), and its comment."""

    name: str
    default: str
    types: tuple
    elements: tuple
    comment: str

    @property
    def alternatives(self):
        """The values that the comment lists. -> list of texts, empty where it lists none"""
        listed = self.comment.rpartition(": ")[2].split(" | ")
        return [text.strip("\"'` ") for text in listed] if len(listed) > 1 else []

    @property
    def interval(self):
        """The interval in the comment. -> match of INTERVAL, or None"""
        return INTERVAL.search(self.comment)


def read(notebook):
    """The parameters of a notebook. -> {name: Parameter}, empty without a cell that is tagged so"""
    cells = nbformat.read(notebook, as_version=4).cells
    cell = next((cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])), "")
    tokens = tokenize.generate_tokens(io.StringIO(cell).readline)
    comments = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    found = {}
    for line in ast.parse(cell).body:
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        if isinstance(target, ast.Name):
            types = _annotated(line.annotation) if isinstance(line, ast.AnnAssign) else _like(line.value)
            comment = comments.get(line.end_lineno, "")
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


def parse(text, parameter):
    """A word of the command line as the value it stands for: JSON, YAML, or the text itself."""
    value = text
    with suppress(yaml.YAMLError):
        value = yaml.safe_load(text)
    with suppress(ValueError):
        value = json.loads(text)  # 1e-3 is a text in YAML
    value = None if text == "None" else value
    return text if "str" in parameter.types and not _is(value, parameter.types) else value


def check(parameters, given):
    """Values that fit. `given`: pairs of texts. -> {name: value}

    Raises ValueError, naming the parameter, the value and what it may be.
    """
    values = {}
    for name, text in given:
        need(parameters, "the parameter", name, "left out: this notebook has no cell tagged `parameters`")
        parameter = choose("the parameter", name, parameters)
        need(name not in values, name, text, "given once")
        values[name] = value = parse(text, parameter)
        need(_fits(value, parameter), name, value, may_be(parameter))
        for one in value if isinstance(value, list) else [value]:
            if parameter.alternatives and one is not None:
                choose(name, str(one), dict.fromkeys(parameter.alternatives))
    return values


def _is(value, types):
    """Has it one of the types? True is no number."""
    types = {"bool", "anything"}.intersection(types) if isinstance(value, bool) else types
    return any(isinstance(value, TYPES[t]) for t in types)


def _fits(value, parameter):
    """Types, intervals, and no empty choice; what is chosen is looked at after."""
    if not _is(value, parameter.types):
        return False
    each = value if isinstance(value, list) else [value]
    if isinstance(value, list) and parameter.elements and not all(_is(one, parameter.elements) for one in each):
        return False
    return bool(each or not parameter.alternatives) and all(_inside(one, parameter.interval) for one in each)


def _inside(value, interval):
    """Is a number inside? What is no number has no interval to be in."""
    if not interval or not _is(value, ("float",)):
        return True
    left, low, high, right = interval.groups()
    above = value >= float(low) if left == "[" else value > float(low)
    below = value <= float(high) if right == "]" else value < float(high)
    return above and below and not math.isnan(value)


def may_be(parameter):
    """What a parameter takes, in words."""
    words = " or ".join(parameter.types)
    if parameter.elements:
        words += f" of {' or '.join(parameter.elements)}, for example {parameter.default}"
    if parameter.interval:
        words += f", {'each ' if 'list' in parameter.types else ''}{parameter.interval[0]}"
    if parameter.alternatives:
        words += f" (one{' or more' if 'list' in parameter.types else ''} of {' | '.join(parameter.alternatives)})"
    return words
