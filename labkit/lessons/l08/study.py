"""Weights that are learnt: MW-Net with a meta set whose labels are as noisy as one likes, and what its weighting
network V makes of the losses."""

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import pandas as pd
import torch

import labkit

from ...data import meta_split
from ...errors import choose
from ...losses import ce
from ...measure import auc
from ...method import evaluate
from ...methods.mw_net import MWNet
from ...papers.rmnw_net.experiments import DIGITS, SMALL

META, EPOCHS = 100, 15
LOSSES = torch.logspace(-2.5, 1.2, 60)  # where V is drawn, nats
EDGES = np.geomspace(10**-2.5, 10**1.2, 25)  # of histograms
META_LOSSES = {"CE": "ce", "MAE": "mae"}


@dataclass
class Learnt:
    """A training with learnt weights, as far as it has come: its Run, and lists over the epochs. wrong [N]: which
    training labels are.

    V: the weight V(loss) of every loss in LOSSES, [60]. loss [N]: of the training samples. area: the AUC of their
    weights, the probability that a right label weighs more than a wrong one.
    """

    run: object
    wrong: torch.Tensor
    noise: object
    V: list = field(default_factory=list)
    loss: list = field(default_factory=list)
    area: list = field(default_factory=list)

    def look(self, words):
        """What the figure `weights` of the paper's room draws, under these words. -> dict"""
        facts = {"method": words, "seed": self.run.config["seed"], "noise": self.noise, "accuracy": self.run.accuracy}
        return {**facts, "V": torch.stack(self.V), "loss": torch.stack(self.loss), "wrong": self.wrong}


@lru_cache(maxsize=32)
def split(*, noise_rate, meta_noise_rate, seed, size=META, kind="uniform"):
    """Digits with uniform noise; `size` samples of them, as many of each true class, become the meta set, with noise
    eta of their own, see `redrawn`. The same samples at every eta. -> Task, Split"""
    task = labkit.corrupt(labkit.load("digits"), labkit.noise.uniform(noise_rate), seed)
    task, clean = meta_split(task, size, trusted=True, balanced="true", seed=seed)
    return task, redrawn(clean, meta_noise_rate, seed, kind)


def redrawn(meta, eta, seed, kind="uniform"):
    """A meta set with noise: that share of its labels is drawn anew from all classes ("uniform"), or becomes the
    next class ("pairflip"). A label that changes at a small eta does so at a larger one, too. -> Split"""
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


def histogram(loss, among):
    """The share of the chosen samples in each bin of EDGES; what is outside is in the first or last bin. loss [N],
    among [N] bool -> [24]"""
    inside = loss[among].double().clamp(float(EDGES[0]), float(EDGES[-1]) * 0.999).numpy()
    return np.histogram(inside, EDGES)[0] / max(1, len(inside))


def sweep(meta_noise_rates, *, noise_rate, seeds, epochs=EPOCHS):
    """Both meta losses at every noise of the meta set. -> DataFrame: meta_loss, eta, seed; auc of the weights after the
    last epoch, auc_best over the epochs; test accuracy and memorised wrong labels at the last epoch"""
    rows = []
    for meta_loss in META_LOSSES:
        for eta in meta_noise_rates:
            for seed in seeds:
                learnt = trained(
                    meta_noise_rate=eta, meta_loss=meta_loss, noise_rate=noise_rate, seed=seed, epochs=epochs
                )
                last = learnt.run.rows[-1]
                facts = {"test": last["test"], "memorised": last["noisy_memorised"]}
                areas = {"auc": learnt.area[-1], "auc_best": max(learnt.area)}
                rows.append({"meta_loss": meta_loss, "eta": eta, "seed": seed, **areas, **facts})
    return pd.DataFrame(rows)
