"""One training of a method by name: what it is told, and its meta set. Races and sweeps enter runs through here."""

from dataclasses import fields
from functools import lru_cache

from .. import data as datasets
from ..methods import ALL
from .compare import NOISY_META

META = 100  # samples of a meta set, held out of the training set


@lru_cache(maxsize=2)
def clean(data, n):
    """The data before any noise, as labkit.load gives them; who asks again does not read again. -> Task"""
    return datasets.load(data, n=n)


def told(name, hyperparameters, rate):
    """A method by name. One that assumes a noise rate, and is not given one, is told the true one. -> Method"""
    cls = ALL[name]
    assumes = any(field.name == "rate" for field in fields(cls))
    return cls(**(({"rate": rate} if assumes else {}) | hyperparameters))


def enter(name, hyperparameters, rate, task, n, seed):
    """A method by name, and what it trains on. n: samples of the meta set, held out of the training set for a method
    that learns from one, with labels as noisy as the others where the method asks for such. -> Method, Task, Split or
    None"""
    method = told(name, hyperparameters, rate)
    if not method.needs_meta:
        return method, task, None
    balanced = "true" if task.classes else False
    return method, *datasets.meta_split(task, n, trusted=name not in NOISY_META, balanced=balanced, seed=seed)
