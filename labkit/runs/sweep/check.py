"""Checks that `fit` takes every point of a sweep: each different value once, before anything starts."""

import json
import re
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import torch

from ... import nets, noise
from ...arguments import Count, Epochs, Flag, Rate, Seed, describe, described
from ...data.sets import NAMES, VARIANTS
from ...errors import choose, need
from ...fit import Recipe, maker
from ...fit.check import check_method
from ...generators import unmoved
from ...load import options_of
from ...methods import ALL
from ..entry import clean, make_method
from .entry import entries_of, entry, source
from .points import Point, names_in

NEEDED = ("data", "method", "net", "epochs", "seed")
KNOWN = (*NEEDED, "n", "noise", "rate", "noise_seed", "meta", "life")
SETTINGS = {"epochs": Epochs, "seed": Seed, "n": Count, "noise_seed": Seed, "meta": Count, "life": Flag}
EMBEDDED = ("digits", "faces")  # data that are read; others may be where the workers are, and not here
IN_YAML = {"True": "true", "False": "false", "None": "null"}
A_NAME = "a name in fit, grid or when"


def check(points: Sequence[Point]) -> None:
    """Raise ValueError for the first point that could not be trained: the name, the value, what it may be, the run.

    Nothing is trained or downloaded. Files of one's own are read, so that a missing argument for them is asked for
    here; images that were decoded are kept in the cache.
    """
    for name in names_in(points):
        if not name.startswith(("method.", "recipe.", "data.")):
            choose(A_NAME, name, dict.fromkeys((*KNOWN, "method.X", "recipe.X", "data.X")))
    passed = set()
    names_of = {}
    for point in points:
        _need_all(point)
        kind = tuple(point)
        if kind not in names_of:
            names_of[kind] = _names_by_check(point)
        for test, names in names_of[kind]:
            part = {name: point[name] for name in names}
            key = test, *map(_hashable, part.items())
            if key not in passed:
                with _named(part):
                    test(part)
                passed.add(key)


def _need_all(point):
    """Raise ValueError for a point without a name that every training needs."""
    for name in NEEDED:
        if name not in point:
            need(False, name, None, f"given, in fit or in grid; a run has only {_text(point)}")


def _names_by_check(point):
    """Return which names of a point each of CHECKS reads. -> list of pairs of check and names"""
    pairs = []
    for test, owners in CHECKS.items():
        pairs.append((test, [name for name in point if name.partition(".")[0] in owners]))
    return pairs


def _hashable(entry):
    """Return a name with its JSON value so that it can be in a set; 1, 1.0 and true are three values."""
    name, value = entry
    hashed = json.dumps(value, sort_keys=True) if isinstance(value, (list, dict)) else value
    return name, type(value), hashed


@contextmanager
def _named(part):
    """Context manager. Add the values that stand together to an error raised inside, written as in a plan."""
    try:
        yield
    except (ValueError, TypeError) as error:
        finding, _, may_be = str(error).partition("; it must be ")
        may_be = re.sub(r"\b(True|False|None)\b", lambda match: IN_YAML[match[0]], may_be)
        message = f"{finding}; it must be {may_be}" if may_be else finding
        raise ValueError(f"{message} (a run has {_text(part)})") from None


def _text(part):
    """Write values as a plan has them. -> text"""
    return ", ".join(f"{name}: {json.dumps(value)}" for name, value in part.items())


def _check_settings(part):
    """Check numbers and truths by their descriptions."""
    for name, value in part.items():
        describe(SETTINGS[name]).check(name, value)


def _check_data(part):
    """Check the name or path of the data, and the options of labkit.load."""
    data = part["data"]
    a_path = "the path of a folder or file that exists"
    if not is_path(data):
        _choose("data", data, dict.fromkeys((*NAMES, *VARIANTS, a_path)))
    options = {f"data.{option}": None for option in options_of(data)}
    for name in entries_of(part, "data"):
        choose(A_NAME, f"data.{name}", options)
    if is_path(data):
        try:
            clean(*source(part))
        except ValueError as error:
            raise ValueError(f"{error}; in a plan, an option X of labkit.load is called data.X") from None


def is_path(data: object) -> bool:
    """Return whether data are the path of a file or folder that exists, and not a name of labkit's."""
    if not isinstance(data, str) or not data or data in NAMES or data in VARIANTS:
        return False
    return Path(data).expanduser().exists()


def _check_noise(part):
    """Check rate and noise, and that both are there."""
    rate = part.get("rate", 0)
    describe(Rate).check("rate", rate)
    need("rate" in part or "noise" not in part, "rate", None, "given where noise is; 0: clean labels")
    if rate or "noise" in part:
        _choose("noise", part.get("noise"), noise.ALL)(rate)


def _check_net(part):
    """Check the name of the network."""
    _choose("net", part["net"], nets.ALL)


def _check_recipe(part):
    """Check the entries of the recipe."""
    entries = entries_of(part, "recipe")
    _check_types("recipe", entries, Recipe)
    Recipe.of(entries)


def _check_method(part):
    """Check the method, its hyperparameters and whether it takes a meta set."""
    name = part["method"]
    hyperparameters = entries_of(part, "method")
    cls = _choose("method", name, ALL)
    known = dict.fromkeys(field.name for field in fields(cls))
    for hyperparameter, value in hyperparameters.items():
        need(known, f"method.{hyperparameter}", value, f"left out: {name} has no hyperparameters")
        choose(f"a hyperparameter of {name}", hyperparameter, known)
    _check_types("method", hyperparameters, cls)
    make_method(name, hyperparameters, part.get("rate", 0))
    need("meta" not in part or cls.meta_labels, "meta", part.get("meta"), f"left out: {name} takes no meta set")


def _check_shape(part):
    """Check that the network takes the shape of the samples."""
    if part["data"] in EMBEDDED or is_path(part["data"]):
        with unmoved():
            maker(part["net"], clean(*source(part)), torch.device("cpu"))()


def _check_task(part):
    """Check that the data take the noise, that the method takes the data, and that there are samples enough."""
    if part["data"] not in EMBEDDED and not is_path(part["data"]):
        return
    task = clean(*source(part))
    if part.get("rate"):
        noise.ALL[part["noise"]](part["rate"]).check(task)
    try:
        method, task, *_, meta, _ = entry({"seed": 0, "epochs": 1, "net": None} | part)
    except ValueError as error:
        of_meta = str(error).startswith("n is")  # it calls the number of meta samples n
        raise ValueError(f"meta: {error}" if of_meta else str(error)) from None
    check_method(method, task, meta)


# which names, or owners of names with a point, each check reads; a later check relies on the earlier ones
CHECKS = {
    _check_settings: tuple(SETTINGS),
    _check_data: ("data",),
    _check_noise: ("noise", "rate"),
    _check_net: ("net",),
    _check_recipe: ("recipe",),
    _check_method: ("method", "rate", "meta"),
    _check_shape: ("data", "net"),
    _check_task: ("data", "n", "noise", "rate", "method", "meta"),
}


def _choose(argument, name, table):
    """Look a name up as `choose` does; the name may be any value."""
    need(isinstance(name, str), argument, name, f"one of {', '.join(table)}")
    return choose(argument, name, table)


def _check_types(owner, values, cls):
    """Check values by the annotations of a class. Raises ValueError that names the entry of the plan."""
    known = described(cls)
    for name in known.keys() & values.keys():
        known[name].check(f"{owner}.{name}", values[name])
