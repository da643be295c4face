"""The panel of lesson 12: how many wrong labels are left when several people vote, and what is learnt about them."""

from dataclasses import replace
from functools import lru_cache

from ...panels import Move, Question, Sketch, choice, curve, part, samples, slider
from ...plot.style import OKABE_ITO
from .crowds import COMBINED, MISTAKES, combined, digits, error_rates, matrices, voted, wrong

PEOPLE = (1, 2, 3, 5, 7, 9, 11)
SHOWN = 12  # images
COLOURS = dict(zip(COMBINED, (OKABE_ITO[0], OKABE_ITO[1])))
MARKERS = dict(zip(COMBINED, ("circle", "square")))
TRUE = OKABE_ITO[2]


def draw(state, show):
    """Let people label the digits and combine their votes. -> combined labels [N]"""
    crowd = {"rate": state.rate, "mistakes": state.mistakes}
    y, estimated = combined(state.how, state.people, **crowd)
    T = matrices(state.people, **crowd)
    task = replace(digits(), train=replace(digits().train, y=y))
    person = min(state.people, 2)
    show(
        true=matrix(T[person - 1], f"Person {person} of {state.people}."),
        estimated=matrix(estimated[person - 1], f"Person {person}, counted against {labels_by(state.how)}."),
        people=rates(T, estimated),
        gallery={"samples": list(range(SHOWN)), "votes": votes_of(voted(state.people, **crowd)[:SHOWN])},
        samples=samples.table(task, range(SHOWN)),
    )
    share = wrong(state.how, state.people, **crowd)
    one = (voted(state.people, **crowd) != digits().train.y[:, None]).double().mean().item()
    said = f"{state.people} people, {one:.0%} of their labels are wrong; {share:.1%} are wrong after {state.how}"
    show(errors=curves(state, crowd), message=said)
    return y


def labels_by(how):
    """The labels that take the place of the true ones, in words."""
    return "the majority" if how == "majority" else "the posteriors"


def matrix(T, caption):
    """A transition matrix. -> traits"""
    return {"values": [[round(value, 3) for value in row] for row in T.tolist()], "caption": caption}


def rates(T, estimated):
    """The error rate of each person, true and estimated. T, estimated [A, C, C] -> traits"""
    numbers = range(1, 1 + len(T))
    y = digits().train.y
    return {
        "series": [
            curve("true error rate", numbers, error_rates(T, y).tolist(), TRUE, "", "triangle"),
            curve("estimated error rate", numbers, error_rates(estimated, y).tolist(), OKABE_ITO[3], "7 3", "circle"),
        ],
        "caption": f"Training digits, n = {len(y):,}.",
    }


def votes_of(annotations):
    """The labels of each sample as a text, the most frequent first. annotations [n, A] -> list of texts"""
    texts = []
    for row in annotations.tolist():
        ordered = sorted(row, key=lambda label: (-row.count(label), label))
        texts.append("".join(map(str, ordered)))
    return texts


@lru_cache
def left(how, rate, mistakes):
    """The fraction of wrong labels for every number of people. -> tuple"""
    return tuple(wrong(how, people, rate=rate, mistakes=mistakes) for people in PEOPLE)


def curves(state, crowd):
    """The fraction of wrong labels over the number of people, up to the number that is chosen; faint, what follows."""
    here = PEOPLE.index(state.people) + 1
    series, beyond = [], []
    for how in COMBINED:
        values = left(how, **crowd)
        dash = "" if how == state.how else "7 3"
        look = (COLOURS[how], dash, MARKERS[how])
        series.append(curve(how, PEOPLE[:here], values[:here], *look))
        beyond.append(curve(how, PEOPLE, values, *look))
    return {
        "series": series,
        "before": beyond,
        "lines": [{"name": "error rate of one person", "y": state.rate}],
        "caption": f"Training digits, n = {len(digits().train):,}, seed 0. Faint: more people.",
    }


def measure(seed):
    """The fraction of wrong labels of a majority of 11 people who each err on 60 % of the images."""
    return wrong("majority", 11, rate=0.6, mistakes="scattered", seed=seed)


AXES = {"xlabel": "given label", "ylabel": "true label", "range": [0, 1], "unit": "percent", "height": 205}
CLASSES = {"rows": [str(k) for k in range(10)], "columns": [str(k) for k in range(10)]}
SHARE = {"ylim": [0, 1], "unit": "percent", "height": 190}
AXIS = {"xlim": [0.5, 11.5]}
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
SKETCH = Sketch(
    name="12",
    title="Several people label each image",
    controls=[
        slider("people", "A", "number of people", values=PEOPLE, value=3, unit="number"),
        slider("rate", "τ", "error rate of one person", values=(0.2, 0.4, 0.6), value=0.4, unit="percent"),
        choice("mistakes", "T", "mistakes", list(MISTAKES), value="scattered"),
        choice("how", "μ", "how to combine", list(COMBINED), value="majority"),
    ],
    rows=[["errors", "people"], ["true", "estimated", "gallery"]],
    parts=[
        part(
            "curves", "errors", title="Wrong labels after combining", xlabel="number of people A",
            ylabel="fraction of wrong labels", xunit="number", **AXIS, **SHARE,
        ),
        part(
            "curves", "people", title="Error rates of the people", xlabel="person", ylabel="error rate",
            xunit="number", **AXIS, **SHARE,
        ),
        part("matrix", "true", title="True matrix of a person", **AXES, **CLASSES),
        part("matrix", "estimated", title="Estimated matrix", **AXES, **CLASSES),
        part(
            "gallery", "gallery", title="Combined labels, votes below", columns=12, signs=["given ≠ true"],
            height=205,
        ),
    ],
    draw=draw,
    moves=MOVES,
    versus="how",
    question=Question(
        "11 people label each of 1,294 digits. Each of them is wrong on 60 % of the images, and the wrong labels "
        "are scattered over the nine other classes. What fraction of the majority's labels is wrong?",
        unit="percent",
        naive=0.6,
        measure=measure,
        seeds=range(5),
        part="errors",
        x=11,
        setting={"people": 11, "rate": 0.6, "mistakes": "scattered"},
    ),
)  # fmt: skip
