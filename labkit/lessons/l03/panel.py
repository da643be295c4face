"""The panel of lesson 03: leave cross-entropy step by step, and see which labels still pull."""

import torch

import labkit

from ...method import evaluate
from ...panels import Move, Question, Sketch, choice, curve, cycle, part, samples, slider, svg_style
from ...panels.live import one_thread
from ...plot.training import CURVE_NAMES
from .study import EPOCHS, FAST, HYPERPARAMETERS, gradients, method, noisy, shape, trained

STEPS = tuple(k / 10 for k in range(11))
P = torch.linspace(0.005, 0.995, 100, dtype=torch.float64)
SHOWN = 60  # points of each kind
RIGHT, WRONG = svg_style("clean_fitted"), svg_style("noisy_memorised")
REFERENCES = {"CE": ("ERM", 0.0), "MAE": ("MAE", 1.0)}
LOOKS = {}  # what was seen of the trainings of this process, epoch by epoch
STORED = (1, 2, 3, 4, 5, 7, 9, 12, 16, 20, 30, EPOCHS)  # epochs of the stored pictures


def draw(state, show):
    """Shapes at once, then train, then plain cross-entropy for comparison. -> Run"""
    epochs = FAST["epochs"] if labkit.fast() else EPOCHS
    task, own = noisy(noise_rate=state.rate, seed=state.seed), method(state.loss, step=state.s)
    values, lines = shapes(state)
    told = f"digits, n = {len(task.train):,}, mlp, symmetric {state.rate:.0%}, seed {state.seed}"
    key = (state.loss if state.s else "ERM", state.s, state.rate, state.seed, epochs, labkit.fast())
    setting = {"noise_rate": state.rate, "seed": state.seed, "epochs": epochs}
    i = shown(task)
    looks = list(LOOKS.get(key, ()))

    def watch(run):
        looks.append(look(run, own, task, i))
        parts(run)

    def parts(run):
        pictures = {"history": history(run, told), "pull": pull(looks, task, i, lines)}
        pictures["samples"] = samples.table(task, i, **samples_seen(looks))
        show(**pictures, progress=len(run.rows) / (epochs + 1), message=words(state, run, None))

    show(loss=values, message="training")
    with one_thread():
        run = trained(state.loss, step=state.s, **setting, watch=watch)
        LOOKS[key] = looks
        parts(run)
        plain = trained("ERM", step=0.0, **setting) if state.s else run
    show(history=history(run, told, plain), message=words(state, run, plain))
    return run


def shown(task):
    """The first training samples with a clean label, and the first with a wrong one. -> positions"""
    wrong = task.train.y != task.truth.y
    return torch.cat([(~wrong).nonzero()[:SHOWN, 0], wrong.nonzero()[:SHOWN, 0]])


def shapes(state):
    """The loss over p, and the lines of the pull over p; cross-entropy and MAE beside it. -> traits, lines"""
    own = (called(state), state.loss, state.s)
    series, lines = [], []
    for name, kind, s in (*((name, *each) for name, each in REFERENCES.items()), own):
        value, force = shape(method(kind, step=s), P)
        mine = name == own[0]
        ink = svg_style(state.loss if mine else kind) | {"dash": "" if mine else {"CE": "7 3", "MAE": "2 3"}[name]}
        series.append(curve(name, P, value, ink["colour"], ink["dash"], "none"))
        thin = slice(None, None, 3)
        lines.append({"name": name, **{k: series[-1][k] for k in ("colour", "dash")}, "x": rounded(P[thin]),
                      "y": rounded(force[thin])})  # fmt: skip
    return {"series": series, "caption": "The rest of the probability is on one other class."}, lines


def called(state):
    """The chosen loss with its own hyperparameter. -> text"""
    own = HYPERPARAMETERS[state.loss](state.s)
    signs = {"q": "q", "alpha": "α", "beta": "β", "gamma": "γ"}
    return f"{state.loss}, " + ", ".join(f"{signs[name]} = {value:.2g}" for name, value in own.items())


def history(run, told, plain=None):
    """What the network has learnt; faint, what cross-entropy has. -> traits"""
    epochs = [row["epoch"] for row in run.rows]
    made = lambda run: [
        curve(said, epochs, [r[c] for r in run.rows], **svg_style(c)) for c, said in CURVE_NAMES.items()
    ]
    more = {"before": made(plain)} if plain is not None and plain is not run else {"before": []}
    caption = f"{told}. Faint: cross-entropy." if more["before"] else f"{told}."
    return {"series": made(run), "caption": caption, "per_epoch": {"epoch": epochs}, **more}


