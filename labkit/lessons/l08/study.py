"""Weights that are learnt: MW-Net with a meta set whose labels are as noisy as we like, and what its weighting network
V makes of the losses."""

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import torch

import labkit

from ...data import Split, Task, meta_split
from ...data.task import Scale
from ...errors import choose
from ...losses import ce
from ...measure import auc
from ...method import evaluate
from ...methods.mw_net import MWNet
from ...papers.rmnw_net.experiments import DIGITS, SMALL
from ...recipes import Recipe

META, EPOCHS = 100, 15
LOSSES = torch.logspace(-2.5, 1.2, 60)  # where V is drawn, nats
EDGES = np.geomspace(10**-2.5, 10**1.2, 25)  # of histograms
META_LOSSES = {"CE": "ce", "MAE": "mae"}


@dataclass
class Learnt:
    """A training with learnt weights, as far as it has come: its Run, and lists over the epochs. wrong [N]: which
    training labels are.

    V: the weight V(loss) of every loss in LOSSES, [60]. loss [N]: of the training samples. area: the AUC of their
    weights, the probability that a clean label weighs more than a wrong one.
    """

    run: object
    wrong: torch.Tensor
    noise: object
    V: list = field(default_factory=list)
    loss: list = field(default_factory=list)
    area: list = field(default_factory=list)


@lru_cache(maxsize=32)
def split(*, noise_rate, meta_noise_rate, seed, size=META, kind="uniform"):
    """Split the digits with uniform noise: `size` samples, as many of each true class, become the meta set, whose
    labels have noise of their own, see `redrawn`. The samples are the same at every noise. -> Task, Split"""
    task = labkit.corrupt(labkit.load("digits"), labkit.noise.uniform(noise_rate), seed)
    task, clean = meta_split(task, size, trusted=True, balanced="true", seed=seed)
    return task, redrawn(clean, meta_noise_rate, seed, kind)


def redrawn(meta, eta, seed, kind="uniform"):
    """Return the meta set with noise: the fraction eta of its labels is redrawn from all classes ("uniform"), or
    becomes the next class ("pairflip"). A label that changes at a small eta does so at a larger one, too. -> Split"""
    choose("kind", kind, {"uniform": 0, "pairflip": 0})
    rng = torch.Generator().manual_seed(seed)
    u, drawn = torch.rand(len(meta), generator=rng), torch.randint(meta.classes, (len(meta),), generator=rng)
    new = drawn if kind == "uniform" else (meta.y + 1) % meta.classes
    return replace(meta, y=torch.where(u < eta, new, meta.y), trusted=not eta)


FOUND = {}  # trainings of this process by setting


def trained(*, meta_noise_rate, meta_loss, noise_rate, seed, epochs=EPOCHS, watch=None, size=META, kind="uniform"):
    """Train MW-Net; kept for the next time. meta_loss: CE | MAE. watch(learnt): called after every epoch. -> Learnt"""
    key = meta_noise_rate, meta_loss, noise_rate, seed, epochs, size, kind
    if key in FOUND:
        return FOUND[key]
    task, meta = split(noise_rate=noise_rate, meta_noise_rate=meta_noise_rate, seed=seed, size=size, kind=kind)
    learnt = Learnt(None, task.train.y != task.truth.y, task.noise)

    def look(run):
        learnt.run = run
        note(learnt, task)
        if watch:
            watch(learnt)

    method = MWNet(**{**DIGITS["MW-Net"], "meta_loss": choose("meta_loss", meta_loss, META_LOSSES)})
    more = {"meta": meta, "device": "cpu", "progress": False, "on_epoch": look}
    learnt.run = labkit.fit(method, task, "mlp", epochs, seed, SMALL, **more)
    FOUND[key] = learnt
    return learnt


@torch.no_grad()
def note(learnt, task):
    """Write down what V and the losses are now."""
    method = learnt.run.method
    loss = ce(evaluate(method.nets[0], task.train), task.train.y)
    weight = method.V(loss[:, None])[:, 0]
    learnt.V.append(method.V(LOSSES[:, None])[:, 0])
    learnt.loss.append(loss)
    learnt.area.append(auc(-weight, learnt.wrong))


@lru_cache(maxsize=32)
def plain(*, noise_rate, seed, epochs=EPOCHS):
    """Plain SGD on the same training samples, without the meta set. -> Run"""
    task, _ = split(noise_rate=noise_rate, meta_noise_rate=0.0, seed=seed)
    return labkit.fit("ERM", task, "mlp", epochs, seed, SMALL, device="cpu", progress=False)


def learnt_gradient(net, V, x, y, meta_x, meta_y, lr):
    """Return the gradient that MW-Net's own `learn` gives to V's parameters, both losses cross-entropy. V stays as it
    is. -> list of tensors"""
    task = Task.of(x, y, x, y, name="one batch", val=0.0)
    meta = Split(meta_x, meta_y, task.classes, Scale())
    recipe = Recipe(lr=lr, momentum=0.0, weight_decay=0.0)
    method = MWNet(normalise=True, meta_batch=len(meta_y))
    method = method.bound_to(net, task.train, meta, make_opt=recipe.optimisers)
    method.V, method.meta_opt.step = V, lambda: None
    V.zero_grad()
    i = torch.arange(len(y))
    method.learn(x, y, i, method.loss(net(x), y, i), None)
    return [p.grad.clone() for p in V.parameters()]


@torch.no_grad()
def probability(net, meta):
    """Return the probability that the network gives to each meta sample's label. -> [M]"""
    return net(meta.inputs()).softmax(1)[torch.arange(len(meta)), meta.y]


def histogram(loss, among):
    """Return the fraction of the chosen samples in each bin of EDGES; what is outside is in the first or last bin. loss
    [N], among [N] bool -> [24]"""
    inside = loss[among].double().clamp(float(EDGES[0]), float(EDGES[-1]) * 0.999).numpy()
    return np.histogram(inside, EDGES)[0] / max(1, len(inside))
