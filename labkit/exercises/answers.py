"""What exercises have in common: reading an answer, comparing it, saying what is wrong with it."""

from math import isfinite

import numpy as np


class Wrong(Exception):
    """An answer that is not right; the text says why."""


class Untouched(Exception):
    """An exercise that nobody has answered yet."""


def need_touched(answer):
    """Raise Untouched for the `...` that stands in an exercise, also as one entry of several."""
    parts = answer if isinstance(answer, (list, tuple)) else [answer]
    if any(part is Ellipsis for part in parts):
        raise Untouched


def number(answer):
    """A number from what was handed in. -> float"""
    try:
        value = answer.item() if hasattr(answer, "item") else answer
    except (RuntimeError, ValueError):
        raise Wrong("these are several numbers; one is asked for") from None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Wrong(f"{answer!r} is a {type(answer).__name__}; a number is asked for")
    if not isfinite(value):
        raise Wrong(f"{value} is not a finite number")
    return float(value)


def share(answer):
    """A share in [0, 1] from what was handed in. -> float"""
    value = number(answer)
    if not 0 <= value <= 1:
        raise Wrong(f"{value:g} is no share: between 0 and 1, so 25 % is written 0.25")
    return value


def vector(answer, length):
    """So many numbers from what was handed in. -> array [length]"""
    try:
        values = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(f"{answer!r} is not read as numbers; a list of {length} is asked for") from None
    if values.shape != (length,):
        raise Wrong(f"its shape is {values.shape}; a list of {length} numbers is asked for")
    return values


def compare(value, right, mistakes, tolerance=1e-3):
    """Return if value is right; else raise Wrong in the words of the typical mistake it is, or with its direction.

    value, right: a number or an array. mistakes: pairs of what one gets by a mistake, and what to say of it.
    """
    near = lambda other: np.allclose(value, other, rtol=0, atol=tolerance)
    if near(right):
        return
    for typical, words in mistakes:
        if near(typical):
            raise Wrong(words)
    if np.ndim(value):
        far = int(np.abs(value - np.asarray(right)).argmax())
        raise Wrong(f"entry {far}, {value[far]:g}, is too {'large' if value[far] > right[far] else 'small'}")
    raise Wrong(f"{value:g} is too {'large' if value > right else 'small'}")


def call(function, *arguments):
    """What the reader's function returns; its errors are read as a verdict."""
    if not callable(function):
        raise Wrong(f"this is a {type(function).__name__}; hand in the function itself, without calling it")
    try:
        returned = function(*arguments)
    except Exception as error:
        raise Wrong(f"your function stopped with {type(error).__name__}: {error}") from None
    need_touched(returned)
    if returned is None:
        raise Wrong("your function returns nothing; it needs a `return`")
    return returned
