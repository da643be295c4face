"""Lesson 05: which samples do selectors choose from the gradients of a network that was trained on noisy labels?

A scene is a network after some epochs of plain SGD on all given labels, and its task. What is chosen, and how clean it
is, comes from labkit.papers.crust.experiments; here it is made ready to be looked at.
"""

from dataclasses import dataclass
from functools import lru_cache

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
MOVED = 0.02  # standard deviation of what tells equal points apart
TURN = 2 * torch.pi / 9


@dataclass(frozen=True, eq=False)
class Scene:
    """A network after `epoch` epochs on the given labels of `task`. gradients [N, C]: p - e_y; group [N]: predicted
    classes; right bool [N]."""

    net: torch.nn.Module
    task: labkit.Task
    gradients: torch.Tensor
    group: torch.Tensor

    @property
    def right(self):
        return self.task.train.y == self.task.truth.y


@dataclass(frozen=True)
class Cloud:
    """The samples of one predicted class. members [m]: positions in the training set; place [m, 2]; right bool [m];
    order [k]: which members are chosen, in the order of choice; medoid [m]: the nearest chosen member of each."""

    members: torch.Tensor
    place: torch.Tensor
    right: torch.Tensor
    order: torch.Tensor
    medoid: torch.Tensor

    @property
    def sizes(self):
        """How many members each stands for; 0 for who is not chosen. -> [m]"""
        return self.medoid.bincount(minlength=len(self.members))


def scene_of(net, task):
    """-> Scene"""
    found, group = experiments.bind_crust(net, task.train, variant="paper").gradients(task.train)
    return Scene(net, task, found, group)


@lru_cache(maxsize=16)
def scene(*, noise, seed, epoch):
    """The digits with a noise of NOISES, after `epoch` epochs of plain SGD. -> Scene"""
    task = labkit.corrupt(labkit.load("digits"), NOISES[noise], seed)
    run = labkit.fit("ERM", task, "mlp", epoch, seed, device="cpu", progress=False)
    return scene_of(run.method.nets[0], task)


@lru_cache(maxsize=64)
def precisions(noise, seed, epoch, selector):
    """How clean a selector's choice is at every share of KEEPS, over all classes. -> rows of `experiments.filters`"""
    at = scene(noise=noise, seed=seed, epoch=epoch)
    return experiments.filters(at.net, at.task, keeps=KEEPS, selectors=(selector,), groups=("prediction",))


def ring(g, c):
    """Gradients p - e_y of samples that are called c, in a plane that is fixed: every other label has a direction of
    its own, c + 1 at the top and then clockwise; a right label and a sure network are in the middle. g [m, 10] ->
    [m, 2]"""
    turn = torch.pi / 2 - TURN * torch.arange(9, dtype=torch.float64)
    axes = torch.zeros(10, 2, dtype=torch.float64)
    axes[(c + 1 + torch.arange(9)) % 10] = torch.stack([turn.cos(), turn.sin()], 1)
    return -g.double() @ axes


def cloud(at, selector, keep, c=SHOWN):
    """What a selector chooses among the samples of a scene that the network calls c. -> Cloud"""
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
    return Cloud(members, place, at.right[members], order, medoid)


def easy(at, chosen):
    """Mean probability of the true class among right labels: those that are chosen, and those that are left out.

    chosen [K] positions in the training set. -> two floats
    """
    p = 1 + at.gradients.gather(1, at.task.train.y[:, None])[:, 0]  # of the given label
    taken = torch.zeros_like(at.right).index_fill(0, chosen, True)
    return p[at.right & taken].mean().item(), p[at.right & ~taken].mean().item()


def half_by_medoids(seed):
    """The share of right labels among the half that greedy facility location chooses: symmetric 50 %, 6 epochs."""
    table = precisions("symmetric 50 %", seed, 6, "facility_location")
    return float(table.loc[(table["keep"] - 0.5).abs().idxmin(), "precision"])
