"""The panel of lesson 11: stored runs on CIFAR-10 with people's labels, beside noise that a computer draws."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from ...noise import symmetric
from ...panels import Move, Question, Sketch, choice, curve, part, slider, svg_style
from .cifar10n import CLASSES, matrix, true_rate
from .figures import SHORT
from .reading import best_assumed, of
from .study import EPOCHS, NOISES, RATES, STARTS, results

EPOCH_NUMBERS = list(range(1, EPOCHS + 1))
COMPARED = ("ERM", "GCE", "ELR", "Confident learning", "Co-teaching")
MEAN = "Mean of the ten epochs (at first fewer) up to epoch {epoch}."
DOTTED, DASHED = "2 3", "7 3"
NO_MARKER = {"marker": "none"}


def draw(state: SimpleNamespace, show: Callable) -> pd.DataFrame:
    """Show one setting of the stored runs. -> the runs of SPL in this setting"""
    runs = results()
    spl = of(runs, noise=state.noise, method="SPL", assumed_rate=state.rate, start=state.start)
    rival = of(runs, noise=state.noise, method=state.other)
    samples = int(spl["samples"].iloc[0])
    data = f"CIFAR-10, n = {samples:,}, patch features, MLP, {EPOCHS} epochs, {len(spl)} seeds"
    name = f"SPL, ε = {state.rate:.0%}" if state.rate else "SPL, ε = 0 (plain SGD)"
    T = matrix_rows(state.noise)
    show(
        history={**lines(spl, name, rival, state.other), "caption": f"{data}. Bands: lowest to highest seed."},
        sweep={**sweep(runs, state), "caption": f"{MEAN} The cross is the slider."},
        matrix={"values": T, "caption": f"{state.noise}: {percent_wrong(T):.1f} % wrong."},
        methods={**bars(runs, state.noise), "caption": f"{MEAN} Whiskers: the seeds. Co-teaching assumes 40 %."},
        message=f"{name}, {state.start}, {state.noise}: test {spl['last10'].mean():.1%}, last ten epochs",
    )
    return spl


def percent_wrong(T: list[list[float]]) -> float:
    """Return the percentage of wrong labels by a matrix of ten equally frequent classes."""
    diagonal = [row[k] for k, row in enumerate(T)]
    return 100 - 10 * sum(diagonal)


def lines(spl: pd.DataFrame, name: str, rival: pd.DataFrame, rival_name: str) -> dict[str, Any]:
    """Return the traits of curves over the epochs: a setting of SPL, and the test accuracy of another method."""
    style = svg_style("SPL") | NO_MARKER
    validation_style = style | {"dash": DOTTED}
    memorised_style = svg_style("noisy_memorised") | NO_MARKER
    rival_style = svg_style(rival_name) | NO_MARKER | {"dash": DASHED}
    test = stack(spl, "test")
    rival_test = stack(rival, "test")
    series = [
        mean_curve(f"{name}: test", test, style),
        mean_curve(f"{name}: noisy validation", stack(spl, "val_noisy"), validation_style),
        mean_curve(f"{name}: wrong labels memorised", stack(spl, "noisy_memorised"), memorised_style),
        mean_curve(f"{rival_name}: test", rival_test, rival_style),
    ]
    bands = [
        band(EPOCH_NUMBERS, test, style["colour"]),
        band(EPOCH_NUMBERS, rival_test, rival_style["colour"]),
    ]
    return {"series": series, "bands": bands, "per_epoch": {"epoch": EPOCH_NUMBERS}}


def mean_curve(name: str, values: np.ndarray, style: dict[str, str]) -> dict[str, Any]:
    """Return the mean over the seeds as a curve over the epochs. values [seeds, epochs]"""
    return curve(name, EPOCH_NUMBERS, values.mean(0), **style)


def sweep(runs: pd.DataFrame, state: SimpleNamespace) -> dict[str, Any]:
    """Return the traits of SPL over its assumed rate, and another method next to it, epoch by epoch."""
    spl = [of(runs, noise=state.noise, method="SPL", assumed_rate=rate, start=state.start) for rate in RATES]
    test = np.stack([recent(rows, "test") for rows in spl])  # [rates, seeds, epochs]
    validation = np.stack([recent(rows, "val_noisy") for rows in spl])
    rival = recent(of(runs, noise=state.noise, method=state.other), "test").mean(0)
    chosen = RATES.index(state.rate)
    style = svg_style("SPL")
    validation_style = style | {"dash": DOTTED}
    lists = {"epoch": EPOCH_NUMBERS, "series": [], "bands": [], "lines": []}
    for k in range(EPOCHS):
        mean = test[:, :, k].mean(1)
        series = [
            curve("test", RATES, mean, **style),
            curve("noisy validation", RATES, validation[:, :, k].mean(1), **validation_style),
            curve("here", [state.rate], [mean[chosen]], "currentColor", "", "cross"),
        ]
        lists["series"].append(series)
        reach = band(RATES, test[:, :, k].T, style["colour"])
        line = {"name": state.other, "y": rounded(rival[k])}
        lists["bands"].append([reach])
        lists["lines"].append([line])
    return {"per_epoch": lists}


def recent(runs: pd.DataFrame, column: str) -> np.ndarray:
    """Return the mean of the ten epochs that end at each epoch, of fewer at the start. -> [seeds, epochs]"""
    values = stack(runs, column)
    means = []
    for end in EPOCH_NUMBERS:
        start = max(0, end - 10)
        means.append(values[:, start:end].mean(1))
    return np.stack(means, 1)


def stack(runs: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column of curves as an array. -> [seeds, epochs]"""
    return np.stack(runs[column].to_list())


