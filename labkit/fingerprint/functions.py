"""Hash functions: what they do, their defaults, their closures, the globals and modules that they use.

walk: the Walk that hashes. label: how an error calls the value.
"""

import builtins
from collections.abc import Sequence
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING

from . import bytecode
from .named import unidentified
from .origin import address, imported, origin
from .outside import outside

if TYPE_CHECKING:
    from .walk import Walk

MISSING = object()
WRAPPED = "__func__", "__self__", "fget", "fset", "fdel", "func", "args", "keywords", "__wrapped__"


def function(walk: "Walk", function: FunctionType, label: str) -> None:
    """Hash a function; one of a package by its address."""
    known = address(function)
    if known:
        walk.put("function", known)
        return
    label = f"{label}, function {function.__name__}"
    code(walk, function.__code__)
    outside(walk, function)
    walk.value(function.__defaults__, f"{label}, default")
    walk.value(function.__kwdefaults__, f"{label}, default")
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        variable(walk, name, cell, label)
    walk.items(vars(function), label)
    for name, *attributes in bytecode.globals_used(function.__code__):
        global_name(walk, function.__globals__, name, attributes, label)
    package = function.__globals__.get("__package__")
    for level, name, names in bytecode.imports(function.__code__):
        import_statement(walk, imported(name, package, level), names, f"{label}, {name}")


def code(walk: "Walk", code: CodeType, label: str = "code") -> None:
    """Hash a code object."""
    walk.put("code", *bytecode.signature(code))
    for instruction in bytecode.instructions(code):
        walk.put(instruction.opname)
        constant(walk, instruction.argval)


def constant(walk: "Walk", value: object) -> None:
    """Hash the operand of an instruction: a number, a text, a tuple, a set, or the code of an inner function."""
    if isinstance(value, CodeType):
        code(walk, value)
    elif isinstance(value, tuple):
        walk.put("tuple", len(value))
        for part in value:
            constant(walk, part)
    elif isinstance(value, frozenset):
        walk.set(value, "a constant")
    else:
        walk.put(type(value).__name__, value)


def variable(walk: "Walk", name: str, cell: CellType, label: str) -> None:
    """Hash a variable of a closure."""
    try:
        value = cell.cell_contents
    except ValueError:  # it has no value yet
        walk.put("empty", name)
        return
    walk.put("variable", name)
    walk.value(value, f"{label}, variable {name}")


def global_name(walk: "Walk", namespace: dict, name: str, attributes: Sequence[str], label: str) -> None:
    """Hash the value of a global name; of a module of the user's only the attribute that is used."""
    walk.put("global", name)
    if name not in namespace:
        walk.put("builtin" if hasattr(builtins, name) else "missing")
        return
    value = namespace[name]
    for attribute in attributes:
        if not isinstance(value, ModuleType) or origin(value.__name__):
            break
        value = getattr(value, attribute, MISSING)
    if value is not MISSING:
        walk.value(value, f"{label}, global {name}")


def import_statement(walk: "Walk", module: ModuleType | None, names: Sequence[str], label: str) -> None:
    """Hash what an import statement inside a function imports."""
    if module is None or origin(module.__name__) or not names:
        walk.value(module, label)
        return
    for name in names:
        value = getattr(module, name, None)
        if value is None:
            value = imported(f"{module.__name__}.{name}", None, 0)
        walk.value(value, label)


def module(walk: "Walk", module: ModuleType, label: str) -> None:
    """Hash a module: a package's by its origin, one of the user's by everything in it."""
    source = origin(module.__name__)
    if source:
        walk.put("module", source, module.__name__)
        return
    names = sorted(name for name in vars(module) if not name.startswith("__"))
    walk.items({name: vars(module)[name] for name in names}, f"{label}, module {module.__name__}")


def builtin(walk: "Walk", function: BuiltinFunctionType, label: str) -> None:
    """Hash a function that is written in C, with the object that it is bound to."""
    owner = function.__self__
    if owner is None or isinstance(owner, (ModuleType, type)):
        module = function.__module__ or getattr(owner, "__module__", None) or "builtins"
    else:
        module = type(owner).__module__
        walk.value(owner, label)
    if origin(module) is None:
        raise unidentified(label, function)
    walk.put("built in", origin(module), module, function.__qualname__)


def wrapper(walk: "Walk", wrapper: object, label: str) -> None:
    """Hash what wraps functions: bound and class methods, properties, partial and cached functions."""
    walk.put(type(wrapper).__name__)
    for name in WRAPPED:
        part = getattr(wrapper, name, None)
        if part is not None and part is not wrapper:
            walk.value(part, label)
