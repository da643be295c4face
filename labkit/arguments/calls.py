"""Checks of calls, by the descriptions in the annotations of what is called."""

import inspect
from abc import ABCMeta
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache, wraps
from types import NoneType, UnionType
from typing import Annotated, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ..errors import choose, need
from .descriptions import Choice, Description, Either, Nothing
from .several import Many, Row, Table

VARIADIC = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
POSITIONAL = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
Function = TypeVar("Function", bound=Callable)


def describe(annotation: object) -> Description | None:
    """Return the description in an annotation; None if it has none."""
    if isinstance(annotation, Description):
        return annotation
    if annotation in (None, NoneType):
        return Nothing()
    origin = get_origin(annotation)
    if origin is Annotated:
        for entry in annotation.__metadata__:
            if isinstance(entry, Description):
                return entry
        return None
    arguments = get_args(annotation)
    if origin is Literal:
        return Choice(arguments)
    if origin in (list, tuple):
        return _describe_list(origin, arguments)
    if origin is dict:
        parts = _describe_all(arguments)
        return Table(*parts) if parts else None
    if origin in (Union, UnionType):
        parts = _describe_all(arguments)
        return Either(parts) if parts else None
    return None


def _describe_list(origin, arguments):
    """Return the description of list[X], tuple[X, ...] or tuple[X, Y]; None if X or Y has none."""
    repeated = origin is list or arguments[-1:] == (...,)
    if arguments[-1:] == (...,):
        arguments = arguments[:1]
    parts = _describe_all(arguments)
    if not parts:
        return None
    return Many(parts[0], origin) if repeated else Row(parts)


def _describe_all(annotations: Sequence) -> tuple[Description, ...]:
    """Return the descriptions in several annotations; an empty tuple if one of them has none."""
    parts = tuple(map(describe, annotations))
    return parts if all(parts) else ()


def described(function: Callable) -> dict[str, Description]:
    """Return the descriptions of the arguments of a function or class; arguments without one are left out."""
    parameters = inspect.signature(function).parameters
    hints = {name: parameter.annotation for name, parameter in parameters.items()}
    if any(isinstance(hint, str) for hint in hints.values()):  # from __future__ import annotations
        annotated = function.__init__ if isinstance(function, type) else function
        with suppress(Exception):  # names that cannot be found stay texts, without a description
            hints |= get_type_hints(annotated, None, None, True)
    descriptions = {}
    for name, hint in hints.items():
        description = describe(hint) if name != "return" else None
        if description is not None:
            descriptions[name] = description
    return descriptions


def checked(function: Function) -> Function:
    """Return the function with its arguments checked, by the descriptions in its annotations, before it runs."""
    signature = inspect.signature(function)
    descriptions = described(function)

    @wraps(function)
    def call(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        for name in descriptions.keys() & bound.arguments.keys():
            bound.arguments[name] = descriptions[name].check(name, bound.arguments[name])
        return function(*bound.args, **bound.kwargs)

    return call


class Checked(ABCMeta):
    """Metaclass of classes whose objects are made of checked arguments, also those of subclasses and dataclasses.

    A missing argument, an unknown name and a value that an annotation's description does not take are ValueErrors. An
    argument without a description is left to the class. `argument(name)` of the class says how a message calls an
    argument.
    """

    @property
    def __signature__(cls) -> inspect.Signature:
        """The signature of __init__ without self, which inspect would take from __call__."""
        parameters = list(inspect.signature(cls.__init__).parameters.values())
        return inspect.Signature(parameters[1:])

    def __call__(cls, *args, **kwargs):
        signature, descriptions = _facts(cls, cls.__init__)
        bound = _bound_arguments(cls, signature, args, kwargs)
        for name in descriptions.keys() & bound.arguments.keys():
            bound.arguments[name] = descriptions[name].check(cls.argument(name), bound.arguments[name])
        return super().__call__(*bound.args, **bound.kwargs)

    def argument(cls, name: str) -> str:
        """Return how a message calls an argument."""
        return f"{name} of {cls.__name__}"


@lru_cache(maxsize=500)
def _facts(cls, make):
    """Return signature and descriptions of a class.

    make: its __init__. A decorator such as dataclass changes it, and then these must be made anew.
    """
    return cls.__signature__, described(cls)


def _bound_arguments(cls, signature, args, kwargs):
    """Return the arguments of a call by name.

    Raises ValueError for an unknown name, too many positional values, and a missing value.
    """
    parameters = signature.parameters
    kinds = {parameter.kind for parameter in parameters.values()}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        _check_names(cls, parameters, kwargs)
    positional = [parameter for parameter in parameters.values() if parameter.kind in POSITIONAL]
    if len(args) > len(positional) and inspect.Parameter.VAR_POSITIONAL not in kinds:
        may_be = f"given by name; {cls.__name__} takes {', '.join(parameters)}"
        need(False, f"a value for {cls.__name__}", args[len(positional)], may_be)
    bound = signature.bind_partial(*args, **kwargs)
    for name, parameter in parameters.items():
        required = parameter.default is parameter.empty and parameter.kind not in VARIADIC
        if required and name not in bound.arguments:
            description = described(cls).get(name)
            may_be = description.may_be if description else "given"
            raise ValueError(f"{cls.argument(name)} is missing; it must be {may_be}")
    return bound


def _check_names(cls, parameters, kwargs):
    """Raise ValueError for a name that is none of the parameters."""
    names = {}
    for name, parameter in parameters.items():
        if parameter.kind not in VARIADIC and parameter.kind is not parameter.POSITIONAL_ONLY:
            names[name] = parameter
    for name, value in kwargs.items():
        need(names, cls.argument(name), value, f"left out: {cls.__name__} has no arguments")
        choose(f"an argument of {cls.__name__}", name, names)
