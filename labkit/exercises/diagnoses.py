"""Say what a wrong number is where no typical mistake of its exercise fits: the sign, the reciprocal, a factor of ten.

Every function gets the numbers of an answer and the right ones as arrays [n]; a single number has n = 1.
"""

from collections.abc import Callable

import numpy as np

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
CLOSE = 0.1  # of the right number
IS_A_PERCENTAGE = 'that looks like a percentage; 25 % is written 0.25 or "25 %"'
FACTORS = {10: "ten", 100: "a hundred", 1000: "a thousand"}


def rounded(value: float, digits: int = 2) -> float:
    """Round to significant digits."""
    return float(f"{value:.{digits - 1}e}")


def is_near(values: np.ndarray, expected: np.ndarray, tolerance: float) -> bool:
    """Return whether all numbers are within a tolerance."""
    return bool(np.allclose(values, expected, rtol=0, atol=tolerance))


def is_alike(values: np.ndarray, expected: np.ndarray, tolerance: float) -> bool:
    """Return whether each number is within a tolerance or has the same two significant digits."""
    expected = np.broadcast_to(expected, np.shape(values))
    return all(_entry_is_alike(*pair, tolerance) for pair in zip(values, expected))


def distance(values: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference of two entries, as a part of the expected one."""
    scale = np.maximum(np.abs(expected), 1e-12)
    return float(np.max(np.abs(values - expected) / scale))


def ordinal(position: int, count: int) -> str:
    """Return an entry's name in words, e.g. "the second number". position: from 0"""
    if count > len(ORDINALS):
        return f"number {position + 1} of {count}"
    return f"the {ORDINALS[position]} number"


def diagnose(
    values: np.ndarray,
    right: np.ndarray,
    tolerance: float,
    is_fraction: bool = False,
    is_count: bool = False,
    name: Callable[[int, int], str] = ordinal,
    written: np.ndarray | None = None,
    plain: np.ndarray | None = None,
) -> str:
    """Return what is wrong with numbers that are not right.

    name: of an entry, from its position and their count. written, plain: the numbers as they were handed in, and
    without a percent sign, see `Fractions`; they differ from `values` where those were taken as percentages.
    """
    written = values if written is None else written
    plain = written if plain is None else plain
    relation, numbers = _related(values, plain, right, tolerance, is_fraction)
    if len(values) == 1:
        sentence = relation or _size(values[0], right[0], is_count, is_fraction)
        cause = f": {sentence}" if sentence else f" is {_direction(values[0], right[0])}"
        return sentence if sentence and numbers[0] == written[0] else f"{_label(numbers[0], written[0])}{cause}"
    if relation:
        return f"{relation} (in every number)"
    order = _order(values, right, tolerance, name)
    if order:
        return order
    wrong = [k for k in range(len(values)) if not _entry_is_alike(values[k], right[k], tolerance)]
    k, count = wrong[0], len(values)
    entry = slice(k, k + 1)
    sentence, numbers = _related(values[entry], plain[entry], right[entry], tolerance, is_fraction)
    sentence = sentence or _place(values[k], right, k, name)
    sentence = sentence or _size(values[k], right[k], is_count, is_fraction)
    cause = f": {sentence}" if sentence else f", is {_direction(values[k], right[k])}"
    remark = {1: "; the other is right"}.get(count - 1, "; the others are right") if len(wrong) == 1 else ""
    return f"{name(k, count)}, {_label(numbers[0], written[k])}{cause}{remark}"


def _entry_is_alike(value, expected, tolerance):
    """Return whether a number is within a tolerance or has the same two significant digits."""
    return abs(value - expected) <= tolerance or rounded(value) == rounded(expected)


def _label(value, written):
    """Return a number as a message shows it."""
    return f"{value:g}" if value == written else f"{written:g} (taken as {written:g} %)"


def _related(values, plain, right, tolerance, is_fraction):
    """Return what all numbers are of the right ones, None if that has no name, and the numbers of that reading."""
    if (values != plain).any():
        factors = [factor for factor in FACTORS if factor != 100]  # a percentage is no mistake
        relation = _relation(plain, right, tolerance, is_fraction, factors)
        if relation:
            return relation, plain
    return _relation(values, right, tolerance, is_fraction, FACTORS), values


def _relation(values, right, tolerance, is_fraction, factors):
    """Return what all numbers are of the right ones, None if they are nothing that has a name."""
    fits = []
    for expected, sentence in _relatives(right, is_fraction, factors):
        if is_alike(values, expected, 1e-9) and not is_alike(expected, right, tolerance):
            fits.append((distance(values, expected), sentence))
    return min(fits)[1] if fits else None


def _relatives(right, is_fraction, factors):
    """Return the numbers that are often handed in for the right ones. -> list of (numbers, sentence)"""
    relatives = [(-right, "the sign is turned round")]
    if not np.isin(right, (0, 1)).all():
        relatives.append((1 - right, "that is 1 minus what is asked for"))
    if (right != 0).all():
        relatives.append((1 / right, "that is the reciprocal, 1 divided by what is asked for"))
    for factor in factors:
        is_percentage = is_fraction and factor == 100
        too_large = IS_A_PERCENTAGE if is_percentage else f"that is {FACTORS[factor]} times too large"
        relatives.append((right * factor, too_large))
        relatives.append((right / factor, f"that is {FACTORS[factor]} times too small"))
    return relatives


def _place(value, right, position, name):
    """Return for which other entry a number would be right, None if there is none."""
    for k, expected in enumerate(right):
        if k != position and _entry_is_alike(value, expected, 1e-9):
            return f"that would be right for {name(k, len(right))}"
    return None


def _direction(value, right):
    """Return on which side of the right number a number is."""
    return "too large" if value > right else "too small"


def _size(value, right, is_count, is_fraction):
    """Return what the size of a number says, None if it is nothing but too large or too small."""
    if is_fraction and right >= 0 > value:
        return "it is negative, which a fraction never is"
    if is_fraction and value > 1:
        return "it is more than the whole; divide a count by all, and write 25 % as 0.25 or 25"
    if is_count and value != round(value):
        return "a whole number is asked for"
    if is_count and abs(value - right) == 1:
        return "nearly, you are off by one"
    if not is_count and right and value == rounded(right, 1):
        return "close: give three digits"
    if abs(value - right) <= CLOSE * abs(right):
        remark = "; if you rounded, give three digits" if value == rounded(value) else ""
        remark = "; a count has to be exact" if is_count else remark
        return f"close: less than a tenth {_direction(value, right)}{remark}"
    return None


def _order(values, right, tolerance, name):
    """Return how the right numbers are ordered, None if the numbers are others."""
    if not is_alike(np.sort(values), np.sort(right), tolerance):
        return None
    moved = [k for k in range(len(values)) if not _entry_is_alike(values[k], right[k], tolerance)]
    if len(moved) == 2 and len(values) == 2:
        return "the two numbers are exchanged"
    if len(moved) == 2:
        return f"{name(moved[0], len(values))} and {name(moved[1], len(values))} are exchanged"
    if is_alike(values[::-1], right, tolerance):
        return "these are the right numbers, but in reverse order"
    return "these are the right numbers, but in another order"
