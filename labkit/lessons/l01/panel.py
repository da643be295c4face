"""The panel of lesson 01: the same rate under seven noise models."""

from ...panels import Move, Question, Sketch, choice, curve, cycle, part, samples, slider
from ...plot.style import OKABE_ITO
from .study import MODELS, asked_matrix, clean_leads, digits, expected_fractions, noisy, realised_fractions

RATES = tuple(k / 20 for k in range(19))
SHOWN = 36  # images
EXPECTED, CAME = OKABE_ITO[0], OKABE_ITO[1]


def draw(state, show):
    """Corrupt the digits and show what was asked for and what came out. -> Task"""
    task = noisy(state.noise, noise_rate=state.rate, seed=state.seed)
    T = asked_matrix(state.noise, noise_rate=state.rate, seed=state.seed)
    n = f"digits, n = {len(digits().train) + len(digits().train.val):,}, seed {state.seed}"
    show(
        asked=matrix(T, framed(T) or " "),
        realised=matrix(task.noise.realised_matrix, f"Counted: {n}."),
        fractions={**curves(state), "caption": f"{n}. The faint line goes on to higher rates."},
        gallery={"samples": list(range(SHOWN))},
        samples=samples.table(task, range(SHOWN)),
        passport={"rows": passport(task, T)},
        message=f"{state.noise} {state.rate:.0%}: {task.noise.realised:.1%} of the labels are wrong",
    )
    return task


def framed(T):
    """Say in how many rows a wrong label is at least as frequent as the clean one; "" if in none."""
    count = len(marks(T))
    return f"Framed ({count}): a wrong label leads or ties." if count else ""


def marks(T):
    """Find the wrong labels that are at least as frequent as the clean one. T [C, C] -> list of [row, column]"""
    wrong = T.clone().fill_diagonal_(-1.0).argmax(1)
    return [[k, int(wrong[k])] for k in (~clean_leads(T)).nonzero()[:, 0].tolist()]


def matrix(T, caption):
    """A transition matrix, with a frame where a wrong label leads. -> traits"""
    return {
        "values": [[round(value, 3) for value in row] for row in T.tolist()],
        "marked": marks(T),
        "caption": caption,
    }


def curves(state):
    """Fractions of wrong labels up to the rate of the slider, which the legend reads; the faint line goes on."""
    expected, came = expected_fractions(state.noise, RATES), realised_fractions(state.noise, RATES, state.seed)
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
    made, count = task.noise, lambda T: int(clean_leads(T).sum())
    return [
        ["asked rate", f"{made.rate:.0%}"],
        ["wrong labels that came out", f"{made.realised:.1%}"],
        ["in other papers' words", made.words],
        ["classes whose clean label leads", f"asked {count(T)}, came out {count(made.realised_matrix)} of {len(T)}"],
        ["hash of the labels", made.hash],
    ]


def measure(seed):
    """Count the wrong labels at asymmetric 40 %. -> fraction"""
    return noisy("asymmetric", noise_rate=0.4, seed=seed).noise.realised


AXES = {"xlabel": "given label", "ylabel": "true label", "range": [0, 1], "unit": "percent", "height": 205}
CLASSES = {"rows": [str(k) for k in range(10)], "columns": [str(k) for k in range(10)]}
MOVES = (
    Move(
        "asymmetric, 40 %",
        {"noise": "asymmetric", "seed": 0},
        "A frame marks a wrong label that is at least as frequent as the clean one. The right matrix has a frame in "
        "row 6, and the left one has none. Why do they differ?",
    ),
    Move(
        "asymmetric, 90 %",
        {"noise": "asymmetric", "rate": 0.9},
        "Which rows have wrong labels, and which rows have none? Drag τ back. Down to which rate do the frames on the "
        "left stay, and why?",
    ),
    Move(
        "uniform, 90 %",
        {"noise": "uniform", "rate": 0.9},
        "Compare the diagonal on the left with the rest of its row. Then change the noise to symmetric. In which of "
        "the two does the clean label no longer lead?",
        beside={"noise": "symmetric"},
    ),
    Move(
        "instance, another seed",
        {"noise": "instance", "seed": 1},
        "Press Next seed, and watch which wrong labels each class gets. How are they chosen?",
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
    rows=[["asked", "realised", "passport"], ["gallery", "fractions"]],
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
            "fractions",
            title="How many labels are wrong",
            xlabel="asked rate",
            ylabel="fraction of wrong labels",
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
        "Asymmetric 40 %: each 2 gets the label 7 with probability 40 %, each 3 gets 8, each 5 gets 6, each 6 gets 5. "
        "The other six digits keep their labels. What fraction of all labels is wrong?",
        unit="percent",
        naive=0.4,
        measure=measure,
        seeds=range(5),
        part="fractions",
        x=0.4,
        setting={"rate": 0.4, "noise": "asymmetric"},
    ),
)
