"""What the papers printed, cell by cell, in labkit's words."""

from pathlib import Path

import pandas as pd

from .. import load, rooms
from ..data import Task
from ..errors import choose
from ..methods import ALL
from ..recipes import PAPERS as PLANS

_ROOMS = {name: rooms.paper_room(name) for name in rooms.papers()}
STEMS = {room.NAME: name for name, room in _ROOMS.items()}  # paper: name of its room, which is that of its notebook
ITEMS = {room.NAME: room.TABLES for room in _ROOMS.values()}  # paper: item: name of its table, see `table`
CRITERION = {room.NAME: room.CRITERION for room in _ROOMS.values()}  # the epoch that a paper's accuracies are of
METRICS = {  # of the CSV: column of a run, or None for the paper's criterion; factor from a run's number to the printed
    "test_acc": (None, 100.0),
    "test_acc_mean_last10epochs": ("last10", 100.0),
    "test_r2_mean_last10epochs": ("last10", 1.0),
    "auc_clean_vs_noisy_best": ("auc_weight_best", 1.0),
}
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
# "asym" of CRUST: the paper refers to pairflip, its code draws a derangement of the classes
NOISES = {"sym": "symmetric", "asym": "derangement", "real-web": "none"}


def table(name):
    """Return a paper's table as it was printed, e.g. "crust_table1". Raises ValueError for a name that is not there."""
    return pd.read_csv(choose("name", name, _files()))


def _files() -> dict[str, Path]:
    """Return the file of each printed table of all papers."""
    return {path.stem: path for path in sorted(rooms.PAPERS.glob("*/printed/*.csv"))}


def cells(paper, item=None):
    """The printed cells of a paper, or of one of its tables, in labkit's words. -> DataFrame, a row per cell

    Columns: paper, item, dataset, net, noise, rate, method (names of labkit.methods.ALL), settings (hyperparameters
    that the cell asks for, a dict), label (the method as printed), metric, criterion (column of a run), factor (from a
    run's number to the printed one), mean, std, runs (behind mean and std, as the paper says), note, doubtful. Raises
    ValueError for an unknown paper or item.
    """
    items = choose("paper", paper, ITEMS)
    chosen = items if item is None else {item: choose("item", item, items)}
    return pd.concat([_worded(paper, name, table(file)) for name, file in chosen.items()], ignore_index=True)


def plan(paper, dataset):
    """The paper's recipe for a dataset, of labkit.recipes.PAPERS, or None."""
    short = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "mnist": "MNIST", "celeba-landmarks": "CelebA"}
    names = (f"{paper}, {short.get(dataset, 'mini-WebVision')}", f"{paper}, CIFAR", f"{paper}, WRN-28-10")
    return next((PLANS[name] for name in names if name in PLANS), None)


def task(paper: str, dataset: str, n: int = 0, options: dict | None = None) -> Task:
    """The images of a dataset as the paper trains on them; of a set that is not in the paper, as labkit loads them.

    n: this many training samples, 0: all. options: of labkit.load, for files of one's own. The held-out share and the
    scale are those of the paper's plan.
    """
    own = {"CDR+AUX": ("mnist",)}.get(paper, ("cifar10", "cifar100"))
    return (plan(paper, dataset).load if dataset in own else load)(dataset, n=n or None, **(options or {}))


def _worded(paper, item, printed):
    """The rows of a printed table, in labkit's words."""
    dataset = printed["dataset"].map(_dataset)
    plans = {name: plan(paper, name) for name in set(dataset)}
    metric = printed["metric"].map(lambda name: METRICS.get(name, (name, 1.0)))
    words = {
        "paper": paper,
        "item": item,
        "dataset": dataset,
        "net": printed["architecture"].map(NETS),
        "noise": printed["noise"].replace(NOISES),
        "rate": printed["rate"],
        "method": printed["method"].map(_method),
        "label": printed["method"],
        "metric": printed["metric"],
        "criterion": [column or CRITERION[paper] for column, _ in metric],
        "factor": [factor for _, factor in metric],
        "mean": printed["mean"],
        "std": printed["std"],
        "runs": dataset.map(lambda name: plans[name] and plans[name].runs),
        "note": printed["note"].fillna(""),
    }
    rows = pd.DataFrame(words)
    rows["settings"] = [
        _settings(cell, extra) for cell, extra in zip(rows.to_dict("records"), printed.to_dict("records"))
    ]
    return rows.assign(doubtful=rows["note"].str.contains("DOUBTFUL"))


def _dataset(name):
    """A dataset as labkit.load calls it. mini-WebVision is tested twice: the second test set is named with it."""
    if "WebVision" in name:
        return "webvision-mini" if "WebVision val" in name else "webvision-mini, ImageNet val"
    return DATASETS.get(name, name.lower().replace("-", ""))


def _method(label):
    """The method of a label: without the star of RMNW-Net's tables, and without what Table 2 of CRUST adds."""
    plain = label.partition(" (")[0].rstrip("*")
    return METHODS.get(plain, plain)


def _settings(cell, extra):
    """Hyperparameters that a run of the cell must have: a value each, or a tuple of values. -> dict"""
    settings, method = {}, cell["method"]
    if cell["paper"] in ("PRL", "CDR+AUX") and ALL[method].assumes_rate():
        settings["rate"] = extra.get("eps_used", cell["rate"])  # methods are told the true rate
    if method == "CRUST":
        settings["keep"] = 0.5
    if "coreset_labels" in extra:
        settings["group_by"] = {"observed": "label", "predicted": "prediction"}[extra["coreset_labels"]]
        settings["mixup"] = "none" if extra["mixup"] == "no" else ("cluster", "same_label")
    return settings
