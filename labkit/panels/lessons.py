"""What a lesson calls: its panel, the reader's prediction, and its score."""

from typing import Any

from .. import person, rooms
from ..errors import choose, need
from ..runs.race import Race
from . import guesses
from .panel import Panel
from .prediction import Prediction, told
from .progress import Progress, progress
from .sketch import Sketch


def sketch(lesson: str) -> Sketch:
    """Return the declaration of a lesson's panel. Raises ValueError for a lesson that has none."""
    choose("lesson", lesson, dict.fromkeys(rooms.lessons("panel")))
    return rooms.lesson_part(lesson, "panel").SKETCH


def panel(lesson: str | Race, **values: object) -> Panel:
    """Make a lesson's panel, e.g. panel("04", rate=0.2).

    lesson: its number, "sandbox", or a labkit.Race, which gets the sandbox's panel with its own methods and data.
    values: where the panel's controls start. Raises ValueError for an unknown lesson, control or value.
    """
    if isinstance(lesson, Race):
        return Panel(rooms.lesson_part("sandbox", "panel").of(lesson), **values)
    return Panel(sketch(lesson), **values)


def predict(lesson: str, guess: Any = None, *, sure: str = "", why: str = "") -> Any:
    """Ask the reader for a guess, or keep the one that is given, before anything is computed.

    guess: a number, one of the words of the question, or a list for a curve; it is printed and returned. Without it the
    question is shown on empty axes, with a handle to drag; where nobody looks (papermill, nbval, LABKIT_FAST=1) it is
    printed. sure: "not at all", "a little", "fairly" or "very". why: a sentence. Raises ValueError for an unknown
    lesson and for what is no answer to its question.
    """
    asked = sketch(lesson)
    need(asked.question is not None, "lesson", lesson, "one with a question")
    if guess is None and not person.headless():
        return Prediction(asked)
    if guess is not None:
        guess = guesses.keep(asked, guess, sure, why)
    print(told(asked))
    return guess


def guessed(lesson: str) -> Any:
    """Return the guess that was kept for a lesson, None without one. Raises ValueError for an unknown lesson."""
    return guesses.value(sketch(lesson))


def score(lesson: str) -> None:
    """Print the reader's guess, what was measured over seeds, and how far apart they are."""
    print(guesses.score_line(sketch(lesson)))


def scores() -> Progress:
    """Return a map of the reader's way: per lesson exercises, guess, what was measured, missed by how much."""
    return progress([sketch(lesson) for lesson in rooms.lessons("panel")])
