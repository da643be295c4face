"""Which runs fill the printed numbers and figures of CRUST, and in which order."""

from ...fit import Run
from ...ledger import printed_tables as printed
from ...ledger.printed_tables import SECOND_TEST_COLUMN
from ...load import load
from ...measure import share
from ...method import evaluate
from ...reproduce import Part, Point, point_of_cell, point_of_plan
from . import experiments

SIZES = (0.5, 0.3, 0.7)  # of Fig. 1's coresets; the first one fills a cell of Table 1
SEEDS = range(5)
PLAN = "CRUST, CIFAR-10"


def point_of(cell: dict, seed: int = 0) -> Point:
    """Return the run of a printed cell."""
    return point_of_cell(cell, seed)


def further(run: Run, point: Point) -> dict[str, float]:
    """Return the accuracies of Table 3, on the test images of WebVision and, where they are there, of ImageNet.

    top1, top5: shares of the images whose class is the likeliest, or among the five likeliest; after the last epoch.
    """
    if point["data"] != "webvision-mini":
        return {}
    net = run.net()
    columns = {}
    for prefix, images in (("", "webvision"), (SECOND_TEST_COLUMN, "imagenet")):
        try:
            test = load("webvision-mini", test=images).test
        except FileNotFoundError:
            continue
        places = evaluate(net, test).topk(5, dim=-1).indices  # [N, 5]
        hits = places == test.y[:, None]
        columns |= {f"{prefix}top1": share(hits[:, 0]), f"{prefix}top5": share(hits.any(-1))}
    return columns


def parts() -> list[Part]:
    """Return the parts: Fig. 1 on MNIST, which is much cheaper, and one size of it in full, on CIFAR-10."""
    table_1 = printed.cells("CRUST", "Table 1")
    is_cell = (table_1["dataset"] == "cifar10") & (table_1["noise"] == "symmetric") & (table_1["rate"] == 0.5)
    (cell,) = table_1[is_cell & (table_1["method"] == "CRUST")].to_dict("records")
    stand_in = "MNIST and LeNet, 20 epochs, for CIFAR-10 and ResNet-32, 120 epochs"
    return [
        Part("CRUST", "Fig. 1", 70, _figure_1_on_mnist(), stand_in),
        Part("CRUST", "Fig. 1, one size in full", 90, [point_of(cell)]),
    ]


def _figure_1_on_mnist():
    """Return the runs of Fig. 1 on MNIST with LeNet: coresets of three sizes, and plain training."""
    setting = experiments.plan("mnist")
    recipe = experiments.Recipe.of(setting["recipe"]).record()
    changes = {"net": setting["net"], "epochs": setting["epochs"], "recipe": recipe}
    run = {"data": "mnist", "noise": "symmetric", "rate": 0.5}
    points = []
    for seed in SEEDS:
        for size in SIZES:
            options = {"method": "CRUST", "seed": seed, "hyperparameters": {"keep": size}}
            points.append(point_of_plan("CRUST", PLAN, **run, **options, **changes))
        points.append(point_of_plan("CRUST", PLAN, **run, method="ERM", seed=seed, **changes))
    return points
