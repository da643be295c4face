"""Would `fit` take every point of a sweep? Each distinct value is looked at once, before anything starts."""

import json
import re
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
from .entry import entry, own, source

NEEDED = ("data", "method", "net", "epochs", "seed")
KNOWN = (*NEEDED, "n", "noise", "rate", "noise_seed", "meta", "life")
SETTINGS = {"epochs": Epochs, "seed": Seed, "n": Count, "noise_seed": Seed, "meta": Count, "life": Flag}
EMBEDDED = ("digits", "faces")  # data that are looked at; others may be where the workers are, and not here
WORDS = {"True": "true", "False": "false", "None": "null"}  # as a plan writes them


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
        text, _, may_be = str(error).partition("; it must be ")
        words = re.sub(r"\b(True|False|None)\b", lambda found: WORDS[found[0]], may_be)
        said = f"{text}; it must be {words}" if words else text
        raise ValueError(f"{said} (a run has {_words(part)})") from None


def _words(part):
    return ", ".join(f"{name}: {json.dumps(value)}" for name, value in part.items())


def _settings(part):
    for name, value in part.items():
        describe(SETTINGS[name]).check(name, value)


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
    describe(Rate).check("rate", rate)
    need("rate" in part or "noise" not in part, "rate", None, "given where noise is; 0: clean labels")
    if rate or "noise" in part:
        _choose("noise", part.get("noise"), noise.ALL)(rate)


def _net(part):
    _choose("net", part["net"], nets.ALL)


def _recipe(part):
    _fitting("recipe", own(part, "recipe"), Recipe)
    Recipe.of(own(part, "recipe"))


def _method(part):
    name, given = part["method"], own(part, "method")
    cls = _choose("method", name, ALL)
    known = dict.fromkeys(field.name for field in fields(cls))
    for one in given:
        need(known, f"method.{one}", given[one], f"left out: {name} has no hyperparameters")
        choose(f"a hyperparameter of {name}", one, known)
    _fitting("method", given, cls)
    make_method(name, given, part.get("rate", 0))
    need("meta" not in part or cls.meta_labels, "meta", part.get("meta"), f"left out: {name} takes no meta set")


def _shape(part):
    """The network takes the shape of the samples."""
    if part["data"] in EMBEDDED or is_path(part["data"]):
        with unmoved():
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
    check_method(method, task, meta)


# what each looks at; a later one relies on the earlier ones
LOOKS = {
    _settings: tuple(SETTINGS),
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


def _fitting(owner, given, cls):
    """Values are what the annotations of a class say. Raises ValueError that names the entry of the plan."""
    known = described(cls)
    for name in known.keys() & given.keys():
        known[name].check(f"{owner}.{name}", given[name])
