"""The panel of lesson 08: raise the noise rate of the meta set, and see which samples the weighting network trusts."""

import labkit

from ...panels import Move, Question, Sketch, choice, curve, cycle, part, slider, svg_style
from ...panels.live import one_thread
from ...plot.style import colour
from .study import EDGES, EPOCHS, LOSSES, histogram, plain, split, trained

ETAS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)
INKS = {"CE": colour("MNW-Net"), "MAE": colour("RMNW-Net")}
CLEAN, WRONG = colour("clean_fitted"), colour("noisy_memorised")
FAINT = (1, 2, 4, 8)  # epochs after which V is drawn faintly
CENTRES = (EDGES[1:] * EDGES[:-1]) ** 0.5


def draw(state, show):
    """Train with learnt weights, epoch by epoch, then plain SGD for comparison. -> Learnt"""
    epochs = 2 if labkit.fast() else EPOCHS

    def watch(learnt):
        done = len(learnt.area)
        show(**pictures(learnt, state), message=words(learnt, state), progress=done / (epochs + 1))

    with one_thread():
        learnt = trained(
            meta_noise_rate=state.eta,
            meta_loss=state.loss,
            noise_rate=state.rate,
            seed=state.seed,
            epochs=epochs,
            watch=watch,
        )
        show(**pictures(learnt, state), message=words(learnt, state))
        run = plain(noise_rate=state.rate, seed=state.seed, epochs=epochs)
    show(history=history(learnt, state, run), message=words(learnt, state, run))
    return learnt


def pictures(learnt, state):
    """Draw the weight function, the losses and the history after each epoch. -> parts"""
    epochs = list(range(1, 1 + len(learnt.V)))
    ink = INKS[state.loss]
    weights = []
    for epoch, V in zip(epochs, learnt.V):
        weights.append(curve(f"after epoch {epoch}", LOSSES.tolist(), rounded(V), ink, "", "none"))
    faint = [[weights[e - 1] for e in FAINT if e < now] for now in epochs]
    n = f"n = {len(learnt.wrong):,}, after epoch {{epoch}}. The smallest and largest losses are in the outer bins."
    return {
        "V": {"per_epoch": {"epoch": epochs, "series": [[weight] for weight in weights], "before": faint}},
        "losses": {
            "caption": n,
            "per_epoch": {"epoch": epochs, "series": [where(loss, learnt.wrong) for loss in learnt.loss]},
        },
        "history": history(learnt, state),
    }


def where(loss, wrong):
    """Draw how the losses of clean and of wrong labels are distributed. loss, wrong [N] -> curves"""
    return [
        curve("clean labels", CENTRES, rounded(histogram(loss, ~wrong)), CLEAN, "", "circle"),
        curve("wrong labels", CENTRES, rounded(histogram(loss, wrong)), WRONG, "7 3", "square"),
    ]


def history(learnt, state, run=None):
    """Draw AUC of the weights, test accuracy and memorised labels, and faintly plain SGD's. -> traits"""
    made = lambda run: [
        curve("test accuracy", [r["epoch"] for r in run.rows], [r["test"] for r in run.rows], **svg_style("test")),
        curve("wrong labels memorised", [r["epoch"] for r in run.rows], [r["noisy_memorised"] for r in run.rows],
              **svg_style("noisy_memorised")),
    ]  # fmt: skip
    epochs = list(range(1, len(learnt.area) + 1))
    area = curve("AUC of the weights", epochs, learnt.area, INKS[state.loss], "", "diamond")
    size = len(split(noise_rate=state.rate, meta_noise_rate=state.eta, seed=state.seed)[1])
    setting = (
        f"digits, n = {len(learnt.wrong):,}, MLP, uniform {state.rate:.0%}, {size} meta samples, seed {state.seed}."
    )
    return {
        "series": [area, *made(learnt.run)],
        "before": made(run) if run else [],
        "lines": [{"name": "AUC of chance", "y": 0.5}],
        "caption": f"{setting} Faint: plain SGD." if run else setting,
        "per_epoch": {"epoch": epochs},
    }


def rounded(values):
    """Round to three decimals, enough for a pixel. -> list"""
    return [round(float(v), 3) for v in values]


