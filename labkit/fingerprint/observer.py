"""Decides whether a callback only reads a run. Then it moves no number, and the run is the same without it."""

import builtins
import functools
import itertools
from io import IOBase
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType

from . import bytecode
from .origin import origin
from .reading import BUILT_IN, GATHER, MODULES, gathered, reads, stored

COUNTERS = itertools.count, type(iter(range(1)))
SPECIAL = {"__init__", "__post_init__", "__call__", "__repr__", "__eq__", "__hash__", "__replace__"}  # of a class


def observes(callback: object) -> bool:
    """Does a callback only read a run's record, gather, print, stop, or raise?

    False where that cannot be decided. An object may change itself.
    """
    return _harmless(callback, set())


def _harmless(value, visited):
    """Can nothing that is reached through a value change a training? visited: ids of values that are being checked"""
    if id(value) in visited:
        return True
    visited.add(id(value))
    if isinstance(value, FunctionType):
        return _harmless_function(value, visited)
    if isinstance(value, BuiltinFunctionType):
        return value.__name__ in GATHER and _harmless(value.__self__, visited)
    if isinstance(value, MethodType):
        return _harmless(value.__self__, visited)
    if isinstance(value, functools.partial):
        return _all_harmless((value.func, value.args, value.keywords), visited)
    if isinstance(value, ModuleType):
        return value in MODULES
    if isinstance(value, type):
        has_functions = any(isinstance(member, FunctionType) for member in vars(value).values())
        return issubclass(value, BaseException) and not has_functions
    if isinstance(value, dict):
        return _all_harmless(value.values(), visited)
    if isinstance(value, (list, tuple, set, frozenset)):
        return _all_harmless(value, visited)
    if origin(type(value).__module__) is None:
        return _changes_itself_only(type(value), visited) and _harmless(getattr(value, "__dict__", {}), visited)
    acts = callable(value) or hasattr(value, "__next__")
    return isinstance(value, (*COUNTERS, IOBase)) or not acts


def _harmless_function(function, visited):
    """Is a function labkit's, or does it only read, as everything that it refers to does?"""
    if origin(function.__globals__.get("__name__", "")) == "labkit":
        return True
    return reads(function.__code__) and _all_harmless(_references(function), visited)


def _all_harmless(values, visited):
    """Can nothing that is reached through several values change a training?"""
    return all(_harmless(value, visited) for value in values)


def _changes_itself_only(cls, visited):
    """Do the functions of a user's class change nothing but the object's own attributes?"""
    functions = {}
    values = []
    for name, member in vars(cls).items():
        if isinstance(member, FunctionType):
            functions[name] = member
        elif not name.startswith("__"):
            values.append(member)
    special = {name for name in functions if name.startswith("__")}
    if cls.__bases__ != (object,) or special - SPECIAL or not _all_harmless(values, visited):
        return False
    called = [function for name, function in functions.items() if name not in SPECIAL - {"__call__"}]
    codes = [function.__code__ for function in called]
    if _gathers_into_stored(codes):
        return False
    for code in codes:
        if not reads(code, code.co_varnames[0] if code.co_argcount else ""):
            return False
    return all(_all_harmless(_references(function), visited) for function in called)


def _gathers_into_stored(codes):
    """Do functions add to an attribute that they also set? It may be the run's own list."""
    added = set()
    assigned = set()
    for code in codes:
        added |= gathered(code)
        assigned |= stored(code)
    return bool(added & assigned)


def _references(function):
    """Return what a function refers to: globals, closure, defaults. -> list"""
    values = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    for name, *_ in bytecode.globals_used(function.__code__):
        if name in function.__globals__:
            values.append(function.__globals__[name])
        elif name not in BUILT_IN:
            values.append(getattr(builtins, name, None))
    for cell in function.__closure__ or ():
        try:
            values.append(cell.cell_contents)
        except ValueError:  # it has no value yet
            continue
    return values
