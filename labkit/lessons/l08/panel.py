"""The panel of lesson 08: raise the noise rate of the meta set, and see which samples the weighting network trusts."""

from collections.abc import Callable
from types import SimpleNamespace

import labkit

from ...panels import Move, Question, Sketch, choice, cycle, part, slider
from ...panels.live import one_thread
from .pictures import history, message, pictures
from .study import EPOCHS, Learnt, plain, trained

ETAS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)


def draw(state: SimpleNamespace, show: Callable[..., None]) -> Learnt:
    """Train with learnt weights, epoch by epoch, then plain SGD for comparison."""
    epochs = 2 if labkit.fast() else EPOCHS

    def watch(learnt: Learnt) -> None:
        done = len(learnt.area)
        show(**pictures(learnt, state), message=message(learnt, state), progress=done / (epochs + 1))

    training = {"noise_rate": state.rate, "seed": state.seed, "epochs": epochs}
    with one_thread():
        learnt = trained(meta_noise_rate=state.eta, meta_loss=state.loss, watch=watch, **training)
        show(**pictures(learnt, state), message=message(learnt, state))
        run = plain(**training)
    show(history=history(learnt, state, run), message=message(learnt, state, run))
    return learnt


def measure(seed: int) -> float:
    """Return the AUC of the weights after the last epoch, with MAE and 80 % of the meta labels redrawn."""
    learnt = trained(meta_noise_rate=0.8, meta_loss="MAE", noise_rate=0.4, seed=seed)
    return learnt.area[-1]


LOSS_AXIS = {
    "xlabel": "loss of the given label (nats)",
    "xlim": [10**-2.5, 10**1.2],
    "xscale": "log",
    "xunit": "number",
}
MOVES = (
    Move(
        "CE, 40 %",
        {"eta": 0.4},
        "Is the AUC of the weights above or below chance? Drag τ′. How much noise turns the weights upside down?",
    ),
    Move(
        "MAE beside CE, 80 %",
        {"eta": 0.8, "loss": "MAE"},
        "Meta set and seed are the same, and only the meta loss differs. Which labels does each of the two trust?",
        beside={"loss": "CE"},
    ),
    Move(
        "MAE, 100 %",
        {"eta": 1.0, "loss": "MAE"},
        "All meta labels are redrawn, so they say nothing. Does V still choose a side? With a kernel, press Next seed.",
    ),
)
SKETCH = Sketch(
    name="08",
    title="Can the network learn whom to trust?",
    controls=[
        slider("eta", "τ′", "noise rate of the meta set", values=ETAS, value=0.0, unit="percent"),
        choice("loss", "ℓ′", "meta loss", ["CE", "MAE"], value="CE"),
        slider(
            "rate",
            "τ",
            "noise rate of the training set",
            values=(0.2, 0.4, 0.6),
            value=0.4,
            unit="percent",
            stored=(0.4, 0.6),
        ),
        cycle("seed", "", "Next seed", values=[0, 1, 2, 3, 4], stored=[0]),
    ],
    rows=[["V", "losses", "history"]],
    parts=[
        part(
            "curves",
            "V",
            title="The weight V(loss)",
            caption="Faint: after epochs 1, 2, 4 and 8.",
            ylabel="weight",
            ylim=[0, 1],
            unit="number",
            height=300,
            **LOSS_AXIS,
        ),
        part(
            "curves",
            "losses",
            title="Where the samples are",
            ylabel="fraction of the samples",
            ylim=[0, 1],
            unit="percent",
            height=300,
            **LOSS_AXIS,
        ),
        part(
            "curves",
            "history",
            title="What comes of it",
            xlabel="epoch",
            ylabel="AUC, fraction",
            xlim=[0.5, EPOCHS + 0.5],
            ylim=[0, 1],
            unit="percent",
            xunit="whole",
            height=300,
            share=1.25,
        ),
    ],
    draw=draw,
    moves=MOVES,
    versus="loss",
    question=Question(
        "A weighting network learns from 100 meta samples. 80 % of their labels are redrawn from all ten classes, and "
        "its meta loss is MAE. With what probability does a clean training label then weigh more than a wrong one "
        "(digits, uniform 40 %, 15 epochs, seeds 0-4)?",
        unit="percent",
        naive=0.6,
        measure=measure,
        seeds=range(5),
        part="history",
        x=EPOCHS,
        setting={"eta": 0.8, "loss": "MAE", "rate": 0.4},
    ),
)
