"""The part of a run's identity that is code of the user's: network, method, recipe, callback, hyperparameters."""

import os
from collections.abc import Callable

from .. import nets
from ..arguments import scalar
from ..fingerprint import Unidentified, belongs, content, fingerprint, network, observes
from .network import build

UNKNOWN = None  # stands for code that cannot be identified


def user_code(method, net, task, recipe, on_epoch, stored) -> dict:
    """Hash the code that does not belong to labkit. -> {"net", "method", "recipe", "on_epoch": 16 hexadecimal digits},
    without what is labkit's

    A callback that only looks at the run is left out, because it moves no number. What cannot be identified is None.
    stored: raise Unidentified (a ValueError) for it instead.
    """
    factory = nets.ALL[net] if isinstance(net, str) else net
    outputs = task.classes or task.train.y.shape[-1]
    hashes = {}
    if not belongs(factory):
        samples = task.train.inputs(slice(0, 2))
        hashes["net"] = lambda: network(factory, lambda: build(net, task.shape, outputs, samples))
    for name, cls in (("method", type(method)), ("recipe", type(recipe))):
        if not belongs(cls):
            hashes[name] = lambda name=name, cls=cls: fingerprint(cls, name)
    if "method" in hashes and (files := _files(method)):
        hashes["files"] = lambda: fingerprint(files)
    if on_epoch is not None and not observes(on_epoch):
        hashes["on_epoch"] = lambda: fingerprint(on_epoch, "on_epoch")
    return {name: attempt(hash_it, stored) for name, hash_it in hashes.items()}


def _files(method):
    """The files that hyperparameters of a user's method name: it may read them. -> {hyperparameter: hash of content}"""
    values = method.hyperparameters().items()
    named = {name: value for name, value in values if isinstance(value, (str, os.PathLike)) and os.path.isfile(value)}
    return {name: content(value) for name, value in named.items()}


def attempt(hash_it: Callable, stored: bool) -> str | None:
    """A hash, or UNKNOWN for what cannot be identified. stored: raise Unidentified instead."""
    try:
        return hash_it()
    except Unidentified:
        if stored:
            raise
        return UNKNOWN


def identified(config: dict) -> bool:
    """Can a configuration tell this run from every other?"""
    code = config.get("code", {})
    values = config["hyperparameters"].values()
    return UNKNOWN not in code.values() and {"code": UNKNOWN} not in values


def json_value(value: object, what: str, stored: bool) -> object:
    """A hyperparameter as JSON: numbers of torch and numpy as Python's, lists, dicts; of anything else its hash."""
    value = scalar(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [json_value(part, what, stored) for part in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: json_value(part, what, stored) for key, part in value.items()}
    return {"code": attempt(lambda: fingerprint(value, what), stored)}
