"""Does a callback only look at a run? Then it cannot move a number, and the run is the same without it."""

import builtins
import itertools
import math
import statistics
import time
from io import IOBase
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

from . import bytecode
from .origin import origin

# of a run
RECORD = {
    "rows",
    "history",
    "accuracy",
    "config",
    "name",
    "notes",
    "about",
    "finished",
    "folder",
    "stopped",
}  # of a run
# methods and columns that change nothing, of texts, lists, dicts and tables
READ = {
    "all", "any", "count", "diff", "empty", "endswith", "format", "get", "head", "idxmax", "idxmin", "iloc", "index",
    "is_monotonic_decreasing", "is_monotonic_increasing", "isna", "items", "join", "keys", "last", "loc", "lower",
    "max", "mean", "min", "rolling", "round", "shape", "split", "startswith", "std", "strip", "tail", "test", "to_list",
    "tolist", "train_loss", "upper", "val_noisy", "values",
}  # fmt: skip
GATHER = {"add", "append", "extend", "flush", "write"}  # into something outside of the run
BUILT_IN = {
    "abs", "all", "any", "bool", "dict", "enumerate", "float", "format", "int", "isinstance", "len", "list", "max",
    "min", "next", "print", "range", "repr", "reversed", "round", "set", "sorted", "str", "sum", "tuple", "zip",
}  # fmt: skip
MODULES = math, statistics, time
COUNTERS = itertools.count, type(iter(range(1)))
CHANGES = {"STORE_ATTR", "STORE_SUBSCR", "STORE_SLICE", "STORE_GLOBAL", "DELETE_ATTR", "DELETE_SUBSCR"}
CHANGES |= {"IMPORT_NAME", "LOAD_BUILD_CLASS"}
OUTSIDE = {"LOAD_GLOBAL", "LOAD_DEREF", "LOAD_NAME"}  # loads a variable from outside of a function


def observes(callback: object) -> bool:
    """Does a callback only read a run's record, gather, print, stop, or raise? Where that cannot be seen: no."""
    return _harmless(callback, set())


def _harmless(thing, met):
    """Can nothing that is reached through `thing` change a training?"""
    if id(thing) in met:
        return True
    met.add(id(thing))
    if isinstance(thing, FunctionType):
        if origin(thing.__globals__["__name__"]) == "labkit":
            return True
        return _reads(thing.__code__) and all(_harmless(part, met) for part in _reach(thing))
    if isinstance(thing, BuiltinFunctionType):
        return thing.__name__ in GATHER and _harmless(thing.__self__, met)
    if isinstance(thing, ModuleType):
        return thing in MODULES
    if isinstance(thing, type):
        functions = [member for member in vars(thing).values() if isinstance(member, FunctionType)]
        return issubclass(thing, BaseException) and not functions
    if isinstance(thing, dict):
        return all(_harmless(part, met) for part in thing.values())
    if isinstance(thing, (list, tuple, set, frozenset)):
        return all(_harmless(part, met) for part in thing)
    known = origin(type(thing).__module__) is not None
    harmless = isinstance(thing, (*COUNTERS, IOBase)) or not (callable(thing) or hasattr(thing, "__next__"))
    return known and harmless


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


def _reads(code: CodeType):
    """Has a function no instruction that may change what others see?"""
    for part in bytecode.nested(code):
        before = None
        for instruction in bytecode.instructions(part):
            if not _may(instruction, before):
                return False
            before = instruction
    return True


def _may(instruction, before):
    """May this instruction stand in a callback that only reads? What gathers belongs to a variable of the outside."""
    name, value = instruction.opname, instruction.argval
    if name in CHANGES or (name == "BINARY_OP" and instruction.argrepr.endswith("=")):
        return False
    if name not in bytecode.ATTRIBUTES:
        return True
    if value in GATHER:
        return before is not None and before.opname in OUTSIDE and before.argval not in BUILT_IN
    return value in RECORD | READ or any(hasattr(module, value) for module in MODULES)
