"""The panel of lesson 10: corrupt the landmarks of faces, and see where a network puts them."""

from collections.abc import Callable
from functools import lru_cache
from math import isnan
from types import SimpleNamespace
from typing import Any

from torch import Tensor

import labkit

from ...data import Task
from ...fit import Run
from ...panels import Move, Question, Sketch, choice, curve, part, slider, sprite, svg_style
from ...plot.style import OKABE_ITO
from . import study

METHODS = ["least squares", "Huber", "NormClip", "Ignormclip", "PRL(L)"]
GIVEN, TRUE, PREDICTED = OKABE_ITO[1], OKABE_ITO[2], OKABE_ITO[0]
LOWEST = -1.0  # R2 below is drawn there
WRONG, CLEAN = 4, 2  # faces that are shown
QUESTION = {"noise": "signflip", "noise_rate": 0.4, "method": "least squares"}


@lru_cache(maxsize=64)
def finished(noise: str, rate: float, method: str, epochs: int) -> list[study.Story]:
    """Return the list in which the story of a setting is kept once it is at its end."""
    return []


def draw(state: SimpleNamespace, show: Callable) -> Run:
    """Train, or look the setting up; draw the curves, and the faces after every epoch."""
    epochs = 3 if labkit.fast() else study.EPOCHS
    task = study.faces(state.noise, noise_rate=state.rate)
    i = study.chosen(task, WRONG, CLEAN)
    stories = finished(state.noise, state.rate, state.method, epochs)
    if not stories:

        def report(story):
            epoch = len(story.predicted)
            parts = pictures(state, task, i, story)
            show(**parts, progress=epoch / epochs, message=f"epoch {epoch}")

        options = {"noise_rate": state.rate, "method": state.method, "i": i, "epochs": epochs}
        story = study.followed(state.noise, **options, report=report)
        stories.append(story)
    (story,) = stories
    parts = pictures(state, task, i, story)
    show(**parts, message=result(state, story))
    return story.run


def pictures(state: SimpleNamespace, task: Task, i: Tensor, story: study.Story) -> dict[str, dict]:
    """Return all parts, with the faces after every epoch."""
    rows = story.run.rows
    epochs = [row["epoch"] for row in rows]
    recipe = f"MLP, Adam, batches of {study.RECIPE['batch']}."
    lowest = f"R2 below {LOWEST:g} is drawn at {LOWEST:g}."
    setting = f"drawn faces, n = {len(task.train):,}, {state.noise} {state.rate:.0%}, seed 0"
    return {
        "history": {
            "series": history(state.method, rows),
            "caption": f"{setting}. {recipe} {lowest}",
            "per_epoch": {"epoch": epochs},
        },
        "faces": landmarks(task, i, story.predicted),
        "facts": {"rows": facts(story.run), "caption": f"{setting}, {len(rows)} epochs."},
    }


def history(method: str, rows: list[dict]) -> list[dict]:
    """Return R2 on clean test faces and on the corrupted validation split as curves."""
    epochs = [row["epoch"] for row in rows]
    style = svg_style(study.METHOD_OF[method])
    test = at_least_lowest(rows, "r2_test")
    validation = at_least_lowest(rows, "r2_val_noisy")
    return [
        curve(f"{method}: R2 on clean test faces", epochs, test, **style),
        curve("R2 on corrupted validation faces", epochs, validation, OKABE_ITO[3], "7 3", "none"),
    ]


def at_least_lowest(rows: list[dict], column: str) -> list[float]:
    """Return a column of the history, with LOWEST in the place of lower values."""
    return [max(row[column], LOWEST) for row in rows]


def landmarks(task: Task, i: Tensor, predicted: list[Tensor]) -> dict[str, Any]:
    """Return training faces with the given landmarks, the true ones, and those predicted after every epoch, as traits.

    i: positions [n]; predicted: places [n, 5, 2] for each epoch
    """
    given = study.places(task.train.y[i], task)
    true = study.places(task.truth.y[i], task)
    moving = []
    for places in predicted:
        moving.append([mark("predicted", PREDICTED, "diamond", places)])
    epochs = list(range(1, 1 + len(predicted)))
    images = 255 - task.train.x[i].float()  # sprite draws dark on light; faces are lit
    return {
        "sprite": sprite(images, columns=len(i)),
        "items": items(task, i),
        "marks": [mark("given", GIVEN, "cross", given), mark("true", TRUE, "circle", true)],
        "caption": "Training faces, after epoch {epoch}. A mark beyond the image is drawn at its edge.",
        "per_epoch": {"epoch": epochs, "moving": moving},
    }


