"""Walk over a value and all that it depends on, and hash what is met."""

import functools
import logging
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


def fingerprint(value: object, what: str = "value") -> str:
    """Hash a value with all the code that it depends on. -> 16 hexadecimal digits

    what: how an error calls it. Raises Unidentified (a ValueError) for what cannot be told from another.
    """
    walk = Walk()
    walk.value(value, what)
    return walk.name()


class Walk:
    """One walk. It hashes each object that it meets once; a second time it hashes the number of the first meeting."""

    def __init__(self) -> None:
        self.digest, self.met = sha256(), {}

    def name(self) -> str:
        """The hash so far. -> 16 hexadecimal digits"""
        return self.digest.hexdigest()[:16]

    def put(self, *parts: object) -> None:
        """Hash plain values."""
        self.digest.update(repr(parts).encode("utf-8", "surrogatepass"))

    def value(self, value: object, what: str) -> None:
        """Hash a value of any kind. what: the way to it, for an error."""
        if type(value) in PLAIN:
            return self.put(type(value).__name__, value)
        if isinstance(value, PRINTED):
            return self.put(type(value).__name__, str(value))
        if type(value) is tuple:
            return self.values("tuple", value, what)
        if id(value) in self.met:
            return self.put("met", self.met[id(value)][0])
        self.met[id(value)] = len(self.met), value  # kept alive, so that no other object gets its id
        return self.thing(value, what)

    def thing(self, value: object, what: str) -> None:
        """Hash what is not plain, and not met before."""
        if type(value) is list:
            return self.values("list", value, what)
        if type(value) is dict:
            return self.items(value, what)
        if type(value) in (set, frozenset):
            return self.set(value, what)
        for kind, hash_it in KINDS:
            if isinstance(value, kind):
                return hash_it(self, value, what)

    def values(self, name: str, values: list | tuple, what: str) -> None:
        """Hash several values in order."""
        self.put(name, len(values))
        for value in values:
            self.value(value, what)

    def set(self, values: set | frozenset, what: str) -> None:
        """Hash a set; it has no order."""
        self.put("set", sorted(fingerprint(value, what) for value in values))

    def items(self, table: dict, what: str) -> None:
        """Hash a dict."""
        self.put("dict", len(table))
        for key, value in table.items():
            self.value(key, what)
            self.value(value, f"{what}, {key if isinstance(key, str) else type(key).__name__}")