def words(learnt, state, run=None):
    """Say the result in a line. -> text"""
    known = {("CE", 0.0): " (MW-Net)", ("CE", state.rate): " (MNW-Net)", ("MAE", state.rate): " (RMNW-Net)"}
    meta = split(noise_rate=state.rate, meta_noise_rate=state.eta, seed=state.seed)[1]
    wrong = (meta.y != split(noise_rate=state.rate, meta_noise_rate=0.0, seed=state.seed)[1].y).float().mean().item()
    last = learnt.run.rows[-1]
    said = f"{wrong:.0%} of the meta labels wrong, {state.loss}{known.get((state.loss, state.eta), '')}"
    said += f", epoch {len(learnt.area)}: AUC {learnt.area[-1]:.2f}, test {last['test']:.1%}"
    return said + (f" (plain SGD {run.rows[-1]['test']:.1%})" if run else "")


def measure(seed):
    """Return the AUC of the weights after the last epoch, with MAE and 80 % of the meta labels redrawn."""
    return trained(meta_noise_rate=0.8, meta_loss="MAE", noise_rate=0.4, seed=seed).area[-1]


LOSS_AXIS = {
    "xlabel": "loss of the given label (nats)",
    "xlim": [10**-2.5, 10**1.2],
    "xscale": "log",
    "xunit": "number",
}
MOVES = (
    Move(
        "CE, 40 %",
        {"eta": 0.4},
        "Is the AUC of the weights above or below chance? Drag τ′. How much noise turns the weights upside down?",
    ),
    Move(
        "MAE beside CE, 80 %",
        {"eta": 0.8, "loss": "MAE"},
        "Meta set and seed are the same, and only the meta loss differs. Which labels does each of the two trust?",
        beside={"loss": "CE"},
    ),
    Move(
        "MAE, 100 %",
        {"eta": 1.0, "loss": "MAE"},
        "All meta labels are redrawn, so they say nothing. Does V still choose a side? With a kernel, press Next seed.",
    ),
)
SKETCH = Sketch(
    name="08",
    title="Can the network learn whom to trust?",
    controls=[
        slider("eta", "τ′", "noise rate of the meta set", values=ETAS, value=0.0, unit="percent"),
        choice("loss", "ℓ′", "meta loss", ["CE", "MAE"], value="CE"),
        slider(
            "rate",
            "τ",
            "noise rate of the training set",
            values=(0.2, 0.4, 0.6),
            value=0.4,
            unit="percent",
            stored=(0.4, 0.6),
        ),
        cycle("seed", "", "Next seed", values=[0, 1, 2, 3, 4], stored=[0]),
    ],
    rows=[["V", "losses", "history"]],
    parts=[
        part(
            "curves",
            "V",
            title="The weight V(loss)",
            caption="Faint: after epochs 1, 2, 4 and 8.",
            ylabel="weight",
            ylim=[0, 1],
            unit="number",
            height=300,
            **LOSS_AXIS,
        ),
        part(
            "curves",
            "losses",
            title="Where the samples are",
            ylabel="fraction of the samples",
            ylim=[0, 1],
            unit="percent",
            height=300,
            **LOSS_AXIS,
        ),
        part(
            "curves",
            "history",
            title="What comes of it",
            xlabel="epoch",
            ylabel="AUC, fraction",
            xlim=[0.5, EPOCHS + 0.5],
            ylim=[0, 1],
            unit="percent",
            xunit="whole",
            height=300,
            share=1.25,
        ),
    ],
    draw=draw,
    moves=MOVES,
    versus="loss",
    question=Question(
        "A weighting network learns from 100 meta samples. 80 % of their labels are redrawn from all ten classes, and "
        "its meta loss is MAE. With what probability does a clean training label then weigh more than a wrong one "
        "(digits, uniform 40 %, 15 epochs, seeds 0-4)?",
        unit="percent",
        naive=0.6,
        measure=measure,
        seeds=range(5),
        part="history",
        x=EPOCHS,
        setting={"eta": 0.8, "loss": "MAE", "rate": 0.4},
    ),
)
