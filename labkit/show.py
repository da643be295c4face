"""Print source code: a method as its difference from plain SGD, or any function, noise model or network as it is."""

import inspect
from collections.abc import Callable
from difflib import unified_diff
from functools import partial

from . import methods, nets, noise
from .errors import choose, must
from .method import Method

QUESTIONS = {
    "select": "Which samples this epoch?",
    "weight": "How much does each sample of the batch count?",
    "loss": "What is the loss?",
    "update": "How do the parameters move?",
}


def show(a: object, b: object = None) -> None:
    """Print the source of `a`; with `b`, print how b's source differs from a's.

    a, b: a method (class, object or name, as "CRUST"), printed as its difference from plain SGD; or a noise model, a
    network, any other class or any function, printed whole. Raises ValueError for what has no source in Python.
    """
    if b is None:
        print(source(a))
    else:
        print("\n".join(difference(a, b)))


def difference(a: object, b: object) -> list[str]:
    """Return how the source of b differs from that of a, line by line as a unified diff."""
    a = resolved(a)
    b = resolved(b)
    lines_a = source(a).splitlines()
    lines_b = source(b).splitlines()
    return list(unified_diff(lines_a, lines_b, a.__name__, b.__name__, lineterm=""))


def source(subject: object) -> str:
    """Return the source that `show` prints for a subject. Raises ValueError for what has no source in Python."""
    definition = resolved(subject)
    if is_method(definition):
        return method_source(definition)
    return inspect.getsource(definition).rstrip()


def resolved(subject: object) -> type | Callable:
    """Return the class or function that defines a subject: a name's, an object's, a decorated or partial function's."""
    definition = subject
    if isinstance(subject, str):
        definition = choose("a", subject, methods.ALL | noise.ALL | nets.ALL)
    while isinstance(definition, partial):
        definition = definition.func
    if callable(definition):
        definition = inspect.unwrap(definition)
    if not (inspect.isclass(definition) or inspect.isroutine(definition)):
        definition = type(definition)
    allowed = "a method, a noise model, a network, a class or a function that is written in Python"
    must(has_source(definition), "a", repr(subject), allowed)
    return definition


def has_source(definition: type | Callable) -> bool:
    """Is the definition's text known to Python? Builtins and compiled code have none."""
    try:
        inspect.getsource(definition)
    except (OSError, TypeError):
        return False
    return True


def is_method(definition: type | Callable) -> bool:
    """Is the definition a subclass of Method?"""
    return inspect.isclass(definition) and issubclass(definition, Method)


def method_source(method: type[Method]) -> str:
    """Return the source of the hooks that a method answers differently from plain SGD, each under its question."""
    hooks = answers(method)
    parts = [f"{method.__name__}: plain SGD, but for" if hooks else f"{method.__name__}: plain SGD"]
    for hook, cls in hooks.items():
        title = f"# {QUESTIONS.get(hook, hook)}  ({cls.__name__}.{hook})"
        parts.append(f"{title}\n{inspect.getsource(vars(cls)[hook]).rstrip()}")
    for name in helpers(method):
        parts.append(inspect.getsource(getattr(method, name)).rstrip())
    return "\n\n".join(parts)


def answers(method: type[Method]) -> dict[str, type[Method]]:
    """Return the hooks of Method that a class, or a parent of it, answers differently, with the class that does."""
    hooks = {}
    for cls in reversed(lineage(method)):
        for name in vars(cls):
            if callable(getattr(Method, name, None)) and not name.startswith("_"):
                hooks[name] = cls
    return hooks


def helpers(method: type[Method]) -> list[str]:
    """Return the names of a method's public functions that are no hooks of Method."""
    names = []
    for cls in lineage(method):
        for name, value in vars(cls).items():
            if inspect.isfunction(value) and not hasattr(Method, name) and not name.startswith("_"):
                names.append(name)
    return list(dict.fromkeys(names))


def lineage(method: type[Method]) -> list[type[Method]]:
    """Return the class and its parents below Method, nearest first."""
    return [cls for cls in method.__mro__ if issubclass(cls, Method) and cls is not Method]