def items(task: Task, i: Tensor) -> list[dict]:
    """Return number and name of the training faces i."""
    wrong = study.wrong_rows(task)[i].tolist()
    faces = []
    for k, is_wrong in zip(i.tolist(), wrong):
        condition = "corrupted" if is_wrong else "clean"
        faces.append({"index": k, "name": f"face {k}, {condition}"})
    return faces


def mark(name: str, colour: str, marker: str, places: Tensor) -> dict[str, Any]:
    """Return landmarks of every face as a kind of mark. places [n, 5, 2]"""
    points = []
    for face in places.tolist():
        points.append([rounded(point) for point in face])
    return {"name": name, "colour": colour, "marker": marker, "points": points}


def rounded(point: list[float]) -> list[float]:
    """Round the coordinates of a point to three decimals."""
    return [round(value, 3) for value in point]


def facts(run: Run) -> list[list[str]]:
    """Return what the run reached, in words, as rows of a table."""
    last = run.rows[-1]
    scores = run.accuracy
    auc = "–" if isnan(last["auc"]) else f"{last['auc']:.3f}"
    return [
        ["R2 on test faces, last epoch", f"{scores['last']:.2f}"],
        ["… at the best epoch on corrupted validation", f"{scores['best_val']:.2f}"],
        ["… at the best epoch on the test faces (oracle)", f"{scores['oracle_best']:.2f}"],
        ["AUC: corrupted rows have the larger loss", auc],
        ["clean rows among those kept, last epoch", f"{last['selected_precision']:.1%}"],
    ]


def result(state: SimpleNamespace, story: study.Story) -> str:
    """Return the result in a line."""
    last = story.run.rows[-1]
    r2 = f"R2 {last['r2_test']:.2f} on test faces after epoch {last['epoch']}"
    return f"{state.noise} {state.rate:.0%}, {state.method}: {r2}"


def measure(seed: int) -> float:
    """Measure R2 of least squares on clean test faces, 40 % of the training rows reflected, last epoch."""
    run = study.trained(**QUESTION, seed=seed)
    return run.accuracy["last"]


EPOCHS = {"xlabel": "epoch", "xlim": [0.5, study.EPOCHS + 0.5]}
AXES = {"ylabel": "R2", "unit": "number", "ylim": [LOWEST, 1], **EPOCHS}
MOVES = (
    Move(
        "least squares, epoch by epoch",
        {},
        "Go back to the first epoch and forward again. Where do the predicted marks start, and where do they drift?",
    ),
    Move(
        "PRL(L) beside least squares",
        {"method": "PRL(L)"},
        "Compare R2 on clean and on corrupted faces. Which of the two could you watch in practice?",
        beside={"method": "least squares"},
    ),
    Move(
        "linadv",
        {"noise": "linadv"},
        "Where are the predicted marks? Try the other methods. With which ones do the marks return to the face?",
    ),
    Move(
        "linadv, PRL(L)",
        {"noise": "linadv", "method": "PRL(L)"},
        "Look at the AUC of the loss in the table. Are all kept rows clean, and if not, why?",
    ),
)
SKETCH = Sketch(
    name="10",
    title="Landmarks that fly off",
    controls=[
        slider("rate", "τ", "corrupted rows", [k / 10 for k in range(6)], 0.4, "percent", stored=[0.0, 0.2, 0.4]),
        choice("noise", "y", "corruption", list(study.NOISES), value="signflip"),
        choice("method", "∇ℓ", "method", METHODS, value="least squares"),
    ],
    rows=[["history", "facts"], ["faces"]],
    parts=[
        part("curves", "history", title="R2: 1 is perfect, 0 is the mean face", height=200, **AXES),
        part("table", "facts", title="At the end", columns=["", "this run"], height=200),
        part("faces", "faces", title="Given, true and predicted landmarks", columns=WRONG + CLEAN, size=84, height=150),
    ],
    draw=draw,
    moves=MOVES,
    versus="method",
    question=Question(
        "40 % of the training faces have their landmarks reflected through the mean face. "
        "What R2 does least squares reach on clean test faces after 20 epochs?",
        unit="number",
        naive=0.6,
        measure=measure,
        seeds=range(5),
        part="history",
        x=study.EPOCHS,
        setting={"rate": 0.4, "noise": "signflip", "method": "least squares"},
    ),
)
