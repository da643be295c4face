"""Theorem 1 of the paper on RMNW-Net, measured: what a meta sample's label does to the gradient that V gets.

The meta-gradient (Eq. 4) is linear in the gradients of the meta samples. So one table is enough, pulls[i, j, c] =
<grad l_i(w), grad l(c, x_j; w_hat)>: how much a step on training sample i lowers the loss of meta sample j *if its
label were c*. Every noise model, its expectation and every draw of labels are weighted sums over c. All in float64.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
import torch
from torch import Tensor, nn

from ...data import Split, Task
from ...data.task import Scale
from ...fit import fit
from ...grads.meta import outputs, virtual_step
from ...losses import ce
from ...method import Method
from ...methods.mw_net import META_LOSSES
from ...noise import flip, symmetric
from .experiments import Setting, meta_of


@dataclass(frozen=True)
class Snapshot:
    """A step of meta-learning taken apart.

    pulls [B, M, C]: see the module; slope [B, 301]: d(weight of sample i)/dTheta; theta [301]; y_clean [M] of the meta
    samples; alpha: learning rate of the virtual step; wrong [B] of the training samples.
    """

    pulls: Tensor
    slope: Tensor
    theta: Tensor
    y_clean: Tensor
    alpha: float
    wrong: Tensor

    @property
    def gradients(self) -> Tensor:
        """What meta sample j adds to V's gradient if its label is c, Eq. (4). -> [M, C, 301]"""
        return -self.alpha * torch.einsum("bmc,bp->mcp", self.pulls, self.slope)

    def expected(self, T: Tensor) -> Tensor:
        """Return V's gradient, expected under a transition matrix T [C, C] of the meta labels. -> [301]"""
        return torch.einsum("mc,mcp->p", T[self.y_clean], self.gradients) / len(self.y_clean)

    def clean(self) -> Tensor:
        """Return V's gradient from true labels. -> [301]"""
        return self.expected(torch.eye(self.pulls.shape[2], dtype=self.pulls.dtype))

    def defect(self) -> Tensor:
        """Return the mean over *all* labels, (1/C) sum_c of V's gradient. -> [301]

        Uniform noise adds it, eta times; it is 0 for a symmetric loss (Eq. 6).
        """
        return self.gradients.mean((0, 1))


class Training(NamedTuple):
    """A trained meta-method, its training set (without the meta samples), its meta set with true labels, and what was
    measured on the way."""

    method: Method
    task: Task
    meta: Split
    rows: list


def train(
    name: str, task: Task, *, setting: Setting, seed: int = 0, measure: Callable | None = None, step: int = 1
) -> Training:
    """Train a meta-method on a noisy task.

    measure(method, task, meta): called after the first of each `step` epochs with the training set and the *clean* meta
    set; its answers are the rows.
    """
    method = setting.method(name)
    train_task, meta = meta_of(setting.meta)(task, seed, method)
    _, clean = meta_of(setting.meta)(task, seed, setting.method("MW-Net"))  # the same samples with their true labels
    rows = []

    def on_epoch(run):
        if (len(run.rows) - 1) % step == 0:
            rows.append(measure(run.method, train_task, clean))

    options = {"meta": meta, "on_epoch": on_epoch if measure else None, "progress": False}
    run = fit(method, train_task, setting.net, setting.epochs, seed, setting.recipe, **options)
    return Training(run.method, train_task, clean, rows)


