"""Check answers to the lessons' exercises: check("02.1", answer) says what is wrong with an answer."""

from collections import Counter
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from typing import Any

from .. import person, rooms
from ..errors import shown
from ..generators import unmoved
from ..paths import print_safely
from .answers import Untouched, Wrong, need_touched

__all__ = ["all_exercises", "all_hints", "check"]
WRONG_ANSWERS = Counter()  # to each exercise, in this kernel


@cache
def all_exercises() -> dict[str, Callable[[object], str]]:
    """Return every lesson's exercises: a function for each name, e.g. "02.1", that examines an answer."""
    exercises = {}
    for lesson in rooms.lessons("exercises"):
        exercises |= rooms.lesson_part(lesson, "exercises").EXERCISES
    return exercises


@cache
def all_hints() -> dict[str, tuple[str, ...]]:
    """Return every exercise's hints, in the order in which they are given: sentences that point to the idea."""
    hints = {}
    for lesson in rooms.lessons("exercises"):
        hints |= rooms.lesson_part(lesson, "exercises").HINTS
    return hints


def check(exercise: str, answer: Any, strict: bool = False) -> bool:
    """Check the answer to an exercise, e.g. check("02.1", 0.5). Prints a line and returns whether it is right.

    For an exercise that is left as it was (`...`) the line says so. From the second wrong answer on a hint follows. A
    person's right answer is kept for `labkit.scores()`. Numbers may be given in any form, with two digits, and
    fractions in percent, too, as 25 or "25 %". The global generators of random numbers are left as they are.
    strict: raise an AssertionError with the line instead of returning False. Raises ValueError for an exercise that
    does not exist.
    """
    examine = _exercise(exercise)
    is_right = False
    try:
        need_touched(answer)
        with unmoved():
            line = f"✓ {exercise} right: {examine(answer)}"
        is_right = True
    except Untouched:
        line = f"○ {exercise} not answered yet: put your answer in the place of `...`"
    except Wrong as wrong:
        line = f"✗ {exercise} not yet: {wrong}{_hint(exercise)}"
    if is_right:
        person.keep_exercise(exercise)
    if strict and not is_right:
        raise AssertionError(line)
    print_safely(line)
    return is_right


def _exercise(name):
    """Return the function that examines an exercise. Raises ValueError with the nearest name if there is none."""
    exercises = all_exercises()
    if isinstance(name, str) and name in exercises:
        return exercises[name]
    lesson, _, number = str(name).strip().partition(".")
    lesson = lesson.zfill(2)
    if f"{lesson}.{number}" in exercises:
        raise ValueError(f"exercise is {shown(name)}; did you mean '{lesson}.{number}'?")
    listed = [known for known in exercises if known.startswith(f"{lesson}.")]
    if listed:
        raise ValueError(f"exercise is {shown(name)}; lesson {lesson} has {', '.join(listed)}")
    nearest = get_close_matches(str(name), exercises, n=1)
    suggestion = f"; did you mean {nearest[0]!r}?" if nearest else ""
    raise ValueError(f"exercise is {shown(name)}; it must be the name of one, as '02.1'{suggestion}")


def _hint(exercise):
    """Return the next hint for an exercise as a line of its own; "" after the first wrong answer."""
    WRONG_ANSWERS[exercise] += 1
    hints = all_hints().get(exercise, ())
    place = min(WRONG_ANSWERS[exercise] - 2, len(hints) - 1)
    return f"\n  Hint: {hints[place]}" if place >= 0 else ""
