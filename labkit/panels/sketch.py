"""The declaration of a panel: its controls, its pictures, how it is drawn, and the question that comes first."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from types import SimpleNamespace
from typing import Any

from ..errors import choose, need
from . import moves
from .controls import position
from .moves import Move
from .question import Question

MOST_CONTROLS = 4


class Cancelled(Exception):
    """The reader has moved a control: the drawing that runs is out of date."""


@dataclass(frozen=True)
class Sketch:
    """The declaration of a panel.

    draw(state, show) fills it: see Panel. `state` has the values of the controls by their names, and `marks`, what a
    reader has done inside of parts, such as flipped labels: {part: list}, empty for most panels. rows: names of the
    parts, row by row. stored: the pictures are looked up, because they are too heavy to be made while somebody waits.
    epochs: those whose values `per_epoch` are stored, with the last one; all where it is empty. A kernel draws all.
    moves: buttons that set the controls and say what to look at, see `Move`. versus: the name of a control, such as the
    method; a menu offers to pin its other values beside the one that is shown.
    Raises ValueError for more than four controls, for rows that do not name each part once, and for a move, a versus or
    a question that the controls and parts do not know.
    """

    name: str
    title: str
    controls: list
    parts: list
    rows: list
    draw: Callable
    question: Question | None = None
    stored: bool = False
    moves: tuple[Move, ...] = ()
    versus: str = ""
    epochs: tuple = ()
    positions: dict = field(init=False)

    def __post_init__(self):
        need(0 < len(self.controls) <= MOST_CONTROLS, "controls", len(self.controls), f"1 to {MOST_CONTROLS}")
        in_rows = sorted(name for row in self.rows for name in row)
        declared = sorted(part["name"] for part in self.parts)
        is_unique = len(set(declared)) == len(declared)
        need(in_rows == declared and is_unique, "rows", in_rows, f"each part once: {declared}")
        starts = {control["name"]: control["value"] for control in self.controls}
        object.__setattr__(self, "positions", starts)
        if self.versus:
            choose("versus", self.versus, starts)
        moves.traits(self)  # refuses what the controls cannot do
        if self.question is not None:
            choose("the question's part", self.question.part, dict.fromkeys(["", *declared]))
            self.asked()

    def values(self, positions: dict[str, Any]) -> SimpleNamespace:
        """Return what `draw` reads: the values of the controls at these positions, and the reader's marks."""
        values = {"marks": positions.get("marks", {})}
        for control in self.controls:
            name = control["name"]
            values[name] = control["values"][positions[name]]
        return SimpleNamespace(**values)

    def moved(self, positions: dict[str, Any], marks: dict[str, list] | None = None, **values: Any) -> dict[str, Any]:
        """Return the positions, with some controls at other values, and with other marks unless they are None.

        Raises ValueError for a control, a value or a part that does not exist.
        """
        controls = {control["name"]: control for control in self.controls}
        positions = dict(positions)
        if marks is not None:
            positions.pop("marks", None)
            for name in marks:
                choose("the part", name, {part["name"]: part for part in self.parts})
            filled = {name: list(value) for name, value in marks.items() if value}
            if filled:
                positions["marks"] = filled
        for name, value in values.items():
            control = choose("the control", name, controls)
            positions[name] = position(control["values"], value, name)
        return positions

    def asked(self) -> dict[str, int]:
        """Return the positions of the controls to which the question applies; the other controls are left out."""
        setting = self.question.setting if self.question else {}
        moved = self.moved(self.positions, **setting)
        return {name: moved[name] for name in setting}

    def kept(self) -> list[dict[str, int]]:
        """Return the positions whose pictures are stored."""
        names = [control["name"] for control in self.controls]
        stored = [control["stored"] for control in self.controls]
        return [dict(zip(names, combination)) for combination in product(*stored)]
