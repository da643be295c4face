"""Would `fit` take every point of a sweep? Each distinct value is looked at once, before anything starts."""

import json
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import torch

from ... import nets, noise
from ...data.sets import NAMES, VARIANTS
from ...errors import choose, need
from ...fit import Recipe, maker
from ...fit.check import suits
from ...load import options_of
from ...methods import ALL
from ..entry import clean, told
from .entry import entry, own, source

NEEDED = ("data", "method", "net", "epochs", "seed")
KNOWN = (*NEEDED, "n", "noise", "rate", "noise_seed", "meta", "life")
LEAST = {"epochs": 1, "seed": 0, "n": 1, "noise_seed": 0, "meta": 1}
EMBEDDED = ("digits", "faces")  # data that are looked at; others may be where the workers are, and not here
WORDS = {bool: "true or false", int: "whole number", float: "number", str: "text", tuple: "list", type(None): "null"}


def check(points):
    """Raise ValueError for the first point that could not be trained: the name, the value, what it may be, the run.

    Nothing is trained or downloaded. Files of one's own are read, so that what they leave open is asked for here;
    images that were decoded are kept in the cache.
    """
    for name in dict.fromkeys(name for point in points for name in point):
        if not name.startswith(("method.", "recipe.", "data.")):
            choose("a name in fit, grid or when", name, dict.fromkeys((*KNOWN, "method.X", "recipe.X", "data.X")))
    looked, parts = set(), {}
    for point in points:
        missing = [name for name in NEEDED if name not in point]
        if missing:
            need(False, missing[0], None, f"given, in fit or in grid; a run has only {_words(point)}")
        kind = tuple(point)
        if kind not in parts:
            parts[kind] = _parts(point)
        for look, names in parts[kind]:
            key = look, *((name, *_hashed(point[name])) for name in names)
            if key not in looked:
                part = {name: point[name] for name in names}
                with _in(part):
                    look(part)
                looked.add(key)


def _parts(point):
    """Which names of a point each of LOOKS looks at. -> list of pairs"""
    owner = {name: name.partition(".")[0] for name in point}
    return [(look, [name for name in point if owner[name] in names]) for look, names in LOOKS.items()]


def _hashed(value):
    """A JSON value as something that can be in a set; 1, 1.0 and true are three values."""
    return type(value), json.dumps(value, sort_keys=True) if isinstance(value, (list, dict)) else value


@contextmanager
def _in(part):
    """An error says which values stand together."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise ValueError(f"{error} (a run has {_words(part)})") from None


def _words(part):
    return ", ".join(f"{name}: {json.dumps(value)}" for name, value in part.items())


def _numbers(part):
    for name, value in part.items():
        need(type(value) is int and value >= LEAST[name], name, value, f"a whole number, {LEAST[name]} or more")


def _life(part):
    need(isinstance(part.get("life", False), bool), "life", part.get("life"), "true or false")


def _data(part):
    data, may_be = part["data"], "the path of a folder or file that exists"
    if not is_path(data):
        _choose("data", data, dict.fromkeys((*NAMES, *VARIANTS, may_be)))
    takes = options_of(data)
    for name in own(part, "data"):
        choose("a name in fit, grid or when", f"data.{name}", {f"data.{option}": None for option in takes})
    if is_path(data):
        try:
            clean(*source(part))
        except ValueError as error:
            raise ValueError(f"{error}; in a plan, an option X of labkit.load is called data.X") from None


def is_path(data):
    """Is it the path of something of one's own that is there?"""
    named = isinstance(data, str) and (data in NAMES or data in VARIANTS)
    return isinstance(data, str) and bool(data) and not named and Path(data).expanduser().exists()


def _noise(part):
    rate = part.get("rate", 0)
    fine = isinstance(rate, (int, float)) and not isinstance(rate, bool) and 0 <= rate < 1
    need(fine, "rate", rate, "a number in [0, 1)")
    need("rate" in part or "noise" not in part, "rate", None, "given where noise is; 0: clean labels")
    if rate or "noise" in part:
        _choose("noise", part.get("noise"), noise.ALL)(rate)


def _net(part):
    _choose("net", part["net"], nets.ALL)


def _recipe(part):
    _typed("recipe", own(part, "recipe"), Recipe)
    Recipe.of(own(part, "recipe"))


def _method(part):
    name, given = part["method"], own(part, "method")
    cls = _choose("method", name, ALL)
    known = dict.fromkeys(field.name for field in fields(cls))
    for one in given:
        need(known, f"method.{one}", given[one], f"left out: {name} has no hyperparameters")
        choose(f"a hyperparameter of {name}", one, known)
    _typed("method", given, cls)
    told(name, given, part.get("rate", 0))
    need("meta" not in part or cls.needs_meta, "meta", part.get("meta"), f"left out: {name} takes no meta set")


def _shape(part):
    """The network takes the shape of the samples."""
    if part["data"] in EMBEDDED or is_path(part["data"]):
        with torch.random.fork_rng(devices=[]):
            maker(part["net"], clean(*source(part)), torch.device("cpu"))()


def _together(part):
    """The data take the noise, the method takes the data, and there are samples enough."""
    if part["data"] not in EMBEDDED and not is_path(part["data"]):
        return
    task = clean(*source(part))
    if part.get("rate"):
        noise.ALL[part["noise"]](part["rate"]).check(task)
    try:
        method, task, *_, meta, _ = entry({"seed": 0, "epochs": 1, "net": None} | part)
    except ValueError as error:
        of_meta = str(error).startswith("n is")  # it calls the number of meta samples n
        raise ValueError(f"{'meta: ' * of_meta}{error}") from None
    suits(method, task, meta)


# what each looks at; a later one relies on the earlier ones
LOOKS = {
    _numbers: tuple(LEAST),
    _life: ("life",),
    _data: ("data",),
    _noise: ("noise", "rate"),
    _net: ("net",),
    _recipe: ("recipe",),
    _method: ("method", "rate", "meta"),
    _shape: ("data", "net"),
    _together: ("data", "n", "noise", "rate", "method", "meta"),
}


def _choose(argument, name, table):
    """`choose`, for a value that may be anything."""
    need(isinstance(name, str), argument, name, f"one of {', '.join(table)}")
    return choose(argument, name, table)


def _typed(owner, given, cls):
    """Values have the types that a dataclass states; a list may stand for a tuple, a whole number for a float."""
    for field in fields(cls):
        if field.name in given:
            value, may_be = given[field.name], getattr(field.type, "__args__", (field.type,))
            kinds = {type(value), *{int: (float,), list: (tuple,)}.get(type(value), ())}
            words = " or ".join(WORDS.get(kind, kind.__name__) for kind in may_be)
            need(kinds.intersection(may_be), f"{owner}.{field.name}", value, words)
