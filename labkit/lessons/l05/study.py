"""Lesson 05's computing: which samples selectors choose from the gradients of a network after training on noisy labels.

A scene is a network after some epochs of plain SGD on all given labels, and its task. What is chosen, and how clean it
is, comes from labkit.papers.crust.experiments; here it is made ready to be looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd
import torch
from torch import Tensor, nn

import labkit

from ...measure import share
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
TOP, TURN = torch.pi / 2, 2 * torch.pi / 9  # angles: of the first label's direction, and from one to the next


@dataclass(frozen=True, eq=False)
class Scene:
    """A network after `epoch` epochs on the given labels of `task`. gradients [N, C]: p - e_y; group [N]: predicted
    classes; clean bool [N]."""

    net: nn.Module
    task: labkit.Task
    gradients: Tensor
    group: Tensor

    @property
    def clean(self) -> Tensor:
        """Return which given labels are the true ones. -> bool [N]"""
        return self.task.train.y == self.task.truth.y

    @property
    def p_given(self) -> Tensor:
        """Return the probability of each sample's given label. -> [N]"""
        y = self.task.train.y[:, None]
        return 1 + self.gradients.gather(1, y)[:, 0]


@dataclass(frozen=True)
class Cloud:
    """The samples of one predicted class. members [m]: positions in the training set; place [m, 2]; clean bool [m];
    order [k]: which members are chosen, in the order of choice; medoid [m]: the nearest chosen member of each."""

    members: Tensor
    place: Tensor
    clean: Tensor
    order: Tensor
    medoid: Tensor

    @property
    def sizes(self) -> Tensor:
        """Count how many members are nearest to each; 0 for those that are not chosen. -> [m]"""
        return self.medoid.bincount(minlength=len(self.members))

    @property
    def members_chosen(self) -> Tensor:
        """Return the positions of the chosen in the training set, in the order of choice. -> [k]"""
        return self.members[self.order]

    @property
    def precision(self) -> float:
        """Return the fraction of clean labels among the chosen."""
        return share(self.clean[self.order])

    @property
    def counts(self) -> str:
        """Return how many members are chosen, and how many there are, e.g. "65 of 130"."""
        return f"{len(self.order)} of {len(self.members)}"


def scene_of(net: nn.Module, task: labkit.Task) -> Scene:
    """Put a network and its task together with the gradients and the predicted classes."""
    crust = experiments.bind_crust(net, task.train, variant="paper")
    gradients, group = crust.gradients(task.train)
    return Scene(net, task, gradients, group)


@lru_cache(maxsize=16)
def train_scene(*, noise: str, seed: int, epoch: int) -> Scene:
    """Train plain SGD on the digits with a noise of NOISES for `epoch` epochs."""
    digits = labkit.load("digits")
    task = labkit.corrupt(digits, NOISES[noise], seed)
    run = labkit.fit("ERM", task, "mlp", epoch, seed, device="cpu", progress=False)
    net = run.method.nets[0]
    return scene_of(net, task)


@lru_cache(maxsize=64)
def precisions(noise: str, seed: int, epoch: int, selector: str) -> pd.DataFrame:
    """Measure how clean a selector's choice is at every fraction of KEEPS, over all classes. -> rows of
    `experiments.filters`"""
    scene = train_scene(noise=noise, seed=seed, epoch=epoch)
    return experiments.filters(scene.net, scene.task, keeps=KEEPS, selectors=(selector,), groups=("prediction",))


def ring(g: Tensor, c: int) -> Tensor:
    """Project gradients p - e_y of samples that are predicted c onto a fixed plane. Every other label has a direction
    of its own, c + 1 at the top and then clockwise. Where label and network agree, a sample is in the middle. g [m, 10]
    -> [m, 2]"""
    k = torch.arange(9)
    label = (c + 1 + k) % 10
    angle = TOP - TURN * k.double()
    axes = torch.zeros(10, 2, dtype=torch.float64)
    axes[label] = torch.stack([angle.cos(), angle.sin()], dim=1)
    return -g.double() @ axes


