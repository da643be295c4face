"""How a guess stands to the band of what was measured over seeds, in numbers and words."""

from typing import Any

from .question import Question

Value = float | str | list[float]


def band(question: Question, answers: list[Value]) -> tuple[Value, Value]:
    """Return the lowest and the highest answer over seeds; for a curve two lists, of each x."""
    if not question.is_curve:
        return min(answers), max(answers)
    places = list(zip(*answers))
    return [min(values) for values in places], [max(values) for values in places]


def outside(guess: float, low: float, high: float) -> float:
    """Return how far a number is below the band (negative) or above it, 0.0 inside."""
    if guess < low:
        return guess - low
    return max(0.0, guess - high)


def verdict(question: Question, guess: Value, low: Value, high: Value) -> str:
    """Return "inside" for a guess within the band from low to high, or else its distance and its side.

    For a curve: at how many x it is inside, and how far it is outside on average at the others.
    """
    if question.unit == "choice":
        return "right" if guess in (low, high) else "not so"
    if question.is_curve:
        return _verdict_of_curve(question, guess, low, high)
    distance = outside(guess, low, high)
    if not distance:
        return "inside"
    return f"{_amount(question, abs(distance))} too {'low' if distance < 0 else 'high'}"


def _verdict_of_curve(question, guess, low, high):
    """Return at how many x a curve is inside of its band, and the mean distance at the others."""
    distances = [abs(outside(*values)) for values in zip(guess, low, high)]
    missed = [distance for distance in distances if distance]
    found = f"{len(distances) - len(missed)} of {len(distances)} epochs inside"
    if not missed:
        return found
    return f"{found}, {_amount(question, sum(missed) / len(missed))} outside on average at the others"


def _amount(question, distance):
    """Return a distance in the question's unit."""
    if question.unit == "percent":
        return f"{100 * distance:.1f} points".replace(".0 ", " ")
    return f"{distance:.2g}"


def written(value: Value, question: Question, high: Value | None = None) -> str:
    """Return a guess as the question's unit is written; with `high`, the band from `value` to it.

    A curve is told by its first, its highest and its last value.
    """
    if not question.is_curve:
        return _range(value, value if high is None else high, question)
    high = value if high is None else high
    top = max(range(len(high)), key=high.__getitem__)
    places = sorted({0, top, len(high) - 1})
    return ", ".join(f"{_range(value[k], high[k], question)} at epoch {question.x[k]}" for k in places)


def _range(low, high, question):
    """Return "low to high", or one of them where they are the same."""
    texts = dict.fromkeys(_one(value, question) for value in (low, high))
    return " to ".join(texts)


def _one(value: Any, question):
    """Return one value in the question's unit."""
    if question.unit == "percent":
        return f"{100 * value:.0f} %"
    if question.unit == "choice":
        return value
    return f"{value:.0f}" if question.unit == "whole" else f"{value:.2f}"
