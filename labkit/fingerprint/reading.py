"""Does a code object only read what it is given? By its instructions, one after the other."""

import math
import statistics
import time
from types import CodeType

from . import bytecode

RECORD = {
    "rows",
    "history",
    "accuracy",
    "config",
    "name",
    "notes",
    "about",
    "finished",
    "stopped",
    "folder",
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
CHANGES = {"STORE_SUBSCR", "STORE_SLICE", "STORE_GLOBAL", "DELETE_ATTR", "DELETE_SUBSCR", "IMPORT_NAME"}
CHANGES |= {"LOAD_BUILD_CLASS"}
OUTSIDE = {"LOAD_GLOBAL", "LOAD_DEREF", "LOAD_NAME"}  # loads a variable from outside of a function


def reads(code: CodeType, this: str = "") -> bool:
    """Has a function no instruction that may change what others see? this: the name of its own object, which it may
    change."""
    for part in bytecode.nested(code):
        every = bytecode.instructions(part)
        if not all(_may(every, k, this) for k in range(len(every))):
            return False
    return True


def stored(code: CodeType) -> set:
    """The attributes that a function sets, but for those that it counts up. -> names"""
    every = bytecode.instructions(code)
    return {one.argval for k, one in enumerate(every) if one.opname == "STORE_ATTR" and every[k - 1].opname != "SWAP"}


def gathered(code: CodeType) -> set:
    """The attributes that a function gathers into. -> names"""
    every = bytecode.instructions(code)
    pairs = zip(every, every[1:])
    return {one.argval for one, after in pairs if _attribute(one) and _attribute(after) and after.argval in GATHER}


def _may(every, k, this):
    """May the k-th instruction stand in a function that only reads?"""
    one, before = every[k], every[k - 1] if k else None
    if one.opname in CHANGES:
        return False
    if one.opname == "BINARY_OP" and one.argrepr.endswith("="):
        return isinstance(before.argval, (int, float))  # of a list that would be an error
    if one.opname == "STORE_ATTR":
        counting = before.opname == "SWAP" and k > 5 and _loads(every[k - 6], this)
        return _loads(before, this) or counting
    if not _attribute(one):
        return True
    copied = before.opname == "COPY" and k > 1 and _loads(every[k - 2], this)  # to count it up
    if _loads(before, this) or copied:
        return True
    if one.argval in GATHER:
        outside = before.opname in OUTSIDE and before.argval not in BUILT_IN
        return outside or (_attribute(before) and k > 1 and _loads(every[k - 2], this))
    return one.argval in RECORD | READ or any(hasattr(module, one.argval) for module in MODULES)


def _attribute(one):
    return one.opname in bytecode.ATTRIBUTES


def _loads(one, this):
    """Does an instruction load the function's own object last?"""
    if not this or one is None or not one.opname.startswith("LOAD_FAST"):
        return False
    return (one.argval[-1] if isinstance(one.argval, tuple) else one.argval) == this
