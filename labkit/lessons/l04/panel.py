"""The panel of lesson 04: drag the assumed rate, and see what a filter keeps of one batch, and of every class."""

from collections.abc import Callable
from types import SimpleNamespace

import labkit

from ...fit import Run
from ...panels import Move, Question, Sketch, choice, curve, cycle, part, slider, svg_style
from . import pictures, study
from .pictures import FLOOR, GROUPS, TOP

SIGNS = ["given ≠ true", GROUPS[3], GROUPS[2]]  # of a gallery of mistakes
RATES = [*(k / 10 for k in range(10)), 0.99]
STORED = (1, 2, 3, 4, 6, 10, study.EPOCHS)  # epochs of the stored pictures


def draw(state: SimpleNamespace, show: Callable[..., None]) -> Run:
    """Train the filter from the start; after each epoch look at one batch."""
    epochs = 2 if labkit.fast() else study.EPOCHS
    task = study.noisy(seed=state.seed)
    i = study.batch_of(task, state.seed)
    observed = []

    def watch(run: Run) -> None:
        record = pictures.observe(state.method, run, task, i)
        observed.append(record)
        parts = pictures.of_epochs(state, run, task, i, observed)
        show(**parts, progress=len(run.rows) / epochs)

    ramp = study.RAMPS[state.ramp]
    setting = {"assumed_rate": state.assumed, "ramp": ramp, "seed": state.seed, "epochs": epochs}
    run = study.filtered(state.method, **setting, on_epoch=watch)
    # plain SGD trains last, so that the first picture does not wait for it
    accuracy = study.plain(seed=state.seed, epochs=epochs)
    plain = curve("test accuracy, plain SGD", range(1, epochs + 1), accuracy, **svg_style("test"))
    curves = [*pictures.history(state.method, run), plain]
    history = pictures.over_epochs(curves, task, state.seed)
    show(message=pictures.result(state, run, task), history=history)
    return run


def measure(seed: int) -> float:
    """Return SPL's test accuracy after the last epoch, if it drops the true fraction from the first step on."""
    run = study.filtered("SPL", assumed_rate=study.TRUE_RATE, ramp=0, seed=seed)
    return run.accuracy["last"]


SHARE = {"ylim": [0, 1], "unit": "percent"}
EPOCHS = {"xlabel": "epoch", "xlim": [0.5, study.EPOCHS + 0.5]}
AXES = {"xlim": [FLOOR, TOP], "xscale": "log", "xunit": "number", "ylim": [0, 1.5], "unit": "number"}
PLANE = {"xlabel": "loss (nats)", "ylabel": "norm of p − e", "groups": GROUPS, **AXES}
MOVES = (
    Move(
        "over 10 epochs",
        {"ramp": "over 10 epochs"},
        "Beside it is the same filter, at once. Which bars are higher now, and what does that do to the test accuracy?",
        beside={"ramp": "at once"},
    ),
    Move(
        "PRL(L) beside SPL",
        {"method": "PRL(L)"},
        "Both drop half of each batch at once, and only the score differs. Which classes does each of them shut out?",
        beside={"method": "SPL"},
    ),
    Move(
        "99 %",
        {"assumed": 0.99},
        "One sample of 128 is left in each batch. What are precision and recall now? Drag ε down. Which ε is best?",
    ),
    Move(
        "0 %",
        {"assumed": 0.0},
        "Nothing is dropped, so this is plain SGD. At which ε do precision and recall become one curve, and why there?",
    ),
)
CONTROLS = [
    slider("assumed", "ε", "fraction dropped", values=RATES, value=0.5, unit="percent"),
    choice("method", "w", "method", list(study.FILTERS), value="SPL"),
    choice("ramp", "ε(t)", "from when", list(study.RAMPS), value="at once"),
    cycle("seed", "", "Next seed", values=[0, 1, 2, 3, 4], stored=[0]),
]
HALF_WRONG = "Half of the labels are wrong"
PARTS = [
    part("curves", "history", title=HALF_WRONG, ylabel="fraction", height=200, **EPOCHS, **SHARE),
    part("scatter", "plane", title="One batch: loss and gradient", height=200, **PLANE),
    part("bars", "classes", title="Clean labels that are kept, by class", ylabel="fraction", height=180, **SHARE),
    part("gallery", "mistakes", title="Mistakes in this batch", columns=12, signs=SIGNS, groups=GROUPS, height=180),
]
QUESTION = Question(
    "Half of the labels are wrong. SPL drops the half of each batch with the largest loss, from the first step on. "
    "What is its test accuracy after 20 epochs?",
    unit="percent",
    naive=0.95,
    measure=measure,
    seeds=range(5),
    part="history",
    x=study.EPOCHS,
    setting={"assumed": 0.5, "method": "SPL", "ramp": "at once"},
)
SKETCH = Sketch(
    name="04",
    title="Whom do you trust in a batch?",
    controls=CONTROLS,
    rows=[["history", "plane"], ["classes", "mistakes"]],
    parts=PARTS,
    draw=draw,
    epochs=STORED,
    moves=MOVES,
    versus="method",
    question=QUESTION,
)
