"""The panel of lesson 09: a matrix that is known or estimated, the training that uses it, the labels it suspects."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from torch import Tensor

from labkit import fast

from ...data import Task
from ...fit import Run
from ...method import evaluate
from ...panels import Move, Question, Sketch, choice, curve, cycle, part, samples, slider, svg_style
from ..l01 import study as lesson_01
from .study import METHOD_OF, doubt, error, main_rows, matrix_of, precision, train, true_matrix

EPOCHS, LONGEST, SHOWN = 30, 35, 24
METHODS = ["Forward, true T", "F-correction", "GLC", "T-Revision", "S-Model"]
STORED = (1, 2, 3, 4, 5, 7, 9, 12, 15, 20, 25, EPOCHS, LONGEST)  # epochs of the stored pictures
PLAIN, KEPT = {}, 40  # the rows of plain SGD, which every method is compared with, by setting


def draw(state: SimpleNamespace, show: Callable) -> Run:
    """Train plain SGD (once for a setting) and the method, and show what it knows of the noise."""
    epochs = 2 if fast() else EPOCHS
    task = lesson_01.noisy(state.noise, noise_rate=state.rate, seed=state.seed)
    T = true_matrix(task)
    show(true=matrix(T), progress=0.0, message="plain SGD, for comparison")
    plain = plain_rows(state, task, epochs, show)
    sheet = samples.sheet_of(task)
    findings = []

    def follow(run):
        rows = main_rows(state.method, run)
        if not rows:
            progress = 0.3 + 0.3 * len(run.rows) / epochs
            return show(message=f"{state.method}: a first training, to estimate T", progress=progress)
        findings.append({"epoch": len(rows), **finding(run, task, T)})
        series = curves(plain, rows, state.method)
        caption = setting(state, task, run)
        show(
            used=by_epoch(findings, values="values", caption="off"),
            history=history(series, caption),
            suspects=by_epoch(findings, samples="first", caption="precision"),
            samples=suspected_samples(findings, task, sheet),
            progress=0.6 + 0.4 * len(rows) / epochs,
            message=f"{state.method}: epoch {len(rows)}",
        )

    run = train(state.method, task, epochs=epochs, seed=state.seed, on_epoch=follow)
    message = verdict(state, run, plain, T)
    show(message=message)
    return run


def plain_rows(state: SimpleNamespace, task: Task, epochs: int, show: Callable) -> list[dict]:
    """Train plain SGD in this setting, or look its rows up."""
    key = (state.noise, state.rate, state.seed, epochs)
    if key in PLAIN:
        return PLAIN[key]

    def follow(run):
        series = curves(run.rows, [], state.method)
        progress = 0.3 * len(run.rows) / epochs
        caption = setting(state, task, run)
        show(history=history(series, caption), progress=progress)

    PLAIN[key] = train("plain SGD", task, epochs=epochs, seed=state.seed, on_epoch=follow).rows
    if len(PLAIN) > KEPT:
        oldest = next(iter(PLAIN))
        del PLAIN[oldest]
    return PLAIN[key]


def curves(plain: list[dict], rows: list[dict], method: str) -> list[dict]:
    """Return test accuracy of plain SGD and of the method, and what the method memorises."""
    method_style = svg_style(METHOD_OF[method]) | {"dash": ""}
    return [
        curve_of(f"{method}: test accuracy", rows, "test", method_style),
        curve_of(f"{method}: wrong labels memorised", rows, "noisy_memorised", svg_style("noisy_memorised")),
        curve_of("plain SGD: test accuracy", plain, "test", svg_style("ERM")),
    ]


def curve_of(name: str, rows: list[dict], column: str, style: dict) -> dict[str, Any]:
    """Return a column of the history as a curve."""
    epochs = values_of(rows, "epoch")
    return curve(name, epochs, values_of(rows, column), **style)


def history(series: list[dict], caption: str) -> dict[str, Any]:
    """Return the curves as traits; their epochs are those of the method, or of plain SGD before it."""
    method, _, plain = series
    epochs = method["x"] or plain["x"]
    epochs = [int(epoch) for epoch in epochs]
    return {"series": series, "caption": caption, "per_epoch": {"epoch": epochs}}


def finding(run: Run, task: Task, T: Tensor) -> dict[str, Any]:
    """Return the matrix that the method uses now, and what the network makes of the training labels."""
    estimate = matrix_of(run.method)
    net = run.method.nets[0]
    logits = evaluate(net, task.train)
    chance = doubt(logits, task.train.y, estimate)
    wrong = precision(chance, task)
    order = chance.argsort(descending=True, stable=True)
    return {
        "values": rounded_rows(estimate),
        "off": f"On average {error(estimate, T):.0%} of a row is in the wrong place.",
        "first": order[:SHOWN].tolist(),
        "doubt": chance,
        "believed": logits.argmax(-1),
        "precision": f"Ranked by the chance that the label is wrong. Of the first 100, {wrong:.0%} are wrong.",
    }


def by_epoch(findings: list[dict], **columns: str) -> dict[str, Any]:
    """Return columns of the findings as a part's values, epoch by epoch. columns: {trait: column}"""
    lists = {"epoch": values_of(findings, "epoch")}
    for trait, column in columns.items():
        lists[trait] = values_of(findings, column)
    return {"per_epoch": lists}


