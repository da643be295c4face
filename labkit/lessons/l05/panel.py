"""Lesson 05's panel: gradients of one predicted class, which of them are chosen, and how clean the choice is."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pandas as pd
from torch import Tensor

import labkit

from ...measure import share
from ...panels import Move, Question, Sketch, choice, curve, part, points, samples, slider
from ...panels.live import one_thread
from ...panels.pictures import SVG_MARKERS
from ...plot.style import GREY
from . import study
from .figures import CHOOSERS, CLEAN, WRONG
from .study import EPOCHS, KEEPS, NOISES, SELECTORS, SHOWN, Cloud, Scene

GALLERY = 12  # images, a row
SEED = 0
AXIS = [k / 100 for k in range(2, 101, 2)]  # fractions kept, for the line of the best possible choice


def draw(state: SimpleNamespace, show: Callable) -> Cloud:
    """Choose, show the chosen among all, then the label precision at all fractions, this selector first."""
    with one_thread():
        scene = study.train_scene(noise=state.noise, seed=SEED, epoch=state.epoch)
        cloud = study.cloud(scene, state.selector, state.keep)
        setting = (
            f"digits, n = {len(scene.group):,}, MLP, {state.epoch} epochs of plain SGD on all given labels, "
            f"{state.noise}, seed {SEED}"
        )
        show(
            cloud=picture(cloud, setting),
            gallery=gallery(cloud),
            samples=table(scene, cloud, state.epoch),
            message=message(state, cloud),
        )
        caption = f"{setting}; all classes"
        show_precision(state, scene, caption, show)
    return cloud


def show_precision(state: SimpleNamespace, scene: Scene, caption: str, show: Callable) -> None:
    """Show the label precision at all fractions, a selector after the other; with LABKIT_FAST=1 of this one only."""
    selectors = [state.selector]
    if not labkit.fast():
        selectors += [name for name in SELECTORS if name != state.selector]
    references = ideal(scene, state)
    lines = []
    for selector in selectors:
        lines.append(line(state, selector))
        precision = {"series": lines + references, "caption": caption}
        show(precision=precision, progress=len(lines) / len(selectors))


def message(state: SimpleNamespace, cloud: Cloud) -> str:
    """Say how clean the choice is, in the class that is drawn and in all classes."""
    row = row_of(state)
    choice = f"keeps {cloud.counts} predicted {SHOWN}, {cloud.precision:.0%} of them clean"
    return f"{choice}. All classes: {row['precision']:.0%} clean, weighted by clusters {row['weighted']:.0%}"


def row_of(state: SimpleNamespace) -> pd.Series:
    """Return the row of `precisions` at the slider's fraction."""
    table = precisions_of(state, state.selector)
    row = KEEPS.index(state.keep)
    return table.iloc[row]


def precisions_of(state: SimpleNamespace, selector: str) -> pd.DataFrame:
    """Return how clean a selector's choice is at every fraction of KEEPS, in the panel's setting."""
    return study.precisions(state.noise, SEED, state.epoch, selector)


def picture(cloud: Cloud, setting: str) -> dict[str, Any]:
    """Return the cloud: solid is chosen, thin lines lead from a sample to its medoid. -> traits"""
    chosen = set(cloud.order.tolist())
    sizes = cloud.sizes.tolist()
    place = rounded(cloud.place)
    wrong = ~cloud.clean
    group = wrong.int().tolist()  # of the part's groups
    labels = [f"medoid of {size}" if size else "" for size in sizes]
    faint = [k not in chosen for k in range(len(sizes))]
    return {
        "points": {**points(*place.T, group, labels, faint), "sample": cloud.members.tolist()},
        "lines": [spokes(cloud, k) for k in chosen if sizes[k] > 1],
        "caption": f"In the middle: given {SHOWN}. Clockwise from the top: given {SHOWN + 1}, ..., 9. {setting}",
    }


def table(scene: Scene, cloud: Cloud, epoch: int) -> dict[str, Any]:
    """Return the samples of the cloud, with their loss and what the network predicts. -> table of samples"""
    members = cloud.members
    p = scene.p_given[members]
    loss = -p.clamp_min(1e-30).log()
    loss = samples.short(loss)
    predicted = samples.digits(scene.group[members])
    return samples.table(scene.task, members, epoch=[epoch], loss=[loss], believed=[predicted])


def spokes(cloud: Cloud, medoid: int) -> dict[str, Any]:
    """Draw a path from a medoid to every sample of its cluster and back. -> line"""
    place = rounded(cloud.place)
    cluster = place[cloud.medoid == medoid]
    path = place[medoid].repeat(2 * len(cluster), 1)
    path[1::2] = cluster
    x, y = path.T.tolist()
    return {"name": "", "x": x, "y": y, "colour": GREY, "dash": "1 3"}


def rounded(place: Tensor) -> Tensor:
    """Round positions to what can be seen."""
    return (100 * place).round() / 100


def gallery(cloud: Cloud) -> dict[str, list[int]]:
    """Return the first that were chosen, in the order of choice. -> traits"""
    first = cloud.members_chosen[:GALLERY]
    return {"samples": first.tolist()}


def line(state: SimpleNamespace, selector: str) -> dict[str, Any]:
    """Return a selector's label precision at all fractions. -> curve, solid and with markers if it is the chosen one"""
    table = precisions_of(state, selector)
    precision = table["precision"]
    ink, mark = CHOOSERS[selector]
    if selector == state.selector:
        return curve(selector, KEEPS, precision, ink, "", SVG_MARKERS[mark])
    return curve(selector, KEEPS, precision, ink, "2 3", "none")


def ideal(scene: Scene, state: SimpleNamespace) -> list[dict[str, Any]]:
    """Return what no selector can beat, what chance gives, and where the slider stands. -> curves"""
    clean = share(scene.clean)
    best = [min(1, clean / keep) for keep in AXIS]
    precision = row_of(state)["precision"]
    return [
        curve("best possible", AXIS, best, GREY, "", "none"),
        curve("at random", [0, 1], [clean, clean], GREY, "7 3", "none"),
        curve("here", [state.keep], [precision], "currentColor", "", "cross"),
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
        measure=study.half_by_medoids,
        seeds=range(5),
        part="precision",
        x=0.5,
        setting={"keep": 0.5, "selector": "facility_location", "epoch": 6, "noise": "symmetric 50 %"},
    ),
)
