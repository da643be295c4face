"""The part of a run's identity that is code of the user's: network, method, recipe, callback, hyperparameters."""

import os
from collections.abc import Callable
from functools import partial

from .. import nets
from ..arguments import scalar
from ..data import Task
from ..fingerprint import Unidentified, belongs, content, fingerprint, network, observes
from ..method import Method
from .network import NetMaker, build
from .recipe import Recipe

UNKNOWN = None  # stands for code that cannot be identified


def user_code(
    method: Method, net: NetMaker, task: Task, recipe: Recipe, on_epoch: Callable | None, stored: bool
) -> dict[str, str | None]:
    """Hash the code that does not belong to labkit. -> {"net", "method", "files", "recipe", "on_epoch": hash}

    Hashes have 16 hexadecimal digits; entries whose code is labkit's are left out. So is a callback that only reads the
    run, because it moves no number. What cannot be identified is None. stored: raise Unidentified (a ValueError) for it
    instead.
    """
    factory = nets.ALL[net] if isinstance(net, str) else net
    outputs = task.classes or task.train.y.shape[-1]
    hashes = {}
    if not belongs(factory):
        samples = task.train.inputs(slice(0, 2))
        make_net = partial(build, net, task.shape, outputs, samples)
        hashes["net"] = partial(network, factory, make_net)
    for name, cls in (("method", type(method)), ("recipe", type(recipe))):
        if not belongs(cls):
            hashes[name] = partial(fingerprint, cls, name)
    files = _files(method) if "method" in hashes else {}
    if files:
        hashes["files"] = partial(fingerprint, files)
    if on_epoch is not None and not observes(on_epoch):
        hashes["on_epoch"] = partial(fingerprint, on_epoch, "on_epoch")
    return {name: attempt(hash_it, stored) for name, hash_it in hashes.items()}


def _files(method):
    """Hash the files that hyperparameters of a user's method name, because it may read them. -> {name: hash}"""
    files = {}
    for name, value in method.hyperparameters().items():
        if isinstance(value, (str, os.PathLike)) and os.path.isfile(value):
            files[name] = content(value)
    return files


def attempt(hash_it: Callable[[], str], stored: bool) -> str | None:
    """Return a hash, or UNKNOWN for what cannot be identified. stored: raise Unidentified instead."""
    try:
        return hash_it()
    except Unidentified:
        if stored:
            raise
        return UNKNOWN


def identified(config: dict) -> bool:
    """Does a configuration identify its run, without code that is UNKNOWN?"""
    code = config.get("code", {})
    values = config["hyperparameters"].values()
    return UNKNOWN not in code.values() and {"code": UNKNOWN} not in values


def json_value(value: object, label: str, stored: bool) -> object:
    """Return a hyperparameter as JSON: numbers of torch and numpy as Python's; of what is no JSON its hash."""
    value = scalar(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [json_value(part, label, stored) for part in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: json_value(part, label, stored) for key, part in value.items()}
    return {"code": attempt(lambda: fingerprint(value, label), stored)}
