"""The panel of lesson 04: drag the assumed rate, and see whom a filter keeps of one batch, and of every class."""

import labkit

from ...panels import Move, Question, Sketch, choice, curve, cycle, part, points, slider, sprite, svg_style
from ...plot.style import GREY, OKABE_ITO
from . import study

RIGHT, WRONG = OKABE_ITO[2], OKABE_ITO[1]
SHOWN = 12  # images of each mistake
FLOOR, TOP = 1e-3, 30.0  # of the loss axis, nats
GROUPS = [
    {"name": "right label, kept", "colour": RIGHT, "marker": "circle"},
    {"name": "wrong label, dropped", "colour": WRONG, "marker": "cross"},
    {"name": "right label, dropped", "colour": RIGHT, "marker": "cross"},
    {"name": "wrong label, kept", "colour": WRONG, "marker": "circle"},
]
RATES = [*(k / 10 for k in range(10)), 0.99]


def draw(state, show):
    """Train the filter from the start; after each epoch look at one batch. -> Run"""
    epochs = 2 if labkit.fast() else study.EPOCHS
    task = study.noisy(seed=state.seed)
    i = study.batch_of(task, state.seed)

    def after(run):
        show(**pictures(state, run, task, i), progress=len(run.rows) / epochs)

    run = study.filtered(
        state.method,
        assumed_rate=state.assumed,
        ramp=study.RAMPS[state.ramp],
        seed=state.seed,
        epochs=epochs,
        on_epoch=after,
    )
    reference = study.plain(
        seed=state.seed, epochs=epochs
    )  # last: the first picture does not wait for a second training
    other = curve("test accuracy, plain SGD", range(1, epochs + 1), reference, **svg_style("test"))
    curves = [*history(state.method, run), other]
    show(message=said(state, run, task), history={"series": curves, "caption": setting(task, state.seed)})
    return run


def setting(task, seed):
    """Data, noise and recipe in words."""
    data = f"digits, n = {len(task.train):,}, symmetric {study.TRUE_RATE:.0%}, seed {seed}"
    return f"{data}. MLP, Adam, batches of {study.BATCH}."


def pictures(state, run, task, i):
    """All parts, as they are after the newest epoch. -> dict"""
    seen = study.trusted(run.method, task, i)
    wrong = (task.train.y != task.truth.y)[i]
    shares = study.by_class(run.life.selected[-1], task)
    return {
        "history": {"series": history(state.method, run), "caption": setting(task, state.seed)},
        "plane": plane(state.method, task, i, seen, wrong, len(run.rows)),
        "classes": {
            "bars": [{"name": str(c), "value": round(share, 3), "colour": RIGHT} for c, share in enumerate(shares)],
            "caption": f"Training set, epoch {len(run.rows)}. 0%: this class is shut out.",
        },
        "mistakes": mistakes(task, i, seen["kept"], wrong),
    }


def history(method, run):
    """Test accuracy; precision and recall of the kept labels. -> list of curves"""
    epochs = [row["epoch"] for row in run.rows]
    column = lambda name: [row[name] for row in run.rows]
    return [
        curve(f"test accuracy, {method}", epochs, column("test"), **svg_style(method)),
        curve("precision: right among the kept", epochs, column("selected_precision"), OKABE_ITO[3], "7 3", "none"),
        curve("recall: kept among the right", epochs, column("selected_recall"), RIGHT, "2 3", "none"),
    ]


def plane(method, task, i, seen, wrong, epoch):
    """Every sample of the batch: its loss, the length of its gradient, its fate, and the filter's cut. -> traits"""
    given, true = task.train.y[i].tolist(), task.truth.y[i].tolist()
    label = [f"given {a}" + (f", true {b}" if a != b else "") for a, b in zip(given, true)]
    group = (2 * (wrong ^ ~seen["kept"]) + wrong.long()).tolist()
    loss = seen["loss"].clamp(FLOOR, TOP)
    lines = []
    if method in ("SPL", "Co-teaching") and (at := study.edge(seen["loss"], seen["kept"])):
        lines = [{"name": "cut of the loss", "x": [min(max(at, FLOOR), TOP)] * 2, "y": [0, 1.5], "colour": GREY}]
    if method == "PRL(L)" and (at := study.edge(seen["layer"], seen["kept"])):
        lines = [{"name": "cut of the gradient", "x": [FLOOR, TOP], "y": [at, at], "colour": GREY}]
    ranks = " PRL(G) ranks by the gradient of all weights: no line here." if method == "PRL(G)" else ""
    return {
        "points": points(loss, seen["layer"], group, label),
        "lines": [line | {"dash": "7 3"} for line in lines],
        "caption": f"One batch of {len(i)}, {int(wrong.sum())} wrong, after epoch {epoch}.{ranks}",
    }


