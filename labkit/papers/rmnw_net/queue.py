"""Which runs fill the printed numbers of RMNW-Net. All take a GPU, so no part is worth more than another."""

from ...methods import ALL
from ...reproduce import Part, Point, point_of_cell
from .experiments import plans, wrong_share

CLASSES = {"cifar10": 10, "cifar100": 100}


def point_of(cell: dict, seed: int = 0) -> Point:
    """Return the run of a printed cell, with the meta set of the paper's setting where the method takes one."""
    setting = plans(cell["dataset"])[cell["noise"]]
    method = cell["method"]
    hyperparameters = dict(setting.hyperparameters.get(method, {}))
    if ALL[method].assumes_rate():
        hyperparameters["rate"] = wrong_share(cell["noise"], cell["rate"], CLASSES[cell["dataset"]])
    changes = {"hyperparameters": hyperparameters}
    if ALL[method].meta_labels is not None:
        changes["meta"] = setting.meta
    return point_of_cell(cell, seed, **changes)


def parts() -> list[Part]:
    """Return no part."""
    return []
