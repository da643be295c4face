"""Weights that are learnt: MW-Net with a meta set whose labels are as noisy as we like, and what its weighting network
V makes of the losses."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

import labkit

from ...data import Split, Task, meta_split
from ...data.task import Scale
from ...errors import choose
from ...fit import Run
from ...losses import ce
from ...measure import auc
from ...method import evaluate
from ...methods.mw_net import MWNet
from ...papers.rmnw_net.experiments import DIGITS, SMALL
from ...recipes import Recipe

META = 100  # samples of the meta set
EPOCHS = 15
LOSSES = torch.logspace(-2.5, 1.2, 60)  # where V is drawn, nats
EDGES = np.geomspace(10**-2.5, 10**1.2, 25)  # of histograms
META_LOSSES = {"CE": "ce", "MAE": "mae"}
KINDS = dict.fromkeys(("uniform", "pairflip"))


@dataclass
class Learnt:
    """A training with learnt weights, as far as it has come: its Run, and lists over the epochs.

    wrong [N]: which training labels are. V: the weight V(loss) of every loss in LOSSES, [60]. loss [N]: of the training
    samples. area: the AUC of their weights, the probability that a clean label weighs more than a wrong one.
    """

    run: Run | None
    wrong: Tensor
    V: list[Tensor] = field(default_factory=list)
    loss: list[Tensor] = field(default_factory=list)
    area: list[float] = field(default_factory=list)


@lru_cache(maxsize=32)
def split(
    *, noise_rate: float, meta_noise_rate: float, seed: int, size: int = META, kind: str = "uniform"
) -> tuple[Task, Split]:
    """Split the digits with uniform noise: `size` samples, as many of each true class, become the meta set, whose
    labels have noise of their own, see `redrawn`. The samples are the same at every noise."""
    digits = labkit.load("digits")
    noise = labkit.noise.uniform(noise_rate)
    task = labkit.corrupt(digits, noise, seed)
    task, clean = meta_split(task, size, trusted=True, balanced="true", seed=seed)
    return task, redrawn(clean, meta_noise_rate, seed, kind)


def redrawn(meta: Split, eta: float, seed: int, kind: str = "uniform") -> Split:
    """Return the meta set with noise: the fraction eta of its labels is redrawn from all classes ("uniform"), or
    becomes the next class ("pairflip"). A label that changes at a small eta does so at a larger one, too.

    Raises ValueError for another kind.
    """
    choose("kind", kind, KINDS)
    size = len(meta)
    rng = torch.Generator().manual_seed(seed)
    is_changed = torch.rand(size, generator=rng) < eta
    drawn = torch.randint(meta.classes, (size,), generator=rng)
    next_class = (meta.y + 1) % meta.classes
    new_y = drawn if kind == "uniform" else next_class
    y = torch.where(is_changed, new_y, meta.y)
    return replace(meta, y=y, trusted=not eta)


TRAININGS = {}  # of this process, by setting


def trained(
    *,
    meta_noise_rate: float,
    meta_loss: str,
    noise_rate: float,
    seed: int,
    epochs: int = EPOCHS,
    watch: Callable[[Learnt], None] | None = None,
    size: int = META,
    kind: str = "uniform",
) -> Learnt:
    """Train MW-Net; kept for the next time.

    meta_loss: CE | MAE. watch(learnt): called after every epoch. The others: of `split`. Raises ValueError for another
    meta loss or kind.
    """
    key = (meta_noise_rate, meta_loss, noise_rate, seed, epochs, size, kind)
    if key in TRAININGS:
        return TRAININGS[key]
    task, meta = split(noise_rate=noise_rate, meta_noise_rate=meta_noise_rate, seed=seed, size=size, kind=kind)
    wrong = task.train.y != task.truth.y
    learnt = Learnt(None, wrong)

    def note_epoch(run: Run) -> None:
        learnt.run = run
        note(learnt, task)
        if watch:
            watch(learnt)

    loss_name = choose("meta_loss", meta_loss, META_LOSSES)
    hyperparameters = DIGITS["MW-Net"] | {"meta_loss": loss_name}
    method = MWNet(**hyperparameters)
    options = {"meta": meta, "device": "cpu", "progress": False, "on_epoch": note_epoch}
    learnt.run = labkit.fit(method, task, "mlp", epochs, seed, SMALL, **options)
    TRAININGS[key] = learnt
    return learnt


@torch.no_grad()
def note(learnt: Learnt, task: Task) -> None:
    """Write down what V and the losses are now."""
    method = learnt.run.method
    net = method.nets[0]
    logits = evaluate(net, task.train)
    loss = ce(logits, task.train.y)
    weight = weights_of(method.V, loss)
    drawn_weight = weights_of(method.V, LOSSES)
    area = auc(-weight, learnt.wrong)
    learnt.V.append(drawn_weight)
    learnt.loss.append(loss)
    learnt.area.append(area)


def weights_of(V: nn.Module, loss: Tensor) -> Tensor:
    """Return the weight V(loss) of each loss. [N] -> [N]"""
    column = loss[:, None]
    return V(column)[:, 0]


@lru_cache(maxsize=32)
def plain(*, noise_rate: float, seed: int, epochs: int = EPOCHS) -> Run:
    """Train by plain SGD on the same training samples, without the meta set."""
    task, _ = split(noise_rate=noise_rate, meta_noise_rate=0.0, seed=seed)
    return labkit.fit("ERM", task, "mlp", epochs, seed, SMALL, device="cpu", progress=False)


def learnt_gradient(
    net: nn.Module, V: nn.Module, x: Tensor, y: Tensor, meta_x: Tensor, meta_y: Tensor, lr: float
) -> list[Tensor]:
    """Return the gradient that MW-Net's own `learn` gives to V's parameters, both losses cross-entropy.

    x [B, D], y [B], meta_x [M, D], meta_y [M]. V stays as it is.
    """
    task = Task.of(x, y, x, y, name="one batch", val=0.0)
    meta = Split(meta_x, meta_y, task.classes, Scale())
    recipe = Recipe(lr=lr, momentum=0.0, weight_decay=0.0)
    method = MWNet(normalise=True, meta_batch=len(meta_y))
    method = method.bound_to(net, task.train, meta, make_opt=recipe.optimisers)
    method.V = V
    method.meta_opt.step = _do_nothing
    V.zero_grad()
    i = torch.arange(len(y))
    loss = method.loss(net(x), y, i)
    method.learn(x, y, i, loss, None)
    return [p.grad.clone() for p in V.parameters()]


def _do_nothing():
    """Leave V's parameters as they are, in the place of its optimiser's step."""


@torch.no_grad()
def probability(net: nn.Module, meta: Split) -> Tensor:
    """Return the probability that the network gives to each meta sample's label. -> [M]"""
    logits = net(meta.inputs())
    p = logits.softmax(1)  # [M, C]
    samples = torch.arange(len(meta))
    return p[samples, meta.y]


def histogram(loss: Tensor, among: Tensor) -> np.ndarray:
    """Return the fraction of the chosen samples in each bin of EDGES; what is outside is in the first or last bin.

    loss [N], among [N] bool -> [24]
    """
    low = float(EDGES[0])
    high = float(EDGES[-1]) * 0.999
    chosen = loss[among].double()
    inside = chosen.clamp(low, high)
    counts, _ = np.histogram(inside.numpy(), EDGES)
    size = max(1, len(inside))
    return counts / size
