"""check("02.1", answer): says what is wrong with an answer, not only that it is."""

from collections.abc import Callable
from functools import cache

from .. import rooms
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


def check(exercise, answer, strict=False):
    """Check the answer to an exercise, e.g. check("02.1", 0.5): prints a line and returns True or False.

    An exercise that is left as it was (`...`) is told so, in a friendly way. strict: raise an AssertionError with the
    line instead of returning False. Raises ValueError for an exercise that does not exist.
    """
    examine = choose("exercise", exercise, all_exercises())
    try:
        need_touched(answer)
        return _say("✓", exercise, f"right: {examine(answer)}", strict)
    except Untouched:
        return _say("○", exercise, "not answered yet: put your answer in the place of `...`", strict)
    except Wrong as wrong:
        return _say("✗", exercise, f"not yet: {wrong}", strict)


def _say(sign, exercise, words, strict):
    """Print the verdict. -> is it right?"""
    line, right = f"{sign} {exercise} {words}", sign == "✓"
    if strict and not right:
        raise AssertionError(line)
    print_safely(line)
    return right
