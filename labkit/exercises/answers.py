"""What exercises have in common: reading an answer, comparing it, saying what is wrong with it."""

from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any

import numpy as np


class Wrong(Exception):
    """An answer that is not right; the text says why."""


class Untouched(Exception):
    """An exercise that nobody has answered yet."""


def need_touched(answer: Any) -> None:
    """Raise Untouched for the `...` that stands in an exercise, also as an entry of several."""
    parts = answer if isinstance(answer, (list, tuple)) else [answer]
    if any(part is Ellipsis for part in parts):
        raise Untouched


def number(answer: Any) -> float:
    """Return a number from an answer. Raises Wrong for anything but one finite number."""
    try:
        value = answer.item() if hasattr(answer, "item") else answer
    except (RuntimeError, ValueError):
        raise Wrong("these are several numbers; one is asked for") from None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Wrong(f"{answer!r} is a {type(answer).__name__}; a number is asked for")
    if not isfinite(value):
        raise Wrong(f"{value} is not a finite number")
    return float(value)


def share(answer: Any) -> float:
    """Return a share in [0, 1] from an answer. Raises Wrong for anything else."""
    value = number(answer)
    if not 0 <= value <= 1:
        raise Wrong(f"{value:g} is no share: between 0 and 1, so 25 % is written 0.25")
    return value


def vector(answer: Any, length: int) -> np.ndarray:
    """Return `length` numbers from an answer. Raises Wrong for anything else. -> [length]"""
    try:
        values = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(f"{answer!r} is not read as numbers; a list of {length} is asked for") from None
    if values.shape != (length,):
        raise Wrong(f"its shape is {values.shape}; a list of {length} numbers is asked for")
    return values


def compare(
    value: float | np.ndarray,
    right: float | np.ndarray,
    mistakes: Iterable[tuple[float | np.ndarray, str]],
    tolerance: float = 1e-3,
) -> None:
    """Raise Wrong unless value is right: with the words for the typical mistake that it is, or with its direction.

    mistakes: pairs of the value that a typical mistake gives, and the words for it.
    """

    def is_close(expected):
        return np.allclose(value, expected, rtol=0, atol=tolerance)

    if is_close(right):
        return
    for typical, explanation in mistakes:
        if is_close(typical):
            raise Wrong(explanation)
    if np.ndim(value):
        worst = int(np.abs(value - np.asarray(right)).argmax())
        direction = "large" if value[worst] > right[worst] else "small"
        raise Wrong(f"entry {worst}, {value[worst]:g}, is too {direction}")
    raise Wrong(f"{value:g} is too {'large' if value > right else 'small'}")


def call(function: Callable, *arguments: Any) -> Any:
    """Return what the reader's function returns. Raises Wrong where it raises an error or returns nothing."""
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
