"""Moves: buttons in a panel that set its controls and say what to look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import need

if TYPE_CHECKING:
    from .sketch import Sketch


@dataclass(frozen=True)
class Move:
    """A button in a panel.

    words: on the button. values: what it sets, {control: value}; the other controls go to where they start. look: what
    to look at then, a sentence or two, rather a question than an answer. beside: what differs in a setting that is
    pinned beside it, {control: value}. marks: what a reader would have done inside of parts, {part: list}.
    """

    words: str
    values: Mapping[str, Any]
    look: str
    beside: Mapping[str, Any] = field(default_factory=dict)
    marks: Mapping[str, list] = field(default_factory=dict)


def states(sketch: "Sketch", move: Move) -> list[dict[str, Any]]:
    """Return the positions of the controls after a move, and those of what stands beside it.

    Raises ValueError for a control, a value or a part that does not exist.
    """
    shown = sketch.moved(sketch.positions, dict(move.marks), **move.values)
    if not move.beside:
        return [shown]
    return [shown, sketch.moved(shown, {}, **move.beside)]


def traits(sketch: "Sketch") -> list[dict[str, Any]]:
    """Return the moves as the front end needs them. Raises ValueError for a move that its controls cannot make."""
    listed = []
    for move in sketch.moves:
        shown, *beside = states(sketch, move)
        listed.append({"words": move.words, "look": move.look, "state": shown, "beside": beside})
    names = [move.words for move in sketch.moves]
    need(len(set(names)) == len(names), "moves", names, "buttons with different words")
    return listed
