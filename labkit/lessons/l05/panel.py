"""Lesson 05's panel: gradients of one predicted class, which of them are chosen, and how clean the choice is."""

import labkit

from ...panels import Move, Question, Sketch, choice, curve, part, points, samples, slider
from ...panels.live import one_thread
from ...plot.style import GREY
from .figures import CHOOSERS, CLEAN, WRONG
from .study import EPOCHS, KEEPS, NOISES, SELECTORS, SHOWN, cloud, half_by_medoids, precisions, scene

GALLERY = 12  # images, a row
SEED = 0


def draw(state, show):
    """Choose, show the chosen among all, then the label precision at all fractions, this selector first. -> Cloud"""
    with one_thread():
        return chosen(state, show)


def chosen(state, show):
    """What `draw` does, on one thread."""
    at = scene(noise=state.noise, seed=SEED, epoch=state.epoch)
    seen = cloud(at, state.selector, state.keep)
    setting = (
        f"digits, n = {len(at.group):,}, MLP, {state.epoch} epochs of plain SGD on all given labels, "
        f"{state.noise}, seed {SEED}"
    )
    show(
        cloud=picture(seen, setting),
        gallery=gallery(seen),
        samples=table(at, seen, state.epoch),
        message=words(state, seen),
    )
    others = [name for name in SELECTORS if name != state.selector and not labkit.fast()]
    done = []
    for name in [state.selector, *others]:
        done.append(name)
        series = [line(state, other, other == state.selector) for other in done] + ideal(at, state)
        show(precision={"series": series, "caption": setting + "; all classes"}, progress=len(done) / (1 + len(others)))
    return seen


def words(state, seen):
    """Say how clean the choice is, in the class that is drawn and in all classes. -> text"""
    clean = seen.clean[seen.order].double().mean()
    row = row_of(state, state.selector)
    return (
        f"keeps {len(seen.order)} of {len(seen.members)} predicted {SHOWN}, {clean:.0%} of them clean. All classes: "
        f"{row['precision']:.0%} clean, weighted by clusters {row['weighted']:.0%}"
    )


def row_of(state, selector):
    """Return the row of `precisions` at the slider's fraction."""
    table = precisions(state.noise, SEED, state.epoch, selector)
    return table.iloc[KEEPS.index(state.keep)]


def picture(seen, setting):
    """Return the cloud: solid is chosen, thin lines lead from a sample to its medoid. -> traits"""
    taken, sizes = set(seen.order.tolist()), seen.sizes.tolist()
    label = [f"medoid of {size}" if size else "" for size in sizes]
    group, faint = (~seen.clean).int().tolist(), [k not in taken for k in range(len(sizes))]
    placed = points(*near(seen.place).T, group, label, faint)
    return {
        "points": {**placed, "sample": seen.members.tolist()},
        "lines": [spokes(seen, k) for k in taken if sizes[k] > 1],
        "caption": f"In the middle: given {SHOWN}. Clockwise from the top: given {SHOWN + 1}, ..., 9. {setting}",
    }


def table(at, seen, epoch):
    """Return the samples of the cloud, with their loss and what the network predicts. -> table of samples"""
    members = seen.members
    y = at.task.train.y[members]
    p = 1 + at.gradients[members].gather(1, y[:, None])[:, 0]  # of the given label
    loss, believed = samples.short(-p.clamp_min(1e-30).log()), samples.digits(at.group[members])
    return samples.table(at.task, members, epoch=[epoch], loss=[loss], believed=[believed])


def spokes(seen, k):
    """Draw a path from a medoid to every sample of its cluster and back. -> line"""
    own = (seen.medoid == k).nonzero()[:, 0]
    there = near(seen.place[own])
    back = near(seen.place[[k]]).repeat(2 * len(own), 1)
    back[1::2] = there
    return {"name": "", "x": back[:, 0].tolist(), "y": back[:, 1].tolist(), "colour": GREY, "dash": "1 3"}


def near(place):
    """Round positions to what can be seen."""
    return (100 * place).round() / 100


def gallery(seen):
    """Return the first that were chosen, in the order of choice. -> traits"""
    return {"samples": seen.members[seen.order[:GALLERY]].tolist()}


