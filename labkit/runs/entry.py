"""One training of a method by name: what it is told, and its meta set. Races and sweeps enter runs through here."""

import json
from functools import lru_cache
from pathlib import Path

from ..data import Task, meta_split
from ..data.places import signature
from ..data.sets import HUMAN, NAMES, VARIANTS, find
from ..errors import need
from ..load import load
from ..method import Method
from ..methods import ALL, make

META = 100  # samples of a meta set, held out of the training set


def clean(data, n, files=None, options=""):
    """The data before any noise, as labkit.load gives them; they are read again only after their files have changed.
    files: the signature of the data, where it is known already; options: of labkit.load, as JSON. -> Task"""
    return _read(data, n, files or identity(data, options), options)


def identity(data, options=""):
    """What tells whether data are still the same: the signature of their path, and of a table of labels. -> tuple"""
    labels = (json.loads(options) if options else {}).get("labels")
    tables = [Path(labels), Path(data) / labels] if isinstance(labels, str) else []
    return (*signature(data), *_files(data), *(signature(table) for table in tables if table.is_file()))


def _files(data):
    """The signatures of the files of a set by its name; a path has none of these. -> list"""
    if not isinstance(data, str) or data not in (*NAMES, *VARIANTS):
        return []
    known = VARIANTS.get(data, (data,))[0]
    sets = [known, HUMAN[known][0]] if known in HUMAN else [known]
    return [signature(find(name)[0]) for name in sets]


@lru_cache(maxsize=2)
def _read(data, n, files, options):
    """The data, kept for the next call. files: their signature"""
    return load(data, n=n, **(json.loads(options) if options else {}))


def true_rate(task: Task, rate: float) -> float | None:
    """The true noise rate of a task, None where nobody knows it. rate: of the noise that was added, 0 for none"""
    assumed = task.noise is not None and task.noise.of_given  # the labels before count as true, if noise was added
    if task.truth is None or not task.truth.complete or (assumed and not rate):
        return None
    if rate or task.noise:
        return rate or task.noise.rate
    wrong = task.train.y != task.truth.y
    return (wrong.any(-1) if wrong.dim() > 1 else wrong).double().mean().item() or rate


def make_method(name: str, hyperparameters: dict, rate: float | None) -> Method:
    """Make a method by name, with the true noise rate where it assumes one and `hyperparameters` have none.

    Raises ValueError where the true rate is needed and unknown (None).
    """
    missing = rate is None and "rate" not in hyperparameters and ALL[name].assumes_rate()
    may_be = "a number in [0, 1): nobody knows the true labels, so give it; labkit.estimate_rate(task) estimates it"
    need(not missing, f"rate of {name}", None, may_be)
    return make(name, rate, **hyperparameters)


def enter(name, hyperparameters, rate, task, n, seed):
    """A method by name, and what it trains on. n: samples of the meta set, held out of the training set for a method
    that learns from one, with labels as noisy as the others where the method asks for such. -> Method, Task, Split or
    None"""
    method = make_method(name, hyperparameters, true_rate(task, rate))
    if not method.needs_meta:
        return method, task, None
    by = "given" if task.truth is None else "true"
    balanced = by if task.classes else False
    return method, *meta_split(task, n, trusted=method.meta_labels == "true", balanced=balanced, seed=seed)