def snapshot(method: Method, *, task: Task, meta: Split, meta_loss: str, batch: int = 100, seed: int = 0) -> Snapshot:
    """Take the next step of a trained MW-Net, MNW-Net or RMNW-Net apart, for a batch of the training set.

    meta: with true labels. meta_loss: "mae" | "ce". The method stays as it is. For networks without dropout and batch
    normalisation.
    """
    i = torch.randperm(len(task.train), generator=torch.Generator().manual_seed(seed))[:batch]
    method = deepcopy(method)
    net = method.nets[0].double().eval()
    V = method.V.double()
    alpha = method.opts[0].param_groups[0]["lr"]
    loss = ce(net(task.train.inputs(i).double()), task.train.y[i])  # l_i(w)  [B]
    weight = method.shares(loss.detach())  # V(l_i) over their sum  [B]
    theta = list(V.parameters())
    w_hat = virtual_step(net, loss, weight.detach(), alpha)  # Eq. (2), left
    slopes = gradients_of(loss, list(net.parameters()))  # grad l_i(w), parameter by parameter
    return Snapshot(
        pulls=all_pulls(net, w_hat, meta.inputs().double(), dict(zip(w_hat, slopes)), meta_loss),
        slope=torch.cat([part.flatten(1) for part in gradients_of(weight, theta)], 1),
        theta=torch.cat([p.detach().flatten() for p in theta]),
        y_clean=meta.y,
        alpha=alpha,
        wrong=task.train.y[i] != task.truth.y[i],
    )


def gradients_of(values: Tensor, parameters: list[Tensor]) -> list[Tensor]:
    """Return the gradient of every value, parameter by parameter. values [B] -> list of [B, ...]"""
    # in one call, is_grads_batched=True, torch imports sympy: longer than a hundred calls of a small network take
    rows = [torch.autograd.grad(value, parameters, retain_graph=True) for value in values]
    return [torch.stack(column) for column in zip(*rows)]


def all_pulls(net: nn.Module, w_hat: dict, x: Tensor, directions: dict, meta_loss: str) -> Tensor:
    """Return, along every direction, the derivative at w_hat of the meta loss of every sample with every label.

    It is how fast the logits move, times the slope of the loss in them. x [M, ...]; directions: parameter dict of [B,
    ...]. -> [B, M, C]
    """

    def logits(w):
        return outputs(net, w, x)

    def along(v):
        return torch.func.jvp(logits, (w_hat,), (v,))[1]

    moves = torch.func.vmap(along)(directions)  # [B, M, C]
    classes = moves.shape[2]
    z = logits(w_hat).detach()[:, None].repeat(1, classes, 1).requires_grad_()  # [M, C labels, C]
    losses = META_LOSSES[meta_loss](z, torch.arange(classes).expand(len(x), -1))  # [M, C]
    return torch.einsum("bmk,mck->bmc", moves, torch.autograd.grad(losses.sum(), z)[0])


def cosine(a: Tensor, b: Tensor) -> float:
    """Return the cosine between two gradients."""
    return nn.functional.cosine_similarity(a, b, dim=0).item()


def directions(
    snapshots: dict[str, Snapshot], *, models: dict[str, Callable], rates: Sequence[float], draws: int = 20
) -> pd.DataFrame:
    """Measure Theorem 1: the cosine between the meta-gradients of noisy and of clean meta labels.

    snapshots: {meta loss: Snapshot}. models: {name: function rate -> noise model}. Columns: loss, noise, rate; space,
    "samples" (the bracket of Eq. 4, a number per training sample) or "V" (what V gets); and those of `compare`, with
    `draws` meta sets whose labels are really drawn.
    """
    rows = []
    rng = torch.Generator().manual_seed(0)
    for loss, snap in snapshots.items():
        spaces = {"samples": snap.pulls.permute(1, 2, 0), "V": snap.gradients}  # [M, C, B] and [M, C, 301]
        for noise, model in models.items():
            for rate in rates:
                T = model(rate).matrix(snap.pulls.shape[2], "")[snap.y_clean]  # P(label of sample j is c)  [M, C]
                labels = torch.multinomial(T, draws, replacement=True, generator=rng).T  # [draws, M]
                for space, parts in spaces.items():
                    row = {"loss": loss, "noise": noise, "rate": rate, "space": space}
                    rows.append(row | compare(parts, snap.y_clean, T, labels))
    return pd.DataFrame(rows)


