"""What the papers printed, cell by cell, in labkit's words."""

from pathlib import Path
from typing import Any

import pandas as pd

from .. import load, rooms
from ..data import Task
from ..errors import choose
from ..methods import ALL
from ..recipes import PAPERS as PLANS
from ..recipes import Plan

STEMS = {}  # paper: name of its room, which is that of its notebook
ITEMS = {}  # paper: item: name of its table, see `table`
CRITERION = {}  # paper: the epoch that its accuracies are of
for _name in rooms.papers():
    _room = rooms.paper_room(_name)
    STEMS[_room.NAME] = _name
    ITEMS[_room.NAME] = _room.TABLES
    CRITERION[_room.NAME] = _room.CRITERION

METRICS = {  # of the CSV: column of a run, or None for the paper's criterion; factor from a run's number to the printed
    "test_acc": (None, 100.0),
    "test_acc_mean_last10epochs": ("last10", 100.0),
    "test_r2_mean_last10epochs": ("last10", 1.0),
    "auc_clean_vs_noisy_best": ("auc_weight_best", 1.0),
    "test_top1": ("top1", 100.0),
    "test_top5": ("top5", 100.0),
    "seconds_per_epoch": ("step_ratio", 1.0),
}
SECOND_TEST = ", ImageNet val"  # end of the name of a data set that is tested on images of another one
SECOND_TEST_COLUMN = "imagenet_"  # begins the column of a run for these images, as in imagenet_top1
METHODS = {  # printed name: name in labkit.methods.ALL; other names are the same
    **dict.fromkeys(("SGD", "Standard", "BaseModel"), "ERM"),
    "MentorNet": "MentorNet PD",
    "Normclip": "NormClip",
    "Min-sgd": "Min-SGD",
    "Decouple": "Decoupling",
    "Bootstrap": "Bootstrap hard",
    "Reed-Hard": "Bootstrap hard",
    "Self-paced": "SPL",
    "Focal Loss": "Focal",
}
SHORT_NAMES = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "mnist": "MNIST", "celeba-landmarks": "CelebA"}
DATASETS = {"CelebA landmarks (512-d features)": "celeba-landmarks"}
NETS = {
    "9-layer CNN (Co-teaching)": "cnn9",
    "9-layer CNN, BatchNorm replaced by GroupNorm": "cnn9_gn",
    "3-layer FC, 256 hidden, leaky-ReLU": "celeba_fc",
    "InceptionResNet-v2": "inception_resnet_v2",
    "ResNet-32": "resnet32",
    "WRN-28-10": "wrn28_10",
    "LeNet": "lenet",
}
PRINTED_NETS = {net: printed_name for printed_name, net in NETS.items()}
# "asym" of CRUST: the paper refers to pairflip, its code draws a derangement of the classes
NOISES = {"sym": "symmetric", "asym": "derangement", "real-web": "none"}


def table(name: str) -> pd.DataFrame:
    """Return a paper's table as it was printed, e.g. "crust_table1". Raises ValueError for an unknown name."""
    return pd.read_csv(choose("name", name, _files()))


def _files() -> dict[str, Path]:
    """Return the file of each printed table of all papers."""
    return {path.stem: path for path in sorted(rooms.PAPERS.glob("*/printed/*.csv"))}


def cells(paper: str, item: str | None = None) -> pd.DataFrame:
    """Return the printed cells of a paper, or of one of its tables, in labkit's words, a row per cell.

    Columns: paper, item, dataset, net, noise, rate, method (names of labkit.methods.ALL), settings (hyperparameters
    that the cell names, a dict), label (the method as printed), metric, criterion (column of a run), factor (from a
    run's number to the printed one), mean, std, runs (behind mean and std, as the paper says), note, doubtful. The rate
    of labels that were collected with their noise is NaN. Seconds are given as ratios to those of plain training,
    because no paper names its machine. Raises ValueError for an unknown paper or item.
    """
    items = choose("paper", paper, ITEMS)
    if item is not None:
        items = {item: choose("item", item, items)}
    tables = []
    for name, file in items.items():
        tables.append(_translate(paper, name, table(file)))
    return pd.concat(tables, ignore_index=True)


def plan(paper: str, dataset: str, net: str | None = None) -> Plan | None:
    """Return the paper's recipe for a dataset and a network, of labkit.recipes.PAPERS, or None.

    net: a name in labkit.nets.ALL; it matters where a paper has a recipe for each network. None: the larger one.
    """
    name = plan_name(paper, dataset, net)
    return None if name is None else PLANS[name]


