"""What exercises have in common: calling the reader's function, comparing an answer, saying what is wrong with it."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .diagnoses import diagnose, distance, is_alike, is_near, ordinal
from .reading import array, fractions, kind, literal, number, parts, positions, shape, vector
from .verdict import Untouched, Wrong

__all__ = [
    "Untouched",
    "Wrong",
    "array",
    "call",
    "compare",
    "judge",
    "judge_entries",
    "kind",
    "need_different",
    "need_touched",
    "number",
    "parts",
    "positions",
    "shape",
    "vector",
]
Mistakes = Iterable[tuple[Any, str]]


def need_touched(answer: Any) -> None:
    """Raise Untouched for the `...` that stands in an exercise, also as an entry of several."""
    entries = answer if isinstance(answer, (list, tuple)) else [answer]
    if any(entry is Ellipsis for entry in entries):
        raise Untouched


def judge(
    answer: Any,
    right: Any,
    mistakes: Mistakes = (),
    *,
    tolerance: float = 1e-3,
    is_fraction: bool = False,
    is_count: bool = False,
    entry: str = "",
) -> str:
    """Raise Wrong unless an answer is right: one number, or as many as `right` has.

    An answer is right within the tolerance, or where it has the same two significant digits. Where a typical mistake is
    nearer to it, the mistake wins.

    mistakes: pairs of the numbers that a typical mistake gives, and the sentence that names it.
    is_fraction: a percentage is read, too, as 25 or "25 %".
    is_count: two digits are not enough.
    entry: the name of the number where an answer has several that are judged one by one.

    Returns how a percentage was read, to stand behind the line for a right answer; else "".
    """
    right = np.atleast_1d(np.asarray(right, dtype=float))
    mistakes = list(mistakes)
    reading, prefix = "", f"{entry}: " if entry else ""
    if is_fraction:
        written, values, in_percent, plain = fractions(answer, len(right))
        reading = _taken(written, in_percent)
        sentence = _typical(plain, mistakes, tolerance) if (plain != values).any() else None
        if sentence and not is_near(values, right, tolerance):
            raise Wrong(f"{prefix}{sentence}")
    else:
        values = written = plain = vector(answer, len(right))
    sentence = _fault(values, right, mistakes, tolerance, not is_count)
    if sentence == "" and (plain != values).any():
        reading = ""
        sentence = _nearest(plain, mistakes, tolerance)
    if sentence == "":
        sentence = diagnose(values, right, tolerance, is_fraction, is_count, written=written, plain=plain)
    elif sentence and reading:
        sentence = f"{reading}: {sentence}"
    if sentence:
        raise Wrong(f"{prefix}{sentence}")
    return f" ({reading})" if reading else ""


def judge_entries(answer: Any, request: str, entries: list[dict[str, Any]]) -> str:
    """Raise Wrong unless each number of an answer is right; they are judged one by one.

    request: what to hand in, for an answer with fewer or more numbers. entries: the arguments of `judge` for each.
    Returns how percentages were read, as `judge` does.
    """
    values = parts(answer, len(entries), request)
    _need_order(values, [entry["right"] for entry in entries])
    reading, faults = "", []
    for k, entry in enumerate(entries):
        try:
            reading += judge(values[k], **{"entry": ordinal(k, len(entries)), **entry})
        except Wrong as fault:
            faults.append(_for_another(values[k], k, entries) or str(fault))
    if faults:
        is_only = len(faults) == 1
        remark = {1: "; the other is right"}.get(len(entries) - 1, "; the others are right") if is_only else ""
        raise Wrong(f"{faults[0]}{remark}")
    return reading


def compare(
    value: float | np.ndarray,
    right: float | np.ndarray,
    mistakes: Mistakes,
    tolerance: float = 1e-3,
    name: Callable[[int, int], str] = ordinal,
) -> None:
    """Raise Wrong unless the value that a reader's function returns is right within a tolerance.

    mistakes: pairs of the value that a typical mistake gives, and the sentence that names it. name: of an entry, from
    its position and their count.
    """
    values, right = (np.atleast_1d(np.asarray(numbers, dtype=float)) for numbers in (value, right))
    sentence = _fault(values, right, list(mistakes), tolerance, is_lenient=False)
    if sentence == "":
        sentence = diagnose(values, right, tolerance, name=name)
    if sentence:
        raise Wrong(sentence)


def need_different(values: list[float], inputs: str) -> None:
    """Raise Wrong if a reader's function returns one number whatever it gets. inputs: what it got, e.g. "tables"."""
    if len(values) > 1 and len(set(values)) == 1:
        raise Wrong(f"your function returns {values[0]:g} for different {inputs}, so it does not depend on them")


def call(function: Callable, *arguments: Any) -> Any:
    """Return what the reader's function returns. Raises Wrong where it raises an error or returns nothing."""
    if not callable(function):
        raise Wrong(f"this is {kind(function)}; hand in the function itself, without calling it")
    try:
        returned = function(*arguments)
    except Exception as error:
        raise Wrong(f"your function stopped with {type(error).__name__}: {error}") from None
    need_touched(returned)
    if returned is None:
        raise Wrong("your function returns nothing; it needs a `return`")
    return returned


def _need_order(values, right):
    """Raise Wrong if the right numbers are handed in in reverse order."""
    try:
        numbers = np.array([literal(value) for value in values])
    except Wrong:
        return  # judged one by one, each gets a message of its own
    if is_alike(numbers, right[::-1], 1e-3) and not is_alike(numbers, right, 1e-3):
        raise Wrong("the two numbers are exchanged")


def _for_another(value, position, entries):
    """Return the sentence for a number that is right for another entry, "" if it is a typical mistake or neither."""
    try:
        number = np.array([literal(value)])
    except Wrong:
        return ""
    own = entries[position]
    if _typical(number, own.get("mistakes", ()), own.get("tolerance", 1e-3)):
        return ""
    names = [entry.get("entry", ordinal(k, len(entries))) for k, entry in enumerate(entries)]
    for k, entry in enumerate(entries):
        if k != position and is_alike(number, np.array([entry["right"]]), 1e-9):
            return f"{names[position]}, {number[0]:g}: that would be right for {names[k]}"
    return ""


def _fault(values, right, mistakes, tolerance, is_lenient):
    """Return the sentence of the typical mistake that numbers are, "" for another one, None if they are right."""
    if is_near(values, right, tolerance):
        return None
    sentence = _typical(values, mistakes, tolerance)
    if sentence or not is_lenient:
        return sentence or ""
    return _nearest(values, [*mistakes, (right, None)], tolerance)


def _nearest(values, candidates, tolerance):
    """Return the sentence of the nearest candidate with the same two digits in every number, "" if there is none.

    candidates: pairs of numbers and their sentence.
    """
    alike = []
    for expected, sentence in candidates:
        if is_alike(values, expected, tolerance):
            gap = distance(values, np.asarray(expected, dtype=float))
            alike.append((gap, len(alike), sentence))
    return min(alike)[2] if alike else ""


def _typical(values, mistakes, tolerance):
    """Return the sentence of the typical mistake that numbers are within the tolerance, None if they are none."""
    fits = (explanation for expected, explanation in mistakes if is_near(values, expected, tolerance))
    return next(fits, None)


def _taken(written, in_percent):
    """Return how numbers were read that are percentages, "" if none is."""
    percentages = [f"{value:g} %" for value in written[in_percent]]
    if len(percentages) < 2:
        return f"taken as {percentages[0]}" if percentages else ""
    return f"taken as {', '.join(percentages[:-1])} and {percentages[-1]}"
