"""A training of a method by name: its data, its assumed noise rate, its meta set. Races and sweeps begin runs here."""

import json
from functools import lru_cache
from os import PathLike
from pathlib import Path

from ..data import Split, Task, meta_split
from ..data.places import signature
from ..data.sets import HUMAN, NAMES, VARIANTS, find
from ..errors import need
from ..load import load
from ..method import Method
from ..methods import ALL, make

META = 100  # samples of a meta set, held out of the training set


def clean(data: str | PathLike, n: int | None, files: tuple | None = None, options: str = "") -> Task:
    """Load a clean dataset; the last two are cached, and read again only after their files have changed.

    data, n: as of labkit.load. files: the `identity` of the data, where it is known already. options: of labkit.load,
    as JSON.
    """
    return _read(data, n, files or identity(data, options), options)


def identity(data: str | PathLike, options: str = "") -> tuple:
    """Return a value that changes with the data's files: signatures of their path, and of a table of labels."""
    labels = json.loads(options).get("labels") if options else None
    tables = [Path(labels), Path(data) / labels] if isinstance(labels, str) else []
    signatures = map(signature, filter(Path.is_file, tables))
    return (*signature(data), *_files(data), *signatures)


def _files(data):
    """Return the signatures of the files of a named dataset; none for a path. -> list"""
    if not isinstance(data, str) or data not in (*NAMES, *VARIANTS):
        return []
    name = VARIANTS.get(data, (data,))[0]
    names = [name, HUMAN[name][0]] if name in HUMAN else [name]
    return [signature(find(name)[0]) for name in names]


@lru_cache(maxsize=2)
def _read(data, n, files, options):
    """Load the data, cached by the identity of their files. -> Task"""
    return load(data, n=n, **(json.loads(options) if options else {}))


def true_rate(task: Task, rate: float) -> float | None:
    """Return the true noise rate of a task, None where it is unknown. rate: of the noise that was added, 0 for none"""
    assumed = task.noise is not None and task.noise.of_given  # the labels before count as true, if noise was added
    if task.truth is None or not task.truth.complete or (assumed and not rate):
        return None
    if rate or task.noise:
        return rate or task.noise.rate
    wrong = task.train.y != task.truth.y
    wrong = wrong.any(-1) if wrong.dim() > 1 else wrong
    return wrong.double().mean().item() or rate


def make_method(name: str, hyperparameters: dict, rate: float | None) -> Method:
    """Make a method by name, with the true noise rate where it assumes one and `hyperparameters` have none.

    Raises ValueError where the true rate is needed and unknown (None).
    """
    missing = rate is None and "rate" not in hyperparameters and ALL[name].assumes_rate()
    may_be = "a number in [0, 1): nobody knows the true labels, so give it; labkit.estimate_rate(task) estimates it"
    need(not missing, f"rate of {name}", None, may_be)
    return make(name, rate, **hyperparameters)


def enter(
    name: str, hyperparameters: dict, rate: float, task: Task, n: int, seed: int
) -> tuple[Method, Task, Split | None]:
    """Make a method by name, and the task and meta set that it trains on.

    rate: of the noise that was added. n: samples of the meta set, held out of the training set for a method that
    learns from one, with labels as noisy as the others where the method asks for such.
    """
    method = make_method(name, hyperparameters, true_rate(task, rate))
    if not method.needs_meta:
        return method, task, None
    by = "given" if task.truth is None else "true"
    balanced = by if task.classes else False
    return method, *meta_split(task, n, trusted=method.meta_labels == "true", balanced=balanced, seed=seed)