def plan_name(paper: str, dataset: str, net: str | None = None) -> str | None:
    """Return the name of `plan` in labkit.recipes.PAPERS, or None."""
    short = SHORT_NAMES.get(dataset, "mini-WebVision")
    model = PRINTED_NETS.get(net, "WRN-28-10")
    for name in (f"{paper}, {short}", f"{paper}, CIFAR", f"{paper}, {model}", f"{paper}, WRN-28-10"):
        if name in PLANS:
            return name
    return None


def task(paper: str, dataset: str, n: int = 0, options: dict[str, Any] | None = None) -> Task:
    """Load the images of a dataset as the paper trains on them, or as labkit does for a set that is not in the paper.

    n: this many training samples, 0: all. options: of labkit.load, for files of one's own. The held-out share and the
    scale are those of the paper's plan.
    """
    datasets = ("mnist",) if paper == "CDR+AUX" else ("cifar10", "cifar100")
    load_images = plan(paper, dataset).load if dataset in datasets else load
    return load_images(dataset, n=n or None, **(options or {}))


def _translate(paper, item, printed):
    """Return the rows of a printed table in labkit's words."""
    dataset = printed["dataset"].map(_dataset)
    rows = pd.DataFrame(
        {
            "paper": paper,
            "item": item,
            "dataset": dataset,
            "net": printed["architecture"].map(NETS),
            "noise": printed["noise"].replace(NOISES),
            "rate": printed["rate"],
            "method": printed["method"].map(_method),
            "label": printed["method"],
            "metric": printed["metric"],
            "criterion": [_criterion(paper, *names) for names in zip(printed["metric"], dataset)],
            "factor": printed["metric"].map(_factor),
            "mean": _means(printed),
            "std": printed["std"],
            "runs": dataset.map({name: _runs(paper, name) for name in set(dataset)}),
            "note": printed["note"].fillna(""),
        }
    )
    settings = []
    for cell, extra in zip(rows.to_dict("records"), printed.to_dict("records")):
        settings.append(_settings(cell, extra))
    return rows.assign(settings=settings, doubtful=rows["note"].str.contains("DOUBTFUL"))


def _dataset(name):
    """Return a dataset as labkit.load calls it. mini-WebVision is tested twice, and the second test set is named."""
    if "WebVision" in name:
        return "webvision-mini" if "WebVision val" in name else f"webvision-mini{SECOND_TEST}"
    return DATASETS.get(name, name.lower().replace("-", ""))


def _method(label):
    """Return the method of a label, without the star of RMNW-Net's tables and what Table 2 of CRUST adds."""
    plain = label.partition(" (")[0].rstrip("*")
    return METHODS.get(plain, plain)


def _criterion(paper, metric, dataset):
    """Return the column of a run that holds a printed metric."""
    column, _ = METRICS.get(metric, (metric, 1.0))
    if dataset.endswith(SECOND_TEST):
        return SECOND_TEST_COLUMN + column
    return column or CRITERION[paper]


def _means(printed):
    """Return the printed means; those of seconds as ratios to the seconds of plain training."""
    is_seconds = printed["metric"] == "seconds_per_epoch"
    plain = printed["mean"][is_seconds & (printed["method"] == "Standard")]
    return printed["mean"].mask(is_seconds, printed["mean"] / plain.min())


def _factor(metric):
    """Return the factor from a run's number to the printed one."""
    _, factor = METRICS.get(metric, (metric, 1.0))
    return factor


def _runs(paper, dataset):
    """Return how many runs are behind a printed mean, None where the paper's recipe is not known."""
    recipe = plan(paper, dataset)
    return recipe.runs if recipe else None


def _settings(cell, printed):
    """Return the hyperparameters that a run of the cell must have: a value each, or a tuple of values. -> dict"""
    settings = {}
    if cell["paper"] in ("PRL", "CDR+AUX") and ALL[cell["method"]].assumes_rate():
        settings["rate"] = printed.get("eps_used", cell["rate"])  # methods get the true rate
    if cell["criterion"] == "step_ratio" and cell["method"] == "PRL(L)":
        settings["reforward"] = True  # the released code, which was timed, passes twice
    if cell["method"] == "CRUST":
        settings["keep"] = 0.5
    if "coreset_labels" in printed:
        settings["group_by"] = {"observed": "label", "predicted": "prediction"}[printed["coreset_labels"]]
        settings["mixup"] = "none" if printed["mixup"] == "no" else ("cluster", "same_label")
    return settings
