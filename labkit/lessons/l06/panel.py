"""The panel of lesson 06: what the first k directions of a Jacobian hold, and what the cut makes of the given
labels."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from torch import Tensor

from ...panels import Move, Question, Sketch, choice, curve, part, samples, slider, svg_style
from ...panels.live import one_thread
from ...panels.pictures import SVG_DASHES
from ...plot.style import GREY, OKABE_ITO
from ...plot.training import CURVE_NAMES
from . import study
from .figures import FATES, INKS
from .study import COUNTS, EPOCHS, NOISES, SAMPLES, Snapshot

SHOWN = 24  # images
ENDS = ("memorised", "corrected", "neither", "lost", "")  # of a label; "" for a clean one that is kept
MARKS = [  # of ENDS
    *({"name": end, **samples.mark(end)} for end in ENDS[:3]),
    {"name": "lost", "colour": "currentColor", "marker": "cross"},
    {"name": "", "colour": "", "marker": "none"},
]
ROWS = 10 * SAMPLES
SEED = 0
SPECTRA = ((GREY, ""), (OKABE_ITO[2], "7 3"), (OKABE_ITO[1], "2 3"))  # colour and dash: all, clean, wrong images


def draw(state: SimpleNamespace, show: Callable) -> Snapshot:
    """Train a network, split labels along the directions of its Jacobian, and keep the first k of them."""
    with one_thread():
        show(message=f"{state.noise}, {state.epoch} epochs: the spectrum of {ROWS:,} rows")
        snapshot = study.train_snapshot(noise=state.noise, seed=SEED, epoch=state.epoch)
        setting = f"{SAMPLES} of 1,294 digits, MLP, {state.epoch} epochs of plain SGD, {state.noise}, seed {SEED}"
        labels = study.cut_labels(snapshot, state.k)
        show(
            held={"series": in_directions(snapshot, state.k), "caption": setting},
            fates={"series": after_the_cut(snapshot, state.k), "caption": f"The given labels after the cut; {setting}"},
            **gallery(snapshot, labels, state.epoch),
            message=message(snapshot, labels, state.k),
        )
        show(spectrum={"series": spectra(snapshot, state.k), "caption": setting}, progress=1.0)
    return snapshot


def message(snapshot: Snapshot, labels: Tensor, k: int) -> str:
    """Say what became of clean and of wrong labels after the cut."""
    fates = study.fates(snapshot, labels)
    return (
        f"{k} of {ROWS:,} directions: {fates['noisy_corrected']:.0%} of the wrong labels corrected, "
        f"{fates['noisy_memorised']:.0%} memorised; {fates['clean_fitted']:.0%} of the clean ones kept"
    )


def thin(m: int) -> np.ndarray:
    """Return positions on a logarithmic axis of m, few enough to be stored."""
    positions = np.geomspace(1, m, 40)
    rounded = positions.round().astype(int)
    return np.unique(rounded)


def upright(k: int, low: float, high: float) -> dict[str, Any]:
    """Return a line at the slider's k. -> curve"""
    return curve("k", [k, k], [low, high], GREY, "2 3", "none")


def spectra(snapshot: Snapshot, k: int) -> list[dict[str, Any]]:
    """Return singular values of all rows, and of the rows of clean and of wrong samples. -> curves"""
    values = {"all images": snapshot.space.values / SAMPLES**0.5, **study.halves(snapshot)}
    curves = []
    for (name, v), (ink, dash) in zip(values.items(), SPECTRA):
        count = thin(len(v))
        shown = v[count - 1].clamp_min(0.01)
        curves.append(curve(name, count, shown, ink, dash, "none", unit="number"))
    return [*curves, upright(k, 0.01, 100)]


def in_directions(snapshot: Snapshot, k: int) -> list[dict[str, Any]]:
    """Return the fraction of each vector's squared norm in the first directions. -> curves"""
    count = thin(ROWS)
    curves = []
    for name, v in study.vectors(snapshot).items():
        ink, dash = INKS[name]
        fraction = study.held(snapshot, v)[count - 1]
        curves.append(curve(name, count, fraction, ink, SVG_DASHES[dash], "none"))
    random = curve("a random vector", count, count / ROWS, GREY, "", "none")
    return [*curves, random, upright(k, 0, 1)]


