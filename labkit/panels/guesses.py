"""Predictions: kept, and scored against the band of what was measured over seeds."""

import json
from pathlib import Path

from filelock import FileLock

from ..errors import need
from ..state import atomic_write
from . import stored
from .live import headless

KEPT = {}  # of this process; with a person at the notebook they are in `home()` too


def home():
    """The file in which a person's predictions are kept."""
    from platformdirs import user_data_dir

    return Path(user_data_dir("labkit")) / "predictions.json"


def keep(sketch, guess):
    """Keep a guess, read as the question asks. -> the guess; raises ValueError for what is no answer"""
    need(sketch.question is not None, "lesson", sketch.name, "one with a question")
    guess = sketch.question.read(guess)
    KEPT[sketch.name] = guess
    if not headless():
        home().parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{home()}.lock"):
            atomic_write(home(), json.dumps({**_file(), sketch.name: guess}, indent=1).encode())
    return guess


def of(sketch):
    """The guess that was kept for a panel, None if there is none."""
    every = KEPT if headless() else {**_file(), **KEPT}
    return every.get(sketch.name) if sketch.question else None


def asked(sketch):
    """The question as the front end needs it, with the measured band. -> dict, empty if there is none"""
    if (question := sketch.question) is None:
        return {}
    told = {"words": question.words, "unit": question.unit, "part": question.part, "x": question.x}
    if question.options:
        told["options"] = list(question.options)
    if found := stored.answers(sketch):
        told |= {"low": min(found), "high": max(found), "seeds": len(found)}
    return told


def line(sketch):
    """The guess, what was measured, and how they stand to each other. -> text; raises ValueError without a guess"""
    question, guess, found = sketch.question, of(sketch), stored.answers(sketch)
    need(
        guess is not None, "lesson", sketch.name, f"one with a guess: labkit.predict({sketch.name!r}, ...) comes first"
    )
    need(found, "lesson", sketch.name, f"one with stored answers: `./lab bundle {sketch.name}` makes them")
    low, high = min(found), max(found)
    band = worded(low, question) if low == high else f"{worded(low, question)} to {worded(high, question)}"
    measured = f"measured {band} ({len(found)} seeds)"
    return f"guessed {worded(guess, question)}; {measured}: {verdict(question, guess, low, high)}"


def verdict(question, guess, low, high):
    """inside, or how far away on which side. -> text"""
    if question.unit == "choice":
        return "right" if guess in (low, high) else "not so"
    off = low - guess if guess < low else guess - high if guess > high else 0
    far = f"{100 * off:.1f} points".replace(".0 ", " ") if question.unit == "percent" else f"{off:.2g}"
    return f"{far} too {'low' if guess < low else 'high'}" if off else "inside"


def worded(value, question):
    """A guess or an answer, as the question's unit is written. -> text"""
    if question.unit == "percent":
        return f"{100 * value:.0f} %"
    return value if question.unit == "choice" else f"{value:.0f}" if question.unit == "whole" else f"{value:.2f}"


def _file():
    """What the person's file says; a file that cannot be read counts as empty."""
    try:
        return json.loads(home().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
