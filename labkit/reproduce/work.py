"""A worker's part of the queue: train or time one point, and record which point the run is."""

import json
from pathlib import Path
from typing import Any

import torch

from ..data import Task
from ..errors import choose
from ..fit import Recipe, Run, identity
from ..ledger import printed_tables
from ..noise import ALL as NOISES
from ..noise import corrupt
from ..runs.entry import META, enter
from ..runs.sweep.entry import Entry
from ..runs.sweep.work import Options, Outcome, fit_reporting
from ..state import atomic_write
from .jobs import Point
from .queue import room

RECORDS = ".points"  # a folder of the store: for every finished run a file that says which point it is


def train(point: Point, options: Options) -> Outcome:
    """Train a point, or measure its times, and record it. -> run, status"""
    if "timing" in point:
        return time_steps(point, options)
    run = fit_reporting(entry(point, options["store"]), options)
    further = getattr(room(point["paper"]), "further", _nothing)
    record(options["store"], run.name, point, further(run, point))
    return {"run": run.name, "status": "read" if run.method is None else "finished"}


def entry(point: Point, store: str) -> Entry:
    """Return the arguments of labkit.fit for a point: method, task, net, epochs, seed, recipe, meta, life.

    A seed is that of the noise, of the initial weights and of the order alike, so that the methods meet the same wrong
    labels. store: keeps what comes before the training, such as the network that makes features.
    """
    task = load(point, store)
    rate = point["rate"]
    seed = point["seed"]
    if rate:
        task = corrupt(task, choose("noise", point["noise"], NOISES)(rate), seed)
    samples = point.get("meta", META)
    method, task, meta = enter(point["method"], point["method.hyperparameters"], rate, task, samples, seed)
    return method, task, point["net"], point["epochs"], seed, Recipe.of(_recipe(point)), meta, False


def load(point: Point, store: str) -> Task:
    """Load the clean data of a point as the paper trains on them."""
    own = getattr(room(point["paper"]), "load", None)
    return own(point, Path(store)) if own else printed_tables.task(point["paper"], point["data"])


def time_steps(point: Point, options: Options) -> Outcome:
    """Measure the times of a point and record them, as a row for each method. -> run, status"""
    torch.set_num_threads(options["threads"])
    name = identity(point)
    rows = room(point["paper"]).time_steps(point)
    record(options["store"], name, point, {"rows": rows})
    return {"run": name, "status": "finished"}


def record(store: str | Path, run: str, point: Point, further: dict[str, Any]) -> None:
    """Note which point a finished run is. further: numbers that its paper needs beside those of a run"""
    folder = Path(store) / RECORDS
    folder.mkdir(parents=True, exist_ok=True)
    entries = {"run": run, "point": point, "further": further}
    atomic_write(folder / f"{identity(point)}.json", json.dumps(entries).encode())


def records(store: str | Path) -> list[dict[str, Any]]:
    """Return what `record` noted in a store: run, point, further."""
    notes = []
    for path in sorted((Path(store) / RECORDS).glob("*.json")):
        notes.append(json.loads(path.read_text()))
    return notes


def _recipe(point):
    """Return the recipe of a point as entries of a Recipe."""
    recipe = dict(point["recipe"])
    for name, value in recipe.items():
        recipe[name] = tuple(value) if isinstance(value, list) else value
    return recipe


def _nothing(run: Run, point: Point) -> dict:
    """Return no further numbers."""
    return {}
