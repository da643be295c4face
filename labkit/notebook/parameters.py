"""Do values fit a notebook's parameters? One answer for the command line, for files, and for the notebook's own cell.

labkit.parameters("crust", globals())    in the cell after the one tagged `parameters`: checks all, before any training
"""

import ast
import json
import os
from contextlib import suppress

import yaml

from ..arguments import Number, scalar
from ..errors import choose, need
from ..paths import absolute, command_folder, locate_table
from .finding import find
from .specification import TYPES, Parameter, read

__all__ = ["Parameter", "check", "fit", "in_cell", "may_be", "parse", "placed", "read"]


def in_cell(notebook, namespace):
    """Check what a notebook's parameters stand at, and what papermill injected; values that fit take their exact type.

    notebook: its name or path, as of `find`; what fits is read from the file. namespace: the globals() of the notebook.
    Papermill only warns about a name that the notebook does not have; here it is refused.
    Raises ValueError, naming the parameter, the value and what it may be.
    """
    known = read(find(notebook))
    injected = _injected(namespace.get("In", ()), known)
    for name in injected:
        choose("the parameter", name, known)
    missing = [name for name in known if name not in namespace]
    need(not missing, "the list of parameters without a value", missing, "empty: run the cell that sets them first")
    values = fit(known, {name: namespace[name] for name in known})
    given = [name for name in known if name in injected or repr(values[name]) != known[name].default]
    namespace.update(placed(known, values, given, command_folder()))


def placed(parameters, values, given, start=None):
    """Values with the paths among `given` absolute, seen from the folder `start` (None: the current one). -> dict

    A path that stands at its default is left to the notebook, which reads it from the project's root.
    """
    texts = [name for name in given if name in parameters and isinstance(values[name], str) and values[name]]
    beside = lambda name: parameters[name].takes_path and has_slash(values[name])
    paths = [name for name in texts if parameters[name].is_path or beside(name)]
    return _with_table(values | {name: absolute(values[name], start) for name in paths}, start)


def _with_table(values, start):
    """The values with the path of a table in `options` absolute, as labkit.load would look for it from `start`."""
    options, data = values.get("options"), values.get("dataset")
    labels = options.get("labels") if isinstance(options, dict) else None
    if not isinstance(labels, str) or not labels or not has_slash(data):
        return values
    return values | {"options": options | {"labels": locate_table(labels, data, start)}}


def has_slash(value):
    """Is it a text that can only be a path?"""
    return isinstance(value, str) and ("/" in value or os.sep in value)


def _injected(sources, known):
    """Names that papermill's cell assigns, if it ran after the cell that annotates all. -> list, or empty

    sources: what was executed, the latest last; IPython's `In`.
    """
    for source in reversed(sources):
        if source.startswith("# Parameters"):
            return _assigned(source, ast.Assign)
        with suppress(SyntaxError):
            if known.keys() <= set(_assigned(source, ast.AnnAssign)):
                break
    return []


def _assigned(source, kind):
    """Names that lines of this kind assign. -> list"""
    lines = [line for line in ast.parse(source).body if isinstance(line, kind)]
    targets = [target for line in lines for target in getattr(line, "targets", None) or [line.target]]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def check(parameters, given):
    """Values of the command line that fit. `given`: pairs of texts. -> {name: value}. Raises like `fit`."""
    values = {}
    for name, text in given:
        need(name not in values, name, text, "given once")
        values |= fit(parameters, {name: parse(text, _known(parameters, name))})
    return placed(parameters, values, values)


def fit(parameters, values):
    """Values that fit, as exactly what they are meant to be: a whole number for a float is one, a tuple is a list.

    parameters: of `read`. values: {name: value}. -> {name: value}
    Raises ValueError, naming the parameter, the value and what it may be.
    """
    return {name: _fitting(value, _known(parameters, name)) for name, value in values.items()}


