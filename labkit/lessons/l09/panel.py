"""The panel of lesson 09: a matrix that is known or estimated, the training that uses it, the labels it suspects."""

from labkit import fast

from ...method import evaluate
from ...panels import Move, Question, Sketch, choice, curve, cycle, part, samples, slider, svg_style
from ..l01 import study as lesson_01
from .study import doubt, error, main_rows, matrix_of, precision, train, true_matrix

EPOCHS, LONGEST, SHOWN = 30, 35, 24
METHODS = ["Forward, true T", "F-correction", "GLC", "T-Revision", "S-Model"]
STORED = (1, 2, 3, 4, 5, 7, 9, 12, 15, 20, 25, EPOCHS, LONGEST)  # epochs of the stored pictures
PLAIN, KEPT = {}, 40  # the rows of plain SGD, which every method is compared with, by setting


def draw(state, show):
    """Train plain SGD (once for a setting) and the method, and show what it knows of the noise. -> Run"""
    epochs = 2 if fast() else EPOCHS
    task = lesson_01.noisy(state.noise, noise_rate=state.rate, seed=state.seed)
    T = true_matrix(task)
    show(true=matrix(T), progress=0.0, message="plain SGD, for comparison")
    plain = plain_rows(state, task, epochs, show)

    looks, sheet = [], samples.sheet_of(task)

    def follow(run):
        rows = main_rows(state.method, run)
        if not rows:
            return show(
                message=f"{state.method}: a first training, to estimate T", progress=0.3 + 0.3 * len(run.rows) / epochs
            )
        looks.append({"epoch": len(rows), **look(run, task, T)})
        show(
            used=used(looks),
            history=history(curves(plain, rows, state.method), setting(state, task, run)),
            suspects=suspects(looks),
            samples=seen(looks, task, sheet),
            progress=0.6 + 0.4 * len(rows) / epochs,
            message=f"{state.method}: epoch {len(rows)}",
        )

    run = train(state.method, task, epochs=epochs, seed=state.seed, on_epoch=follow)
    show(message=verdict(state, run, plain, T))
    return run


def plain_rows(state, task, epochs, show):
    """What plain SGD does in this setting, epoch by epoch; remembered. -> rows"""
    key = (state.noise, state.rate, state.seed, epochs)
    if key not in PLAIN:
        follow = lambda run: show(
            history=history(curves(run.rows, [], state.method), setting(state, task, run)),
            progress=0.3 * len(run.rows) / epochs,
        )
        PLAIN[key] = train("plain SGD", task, epochs=epochs, seed=state.seed, on_epoch=follow).rows
        if len(PLAIN) > KEPT:
            del PLAIN[next(iter(PLAIN))]
    return PLAIN[key]


def curves(plain, rows, method):
    """Test accuracy of plain SGD and of the method, and what the method memorises. -> list"""
    line = lambda name, rows, column, look: curve(
        name, [row["epoch"] for row in rows], [row[column] for row in rows], **look
    )
    own = svg_style("F-correction" if method == METHODS[0] else method)
    return [
        line(f"{method}: test accuracy", rows, "test", own | {"dash": ""}),
        line(f"{method}: wrong labels memorised", rows, "noisy_memorised", svg_style("noisy_memorised")),
        line("plain SGD: test accuracy", plain, "test", svg_style("ERM")),
    ]


def history(series, caption):
    """The curves; their epochs are those of the method, or of plain SGD before it. -> traits"""
    own = series[0]["x"] or series[2]["x"]
    return {"series": series, "caption": caption, "per_epoch": {"epoch": [int(epoch) for epoch in own]}}


def look(run, task, T):
    """The matrix that the method uses now, and what the network makes of the training labels. -> dict"""
    estimate = matrix_of(run.method)
    logits = evaluate(run.method.nets[0], task.train)
    chance = doubt(logits, task.train.y, estimate)
    found = precision(chance, task)
    return {
        "values": rows_of(estimate),
        "off": f"On average {error(estimate, T):.0%} of a row is in the wrong place.",
        "first": chance.argsort(descending=True, stable=True)[:SHOWN].tolist(),
        "doubt": chance,
        "believed": logits.argmax(-1),
        "precision": f"Ranked by the chance that the label is wrong. Of the first 100, {found:.0%} are wrong.",
    }


def used(looks):
    """The matrix of the method, epoch by epoch. -> traits"""
    return {
        "per_epoch": {"epoch": epochs_of(looks), "values": column(looks, "values"), "caption": column(looks, "off")}
    }


def epochs_of(looks):
    """The epochs that were looked at. -> list"""
    return column(looks, "epoch")


def column(looks, name):
    """One finding of every look. -> list"""
    return [look[name] for look in looks]


def matrix(T, caption=" "):
    """A transition matrix. -> traits"""
    return {"values": rows_of(T), "caption": caption}


def rows_of(T):
    """A matrix with three decimals. -> lists"""
    return [[round(value, 3) for value in row] for row in T.tolist()]


def setting(state, task, run):
    """Data, n, noise, seed."""
    n = len(run.method.train)
    return f"digits, MLP, n = {n:,}; {state.noise} {state.rate:.0%}, {task.noise.realised:.1%} wrong; seed {state.seed}"


def suspects(looks):
    """The labels that are most probably wrong, as the trained method sees it after each epoch. -> traits"""
    lists = {"samples": column(looks, "first"), "caption": column(looks, "precision")}
    return {"per_epoch": {"epoch": epochs_of(looks), **lists}}


def seen(looks, task, sheet):
    """Every sample that was suspected once, and what the network made of it after each epoch. -> table of samples"""
    suspected = sorted({sample for look in looks for sample in look["first"]})
    doubts = [[round(chance, 2) for chance in look["doubt"][suspected].tolist()] for look in looks]
    believed = [samples.digits(look["believed"][suspected]) for look in looks]
    return samples.table(task, suspected, sheet, epoch=epochs_of(looks), believed=believed, doubt=doubts)


def verdict(state, run, plain, T):
    """The end of the training in one line."""
    last, before = run.rows[-1]["test"], plain[-1]["test"]
    off = error(matrix_of(run.method), T)
    return f"{state.method}: test accuracy {last:.0%} (plain SGD {before:.0%}), T off by {off:.0%} of a row"


def measure(seed):
    """Test accuracy after the last epoch, of a network that is told the true T, pairflip 40 %."""
    return train(
        "Forward, true T", lesson_01.noisy("pairflip", noise_rate=0.4, seed=seed), epochs=EPOCHS, seed=seed
    ).accuracy["last"]


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
