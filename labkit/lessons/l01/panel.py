"""The panel of lesson 01: the same rate under seven noise models."""

from ...panels import Move, Question, Sketch, choice, curve, cycle, part, samples, slider
from ...plot.style import OKABE_ITO
from .study import MODELS, asked_matrix, digits, expected_shares, kept, noisy, realised_shares

RATES = tuple(k / 20 for k in range(19))
SHOWN = 36  # images
EXPECTED, CAME = OKABE_ITO[0], OKABE_ITO[1]


def draw(state, show):
    """Corrupt the digits and show what was asked for and what came out. -> Task"""
    task = noisy(state.noise, noise_rate=state.rate, seed=state.seed)
    T = asked_matrix(state.noise, noise_rate=state.rate, seed=state.seed)
    n = f"digits, n = {len(digits().train) + len(digits().train.val):,}, seed {state.seed}"
    show(
        asked=matrix(T, "Marked: a wrong label leads, or draws level." if marks(T) else " "),
        realised=matrix(task.noise.realised_matrix, f"Counted: {n}."),
        shares={**curves(state), "caption": f"{n}. Faint: what is expected at higher rates."},
        gallery={"samples": list(range(SHOWN))},
        samples=samples.table(task, range(SHOWN)),
        passport={"rows": passport(task, T)},
        message=f"{state.noise} {state.rate:.0%}: {task.noise.realised:.1%} of the labels are wrong",
    )
    return task


def marks(T):
    """Where a wrong label is as frequent as the right one, or more. T [C, C] -> list of [row, column]"""
    wrong = T.clone().fill_diagonal_(-1.0).argmax(1)
    return [[k, int(wrong[k])] for k in (~kept(T)).nonzero()[:, 0].tolist()]


def matrix(T, caption):
    """A transition matrix, with what leads wrongly marked. -> traits"""
    return {
        "values": [[round(value, 3) for value in row] for row in T.tolist()],
        "marked": marks(T),
        "caption": caption,
    }


def curves(state):
    """Shares of wrong labels up to the rate of the slider, which the legend reads; faint, what is expected beyond."""
    expected, came = expected_shares(state.noise, RATES), realised_shares(state.noise, RATES, state.seed)
    here = RATES.index(state.rate) + 1
    return {
        "series": [
            curve("wrong labels expected", RATES[:here], expected[:here], EXPECTED, "", "none"),
            curve("wrong labels that came out", RATES[:here], came[:here], CAME, "7 3", "circle"),
        ],
        "before": [curve("expected", RATES, expected, EXPECTED, "", "none")],
        "lines": [{"name": "asked rate", "y": state.rate}],
    }


def passport(task, T):
    """What a passport says, in words. -> rows"""
    made, count = task.noise, lambda T: int(kept(T).sum())
    return [
        ["asked rate", f"{made.rate:.0%}"],
        ["wrong labels that came out", f"{made.realised:.1%}"],
        ["in other papers' words", made.words],
        ["classes whose right label leads", f"asked {count(T)}, came out {count(made.realised_matrix)} of {len(T)}"],
        ["hash of the labels", made.hash],
    ]


def measure(seed):
    """The share of wrong labels at asymmetric 40 %, counted."""
    return noisy("asymmetric", noise_rate=0.4, seed=seed).noise.realised


AXES = {"xlabel": "given label", "ylabel": "true label", "range": [0, 1], "unit": "percent", "height": 205}
CLASSES = {"rows": [str(k) for k in range(10)], "columns": [str(k) for k in range(10)]}
MOVES = (
    Move(
        "asymmetric, 40 %",
        {"noise": "asymmetric"},
        "Frames mark rows in which a wrong label is as frequent as the right one, or more. Is there one in "
        "what was asked, and one in what came out? Who made the difference?",
    ),
    Move(
        "asymmetric, 90 %",
        {"noise": "asymmetric", "rate": 0.9},
        "Which rows have changed, and which never do? Drag τ back: where do frames appear on the left, and why there?",
    ),
    Move(
        "uniform, 90 %",
        {"noise": "uniform", "rate": 0.9},
        "In one of the two the right label has fallen to the height of all others. In which? Look at the "
        "diagonal and at the passport, then change the noise.",
        beside={"noise": "symmetric"},
    ),
    Move(
        "instance, another seed",
        {"noise": "instance", "seed": 1},
        "Look at the matrix that came out, and press Next seed. Who chose these entries?",
    ),
)
SKETCH = Sketch(
    name="01",
    title="The same rate, seven noises",
    controls=[
        slider("rate", "τ", "rate", values=RATES, value=0.4, unit="percent", stored=RATES[::2]),
        choice("noise", "T", "noise", list(MODELS), value="symmetric"),
        cycle("seed", "", "Next seed", values=[0, 1, 2, 3, 4], stored=[0, 1]),
    ],
    rows=[["asked", "realised", "passport"], ["gallery", "shares"]],
    parts=[
        part("matrix", "asked", title="Asked: T", **AXES, **CLASSES),
        part("matrix", "realised", title="Came out", **AXES, **CLASSES),
        part(
            "gallery",
            "gallery",
            title="The first 36 training images and their given labels",
            columns=12,
            signs=["given ≠ true"],
            height=180,
        ),
        part(
            "curves",
            "shares",
            title="How many labels are wrong",
            xlabel="asked rate",
            ylabel="share of wrong labels",
            xlim=[0, 0.95],
            ylim=[0, 1],
            unit="percent",
            xunit="percent",
            height=180,
        ),
        part("table", "passport", title="Passport", columns=["", "this draw"], height=200),
    ],
    draw=draw,
    moves=MOVES,
    versus="noise",
    question=Question(
        "Asymmetric noise, 40 % asked, ten classes of digits: which share of the labels is wrong?",
        unit="percent",
        naive=0.4,
        measure=measure,
        seeds=range(5),
        part="shares",
        x=0.4,
        setting={"rate": 0.4, "noise": "asymmetric"},
    ),
)