def compare(parts: Tensor, y_clean: Tensor, T: Tensor, labels: Tensor) -> dict[str, float]:
    """Compare noisy meta-gradients with the clean one. parts [M, C, D], T [M, C], labels [draws, M]

    expected: cosine of the expectation over the labels; low, high: lowest and highest cosine of the drawn labels;
    right: share of the draws with a cosine above 0; factor: length of the expectation along the clean gradient.
    """
    j = torch.arange(len(y_clean))
    clean = parts[j, y_clean].mean(0)
    mean = torch.einsum("mc,mcp->p", T, parts) / len(y_clean)
    cosines = [cosine(parts[j, y].mean(0), clean) for y in labels]
    return {
        "expected": cosine(mean, clean),
        "low": min(cosines),
        "high": max(cosines),
        "right": sum(value > 0 for value in cosines) / len(cosines),
        "factor": (mean @ clean / clean.square().sum()).item(),
    }


def to_more_classes(snapshots: dict[str, Snapshot], *, rate: float, maps: int = 10) -> pd.DataFrame:
    """Measure flips to r = 1..C-1 random other classes, rate / r each: the cosine between the expected and the clean
    bracket of Eq. 4, a number per training sample. -> columns loss, classes (r), map, expected

    r = C - 1 is symmetric noise, that is uniform noise of rate C / (C - 1) times as large.
    """
    rows = []
    for loss, snap in snapshots.items():
        classes = snap.pulls.shape[2]
        parts = snap.pulls.permute(1, 2, 0)
        for r in range(1, classes):
            model = type(f"flip{r}", (flip,), {"wrong_classes": r})
            for seed in range(maps if r < classes - 1 else 1):
                T = model(rate, map_seed=seed).matrix(classes, "")[snap.y_clean]
                expected = compare(parts, snap.y_clean, T, [snap.y_clean])["expected"]
                rows.append({"loss": loss, "classes": r, "map": seed, "expected": expected})
    return pd.DataFrame(rows)


def over_all_maps(snap: Snapshot, *, rate: float) -> float:
    """Average flip noise over its random map, so that each class flips to every other one alike.

    -> the relative distance of the expected meta-gradient from (1 - rate C / (C - 1)) times the clean one; 0 for a
    symmetric loss
    """
    classes = snap.pulls.shape[2]
    expected = snap.expected(symmetric(rate).matrix(classes, ""))
    clean = snap.clean()
    return relative_distance(expected, (1 - rate * classes / (classes - 1)) * clean)


def defect_of(method: Method, *, task: Task, meta: Split, eta: float) -> float:
    """Test Theorem 1 with the method's own step and its own meta loss. -> 0 if the theorem holds

    The number is the relative distance between the meta-gradient, averaged over all labels that uniform noise eta can
    give to the meta samples, and (1 - eta) times the clean one. method: a bound MW-Net, MNW-Net or RMNW-Net, which
    stays as it is. meta: with its true labels.
    """
    clean = learnt(method, task, meta, meta.y)
    uniform = 0
    for c in range(task.classes):  # the meta loss is a mean over samples: all of them may take the class c at once
        uniform = uniform + learnt(method, task, meta, torch.full_like(meta.y, c))
    noisy = (1 - eta) * clean + eta * (uniform / task.classes)
    return relative_distance(noisy, (1 - eta) * clean)


def learnt(method: Method, task: Task, meta: Split, y: Tensor, batch: int = 100) -> Tensor:
    """Return V's gradient by the method's own `learn` with the meta labels y, in float64. -> [301]"""
    method = deepcopy(method)
    method.nets[0].double(), method.V.double()
    method.batches.meta = Split(meta.inputs().double(), y, meta.classes, Scale())
    method.batches.size = len(y)  # one batch of all
    method.meta_opt.step = lambda: None  # V stays as it is
    x = task.train.inputs(slice(batch)).double()
    labels = task.train.y[:batch]
    i = torch.arange(batch)
    method.learn(x, labels, i, method.loss(method.nets[0](x), labels, i), None)
    return torch.cat([p.grad.flatten() for p in method.V.parameters()])


def relative_distance(a: Tensor, b: Tensor) -> float:
    """Return |a - b| / |b|."""
    return ((a - b).norm() / b.norm()).item()