def line(state, selector, current):
    """Return a selector's label precision at all fractions. -> curve"""
    table, (ink, mark) = precisions(state.noise, SEED, state.epoch, selector), CHOOSERS[selector]
    mark = {"o": "circle", "s": "square", "^": "triangle", "D": "diamond"}[mark]
    return curve(selector, KEEPS, table["precision"], ink, "" if current else "2 3", mark if current else "none")


def ideal(at, state):
    """Return what no selector can beat, what chance gives, and where the slider stands. -> curves"""
    clean, kept = float(at.clean.double().mean()), [k / 100 for k in range(2, 101, 2)]
    here = row_of(state, state.selector)["precision"]
    return [
        curve("best possible", kept, [min(1, clean / k) for k in kept], GREY, "", "none"),
        curve("at random", [0, 1], [clean, clean], GREY, "7 3", "none"),
        curve("here", [state.keep], [here], "currentColor", "", "cross"),
    ]


LIMITS = {"xlim": [-1.3, 1.3], "ylim": [-1.3, 1.3]}
MOVES = (
    Move(
        "5 %",
        {"keep": 0.05},
        "Which images are chosen first? Raise the fraction slowly. Do the small clusters get their first image before "
        "the large cluster gets its second?",
    ),
    Move(
        "centrality, 40 epochs",
        {"selector": "centrality", "epoch": 40},
        "The network has memorised most wrong labels. Where are their gradients now, and how clean is the choice of "
        "centrality? Compare with 6 epochs.",
        beside={"epoch": 6},
    ),
    Move(
        "pairflip 45 %",
        {"noise": "pairflip 45 %"},
        "How many clusters of wrong labels are there now, and how large is the largest? Point at a sample for its "
        "labels.",
    ),
)
# The epoch is a control and no cursor: what is chosen at an epoch takes longer than to train up to it, so
# that there are scenes of few epochs, and the question asks for one of them.
SKETCH = Sketch(
    name="05",
    title="Which gradients are chosen?",
    controls=[
        slider("keep", "k/n", "fraction kept", KEEPS, 0.5, "percent", stored=[0.05, 0.1, 0.3, 0.5, 0.7, 0.9]),
        choice("selector", "S", "selector", SELECTORS, "facility_location"),
        slider("epoch", "t", "epochs of training", EPOCHS, 6, "whole", stored=[2, 6, 40]),
        choice("noise", "T", "noise", NOISES, "symmetric 50 %", stored=["symmetric 50 %", "pairflip 45 %"]),
    ],
    rows=[["cloud", "precision"], ["gallery"]],
    parts=[
        part(
            "scatter",
            "cloud",
            title=f"Gradients p − e_y of the images predicted {SHOWN}",
            groups=[
                {"name": "clean label", "colour": CLEAN, "marker": "circle"},
                {"name": "wrong label", "colour": WRONG, "marker": "cross"},
            ],
            xlabel="← given 6 to 9, given 2 to 5 →",
            ylabel="↑ given 1, ↓ given 5 and 6",
            read=False,
            height=270,
            share=1,
            **LIMITS,
        ),
        part(
            "curves",
            "precision",
            title="How clean is the choice?",
            xlabel="fraction kept of every predicted class, k/n",
            ylabel="clean labels among the chosen",
            xlim=[0, 1],
            ylim=[0, 1],
            unit="percent",
            xunit="percent",
            height=270,
            share=1.3,
        ),
        part("gallery", "gallery", title="The first chosen images, in order", columns=GALLERY, signs=["given ≠ true"]),
    ],
    draw=draw,
    moves=MOVES,
    versus="noise",
    question=Question(
        "Half of the labels are wrong (symmetric noise). A network has trained on them for six epochs. Of each "
        "predicted class we keep the half that represents the gradients of the whole class best. What fraction of the "
        "kept labels is clean?",
        unit="percent",
        naive=0.9,
        measure=half_by_medoids,
        seeds=range(5),
        part="precision",
        x=0.5,
        setting={"keep": 0.5, "selector": "facility_location", "epoch": 6, "noise": "symmetric 50 %"},
    ),
)
