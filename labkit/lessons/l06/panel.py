"""The panel of lesson 06: what the first k directions of a Jacobian hold, and what the cut makes of the given
labels."""

import numpy as np

from ...panels import Move, Question, Sketch, choice, curve, part, samples, slider, svg_style
from ...panels.live import one_thread
from ...plot.style import GREY, OKABE_ITO
from ...plot.training import CURVE_NAMES
from .figures import INKS
from .study import COUNTS, EPOCHS, NOISES, SAMPLES, corrected_by_few, cut_labels, fates, halves, held, look, vectors

SHOWN = 24  # images
FATES = [{"name": name, **samples.mark(name)} for name in ("memorised", "corrected", "neither")]
FATES += [{"name": "lost", "colour": "currentColor", "marker": "cross"}, {"name": "", "colour": "", "marker": "none"}]
ROWS = 10 * SAMPLES
SEED = 0


def draw(state, show):
    """Look at a network, split labels along its directions, and keep the first k of them. -> Look"""
    with one_thread():
        show(message=f"{state.noise}, {state.epoch} epochs: the spectrum of {ROWS:,} rows")
        at = look(noise=state.noise, seed=SEED, epoch=state.epoch)
        setting = f"{SAMPLES} of 1,294 digits, MLP, {state.epoch} epochs of plain SGD, {state.noise}, seed {SEED}"
        labels = cut_labels(at, state.k)
        found = fates(at, labels)
        show(
            held={"series": shares(at, state.k), "caption": setting},
            fates={
                "series": [*kept(at), upright(state.k, 0, 1)],
                "caption": f"The given labels after the cut; {setting}",
            },
            **gallery(at, labels, state.epoch),
            message=f"{state.k} of {ROWS:,} directions: {found['noisy_corrected']:.0%} of the wrong labels corrected, "
            f"{found['noisy_memorised']:.0%} memorised; {found['clean_fitted']:.0%} of the clean ones kept",
        )
        show(spectrum={"series": [*spectra(at), upright(state.k, 0.01, 100)], "caption": setting}, progress=1.0)
    return at


def thin(m):
    """Positions on a logarithmic axis of m, few enough to be stored. -> array"""
    return np.unique(np.geomspace(1, m, 40).round().astype(int))


def upright(k, low, high):
    """A line at the slider's k. -> curve"""
    return curve("k", [k, k], [low, high], GREY, "2 3", "none")


def spectra(at):
    """Singular values of all rows, and of the rows of clean and of wrong samples. -> curves"""
    values = {"all images": at.space.values / SAMPLES**0.5} | halves(at)
    looks = dict(zip(values, ((GREY, ""), (OKABE_ITO[2], "7 3"), (OKABE_ITO[1], "2 3"))))
    steps = {name: thin(len(v)) for name, v in values.items()}
    return [
        curve(name, i, values[name][i - 1].clamp_min(0.01), *looks[name], marker="none", unit="number")
        for name, i in steps.items()
    ]


def shares(at, k):
    """The fraction of each vector's squared norm in the first directions. -> curves"""
    i = thin(ROWS)
    drawn = [curve(n, i, held(at, v)[i - 1], *INKS[n], marker="none") for n, v in vectors(at).items()]
    return [*drawn, curve("a random vector", i, i / ROWS, GREY, "", "none"), upright(k, 0, 1)]


def kept(at):
    """What the cut makes of the given labels, at every number of directions. -> curves"""
    every = [fates(at, cut_labels(at, k)) for k in COUNTS]
    return [
        curve(CURVE_NAMES[name], COUNTS, [found[name] for found in every], **svg_style(name))
        for name in ("clean_fitted", "noisy_corrected", "noisy_memorised")
    ]


def gallery(at, labels, epoch):
    """Images, those with a wrong label first, and their labels after the cut. -> parts"""
    first = at.wrong.long().argsort(descending=True, stable=True)[:SHOWN]
    given, true = at.task.train.y[first].tolist(), at.task.truth.y[first].tolist()
    names = [about["name"] for about in FATES]
    after = labels[first].tolist()
    ends = [names.index(fate(*three)) for three in zip(given, true, after)]
    believed, cut = (samples.digits(classes[first]) for classes in (at.logits.argmax(-1), labels))
    return {
        "gallery": {"samples": first.tolist(), "fates": "".join(map(str, ends))},
        "samples": samples.table(at.task, first, epoch=[epoch], believed=[believed], cut=[cut]),
    }


def fate(given, true, after):
    """What became of one label after the cut. -> a name in FATES"""
    if given == true:
        return "" if after == given else "lost"
    return {given: "memorised", true: "corrected"}.get(after, "neither")


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
            signs=["given ≠ true", *FATES[:3]],
            groups=FATES,
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
        measure=corrected_by_few,
        seeds=range(5),
        part="fates",
        x=20,
        setting={"k": 20, "epoch": 5, "noise": "symmetric 40 %"},
    ),
)
