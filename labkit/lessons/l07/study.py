"""Lesson 07: which weights CDR calls critical, which labels AUX's b explains, and what the choice is worth."""

from dataclasses import dataclass
from functools import lru_cache, partial

import torch

from ... import fast, measure, nets
from ...errors import choose
from ...fit import fit
from ...load import load
from ...methods import CDR_AUX, RDI
from ...methods.cdr import critical
from ...noise import corrupt, symmetric

WIDTH, EPOCHS, RATE = 32, 30, 0.4
RECIPE = {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-3, "batch": 64}
NET = partial(nets.mlp, width=WIDTH)  # 64 -> 32 -> 32 -> 10
LARGEST, RANDOM, SMALLEST = "largest |w g|", "at random", "smallest |w g|"
CHOICES = (LARGEST, RANDOM, SMALLEST)
FATES = ("network", "b", "neither")  # what predicts a sample's given label: the network alone, only with b, neither


def chosen(by, w, g, rate, rng):
    """The weights that may learn in this step: int((1 - rate) M) of them. w, g [M] -> bool [M]

    by: LARGEST, as CDR; SMALLEST, the other end of the same order; RANDOM, w and g are not looked at.
    """
    if by == LARGEST:
        return critical(w, g, rate)
    kept = max(1, int((1 - rate) * len(w)))
    order = torch.randperm(len(w), generator=rng) if by == RANDOM else (w * g).abs().argsort(stable=True)
    return torch.zeros(len(w), dtype=torch.bool).index_fill_(0, order[:kept], True)


@dataclass(kw_only=True, eq=False)
class Watched(CDR_AUX):
    """CDR+AUX with a choice of the critical weights by `by`, one of CHOICES; LARGEST is CDR+AUX itself. It keeps what
    was chosen: `times` [M], in how many of the epoch's `steps` a weight was; `ever` [M], since the start; and two sums
    over the steps of fractions: `stayed`, of the chosen that had been chosen a step before; `held`, of the squared
    gradient that the chosen hold."""

    by: str = LARGEST

    def __post_init__(self):
        super().__post_init__()
        choose("by", self.by, dict.fromkeys(CHOICES))

    def bind(self, make_net, make_opt, train, meta, rng):
        super().bind(make_net, make_opt, train, meta, rng)
        M = sum(p.numel() for p in self.nets[0].parameters() if p.dim() in (2, 4))
        self.before, self.ever = (torch.zeros(M, dtype=torch.bool) for _ in range(2))
        self.clear()

    def clear(self):
        """Start to count an epoch."""
        self.times, self.stayed, self.held, self.steps = torch.zeros(len(self.ever)), 0.0, 0.0, 0

    def damp(self, net):
        weights = [p for p in net.parameters() if p.dim() in (2, 4)]
        w, g = (torch.cat([t.detach().flatten() for t in some]) for some in (weights, [p.grad for p in weights]))
        mask = chosen(self.by, w, g, self.rate, self.rng)  # [M]
        sizes = [p.numel() for p in weights]
        for p, part in zip(weights, (g * (mask * (1 - self.rate))).split(sizes)):
            p.grad.copy_(part.view_as(p))  # keeps the layout of p
        self.count(mask, g)
        return weights, w.split(sizes), mask.split(sizes)

    def count(self, mask, g):
        """Add a step to the counts. mask, g [M]"""
        self.held += float((mask * g).square().sum() / g.square().sum())
        self.stayed += float((mask & self.before).sum() / mask.sum())
        self.times, self.steps = self.times + mask, self.steps + 1
        self.before, self.ever = mask, self.ever | mask


@lru_cache
def digits():
    """The clean digits. -> Task"""
    return load("digits")


@lru_cache(maxsize=16)
def noisy(noise, *, seed):
    """The digits under a noise model. -> Task"""
    return corrupt(digits(), noise, seed)


SYMMETRIC = symmetric(RATE)


def trained(*, rate, by, lam, seed=0, epochs=EPOCHS, noise=SYMMETRIC, strict=False, tell=None, recipe=None):
    """Train, and keep what the panel draws. tell(record) after every epoch. recipe: what differs from RECIPE.

    -> record: a dict, `run` and lists with an entry per epoch: stayed, held, ever, share [32, 10] (of the last layer's
    weights, in what fraction of the epoch's steps each was chosen), fates {"clean": fractions, "wrong": fractions} in
    the order of FATES
    """
    task = noisy(noise, seed=seed)
    record = {"stayed": [], "held": [], "ever": [], "share": [], "fates": []}

    def keep(run):
        method, record["run"] = run.method, run
        steps = method.steps - (len(run.rows) == 1)  # the first step of all has none before it
        record["stayed"].append(method.stayed / max(1, steps))
        record["held"].append(method.held / method.steps)
        record["ever"].append(float(method.ever.float().mean()))
        record["share"].append((method.times[-WIDTH * 10 :] / method.steps).view(10, WIDTH))
        record["fates"].append(fates(method, task))
        method.clear()
        if tell:
            tell(record)

    method = Watched(rate=rate, by=by, lam=lam, strict=strict)
    whole = {**RECIPE, **(recipe or {})}
    record["run"] = fit(method, task, NET, epochs, seed, whole, device="cpu", on_epoch=keep, progress=False)
    return record


def held_back(lam, *, seed=0, epochs=EPOCHS, noise=SYMMETRIC, recipe=None):
    """Train RDI of strength lam; all weights learn in every step. -> record, as `trained`, of the last epoch alone"""
    task = noisy(noise, seed=seed)
    run = fit(RDI(lam=lam), task, NET, epochs, seed, {**RECIPE, **(recipe or {})}, device="cpu", progress=False)
    return {"run": run, "stayed": [1.0], "held": [1.0], "ever": [1.0], "fates": [fates(run.method, task)]}


def detected(method, task):
    """The AUC with which the norm of b tells wrong labels from clean ones; 0.5 without b. -> float"""
    if not getattr(method, "lam", 0) or not hasattr(method, "b"):
        return 0.5
    return float(measure.auc(method.b.detach().norm(dim=1), task.train.y != task.truth.y))


def fates(method, task):
    """Of the clean and of the wrong labels: the fraction that the network alone predicts, that it predicts only with
    b, that neither predicts. -> {"clean": [3], "wrong": [3]}"""
    y, wrong = task.train.y, task.train.y != task.truth.y
    alone, aided = (measure.outputs(method, task.train, 0, aided=aided).argmax(-1) == y for aided in (False, True))
    each = torch.stack([alone, aided & ~alone, ~aided & ~alone]).double()  # [3, N]
    return {"clean": each[:, ~wrong].mean(1).tolist(), "wrong": each[:, wrong].mean(1).tolist()}


def epochs_here():
    """How many epochs a training of the panel has: few where LABKIT_FAST is set."""
    return 2 if fast() else EPOCHS


def blind(seed):
    """Test accuracy after the last epoch where the critical weights are drawn at random, assumed rate 40 %."""
    return trained(rate=RATE, by=RANDOM, lam=0.0, seed=seed)["run"].accuracy["last"]
