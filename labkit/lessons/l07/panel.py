"""The panel of lesson 07: who may learn in CDR's step, what b takes upon itself, and what comes of it."""

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
    """Train once for every setting of τ, choice and λ; show every epoch. -> the record of `trained`"""
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
    learnt = f"{last['noisy_memorised']:.0%} of the wrong labels learnt"
    return f"after {last['epoch']} epochs: test {last['test']:.0%}, {learnt}"


def pictures(record, state):
    """The four parts, of a training that may not be over. -> dict"""
    run, epochs = record["run"], {"epoch": list(range(1, 1 + len(record["ever"])))}
    setting = f"digits, n = {len(run.method.train):,}, MLP of width {WIDTH}, symmetric 40 %, seed 0"
    return {
        "history": {"series": history(run), "caption": setting, "per_epoch": epochs},
        "masks": {
            "series": masks(record),
            "lines": [{"name": "1 − τ", "y": round(1 - state.rate, 3)}],
            "per_epoch": epochs,
        },
        "mask": {
            "caption": f"Epoch {{epoch}}, {state.by}: share of the steps in which each weight was chosen.",
            "per_epoch": {**epochs, "values": [shares(share) for share in record["share"]]},
        },
        "fates": {
            "caption": f"Epoch {{epoch}}, λ = {state.lam:g}.",
            "per_epoch": {**epochs, "bars": [bars(fates) for fates in record["fates"]]},
        },
    }


def shares(share):
    """In which share of an epoch's steps each weight was chosen. share [10, WIDTH] -> lists"""
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
        curve("of the chosen: chosen a step before", epochs, record["stayed"], *STAYED),
        curve("of all: chosen at least once", epochs, record["ever"], *EVER),
    ]


def bars(fates):
    """Who gives right and wrong labels. -> bars"""
    named = [(kind, k, fate) for kind in ("right", "wrong") for k, fate in enumerate(FATES)]
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
        "Look at the two upper pictures: which of them tells the choices apart at once, and which does not?",
        beside={"by": LARGEST},
    ),
    Move(
        "largest, epoch by epoch",
        {"by": LARGEST},
        "Go through the epochs and watch the rows of the last layer: do the same weights stay dark? Compare "
        "with at random.",
    ),
    Move(
        "b alone, λ = 8",
        {"rate": 0.0, "lam": 8.0},
        "Who gives the wrong labels now, the network or b?",
    ),
    Move(
        "b alone, λ = 32",
        {"rate": 0.0, "lam": 32.0},
        "From where on does b give the right labels, too? λ = 8 stands beside it.",
        beside={"lam": 8.0},
    ),
)
SKETCH = Sketch(
    name="07",
    title="Who may learn?",
    controls=[
        slider("rate", "τ", "assumed rate", RATES, 0.4, "percent", stored=RATES[::2]),
        choice("by", "c", "may learn", CHOICES, LARGEST),
        slider("lam", "λ", "strength of b", LAMS, 0.0, stored=[0.0, 8.0, 32.0]),
    ],
    rows=[["history", "masks"], ["mask", "fates"]],
    parts=[
        part("curves", "history", title="What has been learnt", ylabel="share of the samples", **AXIS),
        part("curves", "masks", title="Who was chosen", ylabel="share of the weights", **AXIS),
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
            title="Who gives a sample its given label?",
            ylabel="share of the right, or wrong, labels",
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
        "epochs its test accuracy is between 81 % and 88 %. How high is it when the 60 % are drawn at random in every "
        "step? (seeds 0-4)",
        unit="percent",
        naive=0.7,
        measure=blind,
        seeds=range(5),
        part="history",
        x=30,
        setting={"rate": 0.4, "by": RANDOM, "lam": 0.0},
    ),
)
