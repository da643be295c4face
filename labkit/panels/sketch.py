"""What a panel is: its controls, its pictures, how it is drawn, and the question that its reader answers first."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from types import SimpleNamespace

from ..errors import choose, need
from .controls import position

MOST_CONTROLS = 4
UNITS = ("percent", "number", "whole", "choice")


class Cancelled(Exception):
    """The reader has moved on: what is being drawn is no longer wanted."""


@dataclass(frozen=True)
class Question:
    """What a reader predicts before anything is computed.

    words: the question, with its setting. unit: percent (the answer is a share in [0, 1]), number, whole, or choice
    (one of `options`). naive: the guess that stands in the notebook. measure(seed): the honest answer for a seed.
    seeds: of the band, which reaches from the lowest to the highest answer. part, x: where the guess is drawn, if it
    is; x is a position in curves, the name of a bar in bars.
    """

    words: str
    unit: str
    naive: object
    measure: Callable
    seeds: tuple
    part: str = ""
    x: object = None
    options: tuple = ()

    def __post_init__(self):
        choose("unit", self.unit, dict.fromkeys(UNITS))
        object.__setattr__(self, "seeds", tuple(self.seeds))

    def read(self, guess):
        """A guess, as it is kept. Raises ValueError for what is no answer to the question."""
        if self.unit == "choice":
            return choose("guess", guess, {option: option for option in self.options})
        plain = isinstance(guess, (int, float)) and not isinstance(guess, bool) and guess == guess
        if self.unit == "percent":
            need(plain and 0 <= guess <= 1, "guess", guess, "a share in [0, 1]: 25 % is written 0.25")
        need(plain and abs(guess) < 1e12, "guess", guess, "a number")
        return float(guess)


@dataclass(frozen=True)
class Sketch:
    """A panel, declared. draw(state, show) fills it: see Panel. rows: names of the parts, row by row. stored: the
    pictures are looked up, because they are too heavy to be made while somebody waits.

    Raises ValueError for more than four controls, and for rows that do not name each part once.
    """

    name: str
    title: str
    controls: list
    parts: list
    rows: list
    draw: Callable
    question: Question | None = None
    stored: bool = False
    positions: dict = field(init=False)

    def __post_init__(self):
        need(0 < len(self.controls) <= MOST_CONTROLS, "controls", len(self.controls), f"1 to {MOST_CONTROLS}")
        placed, made = sorted(name for row in self.rows for name in row), sorted(p["name"] for p in self.parts)
        need(placed == made and len(set(made)) == len(made), "rows", placed, f"each part once: {made}")
        object.__setattr__(self, "positions", {c["name"]: c["value"] for c in self.controls})

    def values(self, positions):
        """What `draw` reads: the values at these positions. -> namespace"""
        return SimpleNamespace(**{c["name"]: c["values"][positions[c["name"]]] for c in self.controls})

    def moved(self, positions, **values):
        """The positions, with some controls at other values. -> dict, raises ValueError for what they cannot be"""
        by_name = {c["name"]: c for c in self.controls}
        for name in values:
            choose("the control", name, by_name)
        return positions | {name: position(by_name[name]["values"], v, name) for name, v in values.items()}

    def kept(self):
        """The positions whose pictures are stored. -> list of dicts"""
        names = [c["name"] for c in self.controls]
        return [dict(zip(names, at)) for at in product(*(c["stored"] for c in self.controls))]
