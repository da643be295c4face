"""How a call is checked by the descriptions in the annotations of what is called."""

import inspect
from abc import ABCMeta
from contextlib import suppress
from functools import lru_cache, wraps
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin, get_type_hints

from ..errors import choose, need
from .descriptions import Choice, Description, Either, Nothing
from .several import Many, Row, Table

REST = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD


def describe(annotation):
    """The description in an annotation. -> Description, or None where it has none"""
    if isinstance(annotation, Description):
        return annotation
    if annotation in (None, NoneType):
        return Nothing()
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return next((one for one in annotation.__metadata__ if isinstance(one, Description)), None)
    if origin is Literal:
        return Choice(inner)
    if origin in (list, tuple) and inner[-1:] == (...,):
        inner = inner[:1]
    elif origin is tuple:
        return _of_all(inner, lambda *parts: Row(parts))
    if origin in (list, tuple):
        return _of_all(inner, lambda part: Many(part, origin))
    if origin is dict:
        return _of_all(inner, Table)
    return _of_all(inner, lambda *parts: Either(parts)) if origin in (Union, UnionType) else None


def _of_all(annotations, make):
    """make(*descriptions), or None where one is missing."""
    parts = [describe(annotation) for annotation in annotations]
    return make(*parts) if parts and all(parts) else None


def described(function):
    """The arguments of a function or class that have a description. -> {name: Description}"""
    hints = {name: one.annotation for name, one in inspect.signature(function).parameters.items()}
    if any(isinstance(hint, str) for hint in hints.values()):  # from __future__ import annotations
        with suppress(Exception):  # names that cannot be found stay texts, without a description
            hints |= get_type_hints(function.__init__ if isinstance(function, type) else function, None, None, True)
    every = {name: describe(hint) for name, hint in hints.items() if name != "return"}
    return {name: one for name, one in every.items() if one is not None}


def checked(function):
    """A function whose arguments are checked by the descriptions in its annotations before it runs."""
    signature, known = inspect.signature(function), described(function)

    @wraps(function)
    def call(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        for name in known.keys() & bound.arguments.keys():
            bound.arguments[name] = known[name].check(name, bound.arguments[name])
        return function(*bound.args, **bound.kwargs)

    return call


class Checked(ABCMeta):
    """The kind of a class whose objects are made of checked arguments, also those of subclasses and dataclasses.

    A missing argument, an unknown name and a value that an annotation's description does not take are ValueErrors. What
    has no description is left to the class. `argument(name)` of the class says how a message calls an argument.
    """

    @property
    def __signature__(cls):
        """The signature, which inspect would take from __call__."""
        every = list(inspect.signature(cls.__init__).parameters.values())
        return inspect.Signature(every[1:])

    def __call__(cls, *args, **kwargs):
        signature, known = _facts(cls, cls.__init__)
        values = _bound(cls, signature, args, kwargs)
        for name in known.keys() & values.arguments.keys():
            values.arguments[name] = known[name].check(cls.argument(name), values.arguments[name])
        return super().__call__(*values.args, **values.kwargs)

    def argument(cls, name):
        """How a message calls an argument."""
        return f"{name} of {cls.__name__}"


@lru_cache(maxsize=500)
def _facts(cls, make):
    """Signature and descriptions of a class. make: its __init__, which tells a class from itself before a decorator."""
    return cls.__signature__, described(cls)


def _bound(cls, signature, args, kwargs):
    """What a call gives each argument. Raises ValueError for an unknown name, a value without one, a missing value."""
    takes, kinds = signature.parameters, {one.kind for one in signature.parameters.values()}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        _need_known(cls, takes, kwargs)
    ordered = [one for one in takes.values() if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    if len(args) > len(ordered) and inspect.Parameter.VAR_POSITIONAL not in kinds:
        by_name = f"given by name; {cls.__name__} takes {', '.join(takes)}"
        need(False, f"a value for {cls.__name__}", args[len(ordered)], by_name)
    given = signature.bind_partial(*args, **kwargs)
    for name, one in takes.items():
        if one.default is one.empty and one.kind not in REST and name not in given.arguments:
            raise ValueError(f"{cls.argument(name)} is missing; it must be {_may_be(cls, name)}")
    return given


def _need_known(cls, takes, kwargs):
    """Raise ValueError for a name that is none of the arguments `takes`."""
    named = {name: one for name, one in takes.items() if one.kind not in (*REST, one.POSITIONAL_ONLY)}
    for name, value in kwargs.items():
        need(named, cls.argument(name), value, f"left out: {cls.__name__} has no arguments")
        choose(f"an argument of {cls.__name__}", name, named)


def _may_be(cls, name):
    """What an argument of a class may be, in words."""
    known = described(cls).get(name)
    return known.may_be if known else "given"
