"""The panel of lesson 06: what the first k directions of a Jacobian hold, and what the given labels say without the
rest."""

import numpy as np

from ...panels import Move, Question, Sketch, choice, curve, part, samples, slider, svg_style
from ...panels.live import one_thread
from ...plot.style import GREY, OKABE_ITO
from ...plot.training import CURVE_NAMES
from .figures import INKS
from .study import COUNTS, EPOCHS, NOISES, SAMPLES, corrected_by_few, fates, halves, held, look, named, vectors

SHOWN = 24  # images
FATES = [{"name": name, **samples.mark(name)} for name in ("memorised", "corrected", "neither")]
FATES += [{"name": "lost", "colour": "currentColor", "marker": "cross"}, {"name": "", "colour": "", "marker": "none"}]
ROWS = 10 * SAMPLES
SEED = 0


def draw(state, show):
    """Look at a network, lay labels over its directions, and keep the first k of them. -> Look"""
    with one_thread():
        show(message=f"{state.noise}, {state.epoch} epochs: the spectrum of {ROWS:,} rows")
        at = look(noise=state.noise, seed=SEED, epoch=state.epoch)
        setting = f"{SAMPLES} of 1,294 digits, MLP, {state.epoch} epochs of plain SGD, {state.noise}, seed {SEED}"
        says = named(at, state.k)
        found = fates(at, says)
        show(
            held={"series": shares(at, state.k), "caption": setting},
            fates={"series": [*kept(at), upright(state.k, 0, 1)], "caption": f"The given labels, cut; {setting}"},
            **gallery(at, says, state.epoch),
            message=f"{state.k} of {ROWS:,} directions: {found['noisy_corrected']:.0%} of the wrong labels corrected, "
            f"{found['noisy_memorised']:.0%} repeated; {found['clean_fitted']:.0%} of the right ones kept",
        )
        show(spectrum={"series": [*spectra(at), upright(state.k, 0.01, 100)], "caption": setting}, progress=1.0)
    return at


def thin(m):
    """Positions on a logarithmic axis of m, few enough to be stored. -> array"""
    return np.unique(np.geomspace(1, m, 40).round().astype(int))


def upright(k, low, high):
    """Where the slider stands. -> curve"""
    return curve("k", [k, k], [low, high], GREY, "2 3", "none")


def spectra(at):
    """Singular values of all rows, and of the rows of right and of wrong samples. -> curves"""
    values = {"all images": at.space.values / SAMPLES**0.5} | halves(at)
    looks = dict(zip(values, ((GREY, ""), (OKABE_ITO[2], "7 3"), (OKABE_ITO[1], "2 3"))))
    steps = {name: thin(len(v)) for name, v in values.items()}
    return [
        curve(name, i, values[name][i - 1].clamp_min(0.01), *looks[name], marker="none", unit="number")
        for name, i in steps.items()
    ]


def shares(at, k):
    """How much of every vector the first directions hold. -> curves"""
    i = thin(ROWS)
    drawn = [curve(n, i, held(at, v)[i - 1], *INKS[n], marker="none") for n, v in vectors(at).items()]
    return [*drawn, curve("a random vector", i, i / ROWS, GREY, "", "none"), upright(k, 0, 1)]


def kept(at):
    """What the given labels say after the cut, at every number of directions. -> curves"""
    every = [fates(at, named(at, k)) for k in COUNTS]
    return [
        curve(CURVE_NAMES[name], COUNTS, [found[name] for found in every], **svg_style(name))
        for name in ("clean_fitted", "noisy_corrected", "noisy_memorised")
    ]


def gallery(at, says, epoch):
    """Images with a wrong label first, and what the cut labels say. -> parts"""
    first = at.wrong.long().argsort(descending=True, stable=True)[:SHOWN]
    given, true = at.task.train.y[first].tolist(), at.task.truth.y[first].tolist()
    names = [about["name"] for about in FATES]
    ends = [names.index(fate(*labels)) for labels in zip(given, true, says[first].tolist())]
    believed, cut = (samples.digits(named[first]) for named in (at.logits.argmax(-1), says))
    return {
        "gallery": {"samples": first.tolist(), "fates": "".join(map(str, ends))},
        "samples": samples.table(at.task, first, epoch=[epoch], believed=[believed], cut=[cut]),
    }


def fate(given, true, said):
    """What became of one label. -> a name in FATES"""
    if given == true:
        return "" if said == given else "lost"
    return {given: "memorised", true: "corrected"}.get(said, "neither")


# The epoch is a control and no cursor: every epoch has a spectrum of its own, which takes longer than the training, and
# the question asks for one of them.
LOG = {"xlabel": "directions, the largest singular value first", "xlim": [1, ROWS], "xscale": "log", "height": 180}
MOVES = (
    Move(
        "all 1,000 directions",
        {"k": 1000},
        "Look at the signs below the images. What has become of the blue diamonds (corrected), image by image, as you "
        "drag k from 20 up?",
    ),
    Move(
        "never trained",
        {"epoch": 0},
        "This network has never seen a label. Which k is best for it, and how good is it?",
    ),
    Move(
        "pairflip 45 %",
        {"noise": "pairflip 45 %"},
        "How many wrong labels are corrected at k = 20 now? Symmetric noise stands beside it.",
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
        part(
            "curves", "held", title="What the first directions hold", ylabel="share of the square", ylim=[0, 1], **LOG
        ),
        part("curves", "fates", title="The labels after the cut", ylabel="share of the samples", ylim=[0, 1], **LOG),
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
        "A network has seen 40 % wrong labels for 5 epochs. Of the 1,000 directions in which its outputs at 100 images "
        "can move, keep the 20 easiest; cut all else from the given labels. For which share of the wrong labels does "
        "the remainder name the true class (seeds 0-4)?",
        unit="percent",
        naive=0.1,
        measure=corrected_by_few,
        seeds=range(5),
        part="fates",
        x=20,
        setting={"k": 20, "epoch": 5, "noise": "symmetric 40 %"},
    ),
)
