"""The panel of lesson 04: drag the assumed rate, and see whom a filter keeps of one batch, and of every class."""

import labkit

from ...panels import Move, Question, Sketch, choice, curve, cycle, part, samples, slider, svg_style
from ...plot.style import GREY, OKABE_ITO
from . import study

RIGHT, WRONG = OKABE_ITO[2], OKABE_ITO[1]
SHOWN = 12  # images of each mistake
FLOOR, TOP = 1e-3, 30.0  # of the loss axis, nats
GROUPS = [
    {"name": "clean label, kept", "colour": RIGHT, "marker": "circle"},
    {"name": "wrong label, dropped", "colour": WRONG, "marker": "cross"},
    {"name": "clean label, dropped", "colour": RIGHT, "marker": "cross"},
    {"name": "wrong label, kept", "colour": WRONG, "marker": "circle"},
]
SIGNS = ["given ≠ true", GROUPS[3], GROUPS[2]]  # of a gallery of mistakes
RATES = [*(k / 10 for k in range(10)), 0.99]
STORED = (1, 2, 3, 4, 6, 10, study.EPOCHS)  # epochs of the stored pictures


def draw(state, show):
    """Train the filter from the start; after each epoch look at one batch. -> Run"""
    epochs = 2 if labkit.fast() else study.EPOCHS
    task = study.noisy(seed=state.seed)
    i = study.batch_of(task, state.seed)
    looks = []

    def after(run):
        looks.append(look(state.method, run, task, i))
        show(**pictures(state, run, task, i, looks), progress=len(run.rows) / epochs)

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
    show(message=said(state, run, task), history=over_epochs(curves, task, state.seed))
    return run


def setting(task, seed):
    """Data, noise and recipe in words."""
    data = f"digits, n = {len(task.train):,}, symmetric {study.TRUE_RATE:.0%}, seed {seed}"
    return f"{data}. MLP, Adam, batches of {study.BATCH}."


def look(method, run, task, i):
    """The batch after the newest epoch: scores, whom the filter keeps, its cut; what is kept of every class. -> dict"""
    seen = study.trusted(run.method, task, i)
    return {
        "epoch": len(run.rows),
        "loss": samples.short(seen["loss"].clamp(FLOOR, TOP)),
        "layer": [round(length, 2) for length in seen["layer"].tolist()],
        "kept": samples.digits(seen["kept"].long()),
        "believed": samples.digits(run.life.believed[-1][i]),
        "lines": cuts(method, seen),
        "classes": study.by_class(run.life.selected[-1], task),
    }


def pictures(state, run, task, i, looks):
    """All parts, with what was seen after each epoch. -> dict"""
    lists = {name: [look[name] for look in looks] for name in looks[0]}
    wrong = (task.train.y != task.truth.y)[i]
    epochs = {"epoch": lists["epoch"]}
    ranks = " PRL(G) ranks by the gradient of all weights: no line here." if state.method == "PRL(G)" else ""
    points = [
        {"x": x, "y": y, "group": groups(kept, wrong)}
        for x, y, kept in zip(lists["loss"], lists["layer"], lists["kept"])
    ]
    found = [mistakes(task, i, kept, wrong) for kept in lists["kept"]]
    return {
        "history": over_epochs(history(state.method, run), task, state.seed),
        "plane": {
            "points": {"sample": i.tolist()},
            "caption": f"One batch of {len(i)}, {int(wrong.sum())} wrong, after epoch {{epoch}}.{ranks}",
            "per_epoch": {**epochs, "points": points, "lines": lists["lines"]},
        },
        "classes": {
            "caption": "Training set, epoch {epoch}. 0%: this class is shut out.",
            "per_epoch": {**epochs, "bars": [bars(shares) for shares in lists["classes"]]},
        },
        "mistakes": {"per_epoch": {**epochs, **{name: [one[name] for one in found] for name in found[0]}}},
        "samples": samples.table(task, i, **epochs, loss=lists["loss"], believed=lists["believed"]),
    }


def over_epochs(series, task, seed):
    """The curves, with their epochs. -> traits"""
    epochs = [int(epoch) for epoch in series[0]["x"]]
    return {"series": series, "caption": setting(task, seed), "per_epoch": {"epoch": epochs}}


def bars(shares):
    """What is kept of every class. -> bars"""
    return [{"name": str(c), "value": round(share, 3), "colour": RIGHT} for c, share in enumerate(shares)]


def history(method, run):
    """Test accuracy; precision and recall of the kept labels. -> list of curves"""
    epochs = [row["epoch"] for row in run.rows]
    column = lambda name: [row[name] for row in run.rows]
    return [
        curve(f"test accuracy, {method}", epochs, column("test"), **svg_style(method)),
        curve("precision: clean among the kept", epochs, column("selected_precision"), OKABE_ITO[3], "7 3", "none"),
        curve("recall: kept among the clean", epochs, column("selected_recall"), RIGHT, "2 3", "none"),
    ]


