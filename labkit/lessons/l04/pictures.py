"""The pictures of panel 04: one batch with the filter's cut, its mistakes, and what is kept of every class."""

from types import SimpleNamespace
from typing import Any

from torch import Tensor

from ...data import Task
from ...fit import Run
from ...panels import curve, samples, svg_style
from ...plot.style import GREY, OKABE_ITO
from . import study

RIGHT, WRONG = OKABE_ITO[2], OKABE_ITO[1]
SHOWN = 12  # images of each mistake
FLOOR, TOP = 1e-3, 30.0  # of the loss axis, nats
GROUPS = [
    {"name": "clean label, kept", "colour": RIGHT, "marker": "circle"},
    {"name": "wrong label, dropped", "colour": WRONG, "marker": "cross"},
    {"name": "clean label, dropped", "colour": RIGHT, "marker": "cross"},
    {"name": "wrong label, kept", "colour": WRONG, "marker": "circle"},
]
CLEAN_KEPT, WRONG_DROPPED, CLEAN_DROPPED, WRONG_KEPT = "0123"  # positions in GROUPS
NO_LINE = " PRL(G) ranks by the gradient of all weights: no line here."
Traits = dict[str, Any]


def observe(method: str, run: Run, task: Task, i: Tensor) -> Traits:
    """Return the batch i after the newest epoch: scores, what the filter keeps, its cut; what is kept of every class.

    method: its name in study.FILTERS.
    """
    scores = study.trusted(run.method, task, i)
    lengths = scores["layer"].tolist()
    return {
        "epoch": len(run.rows),
        "loss": samples.short(scores["loss"].clamp(FLOOR, TOP)),
        "layer": [round(length, 2) for length in lengths],
        "kept": samples.digits(scores["kept"].long()),
        "believed": samples.digits(run.life.believed[-1][i]),
        "lines": cuts(method, scores),
        "classes": study.by_class(run.life.selected[-1], task),
    }


def of_epochs(state: SimpleNamespace, run: Run, task: Task, i: Tensor, observed: list[Traits]) -> dict[str, Traits]:
    """Return all parts. i: the batch; observed: of `observe`, epoch by epoch"""
    epochs = column(observed, "epoch")
    loss = column(observed, "loss")
    believed = column(observed, "believed")
    curves = history(state.method, run)
    return {
        "history": over_epochs(curves, task, state.seed),
        "plane": plane(state.method, task, i, observed),
        "classes": classes(observed),
        "mistakes": {"per_epoch": {"epoch": epochs, **mistakes_of_epochs(observed, task, i)}},
        "samples": samples.table(task, i, epoch=epochs, loss=loss, believed=believed),
    }


def column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    """Return one entry of every epoch."""
    return [row[name] for row in rows]


def over_epochs(series: list[Traits], task: Task, seed: int) -> Traits:
    """Return the curves, with their epochs."""
    epochs = [int(epoch) for epoch in series[0]["x"]]
    return {"series": series, "caption": setting(task, seed), "per_epoch": {"epoch": epochs}}


def setting(task: Task, seed: int) -> str:
    """Return data, noise and recipe in words."""
    data = f"digits, n = {len(task.train):,}, symmetric {study.TRUE_RATE:.0%}, seed {seed}"
    return f"{data}. MLP, Adam, batches of {study.BATCH}."


def history(method: str, run: Run) -> list[Traits]:
    """Return test accuracy, precision and recall of the kept labels, as curves."""
    epochs = column(run.rows, "epoch")
    test = column(run.rows, "test")
    precision = column(run.rows, "selected_precision")
    recall = column(run.rows, "selected_recall")
    return [
        curve(f"test accuracy, {method}", epochs, test, **svg_style(method)),
        curve("precision: clean among the kept", epochs, precision, OKABE_ITO[3], "7 3", "none"),
        curve("recall: kept among the clean", epochs, recall, RIGHT, "2 3", "none"),
    ]


def plane(method: str, task: Task, i: Tensor, observed: list[Traits]) -> Traits:
    """Return the samples of the batch at their loss and their norm of p - e, with the filter's cut."""
    wrong = wrong_in(task, i)
    points = []
    for epoch in observed:
        fates = groups(epoch["kept"], wrong)
        points.append({"x": epoch["loss"], "y": epoch["layer"], "group": fates})
    caption = f"One batch of {len(i)}, {int(wrong.sum())} wrong, after epoch {{epoch}}."
    if method == "PRL(G)":
        caption += NO_LINE
    epochs = column(observed, "epoch")
    lines = column(observed, "lines")
    return {
        "points": {"sample": i.tolist()},
        "caption": caption,
        "per_epoch": {"epoch": epochs, "points": points, "lines": lines},
    }


