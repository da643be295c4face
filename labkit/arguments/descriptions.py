"""Descriptions: what a value may be, in code and in words. `check(name, value)` returns it as plain Python, or raises
ValueError with the name, the value and what it may be."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite

import numpy as np
import torch

from ..errors import choose, need

LARGEST = 2**63 - 1
ROUND = 10**4  # from here on a bound is there against nonsense only


def scalar(value):
    """A number of numpy or torch as Python's; any other value as it is."""
    if not isinstance(value, (np.generic, np.ndarray, torch.Tensor)) or value.ndim:
        return value
    try:
        return value.item()
    except Exception:  # a tensor without values, such as one on the device "meta"
        return value


class Description:
    """What an argument may be. may_be: in words."""

    def check(self, name, value):
        """The value as plain Python. Raises ValueError for another one."""
        raise NotImplementedError

    def takes(self, value):
        """May the argument be this value? -> bool"""
        try:
            self.check("it", value)
        except ValueError:
            return False
        return True

    def __repr__(self):
        return f"<{self.may_be}>"


@dataclass(frozen=True, repr=False)
class Number(Description):
    """A finite number from `low` to `high`. above, below: without this end. infinite: may it be infinity? what: a noun
    for it. hint: how to find it. Checked values are floats."""

    low: float = -inf
    high: float = inf
    above: bool = False
    below: bool = False
    infinite: bool = False
    what: str = "a number"
    hint: str = ""

    @property
    def may_be(self):
        return f"{self.what}{self.ends()}{': ' * bool(self.hint)}{self.hint}"

    def __repr__(self):
        return f"<{self.what}{self.ends()}>"

    def ends(self):
        """The ends, in words."""
        guarded = inf > self.high >= ROUND
        if self.low > -ROUND and self.high < ROUND:
            return f" in {'(' if self.above else '['}{self.low:g}, {self.high:g}{')' if self.below else ']'}"
        least = f" {'above' if self.above else '>='} {self.low:g}" if self.low > -ROUND else ""
        most = f" {'below' if self.below else 'at most'} {self.high:g}" if self.high < ROUND else ""
        return f"{least}{most}{f', at most {_power(int(self.high))}' if guarded else ''}"

    def check(self, name, value):
        number = scalar(value)
        need(isinstance(number, (int, float)) and not isinstance(number, bool), name, value, self.may_be)
        try:
            number = float(number) + 0.0  # 0 for -0
        except OverflowError:
            need(False, name, value, self.may_be)
        need(self.inside(number), name, value, self.may_be)
        return number

    def inside(self, number):
        """Does a float lie between the ends?"""
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
    def may_be(self):
        if self.high < ROUND:
            return f"{self.what}, {self.low} to {self.high}"
        least = {-LARGEST: "", 1: " above 0"}.get(self.low, f", {self.low} or more")
        return f"{self.what}{least}" + f", at most {_power(self.high)}" * (self.high < LARGEST)

    def check(self, name, value):
        number = scalar(value)
        need(isinstance(number, int) and not isinstance(number, bool), name, value, self.may_be)
        need(self.low <= number <= self.high, name, value, self.may_be)
        return int(number)


def _power(number):
    """A large number as people write it. -> text"""
    return {2**32 - 1: "2**32 - 1", **{10**n: f"10**{n}" for n in range(4, 16)}}.get(number, str(number))


@dataclass(frozen=True, repr=False)
class Boolean(Description):
    """True or False; 0, 1 and "False" are neither."""

    may_be: str = "True or False"

    def check(self, name, value):
        need(isinstance(scalar(value), bool), name, value, self.may_be)
        return scalar(value)


@dataclass(frozen=True, repr=False)
class Choice(Description):
    """One of a few words or numbers."""

    choices: tuple

    @property
    def may_be(self):
        return " or ".join(map(repr, self.choices))

    def check(self, name, value):
        given = scalar(value)
        kind = str if isinstance(given, str) else type(given)
        equal = [choice for choice in self.choices if kind is type(choice) and choice == given]
        return equal[0] if equal else choose(name, value, _Table(self.choices))


class _Table(dict):
    """Choices that hold nothing, for the words of `choose`."""

    def __init__(self, choices):
        super().__init__((choice, None) for choice in choices)

    def __contains__(self, value):
        return False


@dataclass(frozen=True, repr=False)
class Text(Description):
    """A text that is not empty."""

    may_be: str = "a text that is not empty"

    def check(self, name, value):
        need(isinstance(value, str) and value and "\0" not in value, name, value, self.may_be)
        return str(value)


@dataclass(frozen=True, repr=False)
class Nothing(Description):
    """None."""

    may_be: str = "None"

    def check(self, name, value):
        need(value is None, name, value, self.may_be)


@dataclass(frozen=True, repr=False)
class Fits(Description):
    """What a function says yes to. The value stays as it is."""

    test: Callable
    may_be: str

    def check(self, name, value):
        need(self.test(value), name, value, self.may_be)
        return value


@dataclass(frozen=True, repr=False)
class Either(Description):
    """What one of several descriptions takes; the first that does."""

    parts: tuple

    @property
    def may_be(self):
        *others, last = dict.fromkeys(part.may_be for part in self.parts)
        comma = "," * any("," in other for other in others)
        return f"{', '.join(others)}{comma} or {last}" if others else last

    def check(self, name, value):
        for part in self.parts:
            if part.takes(value):
                return part.check(name, value)
        words = [part for part in self.parts if isinstance(part, Choice)]
        if words and isinstance(value, str):
            return words[0].check(name, value)  # says the nearest word
        return need(False, name, value, self.may_be)
