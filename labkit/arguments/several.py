"""Descriptions of lists, of rows of a fixed length, and of tables."""

from dataclasses import dataclass

import numpy as np
import torch

from ..errors import need
from .descriptions import Description


def listed(value: object) -> list | None:
    """Return a list, tuple, range or one-dimensional array as a list; None for anything else."""
    if isinstance(value, (np.ndarray, torch.Tensor)) and value.ndim == 1 and str(value.dtype) != "object":
        return value.tolist()
    return list(value) if isinstance(value, (list, tuple, range)) else None


@dataclass(frozen=True, repr=False)
class Many(Description):
    """A list of values of one kind, `least` or more. kind: list | tuple, the type of a checked value."""

    of: Description
    kind: type = tuple
    least: int = 0

    @property
    def may_be(self) -> str:
        """The least length and what each value may be."""
        length = f" of {self.least} or more" if self.least else ""
        return f"a list{length}, each {self.of.may_be}"

    def check(self, name: str, value: object) -> list | tuple:
        """Return the list with checked values. Raises ValueError for anything else."""
        values = listed(value)
        need(values is not None and len(values) >= self.least, name, value, self.may_be)
        for entry in values:
            need(self.of.takes(entry), name, value, self.may_be)
        return self.kind(self.of.check(name, entry) for entry in values)


@dataclass(frozen=True, repr=False)
class Row(Description):
    """A fixed number of values, each with its own description."""

    parts: tuple[Description, ...]

    @property
    def may_be(self) -> str:
        """The length and what the values may be, in order."""
        parts = dict.fromkeys(part.may_be for part in self.parts)
        return f"a list of {len(self.parts)}: {', then '.join(parts)}"

    def check(self, name: str, value: object) -> tuple:
        """Return the row with checked values. Raises ValueError for anything else."""
        values = listed(value)
        need(values is not None and len(values) == len(self.parts), name, value, self.may_be)
        for part, entry in zip(self.parts, values):
            need(part.takes(entry), name, value, self.may_be)
        return tuple(part.check(name, entry) for part, entry in zip(self.parts, values))


@dataclass(frozen=True, repr=False)
class Table(Description):
    """A dict with `least` or more entries. text: what a message says of it, in place of its keys and values."""

    key: Description
    value: Description
    least: int = 0
    text: str = ""

    @property
    def may_be(self) -> str:
        """The text, or the least size and what keys and values may be."""
        if self.text:
            return self.text
        size = f"with {self.least} or more entries, " if self.least else ""
        return f"a dict, {size}{self.key.may_be} -> {self.value.may_be}"

    def check(self, name: str, value: object) -> dict:
        """Return the dict with checked keys and values. Raises ValueError for anything else."""
        need(isinstance(value, dict) and len(value) >= self.least, name, value, self.may_be)
        checked = {}
        for key, entry in value.items():
            need(self.key.takes(key) and self.value.takes(entry), name, value, self.may_be)
            checked[self.key.check(name, key)] = self.value.check(name, entry)
        return checked
