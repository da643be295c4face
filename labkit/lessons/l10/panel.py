"""The panel of lesson 10: corrupt the landmarks of faces, and see where a network puts them."""

from functools import lru_cache

import labkit

from ...panels import Move, Question, Sketch, choice, curve, part, slider, sprite, svg_style
from ...plot.style import OKABE_ITO
from . import study

METHODS = {"least squares": "ERM"} | {name: name for name in ("Huber", "NormClip", "Ignormclip", "PRL(L)")}
GIVEN, TRUE, PREDICTED = OKABE_ITO[1], OKABE_ITO[2], OKABE_ITO[0]
LOWEST = -1.0  # R2 below is drawn there
WRONG, CLEAN = 4, 2  # faces that are shown
QUESTION = {"noise": "signflip", "noise_rate": 0.4, "method": "least squares"}


@lru_cache(maxsize=64)
def finished(noise, rate, method, epochs):
    """Where the story of a setting is kept once it is told to its end. -> list"""
    return []


def draw(state, show):
    """Train, or look the setting up; draw the curves, and the faces after every epoch. -> Run"""
    epochs = 3 if labkit.fast() else study.EPOCHS
    task = study.faces(state.noise, noise_rate=state.rate)
    i = study.chosen(task, WRONG, CLEAN)
    kept = finished(state.noise, state.rate, state.method, epochs)
    if not kept:

        def after(story):
            at = len(story.seen)
            show(**pictures(state, task, i, story), progress=at / epochs, message=f"epoch {at}")

        kept.append(
            study.followed(state.noise, noise_rate=state.rate, method=state.method, i=i, epochs=epochs, after=after)
        )
    show(**pictures(state, task, i, kept[0]), message=said(state, kept[0]))
    return kept[0].run


def pictures(state, task, i, story):
    """All parts, with the faces after every epoch. -> dict"""
    rows = story.run.rows
    recipe = f"MLP, Adam, batches of {study.RECIPE['batch']}."
    setting = f"drawn faces, n = {len(task.train):,}, {state.noise} {state.rate:.0%}, seed 0"
    return {
        "history": {
            "series": history(state.method, rows),
            "caption": f"{setting}. {recipe} R2 below {LOWEST:g} is drawn at {LOWEST:g}.",
            "per_epoch": {"epoch": [row["epoch"] for row in rows]},
        },
        "faces": landmarks(task, i, story.seen),
        "facts": {"rows": facts(story.run), "caption": f"{setting}, {len(rows)} epochs."},
    }


def history(method, rows):
    """R2 on clean test faces and on the corrupted validation split. -> list of curves"""
    epochs = [row["epoch"] for row in rows]
    column = lambda name: [max(row[name], LOWEST) for row in rows]
    return [
        curve(f"{method}: R2 on clean test faces", epochs, column("r2_test"), **svg_style(METHODS[method])),
        curve("R2 on corrupted validation faces", epochs, column("r2_val_noisy"), OKABE_ITO[3], "7 3", "none"),
    ]


def landmarks(task, i, seen):
    """Training faces with the given landmarks, the true ones, and those predicted after every epoch. -> traits"""
    given, true = study.places(task.train.y[i], task), study.places(task.truth.y[i], task)
    wrong = study.wrong_rows(task)[i].tolist()
    names = [f"face {k}, {'corrupted' if bad else 'clean'}" for k, bad in zip(i.tolist(), wrong)]
    fixed = [mark("given", GIVEN, "cross", given), mark("true", TRUE, "circle", true)]
    return {
        "sprite": sprite(255 - task.train.x[i].float(), columns=len(i)),  # sprite draws dark on light; faces are lit
        "items": [{"index": k, "name": name} for k, name in zip(i.tolist(), names)],
        "marks": fixed,
        "caption": "Training faces, after epoch {epoch}. A mark beyond the image is drawn at its edge.",
        "per_epoch": {
            "epoch": list(range(1, 1 + len(seen))),
            "moving": [[mark("predicted", PREDICTED, "diamond", places)] for places in seen],
        },
    }


def mark(name, colour, marker, places):
    """Landmarks of every face. places [n, 5, 2] -> dict"""
    points = [[[round(float(v), 3) for v in point] for point in face] for face in places]
    return {"name": name, "colour": colour, "marker": marker, "points": points}


def facts(run):
    """Say in words what the run reached. -> rows"""
    last, scores = run.rows[-1], run.accuracy
    auc = f"{last['auc']:.3f}" if last["auc"] == last["auc"] else "–"
    return [
        ["R2 on test faces, last epoch", f"{scores['last']:.2f}"],
        ["… at the best epoch on corrupted validation", f"{scores['best_val']:.2f}"],
        ["… at the best epoch on the test faces (oracle)", f"{scores['oracle_best']:.2f}"],
        ["AUC: corrupted rows have the larger loss", auc],
        ["clean rows among those kept, last epoch", f"{last['selected_precision']:.1%}"],
    ]


def said(state, story):
    """Say the result in a line."""
    last = story.run.rows[-1]
    r2 = f"R2 {last['r2_test']:.2f} on test faces after epoch {last['epoch']}"
    return f"{state.noise} {state.rate:.0%}, {state.method}: {r2}"


def measure(seed):
    """R2 of least squares on clean test faces, 40 % of the training rows reflected, last epoch."""
    return study.trained(**QUESTION, seed=seed).accuracy["last"]


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
        choice("method", "∇ℓ", "method", list(METHODS), value="least squares"),
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
