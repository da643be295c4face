"""Does a callback only look at a run? Then it cannot move a number, and the run is the same without it."""

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
    """Does a callback only read a run's record, gather, print, stop, or raise? Where that cannot be seen: no. An object
    may change itself."""
    return _harmless(callback, set())


def _harmless(thing, met):
    """Can nothing that is reached through `thing` change a training?"""
    if id(thing) in met:
        return True
    met.add(id(thing))
    if isinstance(thing, FunctionType):
        if origin(thing.__globals__.get("__name__", "")) == "labkit":
            return True
        return reads(thing.__code__) and all(_harmless(part, met) for part in _reach(thing))
    if isinstance(thing, BuiltinFunctionType):
        return thing.__name__ in GATHER and _harmless(thing.__self__, met)
    if isinstance(thing, MethodType):
        return _harmless(thing.__self__, met)
    if isinstance(thing, functools.partial):
        return all(_harmless(part, met) for part in (thing.func, thing.args, thing.keywords))
    if isinstance(thing, ModuleType):
        return thing in MODULES
    if isinstance(thing, type):
        functions = [member for member in vars(thing).values() if isinstance(member, FunctionType)]
        return issubclass(thing, BaseException) and not functions
    if isinstance(thing, dict):
        return all(_harmless(part, met) for part in thing.values())
    if isinstance(thing, (list, tuple, set, frozenset)):
        return all(_harmless(part, met) for part in thing)
    if origin(type(thing).__module__) is None:
        return _changes_itself(type(thing), met) and _harmless(getattr(thing, "__dict__", {}), met)
    return isinstance(thing, (*COUNTERS, IOBase)) or not (callable(thing) or hasattr(thing, "__next__"))


def _changes_itself(cls, met):
    """Do the functions of a user's class change nothing but the object's own attributes?"""
    functions = {name: member for name, member in vars(cls).items() if isinstance(member, FunctionType)}
    others = [member for name, member in vars(cls).items() if name not in functions and name[:2] != "__"]
    special = {name for name in functions if name[:2] == "__"}
    if cls.__bases__ != (object,) or special - SPECIAL or not all(_harmless(member, met) for member in others):
        return False
    during = [member for name, member in functions.items() if name not in SPECIAL - {"__call__"}]
    codes = [function.__code__ for function in during]
    if any(gathered(code) & stored(code_too) for code in codes for code_too in codes):
        return False  # what it gathers into may be the run's own list
    parts = [part for function in during for part in _reach(function)]
    return all(reads(code, code.co_varnames[0] if code.co_argcount else "") for code in codes) and all(
        _harmless(part, met) for part in parts
    )


def _reach(function):
    """What a function refers to: globals, closure, defaults. -> list"""
    found = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    for name, *_ in bytecode.globals_used(function.__code__):
        if name in function.__globals__:
            found.append(function.__globals__[name])
        elif name not in BUILT_IN:
            found.append(getattr(builtins, name, None))
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:  # it has no value yet
            continue
    return found