def _known(parameters, name):
    """The parameter of a name."""
    need(parameters, "the parameter", name, "left out: this notebook has no cell tagged `parameters`")
    return choose("the parameter", name, parameters)


def parse(text, parameter):
    """A word of the command line as the value it stands for: JSON, YAML, or the text itself."""
    value = text
    with suppress(yaml.YAMLError):
        value = yaml.safe_load(text)
    with suppress(ValueError):
        value = json.loads(text)  # 1e-3 is a text in YAML
    value = None if text == "None" else value
    return text if "str" in parameter.types and not _is(value, parameter.types) else value


def _fitting(value, parameter):
    """The value, if it fits; one number of numpy or torch is Python's."""
    value = scalar(value)
    fine = lambda fits: need(fits, parameter.name, value, may_be(parameter) + _hint(value, parameter))
    fine(_is(value, parameter.types))
    several = isinstance(value, (list, tuple))
    each = list(value) if several else [value]
    if several and parameter.elements:
        fine(all(_is(one, parameter.elements) for one in each))
    fine(all(_inside(one, parameter.interval) for one in each))
    for one in each:
        path = parameter.takes_path and has_slash(one)
        if parameter.alternatives and one is not None and not path:
            choose(parameter.name, str(one), dict.fromkeys(parameter.alternatives))
    if several:
        _enough(each, parameter)
    types = parameter.elements if several else parameter.types
    each = [float(one) if _whole(one) and "float" in types and "int" not in types else one for one in each]
    return each if several else each[0]


def _hint(value, parameter):
    """Plain papermill takes what stands behind -p for a number or a text, never for a list."""
    text_of_list = isinstance(value, str) and value.startswith("[") and "list" in parameter.types
    return f"; papermill takes a list as -y '{parameter.name}: {value}'" if text_of_list else ""


def _enough(each, parameter):
    """Nothing twice, not too few, not too many, and what must be there."""
    fine = lambda fits, may_be: need(fits, parameter.name, each, may_be)
    fine(all(one not in each[:k] for k, one in enumerate(each)), "a list without repeats")
    least, most = parameter.how_many
    if parameter.may_be_empty and not each:
        return
    fine(each, f"{may_be(parameter)}, and not empty")
    fine(least <= len(each) <= most and {*parameter.must_hold} <= {*map(str, each)}, may_be(parameter))


def _whole(value):
    """Is it a whole number? True is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is(value, types):
    """Has it one of the types? True is no number."""
    types = {"bool", "anything"}.intersection(types) if isinstance(value, bool) else types
    return any(isinstance(value, TYPES[t]) for t in types)


def _inside(value, interval):
    """Is a number inside, and one at all? NaN never is. What is no number has no interval to be in."""
    if not _is(value, ("float",)):
        return True
    if value != value or (_whole(value) and abs(value) > 2**63):
        return False
    left, low, high, right, beside = interval.groups() if interval else ("[", "-inf", "inf", "]", None)
    number = Number(float(low), float(high), above=left == "(", below=right == ")", infinite=True)
    return number.inside(value) or (beside is not None and value == float(beside))


def may_be(parameter):
    """What a parameter takes, in words."""
    words = " or ".join(parameter.types)
    several = "list" in parameter.types
    if parameter.elements:
        example = "" if parameter.default == "[]" else f", for example {parameter.default}"
        words += f" of {' or '.join(parameter.elements)}{example}"
    if parameter.interval:
        words += f", {'each ' if several else ''}{parameter.interval[0]}"
    if parameter.listed:
        words += f" ({_of_which(parameter) if several else 'one of '}{' | '.join(parameter.listed)})"
    return words


def _of_which(parameter):
    """How many of the alternatives, and which at least."""
    least, most = parameter.how_many
    if parameter.must_hold:
        return f"{', '.join(parameter.must_hold)} and one or more of "
    return "one or more of " if most == float("inf") else f"{least} to {most} of "
