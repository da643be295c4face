"""The panel of lesson 07: which weights learn in CDR's step, which labels b explains, and what comes of it."""

from ...panels import Move, Question, Sketch, choice, curve, part, slider, svg_style
from ...panels.live import one_thread
from ...plot.training import CURVE_NAMES
from .figures import EVER, LABELS, STAYED
from .study import CHOICES, FATES, LARGEST, RANDOM, WIDTH, blind, epochs_here, trained

RATES = tuple(k / 10 for k in range(10))
LAMS = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0)
KEPT, MOST = {}, 24  # trainings of this process
STORED = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30)  # epochs of the stored pictures


def draw(state, show):
    """Train once for every setting of ε, choice and λ; show every epoch. -> the record of `trained`"""
    key, epochs = (state.rate, state.by, state.lam), epochs_here()
    if key not in KEPT:
        tell = lambda record: show(**pictures(record, state), progress=len(record["ever"]) / epochs)
        with one_thread():
            found = trained(rate=state.rate, by=state.by, lam=state.lam, epochs=epochs, tell=tell)
        while len(KEPT) >= MOST:
            KEPT.pop(next(iter(KEPT)))
        KEPT[key] = found
    show(**pictures(KEPT[key], state), message=words(KEPT[key]))
    return KEPT[key]


def words(record):
    """How it ended. -> text"""
    last = record["run"].rows[-1]
    memorised = f"{last['noisy_memorised']:.0%} of the wrong labels memorised"
    return f"after {last['epoch']} epochs: test accuracy {last['test']:.0%}, {memorised}"


def pictures(record, state):
    """The four parts, of a training that may not be over. -> dict"""
    run, epochs = record["run"], {"epoch": list(range(1, 1 + len(record["ever"])))}
    setting = f"digits, n = {len(run.method.train):,}, MLP of width {WIDTH}, symmetric 40 %, seed 0"
    return {
        "history": {"series": history(run), "caption": setting, "per_epoch": epochs},
        "masks": {
            "series": masks(record),
            "lines": [{"name": "1 − ε", "y": round(1 - state.rate, 3)}],
            "per_epoch": epochs,
        },
        "mask": {
            "caption": f"Epoch {{epoch}}, {state.by}: in what fraction of the steps each weight was chosen.",
            "per_epoch": {**epochs, "values": [shares(share) for share in record["share"]]},
        },
        "fates": {
            "caption": f"Epoch {{epoch}}, λ = {state.lam:g}.",
            "per_epoch": {**epochs, "bars": [bars(fates) for fates in record["fates"]]},
        },
    }


def shares(share):
    """In what fraction of an epoch's steps each weight was chosen. share [10, WIDTH] -> lists"""
    return [[round(value, 2) for value in row] for row in share.tolist()]


def history(run):
    """The curves of a run so far. -> list"""
    epochs = [row["epoch"] for row in run.rows]
    curves = []
    for column, name in CURVE_NAMES.items():
        curves.append(curve(name, epochs, [row[column] for row in run.rows], **svg_style(column)))
    return curves


def masks(record):
    """How long a weight stays chosen. -> curves"""
    epochs = range(1, 1 + len(record["ever"]))
    return [
        curve("chosen, and chosen a step before", epochs, record["stayed"], *STAYED),
        curve("chosen at least once", epochs, record["ever"], *EVER),
    ]


def bars(fates):
    """What predicts clean and wrong labels. -> bars"""
    named = [(kind, k, fate) for kind in LABELS for k, fate in enumerate(FATES)]
    return [
        {"name": f"{kind}: {fate}", "value": round(fates[kind][k], 4), "colour": LABELS[kind]}
        for kind, k, fate in named
    ]


LAYER = {"rows": [str(k) for k in range(10)], "columns": [str(k) for k in range(WIDTH)]}
AXIS = {"xlabel": "epoch", "xlim": [0.5, 30.5], "ylim": [0, 1], "unit": "percent", "height": 184}
MOVES = (
    Move(
        "at random beside largest",
        {"by": "at random"},
        "The upper pictures show both choices. In which picture do they differ, and in which do they hardly?",
        beside={"by": LARGEST},
    ),
    Move(
        "largest, epoch by epoch",
        {"by": LARGEST},
        "Go through the epochs and watch the last layer. Do the same weights stay dark? Compare with at random.",
    ),
    Move(
        "b alone, λ = 8",
        {"rate": 0.0, "lam": 8.0},
        "What predicts the wrong labels now, the network alone or only the network with b?",
    ),
    Move(
        "b alone, λ = 32",
        {"rate": 0.0, "lam": 32.0},
        "λ = 8 stands beside it. What predicts the clean labels now, and what is the test accuracy?",
        beside={"lam": 8.0},
    ),
)
SKETCH = Sketch(
    name="07",
    title="Which weights may learn?",
    controls=[
        slider("rate", "ε", "assumed rate", RATES, 0.4, "percent", stored=RATES[::2]),
        choice("by", "c", "may learn", CHOICES, LARGEST),
        slider("lam", "λ", "strength of b", LAMS, 0.0, stored=[0.0, 8.0, 32.0]),
    ],
    rows=[["history", "masks"], ["mask", "fates"]],
    parts=[
        part("curves", "history", title="What the network has learnt", ylabel="fraction of the samples", **AXIS),
        part("curves", "masks", title="Which weights were chosen", ylabel="fraction of the weights", **AXIS),
        part(
            "matrix",
            "mask",
            title="The 10 x 32 weights of the last layer",
            xlabel="hidden unit",
            ylabel="class",
            range=[0, 1],
            unit="percent",
            height=200,
            **LAYER,
        ),
        part(
            "bars",
            "fates",
            title="What predicts the given label?",
            ylabel="fraction of the labels",
            ylim=[0, 1],
            unit="percent",
            height=200,
        ),
    ],
    draw=draw,
    moves=MOVES,
    versus="by",
    epochs=STORED,
    question=Question(
        "Digits, symmetric 40 %. In every step CDR lets the 60 % of the weights with the largest |w g| learn; after 30 "
        "epochs its test accuracy is between 82 % and 89 %. What is it if the 60 % are drawn at random in every step? "
        "(seeds 0 to 4)",
        unit="percent",
        naive=0.7,
        measure=blind,
        seeds=range(5),
        part="history",
        x=30,
        setting={"rate": 0.4, "by": RANDOM, "lam": 0.0},
    ),
)
