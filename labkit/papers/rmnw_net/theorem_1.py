"""Theorems 1 and 2 of the paper on RMNW-Net, measured: what a meta sample's label does to the gradient that V gets.

The meta-gradient (Eq. 4) is linear in the gradients of the meta samples. So one table is enough, pulls[i, j, c] =
<grad l_i(w), grad l(c, x_j; w_hat)>: how much a step on training sample i lowers the loss of meta sample j *if its
label were c*. Every noise model, its expectation and every draw of labels are weighted sums over c. All in float64.
"""

from copy import deepcopy
from dataclasses import dataclass

import pandas as pd
import torch

from ...data.task import Scale, Split
from ...fit import fit
from ...grads.meta import outputs, virtual_step
from ...losses import ce
from ...methods import make
from ...methods.mw_net import META_LOSSES
from ...noise import flip, symmetric
from .experiments import meta_of


@dataclass(frozen=True)
class Snapshot:
    """A step of meta-learning taken apart. pulls [B, M, C]; slope [B, 301]: d(weight of sample i)/dTheta; theta [301];
    y_clean [M] of the meta samples; alpha: learning rate of the virtual step; wrong [B] of the training samples."""

    pulls: torch.Tensor
    slope: torch.Tensor
    theta: torch.Tensor
    y_clean: torch.Tensor
    alpha: float
    wrong: torch.Tensor

    @property
    def gradients(self):
        """What meta sample j adds to V's gradient if its label is c. -> [M, C, 301]"""
        return -self.alpha * torch.einsum("bmc,bp->mcp", self.pulls, self.slope)

    def expected(self, T):
        """V's gradient, expected under a transition matrix T [C, C] of the meta labels. -> [301]"""
        return torch.einsum("mc,mcp->p", T[self.y_clean], self.gradients) / len(self.y_clean)

    def clean(self):
        """V's gradient from true labels. -> [301]"""
        return self.expected(torch.eye(self.pulls.shape[2], dtype=self.pulls.dtype))

    def defect(self):
        """The mean over *all* labels, (1/C) sum_c of V's gradient: uniform noise adds it, eta times; 0 for a symmetric
        loss (Eq. 6). -> [301]"""
        return self.gradients.mean((0, 1))


def training(name, task, setting, seed, every=None, step=1):
    """Train a meta-method on a noisy task, and look at it: every(method, training set, *clean* meta set) after the
    first of each `step` epochs. -> what that returned, the method as it is at the end, training set, clean meta set"""
    method = _method(name, setting)
    seen, meta = meta_of(setting.meta)(task, seed, method)
    clean = meta_of(setting.meta)(task, seed, _method("MW-Net", setting))[1]
    kept = []

    def look(run):
        if (len(run.rows) - 1) % step == 0:
            kept.append(every(run.method, seen, clean))

    more = {"meta": meta, "on_epoch": look if every else None, "progress": False}
    run = fit(method, seen, setting.net, setting.epochs, seed, setting.recipe, **more)
    return kept, run.method, seen, clean


def snapshot(method, task, clean, meta_loss, batch=100, seed=0):
    """Take the next step of a trained MW-Net, MNW-Net or RMNW-Net apart, for a batch of the training set and a clean
    meta set. The method stays as it is. meta_loss: "mae" | "ce". Networks without dropout and batch normalisation.
    -> Snapshot"""
    i = torch.randperm(len(task.train), generator=torch.Generator().manual_seed(seed))[:batch]
    own = deepcopy(method)
    net, V = own.nets[0].double().eval(), own.V.double()
    loss = ce(net(task.train.inputs(i).double()), task.train.y[i])
    share, theta = own.shares(loss.detach()), list(V.parameters())
    w_hat = virtual_step(net, loss, share.detach(), own.opts[0].param_groups[0]["lr"])
    rows = _gradients(loss, list(net.parameters()))
    pulls = _all_pulls(net, w_hat, clean.inputs().double(), dict(zip(w_hat, rows)), meta_loss)
    wrong, flat = task.train.y[i] != task.truth.y[i], torch.cat([p.detach().flatten() for p in theta])
    slope = torch.cat([part.flatten(1) for part in _gradients(share, theta)], 1)
    return Snapshot(pulls, slope, flat, clean.y, own.opts[0].param_groups[0]["lr"], wrong)


def _method(name, setting):
    return make(name, **setting.hyperparameters.get(name, {}))


def _gradients(values, parameters):
    """The gradient of every value, parameter by parameter. values [B] -> list of [B, ...]"""
    # in one call, is_grads_batched=True, torch imports sympy: longer than a hundred calls of a small network take
    each = (torch.autograd.grad(value, parameters, retain_graph=True) for value in values)
    return [torch.stack(of_one) for of_one in zip(*each)]


def _all_pulls(net, w_hat, x, directions, meta_loss):
    """Along every direction the derivative, at w_hat, of the meta loss of every sample with every label: how fast the
    logits move, times the slope of the loss in them. x [M, ...], directions: parameter dict of [B, ...]
    -> [B, M, C]"""
    logits = lambda w: outputs(net, w, x)
    moves = torch.func.vmap(lambda v: torch.func.jvp(logits, (w_hat,), (v,))[1])(directions)  # [B, M, C]
    classes = moves.shape[2]
    z = logits(w_hat).detach()[:, None].repeat(1, classes, 1).requires_grad_()  # [M, C labels, C]
    losses = META_LOSSES[meta_loss](z, torch.arange(classes).expand(len(x), -1))  # [M, C]
    return torch.einsum("bmk,mck->bmc", moves, torch.autograd.grad(losses.sum(), z)[0])


