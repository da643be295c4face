"""show: a method's source as its difference from plain SGD, or two methods as a diff."""

import inspect
from difflib import unified_diff

from .method import Method

QUESTIONS = {
    "select": "Which samples this epoch?",
    "weight": "Who is trusted in this batch?",
    "loss": "What is punished?",
    "update": "How do the parameters move?",
}


def answers(method):
    """The hooks of Method that a class, or a parent of it, answers differently. -> {hook: class that does}"""
    found = {}
    for cls in reversed(_lineage(method)):
        found |= {name: cls for name in vars(cls) if callable(getattr(Method, name, None)) and not name.startswith("_")}
    return found


def source(method):
    """The source of the hooks that a method answers differently, each under its question. -> text"""
    parts = [f"{method.__name__}: plain SGD, but for" if answers(method) else f"{method.__name__}: plain SGD"]
    for hook, cls in answers(method).items():
        parts.append(
            f"# {QUESTIONS.get(hook, hook)}  ({cls.__name__}.{hook})\n{inspect.getsource(vars(cls)[hook]).rstrip()}"
        )
    helpers = [
        name
        for cls in _lineage(method)
        for name, f in vars(cls).items()
        if inspect.isfunction(f) and not hasattr(Method, name) and name[0] != "_"
    ]
    for name in dict.fromkeys(helpers):
        parts.append(inspect.getsource(getattr(method, name)).rstrip())
    return "\n\n".join(parts)


def show(a, b=None):
    """Print method `a` as its difference from plain SGD; with `b`, how b's source differs from a's."""
    if b is None:
        print(source(a))
    else:
        print(
            "\n".join(unified_diff(source(a).splitlines(), source(b).splitlines(), a.__name__, b.__name__, lineterm=""))
        )


def _lineage(method):
    """The class and its parents below Method, nearest first."""
    return [cls for cls in method.__mro__ if issubclass(cls, Method) and cls is not Method]
