"""Read an answer as numbers, whatever holds them: a list, an array, a tensor with a gradient, a Series, "25 %"."""

import re
from collections.abc import Set
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
import torch

from ..errors import shown
from .verdict import Wrong

PERCENTAGE = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+))\s*%\s*")
LARGEST_FRACTION = 1 + 1e-6  # float32 may round a 1 up


class Fractions(NamedTuple):
    """Numbers that may be written in percent: 25 and "25 %" are a quarter. All arrays are [length].

    written: the numbers as they are handed in, 25 for both. values: as fractions, 0.25 for both. in_percent: which of
    them are percentages. plain: their values if a percentage always has its sign, 25 and 0.25.
    """

    written: np.ndarray
    values: np.ndarray
    in_percent: np.ndarray
    plain: np.ndarray


def kind(value: object) -> str:
    """Return the name of a value's type with its article, e.g. "an int", "a list"."""
    name = type(value).__name__
    article = "an" if name[:1].lower() in "aeio" or name == "ndarray" else "a"
    return f"{article} {name}"


def unpacked(answer: Any) -> Any:
    """Return what an answer holds as plain values in nested lists. The answer itself stays as it is."""
    if isinstance(answer, tuple) and hasattr(answer, "values") and hasattr(answer, "indices"):  # of topk, sort, max
        raise Wrong("this holds values and indices together; hand in one of the two, `.values` or `.indices`")
    try:
        if isinstance(answer, torch.Tensor):
            dense = answer.to_dense() if answer.layout != torch.strided else answer
            return dense.cpu().tolist()
        if hasattr(answer, "__array__") and not isinstance(answer, type):
            return np.asarray(answer).tolist()
        if isinstance(answer, (list, tuple, range)):
            return [unpacked(part) for part in answer]
    except (RuntimeError, NotImplementedError, TypeError, ValueError):
        raise Wrong(f"this is {kind(answer)} that cannot be read as numbers") from None
    return answer


def shape(answer: Any) -> tuple[int, ...]:
    """Return the shape of what an answer holds: (2, 3) for two rows of three values, () for one value."""
    return np.array(unpacked(answer), dtype=object).shape


def array(answer: Any) -> np.ndarray:
    """Return an answer's numbers in float64, in the answer's shape. Raises Wrong for anything but finite numbers."""
    table = _table(answer)
    return np.array([_plain(value) for value in table.flat]).reshape(table.shape)


def number(answer: Any) -> float:
    """Return a number from an answer. Raises Wrong for anything but one finite number."""
    return float(_one(array(answer)))


def vector(answer: Any, length: int) -> np.ndarray:
    """Return `length` numbers from an answer. Raises Wrong for anything else. -> [length]"""
    return _listed(array(answer), length)


def fractions(answer: Any, length: int) -> Fractions:
    """Return fractions from an answer that may be written in percent, as 25 or "25 %".

    Raises Wrong for anything but `length` finite numbers.
    """
    table = _listed(_table(answer), length)
    numbers, signed = np.zeros(length), np.zeros(length, dtype=bool)
    for k, value in enumerate(table):
        percentage = PERCENTAGE.fullmatch(value) if isinstance(value, str) else None
        signed[k] = percentage is not None
        numbers[k] = float(percentage[1]) if percentage else _plain(value)
    in_percent = signed | (np.abs(numbers) > LARGEST_FRACTION)
    values = np.where(in_percent, numbers / 100, numbers)
    return Fractions(numbers, values, in_percent, np.where(signed, values, numbers))


def literal(value: Any) -> float:
    """Return one number, of a percentage in quotes its fraction. Raises Wrong for anything else."""
    percentage = PERCENTAGE.fullmatch(value) if isinstance(value, str) else None
    return float(percentage[1]) / 100 if percentage else number(value)


def parts(answer: Any, length: int, request: str) -> list[Any]:
    """Return the parts of an answer that has several. request: what to hand in, for the message of Wrong."""
    values = unpacked(answer)
    if shape(values) in ((1, length), (length, 1)):  # one row or one column
        values = [value for row in values for value in row]
    if not isinstance(values, list) or len(values) != length:
        raise Wrong(f"hand in {request}")
    return values


def positions(answer: Any, size: int) -> list[int]:
    """Return the positions of samples from a list, an array, a set or a mask. size: how many samples there are.

    Raises Wrong for anything but whole numbers in 0..size - 1 or a mask of `size` truth values.
    """
    values = unpacked(sorted(answer) if isinstance(answer, Set) else answer)
    if not isinstance(values, list):
        raise Wrong(f"this is {kind(answer)}; a list of positions is asked for, e.g. [0, 1, 2]")
    if len(values) == size and all(isinstance(value, bool) for value in values):
        return np.flatnonzero(values).tolist()
    numbers = array(values)
    if numbers.ndim == 2 and 1 in numbers.shape:  # of `torch.where(mask)` and `mask.nonzero()`
        numbers = numbers.flatten()
    if numbers.ndim != 1:
        raise Wrong(f"its shape is {numbers.shape}; a plain list of positions is asked for")
    if (numbers != numbers.round()).any():
        raise Wrong("positions are whole numbers")
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < size):
        raise Wrong(f"it holds a position outside 0..{size - 1:,}; positions count from 0")
    return numbers.astype(int).tolist()


def _table(answer):
    """Return an answer's values, not yet looked at. -> array of objects in the answer's shape"""
    values = unpacked(answer)
    table = np.array(values, dtype=object)
    if any(isinstance(value, list) for value in table.flat):
        raise Wrong("its rows have different lengths")
    return table


def _one(table):
    """Return the only entry of a table."""
    if table.size != 1:
        raise Wrong(f"these are {table.size} numbers; one is asked for")
    return table.flat[0]


def _listed(table, length):
    """Return a table's entries as a list where they stand in one row or one column."""
    if length == 1:
        return np.array([_one(table)], dtype=table.dtype)
    if table.size != length or max(table.shape, default=0) != length:
        raise Wrong(f"{_form(table)}; a list of {length} numbers is asked for")
    return table.reshape(length)


def _form(table):
    """Return what a table of values is, for a message."""
    if table.ndim == 0:
        return f"this is {kind(table.item())}"
    if table.ndim == 1:
        return f"this is a list of {len(table)}"
    return f"its shape is {table.shape}"


def _plain(value):
    """Return one finite number. Raises Wrong for anything else."""
    if isinstance(value, str):
        raise Wrong(f"{shown(value)} is a text; write a number, without quotes")
    if value is None:
        raise Wrong("this is None; a number is asked for")
    if callable(value):
        raise Wrong(f"this is {kind(value)}; a number is asked for, so call it and hand in what it returns")
    if isinstance(value, (bool, complex)):
        raise Wrong(f"{shown(value)} is {kind(value)}; a number is asked for")
    try:
        plain = float(value)
    except (TypeError, ValueError, OverflowError):
        raise Wrong(f"{shown(value)} is {kind(value)}; a number is asked for") from None
    if not isfinite(plain):
        raise Wrong(f"{plain} is not a finite number")
    return plain
