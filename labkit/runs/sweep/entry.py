"""A point of a sweep of trainings: what its names mean, and what `fit` gets.

data, n: as of labkit.load. data.X: its option X, such as data.label and data.size. noise, rate, noise_seed: a name in
labkit.noise.ALL, its rate, the seed of its draw (that of the training, where none is given); rate 0, or none: clean
labels. method, method.X: a name in labkit.methods.ALL, its hyperparameter X; the assumed noise rate is the true one,
where none is given. meta: samples of the meta set, for a method that learns from one. net, epochs, seed, life: as of
labkit.fit. recipe.X: the entry X of labkit.Recipe.
"""

import json
from functools import lru_cache

from ... import noise
from ...fit import Recipe
from ..entry import META, clean, enter, identity


def entry(point):
    """What labkit.fit gets, from a point of a Plan. -> method, task, net, epochs, seed, recipe, meta, life

    Reads the data; those read and made noisy last are kept for the next point. Raises FileNotFoundError when they are
    not there.
    """
    rate, seed = point.get("rate", 0), point["seed"]
    data = source(point)
    task = clean(*data) if not rate else _noisy(*data, point["noise"], rate, point.get("noise_seed", seed))
    method, task, meta = enter(point["method"], own(point, "method"), rate, task, point.get("meta", META), seed)
    recipe = Recipe.of(own(point, "recipe"))
    return method, task, point["net"], point["epochs"], seed, recipe, meta, point.get("life", False)


def source(point):
    """What `clean` gets, from a point. -> data, n, signature of the data, options"""
    options = own(point, "data")
    text = json.dumps(options, sort_keys=True) if options else ""
    return point["data"], point.get("n"), identity(point["data"], text), text


def own(point, owner):
    """The entries called owner.X of a point. -> {X: value}"""
    return {name.removeprefix(f"{owner}."): v for name, v in point.items() if name.startswith(f"{owner}.")}


@lru_cache(maxsize=4)
def _noisy(data, n, files, options, model, rate, seed):
    """The data with this noise. files: the signature of the data. -> Task"""
    return noise.corrupt(clean(data, n, files, options), noise.ALL[model](rate), seed)
