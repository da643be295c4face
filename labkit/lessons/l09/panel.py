"""The panel of lesson 09: a matrix that is known or estimated, the training that uses it, the labels it suspects."""

from labkit import fast

from ...panels import Move, Question, Sketch, choice, curve, cycle, part, slider, sprite, svg_style
from ..l01 import study as lesson_01
from .study import doubts, error, main_rows, matrix_of, precision, train, true_matrix

EPOCHS, LONGEST, SHOWN = 30, 35, 24
METHODS = ["Forward, true T", "F-correction", "GLC", "T-Revision", "S-Model"]
PLAIN, KEPT = {}, 40  # the rows of plain SGD, which every method is compared with, by setting


def draw(state, show):
    """Train plain SGD (once for a setting) and the method, and show what it knows of the noise. -> Run"""
    epochs = 2 if fast() else EPOCHS
    task = lesson_01.noisy(state.noise, noise_rate=state.rate, seed=state.seed)
    T = true_matrix(task)
    show(true=matrix(T), progress=0.0, message="plain SGD, for comparison")
    plain = plain_rows(state, task, epochs, show)

    def follow(run):
        rows = main_rows(state.method, run)
        if not rows:
            return show(
                message=f"{state.method}: a first training, to estimate T", progress=0.3 + 0.3 * len(run.rows) / epochs
            )
        estimate = matrix_of(run.method)
        show(
            used=matrix(estimate, f"Of a row, {error(estimate, T):.0%} stands in the wrong place, on average."),
            history={"series": curves(plain, rows, state.method), "caption": setting(state, task, run)},
            progress=0.6 + 0.4 * len(rows) / epochs,
            message=f"{state.method}: epoch {len(rows)}",
        )

    run = train(state.method, task, epochs=epochs, seed=state.seed, on_epoch=follow)
    show(suspects=gallery(run, task), message=verdict(state, run, plain, T))
    return run


def plain_rows(state, task, epochs, show):
    """What plain SGD does in this setting, epoch by epoch; remembered. -> rows"""
    key = (state.noise, state.rate, state.seed, epochs)
    if key not in PLAIN:
        follow = lambda run: show(
            history={"series": curves(run.rows, [], state.method), "caption": setting(state, task, run)},
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


def matrix(T, caption=" "):
    """A transition matrix. -> traits"""
    return {"values": [[round(value, 3) for value in row] for row in T.tolist()], "caption": caption}


def setting(state, task, run):
    """Data, n, noise, seed."""
    n = len(run.method.train)
    return f"digits, MLP, n = {n:,}; {state.noise} {state.rate:.0%}, {task.noise.realised:.1%} wrong; seed {state.seed}"


def gallery(run, task):
    """The labels that are most probably wrong, as the trained method sees it. -> traits"""
    chance, given, true = doubts(run, task), task.train.y, task.truth.y
    first = chance.argsort(descending=True, stable=True)[:SHOWN]
    items = [
        {
            "index": k,
            "given": str(int(given[k])),
            "true": str(int(true[k])),
            "fate": f"doubt {chance[k]:.0%}",
            "sign": "",
        }
        for k in first.tolist()
    ]
    share = precision(chance, task)
    order = "Ranked by the chance that the label is wrong, as the network sees it."
    caption = f"{order} Of the first 100, {share:.0%} are wrong."
    return {"items": items, "sprite": sprite(task.train.x[first]), "caption": caption}


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
        "The wrong name is the majority now. Lesson 01 said that this cannot be undone. What does the network "
        "have that it had not there?",
    ),
    Move(
        "F-correction, 60 %",
        {"rate": 0.6, "method": "F-correction"},
        "Compare the two diagonals. Which class have the anchors taken for which?",
    ),
    Move(
        "GLC, 60 %",
        {"rate": 0.6, "method": "GLC"},
        "GLC has five trusted images of each digit, F-correction beside it has none. What do they change?",
        beside={"method": "F-correction"},
    ),
    Move(
        "symmetric, 60 %",
        {"noise": "symmetric", "rate": 0.6},
        "The matrix is right. Look at the orange curve: does a known T keep a network from learning single "
        "labels by heart?",
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
        part("matrix", "true", title="The noise", **AXES, **CLASSES),
        part("matrix", "used", title="What the method uses", hint="not known yet", **AXES, **CLASSES),
        part(
            "curves",
            "history",
            title="Trained with that matrix",
            xlabel="epoch",
            ylabel="share",
            xlim=[0.5, LONGEST + 0.5],
            ylim=[0, 1],
            unit="percent",
            height=172,
        ),
        part("gallery", "suspects", title="The 24 most suspicious labels", columns=12, signs=["given ≠ true"]),
    ],
    draw=draw,
    moves=MOVES,
    versus="method",
    question=Question(
        "Pairflip 40 %, and the network is told the true T: test accuracy after 30 epochs?",
        unit="percent",
        naive=0.6,
        measure=measure,
        seeds=range(5),
        part="history",
        x=EPOCHS,
        setting={"rate": 0.4, "noise": "pairflip", "method": METHODS[0]},
    ),
)
