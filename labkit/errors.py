"""Errors for values that cannot be used. They name the argument, the value it got, and what it may be."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import NoReturn, TypeVar

Value = TypeVar("Value")

LONGEST = 200  # characters of a value in a message


def need(condition: object, argument: str, value: object, may_be: str) -> None:
    """Raise a ValueError that names the argument, its value and what it may be, unless the condition is true."""
    if not condition:
        raise ValueError(f"{argument} is {shown(value)}; it must be {may_be}")


def must(condition: object, argument: str, finding: object, may_be: str) -> None:
    """Raise a ValueError as `need` does, with a finding in words in place of the value, without quotes."""
    if not condition:
        text = " ".join(shortened(str(finding)).split())
        raise ValueError(f"{argument} is {text}; it must be {may_be}")


def choose(argument: str, name: object, table: Mapping[str, Value]) -> Value:
    """Look `name` up in a table. Raises a ValueError with all names and the nearest one if it is not there."""
    try:
        if name in table:
            return table[name]
    except TypeError:  # a list or a dict is no name
        pass
    names = [str(key) for key in table]
    nearest = get_close_matches(shown(name).strip("'\""), names, n=1, cutoff=0.5)
    hint = f" (did you mean {nearest[0]!r}?)" if nearest else ""
    raise ValueError(f"{argument} is {shown(name)}; it may be {', '.join(names)}{hint}")


def shown(value: object) -> str:
    """Return a value as a message shows it, in one line and not too long."""
    try:
        text = repr(value)
        if not isinstance(value, str):
            text = " ".join(text.split())
    except Exception:  # a whole number of too many digits, or a repr that fails
        return f"a value of type {type(value).__name__}"
    return shortened(text)


def shortened(text: str) -> str:
    """Return a text that is not too long for a message, of a long one its two ends."""
    half = LONGEST // 2
    return text if len(text) <= LONGEST else f"{text[:half]} ... {text[-half:]}"


def ask(argument: str, finding: str, may_be: str) -> NoReturn:
    """Raise a ValueError for an argument that is needed, because what was found leaves something open."""
    raise ValueError(f"{argument} is not given, and {finding}; {argument}=... may be {may_be}")


class Diverged(ArithmeticError):
    """A loss that is not finite stopped a training. run: the labkit.Run so far, with its history."""

    def __init__(self, message: str, run: object = None) -> None:
        super().__init__(message)
        self.run = run


class Busy(RuntimeError):
    """Another process trains this run."""
