"""The points of a grid: every combination, conditions, exclusions."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, product
from typing import Any

from ...errors import choose, need
from . import size

Point = dict[str, Any]  # name -> JSON value
A_GRID = "a grid, {name: list of values}, or a list of grids"
A_CONDITION = "{if: {name: value}, grid: {name: list of values}}"


def points(fixed: Point, grid: Mapping | Sequence, when: Sequence[Mapping], exclude: Sequence[Mapping]) -> list[Point]:
    """Return every combination, in the order of the file, none twice.

    fixed: {name: value}. grid: {name: list of values}, or a list of such. when: list of {"if": {name: value or list},
    "grid": a grid}; a later one sees the names of an earlier one. exclude: list of {name: value or list}.
    Raises ValueError, naming the section, for what has another form, for a name that is set twice, for a condition that
    no point meets, and where no point is left.
    """
    varied = combinations("grid", grid)
    untaken("grid", grid, fixed)
    result = [fixed | values for values in varied]
    size.announce(len(result))
    for k, condition in enumerate(_listed("when", when), 1):
        result = _expanded(f"when, number {k}", condition, result)
    rules = _listed("exclude", exclude)
    for k, rule in enumerate(rules, 1):
        _need_met(f"exclude, number {k},", rule, result)
    for rule in rules:
        result = [point for point in result if not meets(point, rule)]
    need(result, "exclude", exclude, "less: no point of the grid is left")
    return distinct(result)


def untaken(section: str, grid: Mapping | Sequence, values: Mapping) -> None:
    """Raise ValueError for a grid that sets a name which has a value. values: {name: value}"""
    for part in _grids(grid):
        for name in values.keys() & part.keys():
            need(False, f"{section}: {name}", part[name], "left out: it has a value already")


def combinations(section: str, grid: Mapping | Sequence) -> list[Point]:
    """Return the combinations of a grid, or of one grid after the other. section: what a message calls it"""
    need(_grids(grid), section, grid, A_GRID)
    result = []
    for part in _grids(grid):
        need(isinstance(part, dict), section, part, A_GRID)
        for name, values in part.items():
            example = f"a list of one or more values, for example [{_example(values)}]"
            need(isinstance(values, list) and values, f"{section}: {name}", values, example)
        size.limited(section, len(result) + size.combinations(section, part))
        for values in product(*part.values()):
            result.append(dict(zip(part, values)))
    return result


def _grids(grid):
    """Return one grid or several as a list."""
    return grid if isinstance(grid, list) else [grid]


def names_in(points: Iterable[Point]) -> dict[str, None]:
    """Return the names that any of the points has, in order, as the keys of a dict."""
    return dict.fromkeys(chain.from_iterable(points))


def distinct(points: Iterable[Point]) -> list[Point]:
    """Return the points, none twice; of equal ones the first stays."""
    result = {}
    for point in points:
        result.setdefault(json.dumps(point, sort_keys=True), point)
    return list(result.values())


def meets(point: Point, rule: Mapping) -> bool:
    """Return whether a point has the values of a rule. A list in it names alternatives, or is the value itself."""
    return all(name in point and _among(point[name], value) for name, value in rule.items())


def _expanded(section, condition, points):
    """Return the points, those that meet a condition once per combination of its grid."""
    need(isinstance(condition, dict), section, condition, A_CONDITION)
    for key in condition:
        choose(f"{section}: an entry", key, dict.fromkeys(("if", "grid")))
    need(len(condition) == 2, section, condition, A_CONDITION)
    _need_met(f"{section}: if", condition["if"], points)
    varied = combinations(section, condition["grid"])
    meeting = [meets(point, condition["if"]) for point in points]
    size.limited(section, len(points) + sum(meeting) * (len(varied) - 1))
    result = []
    for point, met in zip(points, meeting):
        if met:
            untaken(section, condition["grid"], point)
            result += [point | values for values in varied]
        else:
            result.append(point)
    return result


def _need_met(section, rule, points):
    """Raise ValueError for a rule that names what no point has, or that no point meets."""
    need(isinstance(rule, dict) and rule, section, rule, "{name: value, or list of values}")
    names = names_in(points)
    for name, value in rule.items():
        choose(f"{section} the name", name, names)
        occurring = {}
        for point in points:
            if name in point:
                occurring[json.dumps(point[name])] = point[name]
        met = any(_among(existing, value) for existing in occurring.values())
        need(met, f"{section} {name}", value, f"a value that occurs: {', '.join(occurring)}")
    need(any(meets(point, rule) for point in points), section, rule, "a combination that occurs")


def _among(value, allowed):
    """Return whether a value is the allowed one, or one of a list of them."""
    if _equal(value, allowed):
        return True
    return isinstance(allowed, list) and any(_equal(value, alternative) for alternative in allowed)


def _equal(a, b):
    """Return whether two values are equal; true and false equal no number."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _listed(section, rules):
    """Return a section that has to be a list of rules."""
    need(isinstance(rules, list), section, rules, "a list: each entry begins with a dash")
    return rules


def _example(values):
    """Return a bare value as it would stand in a list. -> text"""
    return "0.2" if values in ([], None) else json.dumps(values)