def groups(kept, wrong):
    """The fate of every sample of the batch, as positions in GROUPS. kept: text of 0 and 1 -> text"""
    fates = [2 * (bad == int(sign)) + bad for sign, bad in zip(kept, wrong.int().tolist())]
    return "".join(map(str, fates))


def cuts(method, seen):
    """The cut of the filter, if it is a line in the plane. -> lines"""
    line = None
    if method in ("SPL", "Co-teaching") and (at := study.edge(seen["loss"], seen["kept"])):
        line = {"name": "cut of the loss", "x": [round(min(max(at, FLOOR), TOP), 4)] * 2, "y": [0, 1.5]}
    if method == "PRL(L)" and (at := study.edge(seen["layer"], seen["kept"])):
        line = {"name": "cut of the gradient", "x": [FLOOR, TOP], "y": [round(at, 4)] * 2}
    return [line | {"colour": GREY, "dash": "7 3"}] if line else []


def mistakes(task, i, kept, wrong):
    """The wrong labels that got in, and the clean ones that were left out, SHOWN of each at most. -> traits"""
    fates = groups(kept, wrong)
    let_in, left_out = ([int(k) for k, fate in zip(i, fates) if fate == group] for group in "32")
    shown = [*let_in[:SHOWN], *left_out[:SHOWN]]
    caption = (
        f"{len(let_in)} wrong labels are kept, {len(left_out)} clean ones dropped; up to {SHOWN} of each are shown."
    )
    signs = "3" * len(let_in[:SHOWN]) + "2" * len(left_out[:SHOWN])
    return {"samples": shown, "fates": signs, "caption": caption}


def said(state, run, task):
    """What came out, in a line."""
    gone = sum(share < 0.05 for share in study.by_class(run.life.selected[-1], task))
    drops = f"{state.method} drops {state.assumed:.0%} {state.ramp}"
    return f"{drops}: test accuracy {run.accuracy['last']:.0%}, {gone} of {task.classes} classes shut out"


def measure(seed):
    """SPL that drops the true fraction from the first step: test accuracy after the last epoch."""
    return study.filtered("SPL", assumed_rate=study.TRUE_RATE, ramp=0, seed=seed).accuracy["last"]


SHARE = {"ylim": [0, 1], "unit": "percent"}
EPOCHS = {"xlabel": "epoch", "xlim": [0.5, study.EPOCHS + 0.5]}
AXES = {"xlim": [FLOOR, TOP], "xscale": "log", "xunit": "number", "ylim": [0, 1.5], "unit": "number"}
PLANE = {"xlabel": "loss (nats)", "ylabel": "norm of p − e", "groups": GROUPS, **AXES}
MOVES = (
    Move(
        "over 10 epochs",
        {"ramp": "over 10 epochs"},
        "Beside it is the same filter, at once. Which bars are higher now, and what does that do to the test accuracy?",
        beside={"ramp": "at once"},
    ),
    Move(
        "PRL(L) beside SPL",
        {"method": "PRL(L)"},
        "Both drop half of each batch at once, and only the score differs. Which classes does each of them shut out?",
        beside={"method": "SPL"},
    ),
    Move(
        "99 %",
        {"assumed": 0.99},
        "One sample of 128 is left in each batch. What are precision and recall now? Drag ε down. Which ε is best?",
    ),
    Move(
        "0 %",
        {"assumed": 0.0},
        "Nothing is dropped, so this is plain SGD. At which ε do precision and recall become one curve, and why there?",
    ),
)
SKETCH = Sketch(
    name="04",
    title="Whom do you trust in a batch?",
    controls=[
        slider("assumed", "ε", "fraction dropped", values=RATES, value=0.5, unit="percent"),
        choice("method", "w", "method", list(study.FILTERS), value="SPL"),
        choice("ramp", "ε(t)", "from when", list(study.RAMPS), value="at once"),
        cycle("seed", "", "Next seed", values=[0, 1, 2, 3, 4], stored=[0]),
    ],
    rows=[["history", "plane"], ["classes", "mistakes"]],
    parts=[
        part(
            "curves", "history", title="Half of the labels are wrong", ylabel="fraction", height=200, **EPOCHS, **SHARE
        ),
        part("scatter", "plane", title="One batch: loss and gradient", height=200, **PLANE),
        part("bars", "classes", title="Clean labels that are kept, by class", ylabel="fraction", height=180, **SHARE),
        part("gallery", "mistakes", title="Mistakes in this batch", columns=12, signs=SIGNS, groups=GROUPS, height=180),
    ],
    draw=draw,
    epochs=STORED,
    moves=MOVES,
    versus="method",
    question=Question(
        "Half of the labels are wrong. SPL drops the half of each batch with the largest loss, from the first step on. "
        "What is its test accuracy after 20 epochs?",
        unit="percent",
        naive=0.95,
        measure=measure,
        seeds=range(5),
        part="history",
        x=study.EPOCHS,
        setting={"assumed": 0.5, "method": "SPL", "ramp": "at once"},
    ),
)
