"""Lesson 05's computing: which samples selectors choose from the gradients of a network after training on noisy labels.

A scene is a network after some epochs of plain SGD on all given labels, and its task. What is chosen, and how clean it
is, comes from labkit.papers.crust.experiments; here it is made ready to be looked at.
"""

from dataclasses import dataclass
from functools import lru_cache

import pandas as pd
import torch

import labkit

from ...papers.crust import experiments

NOISES = {
    "symmetric 50 %": labkit.noise.symmetric(0.5),
    "symmetric 80 %": labkit.noise.symmetric(0.8),
    "pairflip 45 %": labkit.noise.pairflip(0.45),
}
SELECTORS = ("facility_location", "kmedoids", "centrality", "smallest gradient")
KEEPS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
EPOCHS = (1, 2, 4, 6, 10, 20, 40)
SHOWN = 0  # the predicted class whose samples are drawn
PAIRS = ("clean and clean", "clean and wrong", "wrong and wrong, same two classes", "wrong and wrong, otherwise")
FAR = 1.0  # two gradients are far apart above this distance
MOVED = 0.02  # standard deviation of what tells equal points apart
TURN = 2 * torch.pi / 9


@dataclass(frozen=True, eq=False)
class Scene:
    """A network after `epoch` epochs on the given labels of `task`. gradients [N, C]: p - e_y; group [N]: predicted
    classes; clean bool [N]."""

    net: torch.nn.Module
    task: labkit.Task
    gradients: torch.Tensor
    group: torch.Tensor

    @property
    def clean(self):
        """Which given labels are the true ones. -> bool [N]"""
        return self.task.train.y == self.task.truth.y


@dataclass(frozen=True)
class Cloud:
    """The samples of one predicted class. members [m]: positions in the training set; place [m, 2]; clean bool [m];
    order [k]: which members are chosen, in the order of choice; medoid [m]: the nearest chosen member of each."""

    members: torch.Tensor
    place: torch.Tensor
    clean: torch.Tensor
    order: torch.Tensor
    medoid: torch.Tensor

    @property
    def sizes(self):
        """How many members are nearest to each; 0 for those that are not chosen. -> [m]"""
        return self.medoid.bincount(minlength=len(self.members))

    @property
    def members_chosen(self):
        """Positions of the chosen in the training set, in the order of choice. -> [k]"""
        return self.members[self.order]


def scene_of(net, task):
    """Put a network and its task together with the gradients and the predicted classes. -> Scene"""
    found, group = experiments.bind_crust(net, task.train, variant="paper").gradients(task.train)
    return Scene(net, task, found, group)


@lru_cache(maxsize=16)
def scene(*, noise, seed, epoch):
    """Train plain SGD on the digits with a noise of NOISES for `epoch` epochs. -> Scene"""
    task = labkit.corrupt(labkit.load("digits"), NOISES[noise], seed)
    run = labkit.fit("ERM", task, "mlp", epoch, seed, device="cpu", progress=False)
    return scene_of(run.method.nets[0], task)


@lru_cache(maxsize=64)
def precisions(noise, seed, epoch, selector):
    """Measure how clean a selector's choice is at every fraction of KEEPS, over all classes. -> rows of
    `experiments.filters`"""
    at = scene(noise=noise, seed=seed, epoch=epoch)
    return experiments.filters(at.net, at.task, keeps=KEEPS, selectors=(selector,), groups=("prediction",))


def ring(g, c):
    """Project gradients p - e_y of samples that are predicted c onto a fixed plane. Every other label has a direction
    of its own, c + 1 at the top and then clockwise. Where label and network agree, a sample is in the middle. g [m, 10]
    -> [m, 2]"""
    turn = torch.pi / 2 - TURN * torch.arange(9, dtype=torch.float64)
    axes = torch.zeros(10, 2, dtype=torch.float64)
    axes[(c + 1 + torch.arange(9)) % 10] = torch.stack([turn.cos(), turn.sin()], 1)
    return -g.double() @ axes


def cloud(at, selector, keep, c=SHOWN):
    """Let a selector choose among the samples of a scene that the network predicts as c. -> Cloud"""
    members = (at.group == c).nonzero()[:, 0]
    chosen, _ = experiments.select_coreset(at.net, at.task.train, selector=selector, keep=keep)
    inside = torch.full((len(at.group),), -1).index_put((members,), torch.arange(len(members)))
    order = inside[chosen]
    order = order[order >= 0]
    g = at.gradients[members].double()
    medoid = order[torch.cdist(g, g[order]).argmin(1)]
    medoid[order] = order
    still = torch.Generator().manual_seed(0)
    place = ring(g, c) + MOVED * torch.randn(len(members), 2, generator=still, dtype=torch.float64)
    return Cloud(members, place, at.clean[members], order, medoid)


def halves(at, *, selectors=SELECTORS, group_by="prediction"):
    """Let selectors choose half of each group. -> DataFrame, a row per selector: precision, weighted, recall"""
    table = experiments.filters(at.net, at.task, keeps=(0.5,), selectors=selectors, groups=(group_by,))
    return table.set_index("selector")[["precision", "weighted", "recall"]]


def pair_distances(at, *, far=FAR):
    """Measure how far apart two gradients of a predicted class lie, by what their labels are. -> DataFrame, a row per
    kind of pair: pairs (how many), mean distance, more than 1 apart (the fraction of pairs)

    far: the distance that counts as far apart.
    """
    y, true, clean = at.task.train.y, at.task.truth.y, at.clean
    distance = torch.cdist(at.gradients.double(), at.gradients.double())
    same_group = at.group[:, None] == at.group
    pairs = torch.ones_like(same_group).triu(1).bool() & same_group  # every pair once
    both_wrong = ~clean[:, None] & ~clean
    same_classes = (y[:, None] == y) & (true[:, None] == true)
    kinds = (
        clean[:, None] & clean,
        clean[:, None] ^ clean,
        both_wrong & same_classes,
        both_wrong & ~same_classes,
    )
    rows = {}
    for name, kind in zip(PAIRS, kinds):
        d = distance[kind & pairs]
        is_far = (d > far).double()
        rows[name] = {"pairs": len(d), "mean distance": d.mean().item(), "more than 1 apart": is_far.mean().item()}
    return pd.DataFrame(rows).T.astype({"pairs": int}).rename_axis("pair")


def largest_wrong_cluster(at):
    """Count the largest cluster of wrong labels of each predicted class (the same true and the same given label), and
    the clean labels of that class. -> the ratio of both sums"""
    classes = at.task.classes
    kind = at.task.truth.y * classes + at.task.train.y
    largest = 0
    for c in at.group.unique():
        members = (at.group == c) & ~at.clean
        largest += int(kind[members].bincount(minlength=1).max())
    return largest / int(at.clean.sum())


def easy(at, chosen):
    """Average the probability of the true class over clean labels: those that are chosen, and those that are left out.

    chosen [K] positions in the training set. -> two floats
    """
    p = 1 + at.gradients.gather(1, at.task.train.y[:, None])[:, 0]  # of the given label
    taken = torch.zeros_like(at.clean).index_fill(0, chosen, True)
    return p[at.clean & taken].mean().item(), p[at.clean & ~taken].mean().item()


def half_by_medoids(seed):
    """Measure the fraction of clean labels among the half that greedy facility location chooses: symmetric 50 %, 6
    epochs."""
    table = precisions("symmetric 50 %", seed, 6, "facility_location")
    return float(table.loc[(table["keep"] - 0.5).abs().idxmin(), "precision"])