def look(run, own, task, i):
    """What this network makes of the training samples i: their probability, their pull, its belief. -> dict"""
    logits, y = evaluate(run.method.nets[0], task.train)[i].double(), task.train.y[i]
    p = logits.softmax(-1).gather(-1, y[:, None])[:, 0]
    force = -gradients(own, logits, y)[1].gather(-1, y[:, None])[:, 0]
    return {"epoch": len(run.rows), "x": short(p), "y": short(force), "believed": samples.digits(logits.argmax(-1))}


def pull(looks, task, i, lines):
    """Training samples at their probability and their pull, epoch by epoch. -> traits"""
    wrong = (task.train.y != task.truth.y)[i].int().tolist()
    epochs = [each["epoch"] for each in looks]
    return {
        "points": {"group": wrong, "sample": i.tolist()},
        "lines": lines,
        "caption": f"{SHOWN} training samples of each kind after epoch {{epoch}}; lines: the losses' own.",
        "per_epoch": {"epoch": epochs, "points": [{"x": each["x"], "y": each["y"]} for each in looks]},
    }


def samples_seen(looks):
    """What the table of samples holds of every epoch. -> lists"""
    return {name: [each[name] for each in looks] for name in ("epoch", "believed")}


def short(values):
    """Two decimals are enough for a point. -> list"""
    return [round(float(v), 2) for v in values]


def rounded(values):
    """Three decimals are enough for a pixel. -> list"""
    return [round(float(v), 3) for v in values]


def words(state, run, plain):
    """The result in a line. -> text"""
    last = run.rows[-1]
    said = f"{called(state)}, epoch {len(run.rows)}: {last['noisy_memorised']:.0%} of the wrong labels memorised"
    return said + (f" (cross-entropy: {plain.rows[-1]['noisy_memorised']:.0%})" if plain else "")


def measure(seed):
    """The fraction of wrong labels that GCE with q = 0.7 has memorised after 40 epochs."""
    return trained("GCE", step=0.7, noise_rate=0.4, seed=seed).rows[-1]["noisy_memorised"]


AXIS = {"xlabel": "probability of the given label", "xlim": [0, 1], "xunit": "number", "unit": "number"}
MOVES = (
    Move(
        "GCE, from 0 to 0.7",
        {"s": 0.7},
        "The crosses are wrong labels. On which side of the middle picture do most of them end at 0.7, and on which "
        "side at 0, with cross-entropy? From which step on are more than half on the left?",
        beside={"s": 0.0},
    ),
    Move(
        "Focal, 1",
        {"loss": "Focal", "s": 1.0},
        "How many crosses (wrong labels) end on the left side of the middle picture?",
    ),
    Move(
        "Bootstrap hard, 1",
        {"loss": "Bootstrap hard", "s": 1.0},
        "The target is what the network predicts, and the given label does not count. What does the network learn?",
    ),
)
SKETCH = Sketch(
    name="03",
    title="What should a loss forgive?",
    controls=[
        slider("s", "q", "step away from cross-entropy", values=STEPS, value=0.7, stored=(0.0, 0.3, 0.5, 0.7, 1.0)),
        choice("loss", "ℓ", "loss", list(HYPERPARAMETERS), value="GCE"),
        slider("rate", "τ", "noise rate", values=(0.2, 0.4, 0.6), value=0.4, unit="percent"),
        cycle("seed", "", "Next seed", values=[0, 1, 2, 3, 4], stored=[0]),
    ],
    rows=[["loss", "pull", "history"]],
    parts=[
        part("curves", "loss", title="The loss ℓ", ylabel="loss (nats)", ylim=[0, 5], height=300, **AXIS),
        part(
            "scatter",
            "pull",
            title="The pull −∂ℓ/∂z on the given label",
            ylabel="pull on its logit",
            ylim=[-0.6, 1.4],
            height=300,
            groups=[
                {"name": "clean labels", "colour": RIGHT["colour"], "marker": "circle"},
                {"name": "wrong labels", "colour": WRONG["colour"], "marker": "cross"},
            ],
            **AXIS,
        ),
        part(
            "curves",
            "history",
            title="What the network learns from it",
            xlabel="epoch",
            ylabel="fraction of the samples",
            xlim=[0.5, EPOCHS + 0.5],
            ylim=[0, 1],
            unit="percent",
            xunit="whole",
            height=300,
            share=1.25,
        ),
    ],
    draw=draw,
    epochs=STORED,
    moves=MOVES,
    versus="loss",
    question=Question(
        "GCE is cross-entropy at q = 0, which memorises 80 to 89 % of the wrong labels. At q = 1 it is half of MAE and "
        "memorises 2 to 8 %. What fraction does it memorise at q = 0.7 (digits, symmetric 40 %, 40 epochs)?",
        unit="percent",
        naive=0.28,
        measure=measure,
        seeds=range(5),
        part="history",
        x=EPOCHS,
        setting={"s": 0.7, "loss": "GCE", "rate": 0.4},
    ),
)