def values_of(rows: list[dict], column: str) -> list:
    """Return a column of rows."""
    return [row[column] for row in rows]


def matrix(T: Tensor, caption: str = " ") -> dict[str, Any]:
    """Return a transition matrix as traits."""
    return {"values": rounded_rows(T), "caption": caption}


def rounded_rows(T: Tensor) -> list[list[float]]:
    """Return a matrix with three decimals."""
    return [rounded(row, 3) for row in T]


def rounded(values: Tensor, digits: int) -> list[float]:
    """Round the values of a vector."""
    return [round(value, digits) for value in values.tolist()]


def setting(state: SimpleNamespace, task: Task, run: Run) -> str:
    """Return data, n, noise and seed in words."""
    n = len(run.method.train)
    noise = f"{state.noise} {state.rate:.0%}, {task.noise.realised:.1%} wrong"
    return f"digits, MLP, n = {n:,}; {noise}; seed {state.seed}"


def suspected_samples(findings: list[dict], task: Task, sheet: dict) -> dict[str, Any]:
    """Return the table of every sample that was suspected once, with what the network made of it after each epoch."""
    suspected = set()
    for row in findings:
        suspected.update(row["first"])
    i = sorted(suspected)
    epochs = values_of(findings, "epoch")
    believed, doubts = [], []
    for row in findings:
        predicted = row["believed"][i]
        chance = row["doubt"][i]
        believed.append(samples.digits(predicted))
        doubts.append(rounded(chance, 2))
    return samples.table(task, i, sheet, epoch=epochs, believed=believed, doubt=doubts)


def verdict(state: SimpleNamespace, run: Run, plain: list[dict], T: Tensor) -> str:
    """Return the end of the training in one line."""
    accuracy = run.rows[-1]["test"]
    plain_accuracy = plain[-1]["test"]
    used = matrix_of(run.method)
    off = error(used, T)
    scores = f"test accuracy {accuracy:.0%} (plain SGD {plain_accuracy:.0%})"
    return f"{state.method}: {scores}, T off by {off:.0%} of a row"


def measure(seed: int) -> float:
    """Measure test accuracy after the last epoch, of a network that is told the true T, pairflip 40 %."""
    task = lesson_01.noisy("pairflip", noise_rate=0.4, seed=seed)
    run = train("Forward, true T", task, epochs=EPOCHS, seed=seed)
    return run.accuracy["last"]


AXES = {"xlabel": "given label", "ylabel": "true label", "range": [0, 1], "unit": "percent", "height": 205}
CLASSES = {"rows": [str(k) for k in range(10)], "columns": [str(k) for k in range(10)]}
MOVES = (
    Move(
        "true T, 60 %",
        {"rate": 0.6},
        "Most labels of every class are wrong now, and lesson 01 said that plain SGD then learns the wrong class. What "
        "does this network know that plain SGD does not?",
    ),
    Move(
        "F-correction, 60 %",
        {"rate": 0.6, "method": "F-correction"},
        "Compare the two diagonals. F-correction reads row 3 off the image that looks most like a label 3. Which digit "
        "does this image show?",
    ),
    Move(
        "GLC, 60 %",
        {"rate": 0.6, "method": "GLC"},
        "GLC has five trusted images of each digit. F-correction, beside it, has none. What do they change?",
        beside={"method": "F-correction"},
    ),
    Move(
        "symmetric, 60 %",
        {"noise": "symmetric", "rate": 0.6},
        "The matrix is right. Look at the wrong labels that are memorised. Does a known T keep a network from learning "
        "single labels by heart?",
    ),
)
SKETCH = Sketch(
    name="09",
    title="Undo the noise",
    controls=[
        slider("rate", "τ", "rate", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 0.4, "percent", stored=[0.2, 0.3, 0.4, 0.5, 0.6]),
        choice("noise", "T", "noise", ["pairflip", "symmetric", "instance"], "pairflip"),
        choice("method", "T̂", "method", METHODS, METHODS[0]),
        cycle("seed", "", "Next seed", [0, 1, 2], stored=[0]),
    ],
    rows=[["true", "used", "suspects"], ["history"]],
    parts=[
        part("matrix", "true", title="T of the noise", **AXES, **CLASSES),
        part("matrix", "used", title="T that the method uses", hint="not known yet", **AXES, **CLASSES),
        part(
            "curves",
            "history",
            title="Trained with that matrix",
            xlabel="epoch",
            ylabel="fraction",
            xlim=[0.5, LONGEST + 0.5],
            ylim=[0, 1],
            unit="percent",
            height=160,
        ),
        part("gallery", "suspects", title="The 24 most suspicious labels", columns=12, signs=["given ≠ true"]),
    ],
    draw=draw,
    epochs=STORED,
    moves=MOVES,
    versus="method",
    question=Question(
        "Pairflip noise of 40 %. The network is told the true T. What is its test accuracy after 30 epochs?",
        unit="percent",
        naive=0.6,
        measure=measure,
        seeds=range(5),
        part="history",
        x=EPOCHS,
        setting={"rate": 0.4, "noise": "pairflip", "method": METHODS[0]},
    ),
)
