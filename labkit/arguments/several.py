"""Descriptions of lists, of rows of a fixed length, and of tables."""

from dataclasses import dataclass

import numpy as np
import torch

from ..errors import need
from .descriptions import Description


def listed(value):
    """A list, tuple, range or one-dimensional array as a list; None for anything else."""
    if isinstance(value, (np.ndarray, torch.Tensor)) and value.ndim == 1 and str(value.dtype) != "object":
        return value.tolist()
    return list(value) if isinstance(value, (list, tuple, range)) else None


@dataclass(frozen=True, repr=False)
class Many(Description):
    """A list of values of one kind, `least` or more. kind: list | tuple, what a checked value is."""

    of: Description
    kind: type = tuple
    least: int = 0

    @property
    def may_be(self):
        return f"a list{f' of {self.least} or more' * bool(self.least)}, each {self.of.may_be}"

    def check(self, name, value):
        each = listed(value)
        need(each is not None and len(each) >= self.least, name, value, self.may_be)
        need(all(self.of.takes(one) for one in each), name, value, self.may_be)
        return self.kind(self.of.check(name, one) for one in each)


@dataclass(frozen=True, repr=False)
class Row(Description):
    """A fixed number of values, each with a description of its own."""

    parts: tuple

    @property
    def may_be(self):
        words = dict.fromkeys(part.may_be for part in self.parts)
        return f"a list of {len(self.parts)}: {', then '.join(words)}"

    def check(self, name, value):
        each = listed(value)
        need(each is not None and len(each) == len(self.parts), name, value, self.may_be)
        need(all(part.takes(one) for part, one in zip(self.parts, each)), name, value, self.may_be)
        return tuple(part.check(name, one) for part, one in zip(self.parts, each))


@dataclass(frozen=True, repr=False)
class Table(Description):
    """A dict with `least` or more entries. words: for it, in place of those of keys and values."""

    key: Description
    value: Description
    least: int = 0
    words: str = ""

    @property
    def may_be(self):
        if self.words:
            return self.words
        many = f"with {self.least} or more entries, " * bool(self.least)
        return f"a dict, {many}{self.key.may_be} -> {self.value.may_be}"

    def check(self, name, value):
        fine = isinstance(value, dict) and len(value) >= self.least
        fine = fine and all(self.key.takes(key) and self.value.takes(one) for key, one in value.items())
        need(fine, name, value, self.may_be)
        return {self.key.check(name, key): self.value.check(name, one) for key, one in value.items()}
