"""Points of a sweep of trainings: the meaning of their names, and the arguments of `fit` that they stand for.

data, n: as of labkit.load. data.X: its option X, such as data.label and data.size. noise, rate, noise_seed: a name in
labkit.noise.ALL, its rate, the seed of its draw (that of the training, where none is given); rate 0, or none: clean
labels. method, method.X: a name in labkit.methods.ALL, its hyperparameter X; the assumed noise rate is the true one,
where none is given. meta: samples of the meta set, for a method that learns from one. net, epochs, seed, life: as of
labkit.fit. recipe.X: the entry X of labkit.Recipe.
"""

import json
from functools import lru_cache
from typing import Any

from ... import noise
from ...data import Split, Task
from ...fit import Recipe
from ...method import Method
from ..entry import META, clean, enter, identity
from .points import Point

# the arguments of labkit.fit: method, task, net, epochs, seed, recipe, meta, life
Entry = tuple[Method, Task, str, int, int, Recipe, Split | None, bool]


def entry(point: Point) -> Entry:
    """Return the arguments of labkit.fit for a point: method, task, net, epochs, seed, recipe, meta, life.

    Reads the data; the last ones are cached, as they are and with noise. Raises FileNotFoundError when they are not
    there.
    """
    rate = point.get("rate", 0)
    seed = point["seed"]
    data = source(point)
    task = clean(*data) if not rate else _noisy(*data, point["noise"], rate, point.get("noise_seed", seed))
    hyperparameters = entries_of(point, "method")
    method, task, meta = enter(point["method"], hyperparameters, rate, task, point.get("meta", META), seed)
    recipe = Recipe.of(entries_of(point, "recipe"))
    return method, task, point["net"], point["epochs"], seed, recipe, meta, point.get("life", False)


def source(point: Point) -> tuple[str, int | None, tuple, str]:
    """Return the arguments of `clean` for a point: data, n, identity of the data, options as JSON."""
    options = entries_of(point, "data")
    text = json.dumps(options, sort_keys=True) if options else ""
    return point["data"], point.get("n"), identity(point["data"], text), text


def entries_of(point: Point, owner: str) -> dict[str, Any]:
    """Return the entries of a point called owner.X, as {X: value}."""
    prefix = f"{owner}."
    entries = {}
    for name, value in point.items():
        if name.startswith(prefix):
            entries[name.removeprefix(prefix)] = value
    return entries


@lru_cache(maxsize=4)
def _noisy(data, n, files, options, model, rate, seed):
    """Return data with noise. files: the identity of the data -> Task"""
    return noise.corrupt(clean(data, n, files, options), noise.ALL[model](rate), seed)