def after_the_cut(snapshot: Snapshot, k: int) -> list[dict[str, Any]]:
    """Return what the cut makes of the given labels, at every number of directions. -> curves"""
    fractions = study.fates_of_cuts(snapshot)
    curves = [curve(CURVE_NAMES[name], COUNTS, fractions[name], **svg_style(name)) for name in FATES]
    return [*curves, upright(k, 0, 1)]


def gallery(snapshot: Snapshot, labels: Tensor, epoch: int) -> dict[str, Any]:
    """Return images, those with a wrong label first, and their labels after the cut. -> parts"""
    wrong = snapshot.wrong.long()
    order = wrong.argsort(descending=True, stable=True)
    first = order[:SHOWN]
    task = snapshot.task
    given = task.train.y[first].tolist()
    true = task.truth.y[first].tolist()
    after_cut = labels[first].tolist()
    ends = ""
    for labels_of_sample in zip(given, true, after_cut):
        end = fate(*labels_of_sample)
        ends += str(ENDS.index(end))
    predicted = snapshot.logits.argmax(-1)
    believed = samples.digits(predicted[first])
    cut = samples.digits(labels[first])
    return {
        "gallery": {"samples": first.tolist(), "fates": ends},
        "samples": samples.table(task, first, epoch=[epoch], believed=[believed], cut=[cut]),
    }


def fate(given: int, true: int, label: int) -> str:
    """Return what became of one label after the cut. -> one of ENDS"""
    if given == true:
        return "" if label == given else "lost"
    if label == given:
        return "memorised"
    return "corrected" if label == true else "neither"


# The epoch is a control and no cursor: every epoch has a spectrum of its own, which takes longer than the training, and
# the question asks for one of them.
LOG = {"xlabel": "directions, the largest singular value first", "xlim": [1, ROWS], "xscale": "log", "height": 180}
MOVES = (
    Move(
        "all 1,000 directions",
        {"k": 1000},
        "Nothing is cut at k = 1,000. Set k to 20 and drag it up again. What becomes of the images marked corrected, "
        "and at which k?",
    ),
    Move(
        "never trained",
        {"epoch": 0},
        "This network has never seen a label. Which k corrects most of the wrong labels, and how many?",
    ),
    Move(
        "pairflip 45 %",
        {"noise": "pairflip 45 %"},
        "Here the wrong labels of a class agree. How many are corrected at k = 20? Symmetric noise stands beside it.",
        beside={"noise": "symmetric 40 %"},
    ),
)
SKETCH = Sketch(
    name="06",
    title="What do the largest directions hold?",
    controls=[
        slider("k", "k", "directions kept", COUNTS, 20, "whole"),
        slider("epoch", "t", "epochs of training", EPOCHS, 5, "whole", stored=(0, 1, 5, 20, 40)),
        choice("noise", "T", "noise", NOISES, "symmetric 40 %", stored=["symmetric 40 %", "pairflip 45 %"]),
    ],
    rows=[["held", "fates"], ["gallery", "spectrum"]],
    parts=[
        part("curves", "held", title="What the first directions hold", ylabel="fraction of |v|²", ylim=[0, 1], **LOG),
        part("curves", "fates", title="The labels after the cut", ylabel="fraction of the labels", ylim=[0, 1], **LOG),
        part(
            "gallery",
            "gallery",
            title="Wrong labels, after the cut",
            signs=["given ≠ true", *MARKS[:3]],
            groups=MARKS,
        ),
        part(
            "curves",
            "spectrum",
            title="The spectrum: no labels in it",
            ylabel="singular value / √n",
            ylim=[0.01, 100],
            yscale="log",
            unit="number",
            **LOG,
        ),
    ],
    draw=draw,
    moves=MOVES,
    versus="noise",
    question=Question(
        "A network has trained for five epochs on labels of which 40 % are wrong. We clean the labels of 100 images by "
        "projecting them onto the 20 directions, of 1,000, in which its outputs change most easily. No true label is "
        "used. What fraction of the wrong labels does this correct? (Random guessing would correct about 10 %.)",
        unit="percent",
        naive=0.1,
        measure=study.corrected_by_few,
        seeds=range(5),
        part="fates",
        x=20,
        setting={"k": 20, "epoch": 5, "noise": "symmetric 40 %"},
    ),
)
