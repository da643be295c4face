"""Experiments on CRUST (Mirzasoleiman, Cao, Leskovec, NeurIPS 2020): what its selection filters, which of its parts
matter, what an epoch costs.

    method = bind_crust(net, task.train, variant="paper")  # CRUST that evaluates a trained network and never trains it
    filters(net, task, keeps=(0.3, 0.5, 0.7))              # label precision of every selector
"""

import time
from collections.abc import Sequence
from itertools import product

import pandas as pd
import torch
from torch import Tensor, nn

from ... import coreset
from ...data import Split, Task
from ...errors import choose
from ...fit import Loop, Recipe, Run, begin
from ...generators import unmoved
from ...ledger import join_printed
from ...ledger import printed_tables as printed
from ...measure import share
from ...method import Method
from ...methods import ALL, CRUST, make

SELECTORS = ("centrality", "facility_location", "kmedoids", "smallest gradient")
STEPS = (  # from Algorithm 1 to the released code, in the order of the docstring of labkit.methods.crust
    ("Algorithm 1 of the paper", {}),
    ("selector: centrality", {"selector": "centrality"}),
    ("group_by: given label", {"group_by": "label"}),
    ("space: feature", {"space": "feature"}),
    ("weights: radius", {"weights": "radius"}),
    ("mixup: same label", {"mixup": "same_label", "alpha": [1.0, 0.1]}),
    ("start: 5, mixup after 1 more", {"start": 5, "mixup_after": 1}),
    ("mode: train", {"mode": "train"}),
)
QUESTIONS = (("selector",), ("group_by",), ("space",), ("weights",), ("mixup", "alpha"), ("start", "mixup_after"))
PAPER = {"net": "resnet32", "epochs": 120, "lr": 0.1, "batch": 128, "augment": "crop_flip"}
SETTINGS = {  # of files of one's own: as digits
    "digits": {"net": "mlp", "epochs": 25, "lr": 0.1, "batch": 64, "augment": None},
    "mnist": {"net": "lenet", "epochs": 20, "lr": 0.05, "batch": 128, "augment": None},
    "cifar10": PAPER,
    "cifar100": PAPER,
}


def plan(dataset: str, *, network: str = "", epochs: int = 0, seeds: Sequence[int] = (0,), fast: bool = False) -> dict:
    """Return how a dataset is trained, as arguments of `grid`: net, epochs, seeds and recipe.

    network, epochs: "" and 0 take those of SETTINGS; fast: at most 8 epochs. SGD is that of the paper; the learning
    rate falls to a tenth after two thirds and after five sixths of the epochs (80 and 100 of 120).
    """
    setting = SETTINGS.get(dataset, SETTINGS["digits"])
    epochs = epochs or setting["epochs"]
    epochs = min(epochs, 8) if fast else epochs
    milestones = (round(epochs * 80 / 120), round(epochs * 100 / 120))
    recipe = {name: setting[name] for name in ("lr", "batch", "augment")}
    recipe |= {"momentum": 0.9, "weight_decay": 5e-4, "milestones": milestones}
    return {"net": network or setting["net"], "seeds": list(seeds), "epochs": epochs, "recipe": recipe}


