"""What a reader moves: a slider, a choice, a button that cycles. Every control has a finite list of values."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import need


def slider(
    name: str,
    symbol: str,
    label: str,
    values: Iterable,
    value: Any,
    unit: str = "number",
    stored: Iterable | None = None,
) -> dict[str, Any]:
    """Declare a slider over `values`, in this order.

    name: as `draw` reads it, state.NAME. symbol: as in the lesson's equation, may be "". label: in words. value: where
    it starts. unit: how a value is written, "number", "percent" or "whole". stored: the values that a page without a
    kernel offers, all by default. Raises ValueError if `value` or one of `stored` is not among the values.
    """
    return _control("slider", name, symbol, label, values, value, unit, stored)


def choice(
    name: str, symbol: str, label: str, options: Iterable[str], value: str, stored: Iterable[str] | None = None
) -> dict[str, Any]:
    """Declare a menu of words. Arguments as of `slider`."""
    return _control("choice", name, symbol, label, options, value, "word", stored)


def cycle(
    name: str, symbol: str, label: str, values: Iterable, value: Any = None, stored: Iterable | None = None
) -> dict[str, Any]:
    """Declare a button called `label` that goes to the next value, and from the last to the first.

    It starts at the first value where `value` is None. The other arguments are those of `slider`.
    """
    values = list(values)
    start = values[0] if value is None else value
    return _control("cycle", name, symbol, label, values, start, "word", stored)


def written(value: Any, unit: str) -> str:
    """Return a value as it is written beside its control."""
    if unit == "percent":
        return f"{100 * value:.4g} %"
    return str(value) if unit in ("word", "whole") else f"{value:.4g}"


def _control(kind, name, symbol, label, values, value, unit, stored):
    """Declare a control. Its start and its stored values are kept as positions in the list of values. -> dict"""
    values = list(values)
    need(len(values) == len(set(values)) > 0, name, values, "a list of different values")
    stored_values = values if stored is None else stored
    return {
        "kind": kind,
        "name": name,
        "symbol": symbol,
        "label": label,
        "values": values,
        "words": [written(option, unit) for option in values],
        "value": position(values, value, name),
        "stored": [position(values, option, f"stored of {name}") for option in stored_values],
    }


def position(values: Sequence, value: Any, name: str) -> int:
    """Return the position of a value in the list of a control; numbers may be off by rounding.

    Raises ValueError for a value that is not in the list.
    """
    for k, option in enumerate(values):
        if option == value or _is_close(option, value):
            return k
    raise ValueError(f"{name} is {value!r}; it may be {', '.join(map(str, values))}")


def _is_close(a, b):
    """Return whether two values are numbers that differ by rounding at most."""
    return isinstance(a, (int, float)) and isinstance(b, (int, float)) and abs(a - b) < 1e-9
