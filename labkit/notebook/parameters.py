"""Checks that values fit a notebook's parameters, for the command line, for files, and for the notebook's own cell.

labkit.parameters("crust", globals())    in the cell after the one tagged `parameters`: checks all, before any training
"""

import ast
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import yaml

from ..arguments import Number, scalar
from ..errors import choose, need
from ..paths import absolute, command_folder, locate_table
from .finding import find
from .specification import TYPES, Parameter, read

__all__ = ["Parameter", "check", "fit", "in_cell", "may_be", "parse", "placed", "read"]

Known = Mapping[str, Parameter]  # of `read`


def in_cell(notebook: str, namespace: dict[str, Any]) -> None:
    """Check the parameters of a notebook that runs, and give those that fit their exact type.

    notebook: its name or path, as of `find`; its file says what fits. namespace: the globals() of the notebook.
    Papermill only warns of a name that the notebook does not have; here it is refused.
    Raises ValueError, naming the parameter, the value and what it may be.
    """
    known = read(find(notebook))
    injected = _injected(namespace.get("In", ()), known)
    for name in injected:
        choose("the parameter", name, known)
    missing = [name for name in known if name not in namespace]
    need(not missing, "the list of parameters without a value", missing, "empty: run the cell that sets them first")
    values = fit(known, {name: namespace[name] for name in known})
    given = []
    for name, parameter in known.items():
        if name in injected or repr(values[name]) != parameter.default:
            given.append(name)
    namespace.update(placed(known, values, given, command_folder()))


def placed(parameters: Known, values: dict[str, Any], given: Iterable[str], start: str | None = None) -> dict[str, Any]:
    """Return values with the paths among `given` absolute, seen from the folder `start` (None: the current one).

    A path that stands at its default is left to the notebook, which reads it from the project's root.
    """
    paths = {}
    for name in given:
        value = values[name]
        if name in parameters and isinstance(value, str) and value:
            parameter = parameters[name]
            if parameter.is_path or (parameter.takes_path and has_slash(value)):
                paths[name] = absolute(value, start)
    return _with_table(values | paths, start)


def _with_table(values, start):
    """Make the path of a table in `options` absolute, as labkit.load would look for it from `start`. -> values"""
    options = values.get("options")
    data = values.get("dataset")
    labels = options.get("labels") if isinstance(options, dict) else None
    if not isinstance(labels, str) or not labels or not has_slash(data):
        return values
    return values | {"options": options | {"labels": locate_table(labels, data, start)}}


def has_slash(value: object) -> bool:
    """Return whether a value is a text that can only be a path."""
    return isinstance(value, str) and ("/" in value or os.sep in value)


def _injected(sources, known):
    """Return the names that papermill's cell assigns, if it ran after the cell that annotates all. -> list, or empty

    sources: the executed cells, the latest last; IPython's `In`.
    """
    for source in reversed(sources):
        if source.startswith("# Parameters"):
            return _assigned(source, ast.Assign)
        with suppress(SyntaxError):
            if known.keys() <= set(_assigned(source, ast.AnnAssign)):
                break
    return []


