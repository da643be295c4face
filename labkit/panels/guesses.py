"""Guesses: kept with how sure one was and why, told to every panel of the same question, and scored against the band.

A guess is kept as a dict {value, sure, why, skipped}. value: the answer, None for a question that was skipped. skipped:
was the answer seen before the guess was made, or instead of it?
"""

from typing import Any
from weakref import WeakSet

from .. import person
from ..errors import choose, need
from . import stored
from .bands import band, verdict, written
from .sketch import Sketch

SURE = ("not at all", "a little", "fairly", "very")  # answers to: how sure are you?
KEPT = {}  # of this process; with a person at the notebook they are in the person's file too
WATCHING = {}  # name of a panel: its widgets, which have a trait `guess`

Guess = dict[str, Any]


def keep(sketch: Sketch, value: Any, sure: str = "", why: str = "") -> Any:
    """Keep a guess and return its value, as the question reads it. Raises ValueError for what is no answer."""
    need(sketch.question is not None, "lesson", sketch.name, "one with a question")
    value = sketch.question.read(value)
    choose("sure", sure, dict.fromkeys(["", *SURE]))
    need(isinstance(why, str), "why", why, "a text")
    _put(sketch, {"value": value, "sure": sure, "why": why, "skipped": False})
    return value


def take(sketch: Sketch, guess: Any) -> None:
    """Keep what a front end says: a guess, a skip, or None, which changes nothing. Raises ValueError for no guess."""
    if guess is not None:
        entry = entered(sketch, guess)
        need(entry is not None, "guess", guess, "{value, sure, why, skipped}")
        _put(sketch, entry)


def kept(sketch: Sketch) -> Guess | None:
    """Return the guess that was kept for a panel, None if the question is still open."""
    if not sketch.question:
        return None
    guesses = KEPT if person.headless() else {**person.read(), **KEPT}
    return entered(sketch, guesses.get(sketch.name))


def value(sketch: Sketch) -> Any:
    """Return the value of the guess that was kept, None without one."""
    guess = kept(sketch)
    return None if guess is None else guess["value"]


def entered(sketch: Sketch, entry: Any) -> Guess | None:
    """Return an entry of the file as a guess, None for what is none. A plain value is a guess of earlier versions."""
    if not isinstance(entry, dict):
        entry = {"value": entry}
    guess = {
        "value": None,
        "sure": entry.get("sure") if entry.get("sure") in SURE else "",
        "why": str(entry.get("why") or ""),
        "skipped": entry.get("skipped") is True,
    }
    if entry.get("value") is not None:
        try:
            guess["value"] = sketch.question.read(entry["value"])
        except ValueError:  # of an earlier form of the question
            return None
    return guess if guess["skipped"] or guess["value"] is not None else None


def watch(sketch: Sketch, widget: Any) -> None:
    """Tell a widget of every guess that is kept for this panel, in its trait `guess`, as long as it exists."""
    if sketch.question is not None:
        WATCHING.setdefault(sketch.name, WeakSet()).add(widget)


def _put(sketch, guess):
    """Keep a guess, and tell the widgets that ask for it or show it."""
    if KEPT.get(sketch.name) == guess:
        return
    KEPT[sketch.name] = guess
    person.change(lambda file: file.update({sketch.name: guess}))
    for widget in list(WATCHING.get(sketch.name, ())):
        widget.guess = guess


def question_traits(sketch: Sketch) -> dict[str, Any]:
    """Return the question as the front end needs it, with the measured band; empty for a panel without one.

    low, high: of the band, or lists of them for a curve. setting: positions of the controls to which it applies.
    """
    question = sketch.question
    if question is None:
        return {}
    x = list(question.x) if question.is_curve else question.x
    traits = {"words": question.text, "unit": question.unit, "part": question.part, "x": x, "along": question.along}
    traits |= {"setting": sketch.asked(), "sure": list(SURE)}
    if question.options:
        traits["options"] = list(question.options)
    answers = stored.answers(sketch)
    if answers:
        low, high = band(question, answers)
        traits |= {"low": low, "high": high, "seeds": len(answers)}
    return traits


def measured(sketch: Sketch) -> str:
    """Return what was measured over the stored seeds: "14 % to 18 % (5 seeds)". Raises ValueError if nothing was."""
    answers = stored.answers(sketch)
    need(answers, "lesson", sketch.name, f"one with stored answers: `./lab bundle {sketch.name} --answers` makes them")
    low, high = band(sketch.question, answers)
    return f"{written(low, sketch.question, high)} ({len(answers)} seed{'s' if len(answers) != 1 else ''})"


def missed(sketch: Sketch) -> str:
    """Return how far the guess that was kept is from what was measured; "" without a guess."""
    guess = value(sketch)
    return "" if guess is None else verdict(sketch.question, guess, *band(sketch.question, stored.answers(sketch)))


def score_line(sketch: Sketch) -> str:
    """Return the guess, what was measured, and how far apart they are.

    Without a guess a person is told where to make it, and not what was measured; that is for those who skipped it, and
    for readers of a notebook that ran without anybody.
    """
    name = sketch.name
    need(sketch.question is not None, "lesson", name, "one with a question")
    guess = kept(sketch)
    if guess is None and not person.headless():
        return f"no guess yet: labkit.predict({name!r}) asks for it"
    if guess is None or guess["value"] is None:
        return f"nothing was guessed; measured {measured(sketch)}"
    said = f"guessed {written(guess['value'], sketch.question)}{certainty(guess)}"
    return f"{said}; measured {measured(sketch)}: {missed(sketch)}"


def certainty(guess: Guess) -> str:
    """Return how sure a person was, behind the guess: ", very sure"; "" where nothing was said."""
    return f", {guess['sure']} sure" if guess["sure"] else ""