def wrong_in(task: Task, i: Tensor) -> Tensor:
    """Return which of the training samples i have a wrong label. -> bool [len(i)]"""
    return (task.train.y != task.truth.y)[i]


def groups(kept: str, wrong: Tensor) -> str:
    """Return the positions of a batch's samples in GROUPS, a digit for each. kept: a 0 or 1 for each"""
    digits = []
    for sign, is_wrong in zip(kept, wrong.tolist()):
        if sign == "1":
            group = WRONG_KEPT if is_wrong else CLEAN_KEPT
        else:
            group = WRONG_DROPPED if is_wrong else CLEAN_DROPPED
        digits.append(group)
    return "".join(digits)


def cuts(method: str, scores: dict[str, Tensor]) -> list[Traits]:
    """Return the cut of the filter, if it is a line in the plane. -> one line or none"""
    if method == "PRL(G)":
        return []
    is_horizontal = method == "PRL(L)"
    score = scores["layer"] if is_horizontal else scores["loss"]
    cut = study.edge(score, scores["kept"])
    if not cut:
        return []
    if is_horizontal:
        line = {"name": "cut of the gradient", "x": [FLOOR, TOP], "y": [round(cut, 4)] * 2}
    else:
        inside = min(max(cut, FLOOR), TOP)
        line = {"name": "cut of the loss", "x": [round(inside, 4)] * 2, "y": [0, 1.5]}
    return [line | {"colour": GREY, "dash": "7 3"}]


def classes(observed: list[Traits]) -> Traits:
    """Return what is kept of every class, as bars epoch by epoch."""
    epochs = column(observed, "epoch")
    drawn = [bars(epoch["classes"]) for epoch in observed]
    caption = "Training set, epoch {epoch}. 0%: this class is shut out."
    return {"caption": caption, "per_epoch": {"epoch": epochs, "bars": drawn}}


def bars(fractions: list[float]) -> list[Traits]:
    """Return a bar for every class. fractions: of its clean labels that is kept [C]"""
    drawn = []
    for c, fraction in enumerate(fractions):
        drawn.append({"name": str(c), "value": round(fraction, 3), "colour": RIGHT})
    return drawn


def mistakes_of_epochs(observed: list[Traits], task: Task, i: Tensor) -> dict[str, list]:
    """Return `mistakes` of every epoch. -> {name: list with an entry for each epoch}"""
    wrong = wrong_in(task, i)
    drawn = [mistakes(i, groups(epoch["kept"], wrong)) for epoch in observed]
    return {name: column(drawn, name) for name in drawn[0]}


def mistakes(i: Tensor, fates: str) -> Traits:
    """Return the wrong labels that got in, and the clean ones that were left out, SHOWN of each at most.

    fates: of `groups`, for the batch i.
    """
    let_in = _samples_in(i, fates, WRONG_KEPT)
    left_out = _samples_in(i, fates, CLEAN_DROPPED)
    shown_in = let_in[:SHOWN]
    shown_out = left_out[:SHOWN]
    counts = f"{len(let_in)} wrong labels are kept, {len(left_out)} clean ones dropped"
    return {
        "samples": [*shown_in, *shown_out],
        "fates": WRONG_KEPT * len(shown_in) + CLEAN_DROPPED * len(shown_out),
        "caption": f"{counts}; up to {SHOWN} of each are shown.",
    }


def _samples_in(i, fates, group):
    """Return the samples of a batch that are in a group. -> list of positions in the training set"""
    return [int(sample) for sample, fate in zip(i, fates) if fate == group]


def result(state: SimpleNamespace, run: Run, task: Task) -> str:
    """Say in a line how accurate the network is, and how many classes are shut out."""
    shut_out = study.count_shut_out(run.life.selected[-1], task)
    accuracy = f"test accuracy {run.accuracy['last']:.0%}"
    drops = f"{state.method} drops {state.assumed:.0%} {state.ramp}"
    return f"{drops}: {accuracy}, {shut_out} of {task.classes} classes shut out"
