"""The panel of lesson 05: gradients of one predicted class, who is chosen among them, and how clean the choice is."""

import labkit

from ...panels import Move, Question, Sketch, choice, curve, part, points, samples, slider
from ...panels.live import one_thread
from ...plot.style import GREY
from .figures import CHOOSERS, RIGHT, WRONG
from .study import EPOCHS, KEEPS, NOISES, SELECTORS, SHOWN, cloud, half_by_medoids, precisions, scene

GALLERY = 12  # images, a row
SEED = 0


def draw(state, show):
    """Choose, show the chosen among all, then the label precision over all budgets, this selector first. -> Cloud"""
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
    """What became of the group that is drawn, and of all groups. -> text"""
    right = seen.right[seen.order].double().mean()
    row = row_of(state, state.selector)
    return (
        f"keeps {len(seen.order)} of {len(seen.members)} called {SHOWN}: {right:.0%} right; all classes: "
        f"{row['precision']:.0%}, weighted by clusters {row['weighted']:.0%}"
    )


def row_of(state, selector):
    """The row of `precisions` at the slider's budget."""
    table = precisions(state.noise, SEED, state.epoch, selector)
    return table.iloc[KEEPS.index(state.keep)]


def picture(seen, setting):
    """The cloud: solid is chosen, thin lines lead to the medoid that stands for a sample. -> traits"""
    taken, sizes = set(seen.order.tolist()), seen.sizes.tolist()
    label = [f"stands for {size}" if size else "" for size in sizes]
    group, faint = (~seen.right).int().tolist(), [k not in taken for k in range(len(sizes))]
    placed = points(*near(seen.place).T, group, label, faint)
    return {
        "points": {**placed, "sample": seen.members.tolist()},
        "lines": [spokes(seen, k) for k in taken if sizes[k] > 1],
        "caption": f"In the middle: given {SHOWN}. Clockwise from the top: given {SHOWN + 1}, ..., 9. {setting}",
    }


def table(at, seen, epoch):
    """The samples of the cloud, and what the network makes of them after these epochs. -> table of samples"""
    members = seen.members
    y = at.task.train.y[members]
    p = 1 + at.gradients[members].gather(1, y[:, None])[:, 0]  # of the given label
    loss, believed = samples.short(-p.clamp_min(1e-30).log()), samples.digits(at.group[members])
    return samples.table(at.task, members, epoch=[epoch], loss=[loss], believed=[believed])


def spokes(seen, k):
    """From a medoid to everybody that it stands for, as one path there and back. -> line"""
    own = (seen.medoid == k).nonzero()[:, 0]
    there = near(seen.place[own])
    back = near(seen.place[[k]]).repeat(2 * len(own), 1)
    back[1::2] = there
    return {"name": "", "x": back[:, 0].tolist(), "y": back[:, 1].tolist(), "colour": GREY, "dash": "1 3"}


def near(place):
    """Positions as precisely as they are seen."""
    return (100 * place).round() / 100


def gallery(seen):
    """The first that were chosen, in the order of choice. -> traits"""
    return {"samples": seen.members[seen.order[:GALLERY]].tolist()}


def line(state, selector, current):
    """A selector's label precision over the budgets. -> curve"""
    table, (ink, mark) = precisions(state.noise, SEED, state.epoch, selector), CHOOSERS[selector]
    mark = {"o": "circle", "s": "square", "^": "triangle", "D": "diamond"}[mark]
    return curve(selector, KEEPS, table["precision"], ink, "" if current else "2 3", mark if current else "none")


def ideal(at, state):
    """What no selector can beat, what chance gives, and where the slider stands. -> curves"""
    right, kept = float(at.right.double().mean()), [k / 100 for k in range(2, 101, 2)]
    here = row_of(state, state.selector)["precision"]
    return [
        curve("best possible", kept, [min(1, right / k) for k in kept], GREY, "", "none"),
        curve("at random", [0, 1], [right, right], GREY, "7 3", "none"),
        curve("here", [state.keep], [here], "currentColor", "", "cross"),
    ]


LIMITS = {"xlim": [-1.3, 1.3], "ylim": [-1.3, 1.3]}
MOVES = (
    Move(
        "5 %",
        {"keep": 0.05},
        "Who is chosen first? Raise the share slowly: do the small heaps get their first image before the "
        "large heap gets its second?",
    ),
    Move(
        "centrality, 40 epochs",
        {"selector": "centrality", "epoch": 40},
        "The network has memorised. What has become of the small heaps, and of the curve of centrality? "
        "Compare with 6 epochs.",
        beside={"epoch": 6},
    ),
    Move(
        "pairflip 45 %",
        {"noise": "pairflip 45 %"},
        "How many heaps of wrong labels are there now, and how large are they? Point at a sample for its labels.",
    ),
)
# The epoch is a control and no cursor: what is chosen at an epoch takes longer than to train up to it, so
# that there are scenes of few epochs, and the question asks for one of them.
SKETCH = Sketch(
    name="05",
    title="Who is chosen among the gradients?",
    controls=[
        slider("keep", "k/n", "share kept", KEEPS, 0.5, "percent", stored=[0.05, 0.1, 0.3, 0.5, 0.7, 0.9]),
        choice("selector", "S", "selector", SELECTORS, "facility_location"),
        slider("epoch", "t", "epochs of training", EPOCHS, 6, "whole", stored=[2, 6, 40]),
        choice("noise", "T", "noise", NOISES, "symmetric 50 %", stored=["symmetric 50 %", "pairflip 45 %"]),
    ],
    rows=[["cloud", "precision"], ["gallery"]],
    parts=[
        part(
            "scatter",
            "cloud",
            title=f"Gradients p − e_y of the images called {SHOWN}",
            groups=[
                {"name": "right label", "colour": RIGHT, "marker": "circle"},
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
            xlabel="share kept of every predicted class, k/n",
            ylabel="right labels among the chosen",
            xlim=[0, 1],
            ylim=[0, 1],
            unit="percent",
            xunit="percent",
            height=270,
            share=1.3,
        ),
        part(
            "gallery", "gallery", title="The first that are chosen, in order", columns=GALLERY, signs=["given ≠ true"]
        ),
    ],
    draw=draw,
    moves=MOVES,
    versus="noise",
    question=Question(
        "Half of the labels are wrong (symmetric, seeds 0-4). Of each predicted class keep the half that represents "
        "the gradients best (greedy medoids). Which share of the kept labels is right?",
        unit="percent",
        naive=0.9,
        measure=half_by_medoids,
        seeds=range(5),
        part="precision",
        x=0.5,
        setting={"keep": 0.5, "selector": "facility_location", "epoch": 6, "noise": "symmetric 50 %"},
    ),
)