def _assigned(source, kind):
    """Return the names that lines of this kind assign. kind: ast.Assign or ast.AnnAssign -> list"""
    names = []
    for line in ast.parse(source).body:
        if isinstance(line, kind):
            targets = getattr(line, "targets", None) or [line.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    names.append(target.id)
    return names


def check(parameters: Known, given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return values of the command line that fit. given: pairs of texts. Raises ValueError like `fit`."""
    values = {}
    for name, text in given:
        need(name not in values, name, text, "given once")
        values |= fit(parameters, {name: parse(text, _known(parameters, name))})
    return placed(parameters, values, values)


def fit(parameters: Known, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values that fit, with the exact types of their parameters: a whole number for a float becomes one, a
    tuple a list.

    Raises ValueError, naming the parameter, the value and what it may be.
    """
    return {name: _fitting(value, _known(parameters, name)) for name, value in values.items()}


def _known(parameters, name):
    """Return the parameter of a name."""
    need(parameters, "the parameter", name, "left out: this notebook has no cell tagged `parameters`")
    return choose("the parameter", name, parameters)


def parse(text: str, parameter: Parameter) -> Any:
    """Return the value that a word of the command line stands for: JSON, YAML, or the text itself."""
    value = text
    with suppress(yaml.YAMLError):
        value = yaml.safe_load(text)
    with suppress(ValueError):
        value = json.loads(text)  # 1e-3 is a text in YAML
    value = None if text == "None" else value
    return text if "str" in parameter.types and not _is(value, parameter.types) else value


def _fitting(value, parameter):
    """Return a value that fits; a single number of numpy or torch becomes Python's."""
    value = scalar(value)
    _need(_is(value, parameter.types), value, parameter)
    if not isinstance(value, (list, tuple)):
        _need_allowed([value], value, parameter)
        return _exact(value, parameter.types)
    elements = list(value)
    if parameter.elements:
        for element in elements:
            _need(_is(element, parameter.elements), value, parameter)
    _need_allowed(elements, value, parameter)
    _need_complete(elements, parameter)
    return [_exact(element, parameter.elements) for element in elements]


def _need(condition, value, parameter):
    """Raise ValueError unless a value fits."""
    if not condition:
        need(False, parameter.name, value, may_be(parameter) + _hint(value, parameter))


def _need_allowed(elements, value, parameter):
    """Raise ValueError unless all elements are in the interval and among the alternatives. value: that holds them"""
    for element in elements:
        _need(_inside(element, parameter.interval), value, parameter)
    for element in elements:
        is_path = parameter.takes_path and has_slash(element)
        if parameter.alternatives and element is not None and not is_path:
            choose(parameter.name, str(element), dict.fromkeys(parameter.alternatives))


def _exact(value, types):
    """Return a whole number as a float where only a float is asked for."""
    return float(value) if _is_integer(value) and "float" in types and "int" not in types else value


def _hint(value, parameter):
    """Return how papermill takes a list, for a list given as text: behind -p it takes numbers and texts alone."""
    text_of_list = isinstance(value, str) and value.startswith("[") and "list" in parameter.types
    return f"; papermill takes a list as -y '{parameter.name}: {value}'" if text_of_list else ""


def _need_complete(elements, parameter):
    """Raise ValueError for a list that holds an element twice, too few or too many, or lacks one that it needs."""
    unique = all(element not in elements[:k] for k, element in enumerate(elements))
    need(unique, parameter.name, elements, "a list without repeats")
    if parameter.may_be_empty and not elements:
        return
    need(elements, parameter.name, elements, f"{may_be(parameter)}, and not empty")
    low, high = parameter.how_many
    complete = set(parameter.must_hold) <= set(map(str, elements))
    need(low <= len(elements) <= high and complete, parameter.name, elements, may_be(parameter))


def _is_integer(value):
    """Return whether a value is a whole number; True is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is(value, types):
    """Return whether a value has one of the types; True is no number."""
    types = {"bool", "anything"}.intersection(types) if isinstance(value, bool) else types
    return any(isinstance(value, TYPES[name]) for name in types)


def _inside(value, interval):
    """Return whether a number is in the interval, and not NaN. Any other value has no interval to be in."""
    if not _is(value, ("float",)):
        return True
    if value != value or (_is_integer(value) and abs(value) > 2**63):
        return False
    if interval is None:
        return Number(float("-inf"), float("inf"), infinite=True).inside(value)
    opening, low, high, closing, single = interval.groups()
    number = Number(float(low), float(high), above=opening == "(", below=closing == ")", infinite=True)
    return number.inside(value) or (single is not None and value == float(single))


def may_be(parameter: Parameter) -> str:
    """Say what a parameter takes."""
    text = " or ".join(parameter.types)
    several = "list" in parameter.types
    if parameter.elements:
        example = "" if parameter.default == "[]" else f", for example {parameter.default}"
        text += f" of {' or '.join(parameter.elements)}{example}"
    if parameter.interval:
        text += f", {'each ' if several else ''}{parameter.interval[0]}"
    if parameter.listed:
        text += f" ({_count(parameter) if several else 'one of '}{' | '.join(parameter.listed)})"
    return text


def _count(parameter):
    """Say how many of the alternatives a list takes, and which it needs."""
    low, high = parameter.how_many
    if parameter.must_hold:
        return f"{', '.join(parameter.must_hold)} and one or more of "
    return "one or more of " if high == float("inf") else f"{low} to {high} of "
