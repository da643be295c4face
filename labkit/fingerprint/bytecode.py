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
HAS_DOCSTRING = 0x4000000  # a flag of code objects
VARIADIC = 4, 8  # flags: *args, **kwargs


def instructions(code: CodeType) -> list[dis.Instruction]:
    """Return the instructions that matter, in order."""
    relevant = [instruction for instruction in dis.get_instructions(code) if instruction.opname not in SILENT]
    dropped = set()
    for k, instruction in enumerate(relevant):
        if instruction.opname == "STORE_NAME" and instruction.argval in BOOKKEEPING:
            dropped |= {k - 1, k}
    return [instruction for k, instruction in enumerate(relevant) if k not in dropped]


def signature(code: CodeType) -> tuple:
    """Return names and kinds of a code object's arguments, its flags and its exception table, as plain values."""
    counts = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount
    flags = code.co_flags & ~HAS_DOCSTRING
    n_arguments = code.co_argcount + code.co_kwonlyargcount
    for flag in VARIADIC:
        n_arguments += bool(flags & flag)
    return (*counts, flags, code.co_varnames[:n_arguments], code.co_exceptiontable)


def nested(code: CodeType) -> list[CodeType]:
    """Return a code object and those of the functions and classes inside it."""
    codes = [code]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            codes += nested(constant)
    return codes


def globals_used(code: CodeType) -> list[tuple[str, ...]]:
    """Return the global names that a code object uses, inner functions included. -> sorted [(name, attribute, ...)]

    The attributes are those that are read from the global at once.
    """
    chains = set()
    for part in nested(code):
        sequence = instructions(part)
        for k, instruction in enumerate(sequence):
            if instruction.opname in GLOBALS:
                chains.add((instruction.argval, *_leading_attributes(sequence[k + 1 :])))
    return sorted(chains)


def _leading_attributes(sequence):
    """Return the names of the attributes that the first instructions read from what was loaded before. -> list"""
    names = []
    for instruction in sequence:
        if instruction.opname not in ATTRIBUTES:
            break
        names.append(instruction.argval)
    return names


def imports(code: CodeType) -> list[tuple[int, str, tuple[str, ...]]]:
    """Return the import statements inside a code object. -> sorted [(level, module, names)]"""
    statements = set()
    for part in nested(code):
        sequence = instructions(part)
        for k, instruction in enumerate(sequence):
            if instruction.opname == "IMPORT_NAME":
                level = sequence[k - 2].argval or 0
                names = sequence[k - 1].argval or ()
                statements.add((level, instruction.argval, tuple(names)))
    return sorted(statements)
