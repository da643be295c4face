"""The runs of the queue: a job is one run, a part is what belongs together, such as a column of a table."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import must
from ..ledger.printed_tables import SECOND_TEST, plan_name
from ..methods import ALL
from ..recipes import PAPERS

Point = dict[str, Any]  # name -> JSON value: what identifies a run of the queue on every machine


@dataclass(frozen=True)
class Part:
    """Runs of a paper that belong together and are worth as much.

    paper: as labkit.ledger calls it. name: what the runs fill, for people. rank: parts of a smaller rank come first.
    points: the runs, in their order. stand_in: "" or what the runs stand in for, because the paper's own data or
    network take too long or are not there. replaces: the dataset beside whose printed numbers such runs are laid; "":
    none.
    """

    paper: str
    name: str
    rank: int
    points: Sequence[Point] = field(repr=False)
    stand_in: str = ""
    replaces: str = ""


@dataclass(frozen=True)
class Job:
    """One run of the queue.

    point: what is trained. part: the name of the first part that asks for it; rank: of that part. numbers: how many
    printed numbers the run fills, alone or with other seeds. stand_in: see Part.
    """

    point: Point = field(repr=False)
    part: str = ""
    rank: int = 0
    numbers: int = 0
    stand_in: str = ""

    @property
    def key(self) -> str:
        """What identifies the run on every machine."""
        return key(self.point)

    @property
    def paper(self) -> str:
        """The paper, as labkit.ledger calls it."""
        return self.point["paper"]

    @property
    def label(self) -> str:
        """The run in words: paper, part, data, network, noise, method with its hyperparameters, seed."""
        return f"{self.paper}, {self.part}: {description(self.point)}"


def key(point: Point) -> str:
    """Return what identifies a point: its values as JSON, in the order of their names."""
    return json.dumps(point, sort_keys=True)


def description(point: Point) -> str:
    """Describe a run in words: data, network, noise, method with its hyperparameters, seed."""
    if "timing" in point:
        return f"{point['net']}, batches of {point['recipe']['batch']}: time of a step"
    noise = f"{point['noise']} {point['rate']:.0%}" if point.get("rate") else "no noise"
    hyperparameters = []
    for name, value in point["method.hyperparameters"].items():
        if name != "rate" or value != point["rate"]:  # the true rate goes without saying
            hyperparameters.append(f"{name}={value}")
    method = " ".join([point["method"], *hyperparameters])
    return f"{point['data']}, {point['net']}, {noise}, {method}, seed {point['seed']}"


def point_of_cell(cell: dict[str, Any], seed: int = 0, **changes: Any) -> Point:
    """Return the run of a printed cell with the paper's full recipe.

    cell: a row of labkit.ledger.cells. changes: of `point_of_plan`; hyperparameters come beside those that the cell
    names. Where a cell allows several values of a hyperparameter, the run has the last one, which is the released
    code's. Raises ValueError for a cell whose recipe is in no plan.
    """
    dataset = cell["dataset"].removesuffix(SECOND_TEST)
    name = plan_name(cell["paper"], dataset, cell["net"])
    must(name, "cell", f"one of {cell['paper']} on {dataset}", "one whose recipe labkit.recipes.PAPERS has")
    is_known = cell["rate"] == cell["rate"]  # NaN: labels that were collected with their noise
    values = {"data": dataset, "noise": cell["noise"], "rate": cell["rate"] if is_known else 0.0, "net": cell["net"]}
    hyperparameters = {setting: _one(value) for setting, value in cell["settings"].items()}
    hyperparameters |= changes.pop("hyperparameters", {})
    values |= {"method": cell["method"], "hyperparameters": hyperparameters, "seed": seed}
    return point_of_plan(cell["paper"], name, **{**values, **changes})


def point_of_plan(
    paper: str,
    name: str,
    *,
    data: str,
    noise: str,
    rate: float,
    method: str,
    seed: int = 0,
    hyperparameters: dict[str, Any] | None = None,
    **changes: Any,
) -> Point:
    """Return a run with the recipe of a plan, such as a point of a figure.

    name: of the plan, in labkit.recipes.PAPERS. A method that assumes a noise rate is told the true one, unless
    `hyperparameters` have another. changes: other values of the point, such as net, epochs or meta.
    """
    plan = PAPERS[name]
    hyperparameters = dict(hyperparameters or {})
    if ALL[method].assumes_rate():
        hyperparameters.setdefault("rate", rate)
    point = {
        "paper": paper,
        "plan": name,
        "data": data,
        "noise": noise if rate else "none",
        "rate": rate,
        "method": method,
        "method.hyperparameters": hyperparameters,
        "net": plan.net,
        "epochs": plan.epochs,
        "seed": seed,
        "recipe": plan.recipe.record(),
    }
    return {**point, **changes}


def _one(value):
    """Return a value of a hyperparameter, of several allowed ones the last."""
    return value[-1] if isinstance(value, tuple) else value
