"""Hash functions: what they do, their defaults, their closures, the globals and modules that they use."""

import builtins
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

from . import bytecode
from .named import unidentified
from .origin import address, imported, origin
from .outside import outside

MISSING = object()
PARTS = "__func__", "__self__", "fget", "fset", "fdel", "func", "args", "keywords", "__wrapped__"


def function(walk, function: FunctionType, what: str) -> None:
    """Hash a function; one of a package by its address."""
    if found := address(function):
        return walk.put("function", found)
    what = f"{what}, function {function.__name__}"
    code(walk, function.__code__)
    outside(walk, function)
    walk.value(function.__defaults__, f"{what}, default")
    walk.value(function.__kwdefaults__, f"{what}, default")
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        variable(walk, name, cell, what)
    walk.items(vars(function), what)
    for name, *attributes in bytecode.globals_used(function.__code__):
        global_name(walk, function.__globals__, name, attributes, what)
    package = function.__globals__.get("__package__")
    for level, name, names in bytecode.imports(function.__code__):
        brought(walk, imported(name, package, level), names, f"{what}, {name}")


def code(walk, code: CodeType, what: str = "code") -> None:
    """Hash a code object."""
    walk.put("code", *bytecode.signature(code))
    for instruction in bytecode.instructions(code):
        walk.put(instruction.opname)
        constant(walk, instruction.argval)


def constant(walk, value) -> None:
    """Hash what an instruction uses: a number, a text, a tuple, a set, or the code of an inner function."""
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


def variable(walk, name, cell, what) -> None:
    """Hash a variable of a closure."""
    try:
        value = cell.cell_contents
    except ValueError:  # it has no value yet
        return walk.put("empty", name)
    walk.put("variable", name)
    walk.value(value, f"{what}, variable {name}")


def global_name(walk, names, name, attributes, what) -> None:
    """Hash what a global name means; attributes lead from a module of the user's to what is used of it."""
    walk.put("global", name)
    if name not in names:
        return walk.put("builtin" if hasattr(builtins, name) else "missing")
    value = names[name]
    for attribute in attributes:
        if not isinstance(value, ModuleType) or origin(value.__name__):
            break
        value = getattr(value, attribute, MISSING)
    if value is not MISSING:
        walk.value(value, f"{what}, global {name}")


def brought(walk, module, names, what) -> None:
    """Hash what an import statement inside a function brings."""
    if module is None or origin(module.__name__) or not names:
        return walk.value(module, what)
    for name in names:
        inner = getattr(module, name, None)
        walk.value(imported(f"{module.__name__}.{name}", None, 0) if inner is None else inner, what)


def module(walk, module: ModuleType, what: str) -> None:
    """Hash a module: a package's by its origin, one of the user's by all that is in it."""
    if source := origin(module.__name__):
        return walk.put("module", source, module.__name__)
    names = sorted(name for name in vars(module) if not name.startswith("__"))
    walk.items({name: vars(module)[name] for name in names}, f"{what}, module {module.__name__}")


def builtin(walk, function: BuiltinFunctionType, what: str) -> None:
    """Hash a function that is written in C, with the object that it is bound to."""
    owner = function.__self__
    if owner is None or isinstance(owner, (ModuleType, type)):
        module = function.__module__ or getattr(owner, "__module__", None) or "builtins"
    else:
        module = type(owner).__module__
        walk.value(owner, what)
    if origin(module) is None:
        raise unidentified(what, function)
    walk.put("built in", origin(module), module, function.__qualname__)


def wrapper(walk, wrapper, what: str) -> None:
    """Hash what wraps functions: bound and class methods, properties, partial and cached functions."""
    walk.put(type(wrapper).__name__)
    for name in PARTS:
        part = getattr(wrapper, name, None)
        if part is not None and part is not wrapper:
            walk.value(part, what)
