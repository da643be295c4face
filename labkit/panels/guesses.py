"""Predictions: kept, and scored against the band of what was measured over seeds."""

import json
from pathlib import Path
from typing import Any

from filelock import FileLock

from ..errors import need
from ..state import atomic_write
from . import stored
from .live import headless
from .sketch import Question, Sketch

KEPT = {}  # of this process; with a person at the notebook they are in `home()` too


def home() -> Path:
    """Return the file in which a person's predictions are kept."""
    from platformdirs import user_data_dir

    return Path(user_data_dir("labkit")) / "predictions.json"


def keep(sketch: Sketch, guess: float | str) -> float | str:
    """Keep a guess and return it, as the question reads it. Raises ValueError for what is no answer."""
    need(sketch.question is not None, "lesson", sketch.name, "one with a question")
    guess = sketch.question.read(guess)
    KEPT[sketch.name] = guess
    if not headless():
        home().parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{home()}.lock"):
            atomic_write(home(), json.dumps({**_file(), sketch.name: guess}, indent=1).encode())
    return guess


def kept_guess(sketch: Sketch) -> float | str | None:
    """Return the guess that was kept for a panel, None if there is none."""
    if not sketch.question:
        return None
    guesses = KEPT if headless() else {**_file(), **KEPT}
    return guesses.get(sketch.name)


def question_traits(sketch: Sketch) -> dict[str, Any]:
    """Return the question as the front end needs it, with the measured band; empty for a panel without one."""
    question = sketch.question
    if question is None:
        return {}
    traits = {"words": question.text, "unit": question.unit, "part": question.part, "x": question.x}
    if question.options:
        traits["options"] = list(question.options)
    answers = stored.answers(sketch)
    if answers:
        traits |= {"low": min(answers), "high": max(answers), "seeds": len(answers)}
    return traits


def score_line(sketch: Sketch) -> str:
    """Return the guess, what was measured, and how far apart they are. Raises ValueError without a guess."""
    name = sketch.name
    question = sketch.question
    guess = kept_guess(sketch)
    answers = stored.answers(sketch)
    need(guess is not None, "lesson", name, f"one with a guess: labkit.predict({name!r}, ...) comes first")
    need(answers, "lesson", name, f"one with stored answers: `./lab bundle {name}` makes them")
    low = min(answers)
    high = max(answers)
    band = written(low, question)
    if low != high:
        band += f" to {written(high, question)}"
    measured = f"measured {band} ({len(answers)} seeds)"
    return f"guessed {written(guess, question)}; {measured}: {verdict(question, guess, low, high)}"


def verdict(question: Question, guess: float | str, low: float | str, high: float | str) -> str:
    """Return "inside" for a guess within the band from low to high, or else its distance and its side."""
    if question.unit == "choice":
        return "right" if guess in (low, high) else "not so"
    if low <= guess <= high:
        return "inside"
    distance = low - guess if guess < low else guess - high
    if question.unit == "percent":
        amount = f"{100 * distance:.1f} points".replace(".0 ", " ")
    else:
        amount = f"{distance:.2g}"
    return f"{amount} too {'low' if guess < low else 'high'}"


def written(value: float | str, question: Question) -> str:
    """Return a guess or an answer as the question's unit is written."""
    if question.unit == "percent":
        return f"{100 * value:.0f} %"
    if question.unit == "choice":
        return value
    return f"{value:.0f}" if question.unit == "whole" else f"{value:.2f}"


def _file():
    """Return what the person's file holds; a file that cannot be read counts as empty. -> dict"""
    try:
        return json.loads(home().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