def makers(names: Sequence[str], *, start: int, epochs: int, small: bool) -> list:
    """Return what `grid` takes as methods, a function rate -> Method for each name of Table 1.

    start: epochs on everything, of CRUST and of Decoupling. small: INCV's selection gets a third of the epochs, and two
    rounds, because the training is as much shorter than the paper's.
    """
    third = max(1, epochs // 3)
    settings = {"CRUST": {"start": start}, "Decoupling": {"start": start}}
    if small:
        settings["INCV"] = {"rounds": 2, "selection_epochs": third, "warmup": third}

    def maker(name):
        return lambda rate: make(name, rate, **settings.get(name, {}))

    for name in names:
        choose("methods", name, ALL)
    return [maker(name) for name in names]


def rank_methods(runs: pd.DataFrame, *, criterion: str) -> pd.DataFrame:
    """Rank the methods of Table 1 as printed (CIFAR-10, ResNet-32) and as measured, in every column. 1 is the best.

    runs: of `grid`. -> a row per method and column of the table that was run: noise, rate, method, printed, measured
    (accuracies in percent, means over seeds), printed_rank, measured_rank (among the methods that have both)
    """
    asymmetric = {"noise": dict.fromkeys(("derangement", "pairflip"), "asymmetric")}
    cells = printed.cells("CRUST", "Table 1")
    cells = cells[cells["dataset"] == "cifar10"].replace(asymmetric)
    table = join_printed(runs.replace(asymmetric), cells, criterion).reset_index()
    return table.sort_values(["noise", "rate"], ascending=[False, True], kind="stable")


def one_by_one(keep: float = 0.5) -> dict[str, CRUST]:
    """Return CRUST step by step from Algorithm 1 to the released code; every step keeps the ones before."""
    methods = {}
    settings = {}
    for name, change in STEPS:
        settings |= change
        methods[name] = CRUST(variant="paper", keep=keep, **settings)
    return methods


def one_back(keep: float = 0.5) -> dict[str, CRUST]:
    """Return the released code, and for every question the released code that answers it as the paper does."""
    paper = CRUST(variant="paper")
    methods = {"released code": CRUST(keep=keep)}
    for names in QUESTIONS:
        answers = {name: getattr(paper, name) for name in names}
        methods[f"{names[0]} as in the paper"] = CRUST(keep=keep, **answers)
    return methods


def bind_crust(net: nn.Module, train: Split, **hyperparameters: object) -> CRUST:
    """Return CRUST, bound to a network that it evaluates and does not train.

    train: what it selects from. hyperparameters: of CRUST; it selects from epoch 0 on. Its `gradients(train)`,
    `select(train, 0)` and `batch` may be called.
    """
    method = CRUST(**{"start": 0, "mixup_after": 0, **hyperparameters})
    return method.bound_to(net, train)


def select_coreset(
    net: nn.Module, train: Split, *, selector: str, keep: float, group_by: str = "prediction", space: str = "logit"
) -> tuple[Tensor, Tensor]:
    """Return the positions that a selector chooses at a network, and how many samples each stands for. -> [K], [K]

    selector: of SELECTORS. keep: share of every group. group_by: "prediction" | "label". space: "logit" | "feature".
    "smallest gradient" takes the samples with the smallest |p - e_y| of each group; each stands for itself.
    """
    g, predicted = bind_crust(net, train, variant="paper", space=space).gradients(train)  # g = p - e_y  [N, C]
    group = predicted if group_by == "prediction" else train.y
    budget = coreset.shares(group, keep)  # {class: how many of its group}
    if selector != "smallest gradient":
        medoids = coreset.select(g, budget, selector, group)
        return medoids.indices, medoids.sizes
    size = g.norm(dim=1)
    chosen = []
    for c, count in budget.items():
        members = (group == c).nonzero()[:, 0]
        smallest = size[members].argsort(stable=True)[:count]
        chosen.append(members[smallest])
    chosen = torch.cat(chosen)
    return chosen, torch.ones_like(chosen)


def filters(
    net: nn.Module,
    task: Task,
    *,
    keeps: Sequence[float],
    selectors: Sequence[str] = SELECTORS,
    groups: Sequence[str] = ("prediction", "label"),
    space: str = "logit",
) -> pd.DataFrame:
    """Measure the label precision of what every selector chooses at a trained network. -> a row per choice

    Columns: selector, group_by, keep, precision (share of right labels among the chosen), weighted (the same, every
    medoid counted as often as its cluster has members), recall (share of the right labels that are chosen), right
    (their share in the training set), task, samples, noise.
    """
    right = task.train.y == task.truth.y
    rows = []
    facts = {"right": share(right), "task": task.name, "samples": len(right), "noise": task.noise.words}
    for keep, selector, group_by in product(keeps, selectors, groups):
        i, sizes = select_coreset(net, task.train, selector=selector, keep=keep, group_by=group_by, space=space)
        row = {"selector": selector, "group_by": group_by, "keep": keep}
        rows.append(row | precision(right, i, sizes) | facts)
    return pd.DataFrame(rows)


def precision(right: Tensor, i: Tensor, weight: Tensor) -> dict[str, float]:
    """Return how clean the chosen samples are. right bool [N]; i [K] positions, of weights [K] -> three shares"""
    weight = weight.double()
    chosen = torch.zeros_like(right).index_fill(0, i, True)
    weighted = float(weight @ right[i].double() / weight.sum())
    return {"precision": share(right, chosen), "weighted": weighted, "recall": share(chosen, right)}


def final_coreset(run: Run, task: Task) -> dict[str, float]:
    """Return `precision` of what CRUST would select after its last epoch; NaN for other methods."""
    right = task.train.y == task.truth.y
    method = run.method
    if not isinstance(method, CRUST):
        return dict.fromkeys(("precision", "weighted", "recall"), float("nan"))
    i = method.select(task.train, method.start).unique()
    return precision(right, i, method.trust[i])


def distances(net: nn.Module, task: Task, *, group_by: str = "prediction") -> pd.DataFrame:
    """Measure how far gradients p - e_y lie apart within a group, by what their labels are. -> a row per kind of pair

    Columns: pairs (how many), distance (their mean distance, at most 2).
    """
    y = task.train.y
    true = task.truth.y
    g, predicted = bind_crust(net, task.train, variant="paper").gradients(task.train)
    g = g.double()
    group = predicted if group_by == "prediction" else y
    right = y == true
    same_group = group[:, None] == group
    pair = same_group & torch.ones_like(same_group).triu(1).bool()  # every pair once
    same_classes = (y[:, None] == y) & (true[:, None] == true)
    both_wrong = ~right[:, None] & ~right
    kinds = {
        "right and right": right[:, None] & right,
        "right and wrong": right[:, None] ^ right,
        "wrong and wrong, same two classes": both_wrong & same_classes,
        "wrong and wrong, otherwise": both_wrong & ~same_classes,
    }
    distance = torch.cdist(g, g)
    rows = []
    for name, kind in kinds.items():
        rows.append({"pair": name, "pairs": int((kind & pair).sum()), "distance": share(distance, kind & pair)})
    return pd.DataFrame(rows).set_index("pair")


def seconds(
    methods: dict[str, Method],
    *,
    task: Task,
    net: object,
    epochs: int,
    recipe: Recipe | dict | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure the wall time of an epoch, to select and to train. -> a row per method

    Columns: select (with the pass over all samples that it needs), train (forward, backward, update), total, share (of
    select). Medians over the epochs but the first, in which torch loads what it loads once. Measuring is in neither.
    """
    rows = []
    for name, method in methods.items():
        with unmoved():
            _, loop = begin(method, task, net, epochs, seed, recipe, task.train.y.device)
        times = [epoch_seconds(loop) for _ in range(epochs)]
        rows += [{"method": name} | time_row for time_row in times[1:]]
    table = pd.DataFrame(rows).groupby("method", sort=False).median()
    total = table.sum(axis=1)
    return table.assign(total=total, share=table["select"] / total)


def epoch_seconds(loop: Loop) -> dict[str, float]:
    """Train one epoch, by the clock. -> seconds to select and to train"""
    began = time.perf_counter()
    loop.begin_epoch(None)
    selected = time.perf_counter()
    while loop.position < len(loop.queue):
        loop.one_batch()
    ended = time.perf_counter()
    loop.end_epoch()
    return {"select": selected - began, "train": ended - selected}
