"""Descriptions of single values. `check(name, value)` returns the value as plain Python, or raises ValueError with the
name, the value and what it may be."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite

import numpy as np
import torch

from ..errors import choose, need

LARGEST = 2**63 - 1
ROUND = 10**4  # a limit from here on only guards against nonsense, and messages round it
POWERS = {2**32 - 1: "2**32 - 1"} | {10**n: f"10**{n}" for n in range(4, 16)}


def scalar(value: object) -> object:
    """Return a number of numpy or torch as Python's; any other value as it is."""
    if not isinstance(value, (np.generic, np.ndarray, torch.Tensor)) or value.ndim:
        return value
    try:
        return value.item()
    except Exception:  # a tensor without values, such as one on the device "meta"
        return value


class Description:
    """What an argument may be. may_be: the same in words, for messages."""

    may_be: str

    def check(self, name: str, value: object) -> object:
        """Return the value as plain Python. Raises ValueError if the argument may not be this value."""
        raise NotImplementedError

    def takes(self, value: object) -> bool:
        """May the argument be this value?"""
        try:
            self.check("it", value)
        except ValueError:
            return False
        return True

    def __repr__(self) -> str:
        return f"<{self.may_be}>"


@dataclass(frozen=True, repr=False)
class Number(Description):
    """A finite number from `low` to `high`. Checked values are floats.

    above, below: the interval is open at this end. infinite: infinity is a value, too. what: a noun for the number.
    hint: how to find it.
    """

    low: float = -inf
    high: float = inf
    above: bool = False
    below: bool = False
    infinite: bool = False
    what: str = "a number"
    hint: str = ""

    @property
    def may_be(self) -> str:
        """The noun, the interval and the hint."""
        hint = f": {self.hint}" if self.hint else ""
        return f"{self.what}{self.interval()}{hint}"

    def __repr__(self) -> str:
        return f"<{self.what}{self.interval()}>"

    def interval(self) -> str:
        """Return the interval in words."""
        has_low = self.low > -ROUND
        has_high = self.high < ROUND
        if has_low and has_high:
            opening = "(" if self.above else "["
            closing = ")" if self.below else "]"
            return f" in {opening}{self.low:g}, {self.high:g}{closing}"
        text = ""
        if has_low:
            text += f" above {self.low:g}" if self.above else f" >= {self.low:g}"
        if has_high:
            text += f" below {self.high:g}" if self.below else f" at most {self.high:g}"
        elif self.high < inf:
            text += f", at most {_power(int(self.high))}"
        return text

    def check(self, name: str, value: object) -> float:
        """Return the number as a float. Raises ValueError for anything else."""
        number = scalar(value)
        need(isinstance(number, (int, float)) and not isinstance(number, bool), name, value, self.may_be)
        try:
            number = float(number) + 0.0  # 0 for -0
        except OverflowError:
            need(False, name, value, self.may_be)
        need(self.inside(number), name, value, self.may_be)
        return number

    def inside(self, number: float) -> bool:
        """Does a float lie in the interval?"""
        above = number > self.low or (number == self.low and not self.above)
        below = number < self.high or (number == self.high and not self.below)
        return above and below and (self.infinite or isfinite(number))


@dataclass(frozen=True, repr=False)
class Whole(Description):
    """A whole number from `low` to `high`; 3.0 is none. what: a noun for it."""

    low: int = -LARGEST
    high: int = LARGEST
    what: str = "a whole number"

    @property
    def may_be(self) -> str:
        """The noun and the range."""
        if self.high < ROUND:
            return f"{self.what}, {self.low} to {self.high}"
        text = self.what
        if self.low == 1:
            text += " above 0"
        elif self.low != -LARGEST:
            text += f", {self.low} or more"
        if self.high < LARGEST:
            text += f", at most {_power(self.high)}"
        return text

    def check(self, name: str, value: object) -> int:
        """Return the number as an int. Raises ValueError for anything else."""
        number = scalar(value)
        need(isinstance(number, int) and not isinstance(number, bool), name, value, self.may_be)
        need(self.low <= number <= self.high, name, value, self.may_be)
        return int(number)


def _power(number):
    """Return a large number as people write it."""
    return POWERS.get(number, str(number))


@dataclass(frozen=True, repr=False)
class Boolean(Description):
    """True or False; 0, 1 and "False" are neither."""

    may_be: str = "True or False"

    def check(self, name: str, value: object) -> bool:
        """Return the truth value. Raises ValueError for anything else."""
        flag = scalar(value)
        need(isinstance(flag, bool), name, value, self.may_be)
        return flag


@dataclass(frozen=True, repr=False)
class Choice(Description):
    """One of a few texts or numbers."""

    choices: tuple

    @property
    def may_be(self) -> str:
        """The choices."""
        return " or ".join(map(repr, self.choices))

    def check(self, name: str, value: object) -> object:
        """Return the choice that equals the value and has its type. Raises ValueError with the nearest one if none."""
        plain = scalar(value)
        kind = str if isinstance(plain, str) else type(plain)
        for choice in self.choices:
            if type(choice) is kind and choice == plain:
                return choice
        return choose(name, value, _NoneFound(self.choices))


class _NoneFound(dict):
    """Names for the message of `choose`, which finds none of them."""

    def __init__(self, names):
        super().__init__(dict.fromkeys(names))

    def __contains__(self, name):
        return False


@dataclass(frozen=True, repr=False)
class Text(Description):
    """A text that is not empty."""

    may_be: str = "a text that is not empty"

    def check(self, name: str, value: object) -> str:
        """Return the text. Raises ValueError for anything else."""
        need(isinstance(value, str) and value and "\0" not in value, name, value, self.may_be)
        return str(value)


@dataclass(frozen=True, repr=False)
class Nothing(Description):
    """None."""

    may_be: str = "None"

    def check(self, name: str, value: object) -> None:
        """Raise ValueError for anything but None."""
        need(value is None, name, value, self.may_be)


@dataclass(frozen=True, repr=False)
class Fits(Description):
    """A value for which `test` returns true. It stays as it is."""

    test: Callable[[object], object]
    may_be: str

    def check(self, name: str, value: object) -> object:
        """Return the value itself. Raises ValueError if the test fails."""
        need(self.test(value), name, value, self.may_be)
        return value


@dataclass(frozen=True, repr=False)
class Either(Description):
    """A value that one of several descriptions takes; the first of them counts."""

    parts: tuple[Description, ...]

    @property
    def may_be(self) -> str:
        """The parts, the last one after "or"."""
        *first_parts, last_part = dict.fromkeys(part.may_be for part in self.parts)
        if not first_parts:
            return last_part
        comma = "," if "," in "".join(first_parts) else ""
        return f"{', '.join(first_parts)}{comma} or {last_part}"

    def check(self, name: str, value: object) -> object:
        """Return the value as the first part that takes it returns it. Raises ValueError if none does."""
        for part in self.parts:
            if part.takes(value):
                return part.check(name, value)
        for part in self.parts:
            if isinstance(part, Choice) and isinstance(value, str):
                return part.check(name, value)  # the message has the nearest choice
        return need(False, name, value, self.may_be)
