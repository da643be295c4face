"""Checks of a notebook's parameters, for the cell after them: a ValueError names the parameter, its value and what it
may be. `./lab run` says as much before a kernel starts; a person in JupyterLab has only these."""

from ..errors import choose, need


def one_of(name, value, choices):
    """`value`, if it is one of the choices."""
    choose(name, value, dict.fromkeys(choices))
    return value


def whole(name, value, least=0):
    """`value`, if it is a whole number, `least` or more."""
    fine = isinstance(value, int) and not isinstance(value, bool) and value >= least
    need(fine, name, value, f"a whole number, {least} or more")
    return value


def number(name, value, low=0.0, below=float("inf")):
    """`value` as a float, if it is in [low, below)."""
    fine = isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value < below
    need(fine, name, value, f"a number in [{low:g}, {below:g})")
    return float(value)


def several(name, values, check, *limits):
    """The values, each through `check(name, value, *limits)`: one or more, none twice. -> list"""
    need(isinstance(values, (list, tuple)) and len(values), name, values, "a list of one or more")
    checked = [check(name, value, *limits) for value in values]
    need(len(set(checked)) == len(checked), name, values, "a list without repeats")
    return checked
