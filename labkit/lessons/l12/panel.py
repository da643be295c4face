"""The panel of lesson 12: how many wrong labels are left when several people vote, and what is learnt about them."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from torch import Tensor

from ...measure import share
from ...panels import Move, Question, Sketch, choice, curve, part, samples, slider
from ...plot.style import OKABE_ITO
from .crowds import COMBINED, MISTAKES, combined, digits, error_rates, matrices, voted, wrong

PEOPLE = (1, 2, 3, 5, 7, 9, 11)
SHOWN = range(12)  # images
COLOURS = dict(zip(COMBINED, OKABE_ITO))
MARKERS = dict(zip(COMBINED, ("circle", "square")))
TRUE = OKABE_ITO[2]
ESTIMATED = OKABE_ITO[3]
DASHED = "7 3"


def draw(state: SimpleNamespace, show: Callable) -> Tensor:
    """Let people label the digits and combine their votes. -> combined labels [N]"""
    people = state.people
    how = state.how
    crowd = {"rate": state.rate, "mistakes": state.mistakes}
    annotations = voted(people, **crowd)
    y, estimated = combined(how, people, **crowd)
    T = matrices(people, **crowd)
    true = digits().train.y
    train = replace(digits().train, y=y)
    task = replace(digits(), train=train)
    person = min(people, 2)
    show(
        true=matrix(T[person - 1], f"Person {person} of {people}."),
        estimated=matrix(estimated[person - 1], f"Person {person}, counted against {labels_by(how)}."),
        people=rates(T, estimated),
        gallery={"samples": list(SHOWN), "votes": votes_of(annotations[: len(SHOWN)])},
        samples=samples.table(task, SHOWN),
    )
    wrong_votes = share(annotations != true[:, None])
    remaining = wrong(how, people, **crowd)
    message = f"{people} people, {wrong_votes:.0%} of their labels are wrong; {remaining:.1%} are wrong after {how}"
    show(errors=curves(state, crowd), message=message)
    return y


def labels_by(how: str) -> str:
    """Return in words which labels take the place of the true ones."""
    return "the majority" if how == "majority" else "the posteriors"


def matrix(T: Tensor, caption: str) -> dict[str, Any]:
    """Return the traits of a transition matrix [C, C]."""
    rows = []
    for row in T.tolist():
        rows.append([round(probability, 3) for probability in row])
    return {"values": rows, "caption": caption}


def rates(T: Tensor, estimated: Tensor) -> dict[str, Any]:
    """Return the traits of each person's error rate, true and estimated. T, estimated [A, C, C]"""
    numbers = range(1, 1 + len(T))
    y = digits().train.y
    true_rates = error_rates(T, y).tolist()
    estimated_rates = error_rates(estimated, y).tolist()
    series = [
        curve("true error rate", numbers, true_rates, TRUE, "", "triangle"),
        curve("estimated error rate", numbers, estimated_rates, ESTIMATED, DASHED, "circle"),
    ]
    return {"series": series, "caption": f"Training digits, n = {len(y):,}."}


def votes_of(annotations: Tensor) -> list[str]:
    """Return the labels of each sample as a text, the most frequent first. annotations [n, A]"""
    texts = []
    for row in annotations.tolist():
        ordered = sorted(row, key=lambda label: (-row.count(label), label))
        texts.append("".join(map(str, ordered)))
    return texts


@lru_cache
def wrong_by_people(how: str, rate: float, mistakes: str) -> list[float]:
    """Return the fraction of wrong labels for every number of PEOPLE."""
    return [wrong(how, people, rate=rate, mistakes=mistakes) for people in PEOPLE]