def band(x: Iterable[float], values: np.ndarray, colour: str) -> dict[str, Any]:
    """Return a band from the lowest to the highest seed. values [seeds, len(x)]"""
    low = np.round(values.min(0), 4)
    high = np.round(values.max(0), 4)
    return {"x": list(x), "low": low.tolist(), "high": high.tolist(), "colour": colour}


def bars(runs: pd.DataFrame, noise: str) -> dict[str, Any]:
    """Return the traits of what every compared method has reached, epoch by epoch."""
    by_epoch = []
    reached = {name: recent(of(runs, noise=noise, method=name), "test") for name in COMPARED}
    for k in range(EPOCHS):
        drawn = [bar(name, test[:, k]) for name, test in reached.items()]
        by_epoch.append(drawn)
    return {"per_epoch": {"epoch": EPOCH_NUMBERS, "bars": by_epoch}}


def bar(name: str, accuracy: np.ndarray) -> dict[str, Any]:
    """Return a bar at the mean of a method's accuracy, with the lowest and the highest seed. accuracy [seeds]"""
    return {
        "name": SHORT.get(name, name),
        "value": rounded(accuracy.mean()),
        "low": rounded(accuracy.min()),
        "high": rounded(accuracy.max()),
        "colour": svg_style(name)["colour"],
    }


def rounded(value: float) -> float:
    """Return a number of numpy as Python's, with four decimals."""
    return round(float(value), 4)


def matrix_rows(noise: str) -> list[list[float]]:
    """Return the transition matrix of a noise as lists, with three decimals; people's is counted."""
    if noise == "people":
        T = matrix()
    else:
        T = symmetric(true_rate()).matrix(len(CLASSES), "cifar10")
    rows = []
    for row in T.tolist():
        rows.append([round(probability, 3) for probability in row])
    return rows


SCALE = {"ylim": [0, 0.8], "unit": "percent", "height": 182}
MOVES = (
    Move(
        "over 10 epochs",
        {"start": "over 10 epochs"},
        "Next to it is the same filter at once. Where is the highest point of the test curve now? Is it higher?",
        beside={"start": "at once"},
    ),
    Move(
        "60 % beside 0 %",
        {"rate": 0.6},
        "At ε = 0 nothing is dropped, so that is plain SGD. Which of the two memorises fewer wrong labels? Which has "
        "the higher test accuracy?",
        beside={"rate": 0.0},
    ),
    Move(
        "symmetric",
        {"noise": "symmetric"},
        "The same fraction of labels is wrong. At which ε is SPL best now, and which of the other methods gains most?",
        beside={"noise": "people"},
    ),
    Move(
        "what can be seen",
        {"noise": "people", "start": "at once"},
        "Without true labels you see the dotted curve on the right alone. Does it lead you to a good ε?",
    ),
)
OVER_EPOCHS = {"title": "Over the epochs", "xlabel": "epoch", "ylabel": "fraction", "share": 1.2}
OVER_EPOCHS |= {"xlim": [0.5, EPOCHS + 0.5]}
OVER_RATES = {"title": "Which rate should SPL assume?", "xlabel": "ε, the assumed rate", "xlim": [-0.02, 0.62]}
OVER_RATES |= {"ylabel": "accuracy, mean of ten epochs", "xunit": "percent"}
MATRIX = {"title": "Transition matrix T", "xlabel": "given label", "ylabel": "true class", "range": [0, 1]}
MATRIX |= {"rows": list(CLASSES), "columns": [name[:4] for name in CLASSES], "unit": "percent", "height": 200}
BARS = {"title": "The other methods, mean of ten epochs", "ylabel": "test accuracy"}
CONTROLS = [
    slider("rate", "ε", "SPL assumes", RATES, 0.4, "percent"),
    choice("start", "ε(t)", "from when", list(STARTS), "at once"),
    choice("noise", "T", "noise", NOISES, "people"),
    choice("other", "", "beside it", list(COMPARED), "ERM"),
]
PARTS = [
    part("curves", "history", **OVER_EPOCHS, **SCALE),
    part("curves", "sweep", **OVER_RATES, **SCALE | {"ylim": [0.2, 0.6]}),
    part("matrix", "matrix", **MATRIX),
    part("bars", "methods", **BARS, **SCALE | {"ylim": [0, 0.7], "height": 200}),
]
QUESTION = Question(
    "CIFAR-10 as people labelled it, 40 % of the labels wrong. SPL drops the fraction ε with the largest losses, "
    "from the first step on. With which ε (0 to 60 %) does it end with the highest test accuracy?",
    unit="percent",
    naive=0.4,
    measure=best_assumed,
    seeds=range(5),
    part="sweep",
    along="x",
    setting={"noise": "people", "start": "at once"},
)
SKETCH = Sketch(
    name="11",
    title="CIFAR-10 as people labelled it",
    controls=CONTROLS,
    rows=[["history", "sweep"], ["matrix", "methods"]],
    parts=PARTS,
    draw=draw,
    moves=MOVES,
    versus="other",
    question=QUESTION,
    stored=True,
)
