"""Walk over a value and everything that it depends on, and hash it."""

import functools
import logging
from collections.abc import Iterable
from hashlib import sha256
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType

import numpy as np
import torch

from . import functions, objects
from .named import Named, Unidentified

__all__ = ["Unidentified", "Walk", "fingerprint"]

PLAIN = {type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented)}
PRINTED = torch.dtype, torch.device, torch.layout, torch.memory_format, np.dtype
WRAPPERS = (
    MethodType, staticmethod, classmethod, property, functools.cached_property, functools.partial,
    functools.partialmethod, functools._lru_cache_wrapper,
)  # fmt: skip
KINDS = (
    (FunctionType, functions.function),
    (type, objects.class_),
    (ModuleType, functions.module),
    (Named, objects.named),
    (WRAPPERS, functions.wrapper),
    (BuiltinFunctionType, functions.builtin),
    (CodeType, functions.code),
    (torch.Tensor, objects.tensor),
    (np.ndarray, objects.array),
    (np.generic, objects.number),
    (torch.Generator, objects.generator),
    (logging.Logger, objects.logger),
    (torch.nn.Module, objects.module),
    (object, objects.instance),
)


def fingerprint(value: object, label: str = "value") -> str:
    """Hash a value with all the code that it depends on. -> 16 hexadecimal digits

    label: how an error calls it. Raises Unidentified (a ValueError) for a value that cannot be told from others.
    """
    walk = Walk()
    walk.value(value, label)
    return walk.name()


class Walk:
    """One walk. It hashes each object once; when the object comes again, it hashes the number of the first time."""

    def __init__(self) -> None:
        self.digest = sha256()
        self.visited: dict[int, tuple[int, object]] = {}  # id -> number, object

    def name(self) -> str:
        """Return the hash so far, 16 hexadecimal digits."""
        return self.digest.hexdigest()[:16]

    def put(self, *parts: object) -> None:
        """Hash plain values."""
        self.digest.update(repr(parts).encode("utf-8", "surrogatepass"))

    def value(self, value: object, label: str) -> None:
        """Hash a value of any kind. label: how an error calls it."""
        if type(value) in PLAIN:
            self.put(type(value).__name__, value)
        elif isinstance(value, PRINTED):
            self.put(type(value).__name__, str(value))
        elif type(value) is tuple:
            self.values("tuple", value, label)
        elif id(value) in self.visited:
            number, _ = self.visited[id(value)]
            self.put("met", number)
        else:
            # the object is kept alive, so that no other object gets its id
            self.visited[id(value)] = len(self.visited), value
            self.new_object(value, label)

    def new_object(self, value: object, label: str) -> None:
        """Hash an object that is not plain and has not been visited."""
        if type(value) is list:
            self.values("list", value, label)
        elif type(value) is dict:
            self.items(value, label)
        elif type(value) in (set, frozenset):
            self.set(value, label)
        else:
            hash_kind = next(hash_kind for kind, hash_kind in KINDS if isinstance(value, kind))
            hash_kind(self, value, label)

    def values(self, name: str, values: list | tuple, label: str) -> None:
        """Hash several values in order."""
        self.put(name, len(values))
        for value in values:
            self.value(value, label)

    def set(self, values: Iterable, label: str) -> None:
        """Hash a set; it has no order."""
        self.put("set", sorted(fingerprint(value, label) for value in values))

    def items(self, table: dict, label: str) -> None:
        """Hash a dict."""
        self.put("dict", len(table))
        for key, value in table.items():
            self.value(key, label)
            self.value(value, f"{label}, {key if isinstance(key, str) else type(key).__name__}")