def mistakes(task, i, kept, wrong):
    """The wrong labels that got in, and the right ones that were left out, SHOWN of each at most. -> traits"""
    let_in, left_out = (kept & wrong).nonzero()[:, 0], (~kept & ~wrong).nonzero()[:, 0]
    some = [(k, "kept", "✓") for k in let_in[:SHOWN].tolist()] + [
        (k, "dropped", "✗") for k in left_out[:SHOWN].tolist()
    ]
    at = i[[k for k, *_ in some]]
    given, true = task.train.y[at].tolist(), task.truth.y[at].tolist()
    items = [
        {"index": int(position), "given": str(a), "true": str(b), "fate": fate, "sign": sign}
        for position, a, b, (_, fate, sign) in zip(at, given, true, some)
    ]
    caption = (
        f"{len(let_in)} wrong labels are kept, {len(left_out)} right ones dropped; up to {SHOWN} of each are shown."
    )
    return {"items": items, "sprite": sprite(task.train.x[at]), "caption": caption}


def said(state, run, task):
    """What came out, in a line."""
    gone = sum(share < 0.05 for share in study.by_class(run.life.selected[-1], task))
    drops = f"{state.method} drops {state.assumed:.0%} {state.ramp}"
    return f"{drops}: test accuracy {run.accuracy['last']:.0%}, {gone} of {task.classes} classes shut out"


def measure(seed):
    """SPL that drops the true share from the first step: test accuracy after the last epoch."""
    return study.filtered("SPL", assumed_rate=study.TRUE_RATE, ramp=0, seed=seed).accuracy["last"]


SHARE = {"ylim": [0, 1], "unit": "percent"}
EPOCHS = {"xlabel": "epoch", "xlim": [0.5, study.EPOCHS + 0.5]}
AXES = {"xlim": [FLOOR, TOP], "xscale": "log", "xunit": "number", "ylim": [0, 1.5], "unit": "number"}
PLANE = {"xlabel": "loss (nats)", "ylabel": "length of p − e", "groups": GROUPS, **AXES}
MOVES = (
    Move(
        "over 10 epochs",
        {"ramp": "over 10 epochs"},
        "Beside it is the same filter, at once. Which bars have risen, and what does that do to the test accuracy?",
        beside={"ramp": "at once"},
    ),
    Move(
        "PRL(L) beside SPL",
        {"method": "PRL(L)"},
        "Nothing is slowed down, only the score is another. Which classes are shut out by each of the two?",
        beside={"method": "SPL"},
    ),
    Move(
        "99 %",
        {"assumed": 0.99},
        "One sample of 128 is left in each batch. What have precision and recall become? Drag ε down: where "
        "is the best place?",
    ),
    Move(
        "0 %",
        {"assumed": 0.0},
        "Nobody is dropped: this is plain SGD. At which ε do precision and recall become one curve, and why there?",
    ),
)
SKETCH = Sketch(
    name="04",
    title="Whom do you trust in a batch?",
    controls=[
        slider("assumed", "ε", "share dropped", values=RATES, value=0.5, unit="percent"),
        choice("method", "w", "method", list(study.FILTERS), value="SPL"),
        choice("ramp", "ε(t)", "from when", list(study.RAMPS), value="at once"),
        cycle("seed", "", "Next seed", values=[0, 1, 2, 3, 4], stored=[0]),
    ],
    rows=[["history", "plane"], ["classes", "mistakes"]],
    parts=[
        part("curves", "history", title="Half of the labels are wrong", ylabel="share", height=200, **EPOCHS, **SHARE),
        part("scatter", "plane", title="One batch: loss and gradient", height=200, **PLANE),
        part("bars", "classes", title="Right labels that are kept, by class", ylabel="share", height=180, **SHARE),
        part(
            "gallery", "mistakes", title="Mistakes in this batch", columns=12, signs=["✓ kept", "✗ dropped"], height=180
        ),
    ],
    draw=draw,
    moves=MOVES,
    versus="method",
    question=Question(
        "Half of the labels are wrong. SPL drops the half of each batch with the largest loss, from the first step on. "
        "Which test accuracy has it after 20 epochs?",
        unit="percent",
        naive=0.95,
        measure=measure,
        seeds=range(5),
        part="history",
        x=study.EPOCHS,
        setting={"assumed": 0.5, "method": "SPL", "ramp": "at once"},
    ),
)
