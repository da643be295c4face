"""The question of a panel: what a reader guesses before anything is shown, and where the guess applies."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..errors import choose, need

UNITS = ("percent", "number", "whole", "choice")
SHARE = "a fraction in [0, 1]: 25 % is written 0.25"


@dataclass(frozen=True)
class Question:
    """What a reader predicts before anything is computed.

    text: the question, with its setting. unit: percent (the answer is a share in [0, 1]), number, whole, or choice
    (one of `options`). naive: the guess of somebody new to the field. measure(seed): the measured answer for a seed.
    seeds: of the band, which reaches from the lowest to the highest answer. part, x: where the guess is drawn, if it
    is; x is a position in curves, the name of a bar in bars. If x is a list of positions, the answer is a curve: a
    list with a number for each of them. along: "x" if the answer is a place on the horizontal axis of the part.
    setting: values of controls, by their names, to which the question applies; others may stand anywhere.
    """

    text: str
    unit: str
    naive: object
    measure: Callable
    seeds: tuple
    part: str = ""
    x: object = None
    options: tuple = ()
    setting: dict = field(default_factory=dict)
    along: str = "y"

    def __post_init__(self):
        choose("unit", self.unit, dict.fromkeys(UNITS))
        choose("along", self.along, dict.fromkeys("xy"))
        object.__setattr__(self, "seeds", tuple(self.seeds))
        if isinstance(self.x, (list, range)):
            object.__setattr__(self, "x", tuple(self.x))

    @property
    def is_curve(self) -> bool:
        """Is the answer a curve, with a number for each of several x?"""
        return isinstance(self.x, tuple)

    def read(self, guess: Any) -> float | str | list[float]:
        """Return a guess as it is kept. Raises ValueError for what is no answer to the question."""
        if self.unit == "choice":
            return choose("guess", guess, {option: option for option in self.options})
        if not self.is_curve:
            return self._number(guess)
        places = f"a list of {len(self.x)} numbers, for x = {self.x[0]} to {self.x[-1]}"
        need(isinstance(guess, (list, tuple)) and len(guess) == len(self.x), "guess", guess, places)
        return [self._number(value) for value in guess]

    def _number(self, guess):
        """Return a number of a guess as a float."""
        is_number = isinstance(guess, (int, float)) and not isinstance(guess, bool) and guess == guess
        if self.unit == "percent":
            need(is_number and 0 <= guess <= 1, "guess", guess, SHARE)
        need(is_number and abs(guess) < 1e12, "guess", guess, "a number")
        return float(guess)
