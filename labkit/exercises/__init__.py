"""Check answers to the lessons' exercises: check("02.1", answer) says what is wrong with an answer."""

from collections.abc import Callable
from functools import cache
from typing import Any

from .. import person, rooms
from ..errors import choose
from ..paths import print_safely
from .answers import Untouched, Wrong, need_touched

__all__ = ["all_exercises", "check"]


@cache
def all_exercises() -> dict[str, Callable[[object], str]]:
    """Return every lesson's exercises: a function for each name, e.g. "02.1", that examines an answer."""
    exercises = {}
    for lesson in rooms.lessons("exercises"):
        exercises |= rooms.lesson_part(lesson, "exercises").EXERCISES
    return exercises


def check(exercise: str, answer: Any, strict: bool = False) -> bool:
    """Check the answer to an exercise, e.g. check("02.1", 0.5). Prints a line and returns whether it is right.

    For an exercise that is left as it was (`...`) the line says so. A person's right answer is kept for
    `labkit.scores()`. strict: raise an AssertionError with the line instead of returning False. Raises ValueError for
    an exercise that does not exist.
    """
    examine = choose("exercise", exercise, all_exercises())
    is_right = False
    try:
        need_touched(answer)
        line = f"✓ {exercise} right: {examine(answer)}"
        is_right = True
    except Untouched:
        line = f"○ {exercise} not answered yet: put your answer in the place of `...`"
    except Wrong as wrong:
        line = f"✗ {exercise} not yet: {wrong}"
    if is_right:
        person.keep_exercise(exercise)
    if strict and not is_right:
        raise AssertionError(line)
    print_safely(line)
    return is_right
