"""The panels of the lessons, each in a file lesson_NN.py as `SKETCH`; and what a lesson calls: panel, predict,
score."""

from importlib import import_module
from pathlib import Path

from ...errors import choose
from ...runs.race import Race
from ..panel import Panel, guesses

PREFIX = "lesson_"


def names():
    """The lessons that have a panel, e.g. "02"; and "sandbox". -> list of texts"""
    here = Path(__file__).parent
    return sorted(path.stem.removeprefix(PREFIX) for path in here.glob("*.py") if path.stem != "__init__")


def sketch(lesson):
    """The declaration of a lesson's panel. Raises ValueError for a lesson that has none."""
    choose("lesson", lesson, dict.fromkeys(names()))
    module = f"{PREFIX}{lesson}" if lesson[:1].isdigit() else lesson
    return import_module(f".{module}", __name__).SKETCH


def panel(lesson, **values):
    """A lesson's panel, e.g. panel("04", rate=0.2); values: where its controls start. -> Panel

    lesson: its number, "sandbox", or a labkit.Race, which gets the sandbox's panel with its own methods and data.
    Raises ValueError for an unknown lesson, control or value.
    """
    if isinstance(lesson, Race):
        from . import sandbox

        return Panel(sandbox.of(lesson), **values)
    return Panel(sketch(lesson), **values)


def predict(lesson, guess):
    """Keep what the reader expects, before anything is computed, and say so. -> the guess

    Raises ValueError for an unknown lesson and for what is no answer to its question.
    """
    asked = sketch(lesson)
    kept = guesses.keep(asked, guess)
    print(f"{asked.question.words}\nKept: {guesses.worded(kept, asked.question)}.")
    return kept


def score(lesson):
    """Print the reader's guess, what was measured over seeds, and how far apart they are."""
    print(guesses.line(sketch(lesson)))


def scores():
    """Every lesson's question, the guess that was kept, and its score. -> DataFrame"""
    import pandas as pd

    rows = []
    for lesson in names():
        asked = sketch(lesson)
        if asked.question is not None:
            given = guesses.of(asked) is not None
            rows.append((lesson, asked.question.words, guesses.line(asked) if given else "no guess yet"))
    return pd.DataFrame(rows, columns=["lesson", "question", "score"]).set_index("lesson")
