"""Decides by its instructions whether a code object only reads what it is given."""

import dis
import math
import statistics
import time
from types import CodeType

from . import bytecode

# attributes of a run that are records
RECORD = {"rows", "history", "accuracy", "config", "name", "notes", "about", "finished", "stopped", "folder"}
# methods and columns that change nothing, of texts, lists, dicts and tables
READ = {
    "all", "any", "count", "diff", "empty", "endswith", "format", "get", "head", "idxmax", "idxmin", "iloc", "index",
    "is_monotonic_decreasing", "is_monotonic_increasing", "isna", "items", "join", "keys", "last", "loc", "lower",
    "max", "mean", "min", "rolling", "round", "shape", "split", "startswith", "std", "strip", "tail", "test", "to_list",
    "tolist", "train_loss", "upper", "val_noisy", "values",
}  # fmt: skip
GATHER = {"add", "append", "extend", "flush", "write"}  # methods that add to an object outside of the run
BUILT_IN = {
    "abs", "all", "any", "bool", "dict", "enumerate", "float", "format", "int", "isinstance", "len", "list", "max",
    "min", "next", "print", "range", "repr", "reversed", "round", "set", "sorted", "str", "sum", "tuple", "zip",
}  # fmt: skip
MODULES = math, statistics, time
CHANGES = {"STORE_SUBSCR", "STORE_SLICE", "STORE_GLOBAL", "DELETE_ATTR", "DELETE_SUBSCR", "IMPORT_NAME"}
CHANGES |= {"LOAD_BUILD_CLASS"}
OUTSIDE = {"LOAD_GLOBAL", "LOAD_DEREF", "LOAD_NAME"}  # loads a variable from outside of a function


def reads(code: CodeType, self_name: str = "") -> bool:
    """Has a function no instruction that may change an object outside of it?

    self_name: the name of its own object, which it may change.
    """
    for part in bytecode.nested(code):
        sequence = bytecode.instructions(part)
        for k in range(len(sequence)):
            if not _only_reads(sequence, k, self_name):
                return False
    return True


def stored(code: CodeType) -> set[str]:
    """Return the names of the attributes that a function sets, without those that it counts up."""
    names = set()
    sequence = bytecode.instructions(code)
    for k, instruction in enumerate(sequence):
        counts_up = sequence[k - 1].opname == "SWAP"
        if instruction.opname == "STORE_ATTR" and not counts_up:
            names.add(instruction.argval)
    return names


def gathered(code: CodeType) -> set[str]:
    """Return the names of the attributes that a function adds to: `self.seen.append(...)`."""
    names = set()
    sequence = bytecode.instructions(code)
    for instruction, successor in zip(sequence, sequence[1:]):
        if _is_attribute(instruction) and _is_attribute(successor) and successor.argval in GATHER:
            names.add(instruction.argval)
    return names


def _only_reads(sequence: list[dis.Instruction], k: int, self_name: str):
    """May the k-th instruction stand in a function that only reads?"""
    instruction = sequence[k]
    previous = sequence[k - 1] if k else None
    if instruction.opname in CHANGES:
        return False
    if instruction.opname == "BINARY_OP" and instruction.argrepr.endswith("="):
        return isinstance(previous.argval, (int, float))  # adding a number to a list would be an error
    if instruction.opname == "STORE_ATTR":
        counts_up = previous.opname == "SWAP" and k > 5 and _loads_self(sequence[k - 6], self_name)
        return _loads_self(previous, self_name) or counts_up
    if not _is_attribute(instruction):
        return True
    if _loads_self(previous, self_name):
        return True
    loads_self_before = k > 1 and _loads_self(sequence[k - 2], self_name)
    if previous.opname == "COPY" and loads_self_before:  # to count the attribute up
        return True
    if instruction.argval in GATHER:
        to_outside = previous.opname in OUTSIDE and previous.argval not in BUILT_IN
        return to_outside or (_is_attribute(previous) and loads_self_before)
    of_module = any(hasattr(module, instruction.argval) for module in MODULES)
    return instruction.argval in RECORD or instruction.argval in READ or of_module


def _is_attribute(instruction):
    """Does an instruction read an attribute?"""
    return instruction.opname in bytecode.ATTRIBUTES


def _loads_self(instruction, self_name):
    """Is the last variable that an instruction loads the function's own object?"""
    if not self_name or instruction is None or not instruction.opname.startswith("LOAD_FAST"):
        return False
    names = instruction.argval
    return (names[-1] if isinstance(names, tuple) else names) == self_name
