"""A plan of a sweep: what runs, and how. Reading one checks everything; nothing is trained, downloaded or written.

fit:                       # values that all runs share, see labkit.runs.sweep.entry; or notebook: and set:
  {data: digits, noise: symmetric, net: mlp, epochs: 30, recipe.lr: 0.01}
grid:                      # every combination; a list of grids: one after the other
  method: [ERM, CDR, GCE]
  rate: [0.2, 0.4]
  seed: [0, 1, 2]
when:                      # only where the values are these
  - {if: {method: GCE}, grid: {method.q: [0.5, 0.7]}}
exclude:
  - {method: CDR, rate: [0.2, 0.3]}     # a value or a list of values
store: runs/first
"""

import json
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Annotated

from ...arguments import Boolean, Checked, Number, Table, Text, Whole
from ...data.sets import NAMES, VARIANTS
from ...errors import choose, must, need
from ...notebook import find, parameters
from ...paths import absolute, locate_table
from ..store import folder
from . import size, text
from .check import check
from .points import distinct, points

SECTIONS = {"fit": {}, "notebook": None, "set": {}, "grid": {}, "when": [], "exclude": [], "store": None}
BARE = ("data", "noise", "net")  # their values speak for themselves

AMOUNT = Number(0, 10**6, above=True)
RESOURCES = Table(Text(), AMOUNT, words="{name: a number above 0}, for example {GPU: 0.25}")


@dataclass(frozen=True)
class Plan(metaclass=Checked):
    """A sweep.

    kind: "fit" | "notebook". points: flat dicts name -> JSON value, in the order of the file, none twice. store: the
    folder of the runs. notebook: its path, None for "fit".
    threads: of one run. retries: of a run whose machine or disk failed. checkpoint_every: seconds. resources: what a
    run needs of a Dask worker. gpu_memory: GB that a run needs, or None. as_notebooks: leave an executed notebook in
    every run's folder.
    """

    kind: str
    points: list = field(repr=False)
    store: Path
    notebook: Path | None = None
    threads: Annotated[int, Whole(1, 10**4)] = 1
    retries: Annotated[int, Whole(0, 10**4)] = 2
    checkpoint_every: Annotated[float, Number(0, 10**6, above=True, what="seconds, a number")] = 30.0
    resources: Annotated[dict, RESOURCES] = field(default_factory=dict)
    gpu_memory: Annotated[float, Number(0, 10**6, above=True, what="GB, a number")] | None = None
    as_notebooks: Annotated[bool, Boolean("true or false")] = False

    @classmethod
    def argument(cls, name):
        """How a message calls an argument."""
        return name

    @classmethod
    def read(cls, source):
        """A plan from the path of a YAML file, or from a dict of the same form. -> Plan

        Raises ValueError that names what cannot be used: file and line where it is no YAML, else section, name, value
        and what it may be.
        """
        fine = isinstance(source, (dict, str, PathLike)) and source
        need(fine, "the plan", source, "the path of a YAML file, or a dict, as labkit.runs.sweep.plan describes it")
        given = source if isinstance(source, dict) else text.read(source)
        need(isinstance(given, dict), "the plan", given, "a dict, as described in labkit.runs.sweep.plan")
        options = {name: None for name in cls.__dataclass_fields__ if name not in ("kind", "points")}
        for name in given:
            choose("the plan's entry", name, SECTIONS | options)
        given = {name: _plain(name, value) for name, value in given.items()}
        sections = SECTIONS | {name: given[name] for name in given if name in SECTIONS}
        kind, fixed, notebook = _kind(given, sections)
        every = points(fixed, *(sections[name] for name in ("grid", "when", "exclude")))
        if kind == "fit":
            every = [_placed(point) for point in every]
            check(every)
        else:
            every = _typed(notebook, every)
        store = sections["store"]
        need(store is None or (isinstance(store, str) and store), "store", store, "the path of a folder")
        place = folder(store).absolute()
        return cls(kind, every, place, notebook, **{name: given[name] for name in given if name not in SECTIONS})

    @cached_property
    def varying(self):
        """The names whose values are not the same in all points. -> list"""
        names = dict.fromkeys(name for point in self.points for name in point)
        seen = lambda name: {json.dumps(point[name]) if name in point else None for point in self.points}
        return [name for name in names if len(seen(name)) > 1]


def label(point, plan):
    """A short name of a point, for tables: what differs between the plan's points. -> text"""
    shown = {name: point[name] for name in plan.varying if name in point}
    if plan.kind == "notebook":
        return ", ".join(f"{name} {_word(value)}" for name, value in shown.items()) or plan.notebook.stem
    method = [shown.pop("method")] if "method" in shown else []
    method += [f"{name.removeprefix('method.')}={_word(shown[name])}" for name in shown if name.startswith("method.")]
    others = {name: _word(value) for name, value in shown.items() if not name.startswith("method.")}
    words = [word if name in BARE else f"{name.removeprefix('recipe.')} {word}" for name, word in others.items()]
    return ", ".join([" ".join(method)] * bool(method) + words) or point["method"]


def _kind(given, sections):
    """What the plan runs. -> "fit" or "notebook", the values that all points share, path of the notebook or None"""
    name = sections["notebook"]
    section = "fit" if name is None else "set"
    other = "set" if name is None else "fit"
    why = "left out: it is for a notebook" if name is None else "left out: a notebook's values are in `set`"
    need(other not in given, other, sections[other], why)
    fixed = sections[section]
    need(isinstance(fixed, dict), section, fixed, "{name: value}")
    if name is None:
        return "fit", fixed, None
    need(isinstance(name, str), "notebook", name, "the path or name of a notebook")
    return "notebook", fixed, find(name)


def _placed(point):
    """The point with the paths of its data and of their table absolute: a worker may run in another folder."""
    data, labels = point.get("data"), point.get("data.labels")
    if not isinstance(data, str) or data in (*NAMES, *VARIANTS) or not Path(absolute(data)).exists():
        return point
    point = point | {"data": absolute(data)}
    if isinstance(labels, str) and labels:
        point |= {"data.labels": locate_table(labels, absolute(data))}
    return point


def _typed(notebook, every):
    """The points with the values that the notebook's parameters take, each looked at once. -> list, none twice"""
    takes = parameters.read(notebook)
    values = {(name, json.dumps(value)): value for point in every for name, value in point.items()}
    looked = lambda name, value: parameters.placed(takes, parameters.fit(takes, {name: value}), [name])[name]
    fitting = {key: looked(key[0], value) for key, value in values.items()}
    return distinct({name: fitting[name, json.dumps(value)] for name, value in point.items()} for point in every)


def _plain(name, value):
    """An entry of the plan as JSON values: tuples and ranges become lists, paths texts."""
    may_be = f"of at most {size.NODES:,} values in all, and none inside itself"
    must(size.of_value(value) <= size.NODES, name, f"a {type(value).__name__}", may_be)
    try:
        return json.loads(json.dumps(value, allow_nan=False, default=_plainer))
    except (TypeError, ValueError, RecursionError):
        may_be = "made of finite numbers, texts, true, false, null, lists and dicts"
        raise ValueError(f"{name} is {value!r}; it must be {may_be}") from None


def _plainer(value):
    """What JSON does not know."""
    if isinstance(value, range | Path):
        return list(value) if isinstance(value, range) else str(value)
    raise TypeError


def _word(value):
    return value if isinstance(value, str) else json.dumps(value)