def cosine(a, b):
    """Cosine between two gradients. -> float"""
    return torch.nn.functional.cosine_similarity(a, b, dim=0).item()


def directions(snapshots, models, rates, draws=20):
    """Theorem 1: the cosine between the meta-gradients of noisy and of clean meta labels. -> DataFrame

    snapshots: {meta loss: Snapshot}. models: {name: function rate -> noise model}. Columns: loss, noise, rate; space,
    "samples" (the bracket of Eq. 4, a number per training sample) or "V" (what V gets); expected (over the labels); low
    and high (of `draws` meta sets whose labels were really drawn); right (share of these with a cosine above 0); factor
    (length of the expected gradient along the clean one)
    """
    rows, rng = [], torch.Generator().manual_seed(0)
    for loss, one in snapshots.items():
        spaces = {"samples": one.pulls.permute(1, 2, 0), "V": one.gradients}
        for name, model in models.items():
            for rate in rates:
                T = model(rate).matrix(one.pulls.shape[2], "")[one.y_clean]  # [M, C]
                labels = torch.multinomial(T, draws, replacement=True, generator=rng).T  # [draws, M]
                for space, parts in spaces.items():
                    facts = _compared(parts, one.y_clean, T, labels)
                    rows.append({"loss": loss, "noise": name, "rate": rate, "space": space, **facts})
    return pd.DataFrame(rows)


def _compared(parts, y_clean, T, labels):
    """One line of `directions`. parts [M, C, D], T [M, C], labels [draws, M]"""
    every = torch.arange(len(y_clean))
    clean, mean = parts[every, y_clean].mean(0), torch.einsum("mc,mcp->p", T, parts) / len(y_clean)
    drawn = [cosine(parts[every, each].mean(0), clean) for each in labels]
    right, factor = sum(value > 0 for value in drawn) / len(drawn), (mean @ clean / clean.square().sum()).item()
    return {"expected": cosine(mean, clean), "low": min(drawn), "high": max(drawn), "right": right, "factor": factor}


def to_more_classes(snapshots, rate, maps=10):
    """Flips to r = 1..C-1 random other classes, rate / r each: the cosine between the expected and the clean bracket of
    Eq. 4, a number per training sample. -> DataFrame: loss, classes (r), map, expected

    r = C - 1 is symmetric noise, that is uniform noise of rate C / (C - 1) times as large.
    """
    rows = []
    for loss, one in snapshots.items():
        classes, samples = one.pulls.shape[2], one.pulls.permute(1, 2, 0)
        for r in range(1, classes):
            kind = type(f"flip{r}", (flip,), {"targets": r})
            for seed in range(maps if r < classes - 1 else 1):
                T = kind(rate, map_seed=seed).matrix(classes, "")[one.y_clean]
                expected = _compared(samples, one.y_clean, T, [one.y_clean])["expected"]
                rows.append({"loss": loss, "classes": r, "map": seed, "expected": expected})
    return pd.DataFrame(rows)


def over_all_maps(one, rate):
    """Flip noise, its random map averaged out: each class to every other one alike. -> the relative distance of the
    expected meta-gradient from (1 - rate C / (C - 1)) times the clean one; 0 for a symmetric loss"""
    classes = one.pulls.shape[2]
    found, clean = one.expected(symmetric(rate).matrix(classes, "")), one.clean()
    return _off(found, (1 - rate * classes / (classes - 1)) * clean)


def defect_of(method, task, meta, eta):
    """Theorem 1 with the method's own step and its own meta loss: the relative distance between the meta-gradient,
    averaged over all labels that uniform noise eta can give to the meta samples, and (1 - eta) times the clean one.

    method: a bound MW-Net, MNW-Net or RMNW-Net, which stays as it is. meta: with its true labels. -> float, 0 if the
    theorem holds
    """
    clean = _learnt(method, task, meta, meta.y)
    classes = range(task.classes)  # the meta loss is a mean over samples: all of them may take the class c at once
    uniform = sum(_learnt(method, task, meta, torch.full_like(meta.y, c)) for c in classes) / task.classes
    return _off((1 - eta) * clean + eta * uniform, (1 - eta) * clean)


def _learnt(method, task, meta, y, batch=100):
    """V's gradient by the method's own `learn` with the meta labels y, in float64. -> [301]"""
    own = deepcopy(method)
    own.nets[0].double(), own.V.double()
    own.batches.meta = Split(meta.inputs().double(), y, meta.classes, Scale())
    own.batches.size, own.meta_opt.step = len(y), lambda: None
    x, labels, i = task.train.inputs(slice(batch)).double(), task.train.y[:batch], torch.arange(batch)
    own.learn(x, labels, i, own.loss(own.nets[0](x), labels, i), None)
    return torch.cat([p.grad.flatten() for p in own.V.parameters()])


def _off(found, wanted):
    return ((found - wanted).norm() / wanted.norm()).item()
