"""What a code object does: its instructions with the constants and names that they use.

Comments, docstrings, line numbers and file names do not count, so that a function that is defined again from the same
text is the same.
"""

import dis
from types import CodeType

SILENT = {"RESUME", "NOP", "EXTENDED_ARG", "CACHE"}
BOOKKEEPING = {"__doc__", "__module__", "__qualname__", "__firstlineno__", "__static_attributes__"}  # of a class body
GLOBALS = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
ATTRIBUTES = {"LOAD_ATTR", "LOAD_METHOD"}


def instructions(code: CodeType) -> list:
    """The instructions that matter, in order."""
    every = [one for one in dis.get_instructions(code) if one.opname not in SILENT]
    dropped = set()
    for k, one in enumerate(every):
        if one.opname == "STORE_NAME" and one.argval in BOOKKEEPING:
            dropped |= {k - 1, k}
    return [one for k, one in enumerate(every) if k not in dropped]


def signature(code: CodeType) -> tuple:
    """Names and kinds of a code object's arguments, and its flags. -> plain values"""
    counts = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount
    flags = code.co_flags & ~0x4000000  # whether it has a docstring
    arguments = code.co_argcount + code.co_kwonlyargcount + bool(flags & 4) + bool(flags & 8)
    return (*counts, flags, code.co_varnames[:arguments], code.co_exceptiontable)


def nested(code: CodeType) -> list:
    """A code object and those of the functions and classes inside it. -> list"""
    found = [code]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found += nested(constant)
    return found


def globals_used(code: CodeType) -> list:
    """The global names that a code object uses, inner functions included, each with the attributes that follow it at
    once. -> sorted list of tuples (name, attribute, ...)"""
    chains = set()
    for part in nested(code):
        every = instructions(part)
        for k, one in enumerate(every):
            if one.opname in GLOBALS:
                chains.add((one.argval, *_following(every[k + 1 :])))
    return sorted(chains)


def _following(rest):
    """Attributes that are read from what was loaded just before. -> list of names"""
    names = []
    for one in rest:
        if one.opname not in ATTRIBUTES:
            break
        names.append(one.argval)
    return names


def imports(code: CodeType) -> list:
    """The import statements inside a code object. -> sorted list of (level, module, names)"""
    found = set()
    for part in nested(code):
        every = instructions(part)
        for k, one in enumerate(every):
            if one.opname == "IMPORT_NAME":
                names = every[k - 1].argval or ()
                found.add((every[k - 2].argval or 0, one.argval, tuple(names)))
    return sorted(found)
