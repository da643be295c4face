"""The panel of lesson 03: leave cross-entropy step by step, and see which labels still pull."""

from collections.abc import Callable
from types import SimpleNamespace

import labkit

from ...fit import Run
from ...panels import Move, Question, Sketch, choice, cycle, part, slider, svg_style
from ...panels.live import one_thread
from . import pictures
from .study import EPOCHS, FAST, HYPERPARAMETERS, method, noisy, trained

STEPS = tuple(k / 10 for k in range(11))
RIGHT, WRONG = svg_style("clean_fitted"), svg_style("noisy_memorised")
OBSERVED = {}  # by setting: what `pictures.observe` saw of the trainings of this process, epoch by epoch
STORED = (1, 2, 3, 4, 5, 7, 9, 12, 16, 20, 30, EPOCHS)  # epochs of the stored pictures


def draw(state: SimpleNamespace, show: Callable[..., None]) -> Run:
    """Draw the shapes at once, then train, then train with plain cross-entropy for comparison."""
    epochs = FAST["epochs"] if labkit.fast() else EPOCHS
    task = noisy(noise_rate=state.rate, seed=state.seed)
    loss = method(state.loss, step=state.s)
    i = pictures.shown_samples(task)
    key = (state.loss if state.s else "ERM", state.s, state.rate, state.seed, epochs, labkit.fast())
    observed = list(OBSERVED.get(key, ()))
    values, lines = pictures.shapes(state)

    def show_epochs(run: Run) -> None:
        parts = pictures.of_epochs(run, observed, task, i, lines)
        show(**parts, progress=len(run.rows) / (epochs + 1), message=pictures.result(state, run))

    def watch(run: Run) -> None:
        record = pictures.observe(run, loss, task, i)
        observed.append(record)
        show_epochs(run)

    show(loss=values, message="training")
    setting = {"noise_rate": state.rate, "seed": state.seed, "epochs": epochs}
    with one_thread():
        run = trained(state.loss, step=state.s, **setting, watch=watch)
        OBSERVED[key] = observed
        show_epochs(run)
        plain = trained("ERM", step=0.0, **setting) if state.s else run
    history = pictures.history(run, task, plain)
    show(history=history, message=pictures.result(state, run, plain))
    return run


def measure(seed: int) -> float:
    """Return the fraction of wrong labels that GCE with q = 0.7 has memorised after 40 epochs."""
    run = trained("GCE", step=0.7, noise_rate=0.4, seed=seed)
    return pictures.memorised(run)


AXIS = {"xlabel": "probability of the given label", "xlim": [0, 1], "xunit": "number", "unit": "number"}
MOVES = (
    Move(
        "GCE, from 0 to 0.7",
        {"s": 0.7},
        "The crosses are wrong labels. On which side of the middle picture do most of them end at 0.7, and on which "
        "side at 0, with cross-entropy? From which step on are more than half on the left?",
        beside={"s": 0.0},
    ),
    Move(
        "Focal, 1",
        {"loss": "Focal", "s": 1.0},
        "How many crosses (wrong labels) end on the left side of the middle picture?",
    ),
    Move(
        "Bootstrap hard, 1",
        {"loss": "Bootstrap hard", "s": 1.0},
        "The target is what the network predicts, and the given label does not count. What does the network learn?",
    ),
)
CONTROLS = [
    slider("s", "q", "step away from cross-entropy", values=STEPS, value=0.7, stored=(0.0, 0.3, 0.5, 0.7, 1.0)),
    choice("loss", "ℓ", "loss", list(HYPERPARAMETERS), value="GCE"),
    slider("rate", "τ", "noise rate", values=(0.2, 0.4, 0.6), value=0.4, unit="percent"),
    cycle("seed", "", "Next seed", values=[0, 1, 2, 3, 4], stored=[0]),
]
GROUPS = [
    {"name": "clean labels", "colour": RIGHT["colour"], "marker": "circle"},
    {"name": "wrong labels", "colour": WRONG["colour"], "marker": "cross"},
]
PARTS = [
    part("curves", "loss", title="The loss ℓ", ylabel="loss (nats)", ylim=[0, 5], height=300, **AXIS),
    part(
        "scatter",
        "pull",
        title="The pull −∂ℓ/∂z on the given label",
        ylabel="pull on its logit",
        ylim=[-0.6, 1.4],
        height=300,
        groups=GROUPS,
        **AXIS,
    ),
    part(
        "curves",
        "history",
        title="What the network learns from it",
        xlabel="epoch",
        ylabel="fraction of the samples",
        xlim=[0.5, EPOCHS + 0.5],
        ylim=[0, 1],
        unit="percent",
        xunit="whole",
        height=300,
        share=1.25,
    ),
]
QUESTION = Question(
    "GCE is cross-entropy at q = 0, which memorises 80 to 89 % of the wrong labels. At q = 1 it is half of MAE and "
    "memorises 2 to 8 %. What fraction does it memorise at q = 0.7 (digits, symmetric 40 %, 40 epochs)?",
    unit="percent",
    naive=0.28,
    measure=measure,
    seeds=range(5),
    part="history",
    x=EPOCHS,
    setting={"s": 0.7, "loss": "GCE", "rate": 0.4},
)
SKETCH = Sketch(
    name="03",
    title="What should a loss forgive?",
    controls=CONTROLS,
    rows=[["loss", "pull", "history"]],
    parts=PARTS,
    draw=draw,
    epochs=STORED,
    moves=MOVES,
    versus="loss",
    question=QUESTION,
)
