"""What a lesson calls: its panel, the reader's prediction, and its score."""

from typing import TYPE_CHECKING

from .. import rooms
from ..errors import choose
from ..runs.race import Race
from . import guesses
from .panel import Panel
from .sketch import Sketch

if TYPE_CHECKING:
    from pandas import DataFrame


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


def predict(lesson: str, guess: float | str) -> float | str:
    """Keep what the reader expects, before anything is computed, print it and return it.

    Raises ValueError for an unknown lesson and for what is no answer to its question.
    """
    lesson_sketch = sketch(lesson)
    guess = guesses.keep(lesson_sketch, guess)
    print(f"{lesson_sketch.question.text}\nKept: {guesses.written(guess, lesson_sketch.question)}.")
    return guess


def score(lesson: str) -> None:
    """Print the reader's guess, what was measured over seeds, and how far apart they are."""
    print(guesses.score_line(sketch(lesson)))


def scores() -> "DataFrame":
    """Return every lesson's question, the guess that was kept, and its score: a row per lesson."""
    import pandas as pd

    lines = []
    for lesson in rooms.lessons("panel"):
        lesson_sketch = sketch(lesson)
        if lesson_sketch.question is not None:
            guessed = guesses.kept_guess(lesson_sketch) is not None
            line = guesses.score_line(lesson_sketch) if guessed else "no guess yet"
            lines.append((lesson, lesson_sketch.question.text, line))
    return pd.DataFrame(lines, columns=["lesson", "question", "score"]).set_index("lesson")
