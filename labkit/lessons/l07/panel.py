"""The panel of lesson 07: which weights learn in CDR's step, which labels b explains, and what comes of it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from torch import Tensor

from ...fit import Run
from ...panels import Move, Question, Sketch, choice, curve, part, slider, svg_style
from ...panels.live import one_thread
from ...plot.training import CURVE_NAMES
from . import study
from .figures import COVERAGE, LABELS, RETAINED
from .study import FATES, WIDTH, Record
from .watched import CHOICES, LARGEST, RANDOM

RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
LAMS = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0)
RECORDS = {}  # trainings of this process
CAPACITY = 24
STORED = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30)  # epochs of the stored pictures
Picture = dict[str, Any]


def draw(state: SimpleNamespace, show: Callable[..., None]) -> Record:
    """Train once for every setting of ε, choice and λ; show every epoch. -> the record of `trained`"""
    key = (state.rate, state.by, state.lam)
    if key not in RECORDS:
        record = _trained(state, show)
        while len(RECORDS) >= CAPACITY:
            oldest = next(iter(RECORDS))
            RECORDS.pop(oldest)
        RECORDS[key] = record
    record = RECORDS[key]
    show(**pictures(record, state), message=message(record))
    return record


def _trained(state, show):
    """Train with the setting of the controls, and show every epoch. -> the record of `trained`"""
    epochs = study.panel_epochs()

    def show_epoch(record: Record) -> None:
        done = len(record["fates"])
        show(**pictures(record, state), progress=done / epochs)

    with one_thread():
        return study.trained(rate=state.rate, by=state.by, lam=state.lam, epochs=epochs, watch=show_epoch)


def message(record: Record) -> str:
    """Say how a training ended."""
    last = record["run"].rows[-1]
    memorised = f"{last['noisy_memorised']:.0%} of the wrong labels memorised"
    return f"after {last['epoch']} epochs: test accuracy {last['test']:.0%}, {memorised}"


def pictures(record: Record, state: SimpleNamespace) -> dict[str, Picture]:
    """Draw the four parts, of a training that may not be over."""
    run = record["run"]
    epochs = {"epoch": _epochs(record)}
    setting = f"digits, n = {len(run.method.train):,}, MLP of width {WIDTH}, symmetric 40 %, seed 0"
    values = [shares(share) for share in record["share"]]
    return {
        "history": {"series": history(run), "caption": setting, "per_epoch": epochs},
        "masks": {
            "series": masks(record),
            "lines": [{"name": "1 − ε", "y": round(1 - state.rate, 3)}],
            "per_epoch": epochs,
        },
        "mask": {
            "caption": f"Epoch {{epoch}}, {state.by}: in what fraction of the steps each weight was chosen.",
            "per_epoch": {**epochs, "values": values},
        },
        "fates": {
            "caption": f"Epoch {{epoch}}, λ = {state.lam:g}.",
            "per_epoch": {**epochs, "bars": [bars(fates) for fates in record["fates"]]},
        },
    }


def _epochs(record):
    """Return the epochs of a record, counted from 1."""
    return list(range(1, 1 + len(record["fates"])))


def shares(share: Tensor) -> list[list[float]]:
    """Return in what fraction of an epoch's steps each weight was chosen, rounded. share [10, WIDTH]"""
    rows = []
    for row in share.tolist():
        rows.append([round(value, 2) for value in row])
    return rows


def history(run: Run) -> list[Picture]:
    """Draw the curves of a run so far."""
    epochs = [row["epoch"] for row in run.rows]
    curves = []
    for column, name in CURVE_NAMES.items():
        values = [row[column] for row in run.rows]
        curves.append(curve(name, epochs, values, **svg_style(column)))
    return curves


def masks(record: Record) -> list[Picture]:
    """Draw how long a weight stays chosen."""
    epochs = _epochs(record)
    return [
        curve("chosen, and chosen a step before", epochs, record["retained"], *RETAINED),
        curve("chosen at least once", epochs, record["coverage"], *COVERAGE),
    ]


def bars(fates: dict[str, list[float]]) -> list[Picture]:
    """Draw what predicts clean and wrong labels, a bar for each kind and fate."""
    drawn = []
    for kind, ink in LABELS.items():
        for fate, fraction in zip(FATES, fates[kind]):
            name = f"{kind}: {fate}"
            drawn.append({"name": name, "value": round(fraction, 4), "colour": ink})
    return drawn


CLASSES = list(map(str, range(10)))
UNITS = list(map(str, range(WIDTH)))
AXIS = {"xlabel": "epoch", "xlim": [0.5, 30.5], "ylim": [0, 1], "unit": "percent", "height": 184}
MOVES = (
    Move(
        "at random beside largest",
        {"by": "at random"},
        "The upper pictures show both choices. In which picture do they differ, and in which do they hardly?",
        beside={"by": LARGEST},
    ),
    Move(
        "largest, epoch by epoch",
        {"by": LARGEST},
        "Go through the epochs and watch the last layer. Do the same weights stay dark? Compare with at random.",
    ),
    Move(
        "b alone, λ = 8",
        {"rate": 0.0, "lam": 8.0},
        "What predicts the wrong labels now, the network alone or only the network with b?",
    ),
    Move(
        "b alone, λ = 32",
        {"rate": 0.0, "lam": 32.0},
        "λ = 8 stands beside it. What predicts the clean labels now, and what is the test accuracy?",
        beside={"lam": 8.0},
    ),
)
SKETCH = Sketch(
    name="07",
    title="Which weights may learn?",
    controls=[
        slider("rate", "ε", "assumed rate", RATES, 0.4, "percent", stored=RATES[::2]),
        choice("by", "c", "may learn", CHOICES, LARGEST),
        slider("lam", "λ", "strength of b", LAMS, 0.0, stored=[0.0, 8.0, 32.0]),
    ],
    rows=[["history", "masks"], ["mask", "fates"]],
    parts=[
        part("curves", "history", title="What the network has learnt", ylabel="fraction of the samples", **AXIS),
        part("curves", "masks", title="Which weights were chosen", ylabel="fraction of the weights", **AXIS),
        part(
            "matrix",
            "mask",
            title="The 10 x 32 weights of the last layer",
            xlabel="hidden unit",
            ylabel="class",
            range=[0, 1],
            unit="percent",
            height=200,
            rows=CLASSES,
            columns=UNITS,
        ),
        part(
            "bars",
            "fates",
            title="What predicts the given label?",
            ylabel="fraction of the labels",
            ylim=[0, 1],
            unit="percent",
            height=200,
        ),
    ],
    draw=draw,
    moves=MOVES,
    versus="by",
    epochs=STORED,
    question=Question(
        "Digits, symmetric 40 %. In every step CDR lets the 60 % of the weights with the largest |w g| learn; after 30 "
        "epochs its test accuracy is between 82 % and 89 %. What is it if the 60 % are drawn at random in every step? "
        "(seeds 0 to 4)",
        unit="percent",
        naive=0.7,
        measure=study.accuracy_of_random_masks,
        seeds=range(5),
        part="history",
        x=30,
        setting={"rate": 0.4, "by": RANDOM, "lam": 0.0},
    ),
)