def cloud(scene: Scene, selector: str, keep: float, c: int = SHOWN) -> Cloud:
    """Let a selector choose among the samples of a scene that the network predicts as c."""
    is_member = scene.group == c
    members = is_member.nonzero()[:, 0]
    chosen, _ = experiments.select_coreset(scene.net, scene.task.train, selector=selector, keep=keep)
    chosen = chosen[is_member[chosen]]
    order = torch.searchsorted(members, chosen)  # members are in ascending order
    g = scene.gradients[members].double()
    distance = torch.cdist(g, g[order])
    medoid = order[distance.argmin(1)]
    medoid[order] = order
    rng = torch.Generator().manual_seed(0)
    moved = MOVED * torch.randn(len(members), 2, generator=rng, dtype=torch.float64)
    place = ring(g, c) + moved
    return Cloud(members, place, scene.clean[members], order, medoid)


def halves(scene: Scene, *, selectors: Sequence[str] = SELECTORS, group_by: str = "prediction") -> pd.DataFrame:
    """Let selectors choose half of each group. -> DataFrame, a row per selector: precision, weighted, recall"""
    table = experiments.filters(scene.net, scene.task, keeps=(0.5,), selectors=selectors, groups=(group_by,))
    return table.set_index("selector")[["precision", "weighted", "recall"]]


def pair_distances(scene: Scene, *, far: float = FAR) -> pd.DataFrame:
    """Measure how far apart two gradients of a predicted class lie, by what their labels are. -> DataFrame, a row per
    kind of pair: pairs (how many), mean distance, more than 1 apart (the fraction of pairs)

    far: the distance that counts as far apart.
    """
    g = scene.gradients.double()
    distance = torch.cdist(g, g)
    group = scene.group
    same_group = group[:, None] == group
    pairs = same_group.triu(1)  # every pair once
    rows = {}
    for name, kind in zip(PAIRS, kinds_of_pairs(scene)):
        d = distance[kind & pairs]
        is_far = (d > far).double()
        rows[name] = {"pairs": len(d), "mean distance": d.mean().item(), "more than 1 apart": is_far.mean().item()}
    table = pd.DataFrame(rows).T
    return table.astype({"pairs": int}).rename_axis("pair")


def kinds_of_pairs(scene: Scene) -> tuple[Tensor, ...]:
    """Return which pairs of samples are of each kind, in the order of PAIRS. -> bool [N, N] each"""
    y, y_clean, clean = scene.task.train.y, scene.task.truth.y, scene.clean
    same_given = y[:, None] == y
    same_true = y_clean[:, None] == y_clean
    same_classes = same_given & same_true
    both_clean = clean[:, None] & clean
    one_wrong = clean[:, None] ^ clean
    both_wrong = ~clean[:, None] & ~clean
    return both_clean, one_wrong, both_wrong & same_classes, both_wrong & ~same_classes


def largest_wrong_cluster(scene: Scene) -> float:
    """Count the largest cluster of wrong labels of each predicted class (the same true and the same given label), and
    the clean labels of that class. -> the ratio of both sums"""
    kind = scene.task.truth.y * scene.task.classes + scene.task.train.y
    wrong = ~scene.clean
    largest = 0
    for c in scene.group.unique():
        members = wrong & (scene.group == c)
        counts = kind[members].bincount(minlength=1)
        largest += int(counts.max())
    n_clean = int(scene.clean.sum())
    return largest / n_clean


def easy(scene: Scene, chosen: Tensor) -> tuple[float, float]:
    """Average the probability of the true class over clean labels: those that are chosen, and those that are left out.

    chosen [K] positions in the training set.
    """
    clean = scene.clean
    is_chosen = torch.zeros_like(clean)
    is_chosen[chosen] = True
    p = scene.p_given
    p_chosen = p[clean & is_chosen]
    p_left_out = p[clean & ~is_chosen]
    return p_chosen.mean().item(), p_left_out.mean().item()


def half_by_medoids(seed: int) -> float:
    """Measure the fraction of clean labels among the half that greedy facility location chooses: symmetric 50 %, 6
    epochs."""
    table = precisions("symmetric 50 %", seed, 6, "facility_location")
    row = KEEPS.index(0.5)
    return float(table["precision"].iloc[row])