def curves(state: SimpleNamespace, crowd: dict[str, Any]) -> dict[str, Any]:
    """Return the fraction of wrong labels up to the number of people that is chosen; faint, for all numbers.

    crowd: rate and mistakes.
    """
    shown = PEOPLE.index(state.people) + 1
    series, faint = [], []
    for how in COMBINED:
        values = wrong_by_people(how, **crowd)
        dash = "" if how == state.how else DASHED
        style = (COLOURS[how], dash, MARKERS[how])
        series.append(curve(how, PEOPLE[:shown], values[:shown], *style))
        faint.append(curve(how, PEOPLE, values, *style))
    return {
        "series": series,
        "before": faint,
        "lines": [{"name": "error rate of one person", "y": state.rate}],
        "caption": f"Training digits, n = {len(digits().train):,}, seed 0. Faint: more people.",
    }


def measure(seed: int) -> float:
    """Return the fraction of wrong labels of a majority of 11 people who each err on 60 % of the images."""
    return wrong("majority", 11, rate=0.6, mistakes="scattered", seed=seed)


DIGITS = [str(k) for k in range(10)]
MATRIX = {"xlabel": "given label", "ylabel": "true label", "range": [0, 1], "unit": "percent", "height": 205}
MATRIX |= {"rows": DIGITS, "columns": DIGITS}
FRACTIONS = {"ylim": [0, 1], "unit": "percent", "height": 190, "xlim": [0.5, 11.5], "xunit": "number"}
ERRORS = {"title": "Wrong labels after combining", "xlabel": "number of people A", "ylabel": "fraction of wrong labels"}
RATES = {"title": "Error rates of the people", "xlabel": "person", "ylabel": "error rate"}
GALLERY = {"title": "Combined labels, votes below", "columns": 12, "signs": ["given ≠ true"], "height": 205}
MOVES = (
    Move(
        "11 people",
        {"people": 11, "rate": 0.6},
        "Each person is wrong on 60 % of the images. Read the votes below the images. "
        "Why is the majority mostly right?",
    ),
    Move(
        "half of them guess",
        {"people": 11, "rate": 0.4, "mistakes": "half of them guess", "how": "Dawid-Skene"},
        "Person 2 guesses. How does the picture of the error rates show that? Which of the two ways has fewer wrong "
        "labels?",
        beside={"how": "majority"},
    ),
    Move(
        "one direction, 40 %",
        {"people": 11, "rate": 0.4, "mistakes": "all in one direction", "how": "majority"},
        "Every wrong label is the next class. Are 40 % wrong labels more harmful now than scattered ones, and why?",
        beside={"mistakes": "scattered"},
    ),
    Move(
        "one direction, 60 %",
        {"people": 11, "rate": 0.6, "mistakes": "all in one direction", "how": "Dawid-Skene"},
        "Compare the two matrices. What did Dawid and Skene's estimate take the classes for?",
    ),
)
CONTROLS = [
    slider("people", "A", "number of people", values=PEOPLE, value=3, unit="number"),
    slider("rate", "τ", "error rate of one person", values=(0.2, 0.4, 0.6), value=0.4, unit="percent"),
    choice("mistakes", "T", "mistakes", list(MISTAKES), value="scattered"),
    choice("how", "μ", "how to combine", list(COMBINED), value="majority"),
]
PARTS = [
    part("curves", "errors", **ERRORS, **FRACTIONS),
    part("curves", "people", **RATES, **FRACTIONS),
    part("matrix", "true", title="True matrix of a person", **MATRIX),
    part("matrix", "estimated", title="Estimated matrix", **MATRIX),
    part("gallery", "gallery", **GALLERY),
]
QUESTION = Question(
    "11 people label each of 1,294 digits. Each of them is wrong on 60 % of the images, and the wrong labels "
    "are scattered over the nine other classes. What fraction of the majority's labels is wrong?",
    unit="percent",
    naive=0.6,
    measure=measure,
    seeds=range(5),
    part="errors",
    x=11,
    setting={"people": 11, "rate": 0.6, "mistakes": "scattered"},
)
SKETCH = Sketch(
    name="12",
    title="Several people label each image",
    controls=CONTROLS,
    rows=[["errors", "people"], ["true", "estimated", "gallery"]],
    parts=PARTS,
    draw=draw,
    moves=MOVES,
    versus="how",
    question=QUESTION,
)
