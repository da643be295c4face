"""named: a name that stands for code which cannot be identified by itself."""

from collections.abc import Callable
from functools import update_wrapper
from typing import TypeVar

from ..errors import need

ATTRIBUTE = "code_name"  # of a class that has a name
HINT = 'labkit.named("a-name-v1", ...) gives it a name that stands for it'
Code = TypeVar("Code", bound=Callable)


class Unidentified(ValueError):
    """Code or a value that a fingerprint cannot tell from others of its kind."""


def unidentified(label: str, value: object) -> Unidentified:
    """Return the error for an object that cannot be identified. label: how the message calls it."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    return Unidentified(
        f"{label} is a {kind}; it must be code or plain values that a store can tell from others. {HINT}"
    )


class Named:
    """A function or an object with a name that stands for it. Calling it calls the function."""

    def __init__(self, name: str, function: Callable) -> None:
        update_wrapper(self, function)  # its signature is that of the function
        self.name = name
        self.function = function

    def __call__(self, *args: object, **options: object) -> object:
        return self.function(*args, **options)

    def __repr__(self) -> str:
        return f"named({self.name!r})"


def named(name: str, code: Code) -> Code | Named:
    """Give code a name that identifies it in a store, in place of its source.

    name: a text; change it whenever the code changes. code: a function that makes a network, a callback, or a class
    of a method. A class is returned itself, anything else as a function that does the same.
    Raises ValueError for an empty name, and for code that cannot be called.
    """
    need(isinstance(name, str) and name.strip(), "name", name, "a text that is not empty")
    need(callable(code), "code", type(code).__name__, "a function or a class")
    if isinstance(code, type):
        setattr(code, ATTRIBUTE, name)
        return code
    return Named(name, code)
