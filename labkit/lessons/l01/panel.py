"""The panel of lesson 01: the same rate under seven noise models."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from torch import Tensor

from ...data import Task
from ...panels import Move, Question, Sketch, choice, curve, cycle, part, samples, slider
from ...plot.style import OKABE_ITO
from . import study
from .study import asked_matrix, clean_leads, expected_fractions, noisy, realised_fractions

RATES = tuple(k / 20 for k in range(19))
SHOWN = 36  # images
EXPECTED, REALISED = OKABE_ITO[0], OKABE_ITO[1]


def draw(state: SimpleNamespace, show: Callable[..., None]) -> Task:
    """Corrupt the digits and show what was asked for and what came out."""
    task = noisy(state.noise, noise_rate=state.rate, seed=state.seed)
    T = asked_matrix(state.noise, noise_rate=state.rate, seed=state.seed)
    data = f"digits, n = {study.size():,}, seed {state.seed}"
    realised = task.noise.realised
    show(
        asked=matrix(T, framed(T) or " "),
        realised=matrix(task.noise.realised_matrix, f"Counted: {data}."),
        fractions={**curves(state), "caption": f"{data}. The faint line goes on to higher rates."},
        gallery={"samples": list(range(SHOWN))},
        samples=samples.table(task, range(SHOWN)),
        passport={"rows": passport(task, T)},
        message=f"{state.noise} {state.rate:.0%}: {realised:.1%} of the labels are wrong",
    )
    return task


def framed(T: Tensor) -> str:
    """Say in how many rows a wrong label is at least as frequent as the clean one; "" if in none. T [C, C]"""
    count = len(marks(T))
    return f"Framed ({count}): a wrong label leads or ties." if count else ""


def marks(T: Tensor) -> list[list[int]]:
    """Find the wrong labels that are at least as frequent as the clean one. T [C, C] -> list of [row, column]"""
    largest_wrong = T.clone().fill_diagonal_(-1.0).argmax(1).tolist()
    lost = ~clean_leads(T)
    return [[row, largest_wrong[row]] for row in lost.nonzero()[:, 0].tolist()]


def matrix(T: Tensor, caption: str) -> dict[str, Any]:
    """Return a transition matrix, with a frame where a wrong label leads. T [C, C] -> traits"""
    values = []
    for row in T.tolist():
        values.append([round(value, 3) for value in row])
    return {"values": values, "marked": marks(T), "caption": caption}


def curves(state: SimpleNamespace) -> dict[str, Any]:
    """Return the fractions of wrong labels up to the rate of the slider, which the legend reads. -> traits

    The faint line goes on to higher rates.
    """
    expected = expected_fractions(state.noise, RATES)
    realised = realised_fractions(state.noise, RATES, state.seed)
    end = RATES.index(state.rate) + 1
    return {
        "series": [
            curve("wrong labels expected", RATES[:end], expected[:end], EXPECTED, "", "none"),
            curve("wrong labels that came out", RATES[:end], realised[:end], REALISED, "7 3", "circle"),
        ],
        "before": [curve("expected", RATES, expected, EXPECTED, "", "none")],
        "lines": [{"name": "asked rate", "y": state.rate}],
    }


def passport(task: Task, T: Tensor) -> list[list[str]]:
    """Return what a passport says, in words. T [C, C] asked for -> rows of a table"""
    noise = task.noise
    leading = int(clean_leads(T).sum())
    leading_realised = int(clean_leads(noise.realised_matrix).sum())
    return [
        ["asked rate", f"{noise.rate:.0%}"],
        ["wrong labels that came out", f"{noise.realised:.1%}"],
        ["in other papers' words", noise.words],
        ["classes whose clean label leads", f"asked {leading}, came out {leading_realised} of {len(T)}"],
        ["label hash", noise.hash],
    ]


def measure(seed: int) -> float:
    """Return the fraction of wrong labels at asymmetric 40 %."""
    return noisy("asymmetric", noise_rate=0.4, seed=seed).noise.realised


DIGITS = [str(k) for k in range(10)]
AXES = {"xlabel": "given label", "ylabel": "true label", "rows": DIGITS, "columns": DIGITS}
CELLS = {"range": [0, 1], "unit": "percent", "height": 197}
CONTROLS = [
    slider("rate", "τ", "rate", values=RATES, value=0.4, unit="percent", stored=RATES[::2]),
    choice("noise", "T", "noise", list(study.MODELS), value="symmetric"),
    cycle("seed", "", "Next seed", values=[0, 1, 2, 3, 4], stored=[0, 1]),
]
GALLERY = part(
    "gallery",
    "gallery",
    title="The first 36 training images and their given labels",
    columns=12,
    signs=["given ≠ true"],
    height=180,
)
FRACTIONS = part(
    "curves",
    "fractions",
    title="How many labels are wrong",
    xlabel="asked rate",
    ylabel="fraction of wrong labels",
    xlim=[0, 0.95],
    ylim=[0, 1],
    unit="percent",
    xunit="percent",
    height=180,
)
PARTS = [
    part("matrix", "asked", title="Asked: T", **AXES, **CELLS),
    part("matrix", "realised", title="Came out", **AXES, **CELLS),
    GALLERY,
    FRACTIONS,
    part("table", "passport", title="Passport", columns=["", "this draw"], height=200),
]
MOVES = (
    Move(
        "asymmetric, 40 %",
        {"noise": "asymmetric", "seed": 0},
        "A frame marks a wrong label that is at least as frequent as the clean one. The right matrix has a frame in "
        "row 6, and the left one has none. Why do they differ?",
    ),
    Move(
        "asymmetric, 90 %",
        {"noise": "asymmetric", "rate": 0.9},
        "Which rows have wrong labels, and which rows have none? Drag τ back. Down to which rate do the frames on the "
        "left stay, and why?",
    ),
    Move(
        "uniform, 90 %",
        {"noise": "uniform", "rate": 0.9},
        "Compare the diagonal on the left with its row. Then choose symmetric noise. In which of the two does the "
        "clean label not lead?",
        beside={"noise": "symmetric"},
    ),
    Move(
        "instance, another seed",
        {"noise": "instance", "seed": 1},
        "Press Next seed, and watch which wrong labels each class gets. How are they chosen?",
    ),
)
QUESTION = Question(
    "Asymmetric 40 %: each 2 gets the label 7 with probability 40 %, each 3 gets 8, each 5 gets 6, each 6 gets 5. "
    "The other six digits keep their labels. What fraction of all labels is wrong?",
    unit="percent",
    naive=0.4,
    measure=measure,
    seeds=range(5),
    part="fractions",
    x=0.4,
    setting={"rate": 0.4, "noise": "asymmetric"},
)
SKETCH = Sketch(
    name="01",
    title="The same rate, seven noises",
    controls=CONTROLS,
    rows=[["asked", "realised", "passport"], ["gallery", "fractions"]],
    parts=PARTS,
    draw=draw,
    moves=MOVES,
    versus="noise",
    question=QUESTION,
)
