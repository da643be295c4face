"""What a reader moves: a slider, a choice, a button that goes round. Every control has a finite list of values."""

from ..errors import need


def slider(name, symbol, label, values, value, unit="number", stored=None):
    """A slider over `values`, in this order. -> dict

    name: how `draw` reads it, state.NAME. symbol: as in the lesson's equation, may be "". label: in words. value: where
    it starts. unit: "number", "percent" or "whole", how its value is written. stored: the values that a page without a
    kernel offers, all by default. Raises ValueError if `value` or one of `stored` is not among the values.
    """
    return _control("slider", name, symbol, label, values, value, unit, stored)


def choice(name, symbol, label, options, value, stored=None):
    """One of several words. Arguments as of `slider`. -> dict"""
    return _control("choice", name, symbol, label, options, value, "word", stored)


def cycle(name, symbol, label, values, value=None, stored=None):
    """A button called `label` that goes to the next value, and from the last to the first. The rest is as for `slider`.
    -> dict"""
    values = list(values)
    return _control("cycle", name, symbol, label, values, values[0] if value is None else value, "word", stored)


def worded(value, unit):
    """A value as it is written beside its control. -> text"""
    if unit == "percent":
        return f"{100 * value:.4g} %"
    return str(value) if unit in ("word", "whole") else f"{value:.4g}"


def _control(kind, name, symbol, label, values, value, unit, stored):
    values = list(values)
    need(len(values) == len(set(values)) > 0, name, values, "a list of different values")
    at = [position(values, v, f"stored of {name}") for v in (values if stored is None else stored)]
    return {
        "kind": kind,
        "name": name,
        "symbol": symbol,
        "label": label,
        "values": values,
        "words": [worded(v, unit) for v in values],
        "value": position(values, value, name),
        "stored": at,
    }


def position(values, value, name):
    """Where a value stands in the list of a control; numbers may be off by rounding. -> int"""
    for k, v in enumerate(values):
        close = isinstance(v, (int, float)) and isinstance(value, (int, float)) and abs(v - value) < 1e-9
        if v == value or close:
            return k
    raise ValueError(f"{name} is {value!r}; it may be {', '.join(map(str, values))}")
