"""Plans of sweeps. Reading one checks everything; nothing is trained, downloaded or written.

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
from .points import Point, distinct, names_in, points

SECTIONS = {"fit": {}, "notebook": None, "set": {}, "grid": {}, "when": [], "exclude": [], "store": None}
NOT_IN_FILES = ("kind", "points", "trainer", "labels")
TRAINER = "labkit.runs.sweep.work"
BARE = ("data", "noise", "net")  # their values speak for themselves

AMOUNT = Number(0, 10**6, above=True)
RESOURCES = Table(Text(), AMOUNT, text="{name: a number above 0}, for example {GPU: 0.25}")


@dataclass(frozen=True)
class Plan(metaclass=Checked):
    """A sweep.

    kind: "fit" | "notebook". points: flat dicts name -> JSON value, in the order of the file, none twice. store: the
    folder of the runs. notebook: its path, None for "fit".
    threads: of one run. retries: of a run whose machine or disk failed. checkpoint_every: seconds. resources: what a
    run needs of a Dask worker. gpu_memory: GB that a run needs, or None. as_notebooks: leave an executed notebook in
    every run's folder. trainer: the module whose `train(point, options)` trains a point of kind "fit"; it is no entry
    of a file, and its points need not be those of a file. labels: short names of the points; None: the values that
    differ between them.
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
    trainer: str = TRAINER
    labels: list | None = field(default=None, repr=False)

    @classmethod
    def argument(cls, name: str) -> str:
        """Return what a message calls an argument."""
        return name

    @classmethod
    def read(cls, source: str | PathLike | dict) -> "Plan":
        """Read a plan from the path of a YAML file, or from a dict of the same form.

        Raises ValueError that names what cannot be used: file and line where it is no YAML, else section, name, value
        and what it may be.
        """
        usable = isinstance(source, (dict, str, PathLike)) and source
        need(usable, "the plan", source, "the path of a YAML file, or a dict, as labkit.runs.sweep.plan describes it")
        entries = source if isinstance(source, dict) else text.read(source)
        need(isinstance(entries, dict), "the plan", entries, "a dict, as described in labkit.runs.sweep.plan")
        options = dict.fromkeys(cls.__dataclass_fields__)
        for name in NOT_IN_FILES:
            del options[name]
        for name in entries:
            choose("the plan's entry", name, SECTIONS | options)
        sections, given = _sections_and_options(entries)
        kind, fixed, notebook = _kind(entries, sections)
        combined = points(fixed, sections["grid"], sections["when"], sections["exclude"])
        if kind == "fit":
            combined = list(map(_placed, combined))
            check(combined)
        else:
            combined = _typed(notebook, combined)
        store = sections["store"]
        need(store is None or (isinstance(store, str) and store), "store", store, "the path of a folder")
        place = folder(store).absolute()
        return cls(kind, combined, place, notebook, **given)

    @cached_property
    def varying(self) -> list[str]:
        """Names whose values are not the same in all points."""
        return [name for name in names_in(self.points) if len(self._values(name)) > 1]

    def _values(self, name):
        """Return the values of a name in all points, as JSON; None for a point without it. -> set"""
        values = set()
        for point in self.points:
            values.add(json.dumps(point[name]) if name in point else None)
        return values


def labels_of(plan: Plan) -> list[str]:
    """Return a short name of every point of a plan."""
    return plan.labels or [label(point, plan) for point in plan.points]


def label(point: Point, plan: Plan) -> str:
    """Return a short name of a point, for tables: the values that differ between the plan's points."""
    values = {name: point[name] for name in plan.varying if name in point}
    if plan.kind == "notebook":
        return ", ".join(f"{name} {_text(value)}" for name, value in values.items()) or plan.notebook.stem
    method = []
    parts = []
    for name, value in values.items():
        if name == "method":
            method.insert(0, value)
        elif name.startswith("method."):
            method.append(f"{name.removeprefix('method.')}={_text(value)}")
        elif name in BARE:
            parts.append(_text(value))
        else:
            parts.append(f"{name.removeprefix('recipe.')} {_text(value)}")
    if method:
        parts.insert(0, " ".join(method))
    return ", ".join(parts) or point["method"]


def _sections_and_options(entries):
    """Split the entries of a plan into its sections, all of them, and the options that it gives. -> two dicts"""
    sections = dict(SECTIONS)
    options = {}
    for name, value in entries.items():
        owner = sections if name in SECTIONS else options
        owner[name] = _plain(name, value)
    return sections, options


def _kind(entries, sections):
    """Return the kind of a plan, "fit" or "notebook", the values that all points share, and the notebook's path."""
    name = sections["notebook"]
    section, excluded = ("fit", "set") if name is None else ("set", "fit")
    reason = "it is for a notebook" if name is None else "a notebook's values are in `set`"
    need(excluded not in entries, excluded, sections[excluded], f"left out: {reason}")
    fixed = sections[section]
    need(isinstance(fixed, dict), section, fixed, "{name: value}")
    if name is None:
        return "fit", fixed, None
    need(isinstance(name, str), "notebook", name, "the path or name of a notebook")
    return "notebook", fixed, find(name)


def _placed(point):
    """Make the paths of a point's data and of their table absolute, because a worker may run in another folder."""
    data = point.get("data")
    labels = point.get("data.labels")
    if not isinstance(data, str) or data in (*NAMES, *VARIANTS) or not Path(absolute(data)).exists():
        return point
    point = point | {"data": absolute(data)}
    if isinstance(labels, str) and labels:
        point |= {"data.labels": locate_table(labels, absolute(data))}
    return point


def _typed(notebook, points):
    """Give values the types that the notebook's parameters take; check each different value once. -> list of points"""
    known = parameters.read(notebook)
    typed = {}
    for point in points:
        for name, value in point.items():
            key = name, json.dumps(value)
            if key not in typed:
                fitted = parameters.fit(known, {name: value})
                typed[key] = parameters.placed(known, fitted, [name])[name]
    result = []
    for point in points:
        result.append({name: typed[name, json.dumps(value)] for name, value in point.items()})
    return distinct(result)


def _plain(name, value):
    """Return an entry of the plan as JSON values: tuples and ranges become lists, paths texts."""
    may_be = f"of at most {size.NODES:,} values in all, and none inside itself"
    must(size.of_value(value) <= size.NODES, name, f"a {type(value).__name__}", may_be)
    try:
        return json.loads(json.dumps(value, allow_nan=False, default=_plainer))
    except (TypeError, ValueError, RecursionError):
        may_be = "made of finite numbers, texts, true, false, null, lists and dicts"
        raise ValueError(f"{name} is {value!r}; it must be {may_be}") from None


def _plainer(value):
    """Return a range as a list, a path as text; json calls it for values that it does not know."""
    if isinstance(value, range):
        return list(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError


def _text(value):
    """Write a value as JSON; a text without its quotes."""
    return value if isinstance(value, str) else json.dumps(value)
