"""The points of a grid: every combination, conditions, exclusions."""

import json
from itertools import product

from ...errors import choose, need
from . import size


def points(fixed, grid, when, exclude):
    """Every combination, in the order of the file, none twice. -> list of flat dicts

    fixed: {name: value}. grid: {name: list of values}, or a list of such. when: list of {"if": {name: value or list},
    "grid": a grid}; a later one sees the names of an earlier one. exclude: list of {name: value or list}.
    Raises ValueError, naming the section, for what has another form, for a name that is set twice, for a condition that
    no point meets, and where no point is left.
    """
    every = combinations("grid", grid)
    untaken("grid", grid, fixed)
    found = [fixed | more for more in every]
    size.tell(len(found))
    for k, condition in enumerate(_listed("when", when), 1):
        found = _expanded(f"when, number {k}", condition, found)
    rules = _listed("exclude", exclude)
    for k, rule in enumerate(rules, 1):
        _met(f"exclude, number {k},", rule, found)
    found = [point for point in found if not any(meets(point, rule) for rule in rules)]
    need(found, "exclude", exclude, "less: no point of the grid is left")
    return distinct(found)


def untaken(where, grid, taken):
    """Refuse a grid that sets a name which has a value. taken: {name: value}"""
    for one in grid if isinstance(grid, list) else [grid]:
        for name in taken.keys() & one.keys():
            need(False, f"{where}: {name}", one[name], "left out: it has a value already")


def combinations(where, grid):
    """The combinations of a grid, or of one grid after the other. -> list of dicts"""
    grids = grid if isinstance(grid, list) else [grid]
    need(grids, where, grid, "a grid, {name: list of values}, or a list of grids")
    found = []
    for one in grids:
        need(isinstance(one, dict), where, one, "a grid, {name: list of values}, or a list of grids")
        for name, values in one.items():
            fine = isinstance(values, list) and values
            need(fine, f"{where}: {name}", values, f"a list of one or more values, for example [{_one(values)}]")
        size.limited(where, len(found) + size.combinations(where, one))
        found += [dict(zip(one, each)) for each in product(*one.values())]
    return found


def distinct(found):
    """The points, none twice; the first stays. -> list"""
    kept = {}
    for point in found:
        kept.setdefault(json.dumps(point, sort_keys=True), point)
    return list(kept.values())


def meets(point, rule):
    """Has a point the values of a rule? A list in it names alternatives, or is the value itself. -> bool"""
    return all(name in point and _among(point[name], value) for name, value in rule.items())


def _expanded(where, condition, found):
    """The points, those that meet a condition once per combination of its grid."""
    need(isinstance(condition, dict), where, condition, "{if: {name: value}, grid: {name: list of values}}")
    for key in condition:
        choose(f"{where}: an entry", key, dict.fromkeys(("if", "grid")))
    need(len(condition) == 2, where, condition, "{if: {name: value}, grid: {name: list of values}}")
    _met(f"{where}: if", condition["if"], found)
    meeting = [meets(point, condition["if"]) for point in found]
    each = combinations(where, condition["grid"])
    size.limited(where, len(found) + sum(meeting) * (len(each) - 1))
    more = []
    for point, fits in zip(found, meeting):
        if fits:
            untaken(where, condition["grid"], point)
        more += [point | own for own in each] if fits else [point]
    return more


def _met(where, rule, found):
    """A rule names what points have, and one of them meets it."""
    need(isinstance(rule, dict) and rule, where, rule, "{name: value, or list of values}")
    names = dict.fromkeys(name for point in found for name in point)
    for name, value in rule.items():
        choose(f"{where} the name", name, names)
        there = list({json.dumps(point[name]): None for point in found if name in point})
        one = any(name in point and _among(point[name], value) for point in found)
        need(one, f"{where} {name}", value, f"a value that occurs: {', '.join(there)}")
    need(any(meets(point, rule) for point in found), where, rule, "a combination that occurs")


def _among(value, wanted):
    """Is it the value that is wanted, or one of those?"""
    return _same(value, wanted) or (isinstance(wanted, list) and any(_same(value, one) for one in wanted))


def _same(a, b):
    """Equal, but a truth is no number."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _listed(where, rules):
    """A section that is a list of rules."""
    need(isinstance(rules, list), where, rules, "a list: each entry begins with a dash")
    return rules


def _one(values):
    """A bare value as it would stand in a list."""
    return "0.2" if values in ([], None) else json.dumps(values)
