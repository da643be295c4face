"""Which runs fill the printed numbers and figures of PRL, and in which order."""

import json
from functools import lru_cache
from pathlib import Path

import torch

from ...data import Task
from ...fit.config import about
from ...ledger import printed_tables as printed
from ...load import load as load_data
from ...numbers import NUMBERS
from ...recipes import PAPERS
from ...reproduce import Part, Point, point_of_cell
from .experiments import FACES, RAMP, TIMED_RATE, ramp_settings, runtime
from .landmarks import features

PHOTOGRAPHS = "face-landmarks"  # stand in for CelebA
SEEDS = range(5)
HIGHEST_FIRST = (0.4, 0.3, 0.2, 0.1)
TIMED = ("ERM", "PRL(G)", "PRL(L)")


def point_of(cell: dict, seed: int = 0) -> Point:
    """Return the run of a printed cell. Table 6 is a measurement of times."""
    if cell["item"] == "Table 6":
        return _timing(cell)
    is_classes = cell["net"] == "cnn9"  # the released code is of these: all filters have a ramp, and start with it
    first_epoch = 1 if is_classes else 0
    settings = ramp_settings(cell["method"], RAMP, single=is_classes, first_epoch=first_epoch)
    return point_of_cell(cell, seed, hyperparameters=settings)


def parts() -> list[Part]:
    """Return the parts: Table 1 and Fig. 2 on photographs, in place of CelebA, and Table 6."""
    table_1 = printed.cells("PRL", "Table 1")
    points = []
    for rate in HIGHEST_FIRST:
        column = table_1[table_1["rate"] == rate].to_dict("records")
        for seed in SEEDS:
            points += [{**point_of(cell, seed), "data": PHOTOGRAPHS} for cell in column]
    table_6 = printed.cells("PRL", "Table 6").to_dict("records")
    return [
        Part("PRL", "Table 1", 30, points, f"{PHOTOGRAPHS} for CelebA", "celeba-landmarks"),
        Part("PRL", "Table 6", 60, [point_of(table_6[0])]),
    ]


def load(point: Point, store: Path) -> Task:
    """Load the data of a run. Those of Table 1 are features of a CNN, which the store keeps."""
    if point["data"] not in FACES:
        return printed.task("PRL", point["data"])
    return _features(point["data"], PAPERS[point["plan"]].held_out, str(store))


def time_steps(point: Point) -> list[dict]:
    """Measure the times of Table 6's methods. -> a row for each method"""
    batch = point["recipe"]["batch"]
    table = runtime(rounds=point["rounds"], batch=batch, net=point["net"])
    facts = {"task": "random images", "net": point["net"], "noise": "none", "rate": 0.0, "seed": point["seed"]}
    facts |= {"numbers": NUMBERS, "rounds": point["rounds"], "batch": batch}
    facts |= about(torch.device("cpu"))
    rows = []
    for timed in table.to_dict("records"):
        name, _, passes = timed["method"].partition(", ")
        hyperparameters = {} if name == "ERM" else {"rate": TIMED_RATE}
        if name == "PRL(L)":
            hyperparameters["reforward"] = passes == "two passes"  # as the released code does
        row = {"method": name, "hyperparameters": json.dumps(hyperparameters), "step_ratio": timed["measured"]}
        rows.append(facts | row)
    return rows


@lru_cache(maxsize=1)
def _features(data, held_out, store):
    """Return the features of faces, see landmarks.features."""
    return features(load_data(data), val=held_out, store=store)


def _timing(cell):
    """Return the measurement of Table 6: the time of a step of each method, by `experiments.runtime`."""
    recipe = PAPERS["PRL, CIFAR"].recipe.record()
    point = {"paper": "PRL", "plan": "PRL, CIFAR", "data": "cifar10", "timing": list(TIMED), "net": cell["net"]}
    return {**point, "rounds": 10, "seed": 0, "recipe": recipe}
