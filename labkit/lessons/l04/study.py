"""Lesson 04's computing: what a filter does with the samples of one batch, and with the classes of the training set."""

from functools import lru_cache

import pandas as pd
import torch

from ...errors import choose, need
from ...fit import fit, snapshots
from ...grads.layer import loss_gradient_norm
from ...grads.norms import gradient_norms
from ...load import load
from ...losses import ce
from ...methods import ERM, PRL_G, PRL_L, SPL, CoTeaching
from ...noise import corrupt, symmetric

BATCH, EPOCHS, TRUE_RATE = 128, 20, 0.5
RECIPE = {"optimiser": "adam", "momentum": 0.0, "lr": 3e-3, "batch": BATCH}  # PRL's batch and optimiser
FILTERS = {"SPL": SPL, "PRL(L)": PRL_L, "PRL(G)": PRL_G, "Co-teaching": CoTeaching}
RAMPS = {"at once": 0, "over 10 epochs": 10}


@lru_cache(maxsize=8)
def noisy(*, seed, noise_rate=TRUE_RATE):
    """The digits with symmetric noise. -> Task"""
    return corrupt(load("digits"), symmetric(noise_rate), seed)


def filtered(name, *, assumed_rate, ramp=0, seed=0, epochs=EPOCHS, on_epoch=None, task=None):
    """Train one filter. -> Run with the life of every sample

    name: of FILTERS. assumed_rate: the fraction that it drops, 0 is plain SGD. ramp: epochs over which it grows.
    task: None is `noisy(seed)`.
    """
    method = choose("name", name, FILTERS)(rate=assumed_rate, ramp=ramp)
    return train(method, seed=seed, epochs=epochs, on_epoch=on_epoch, task=task)


def train(method, *, seed=0, epochs=EPOCHS, on_epoch=None, task=None):
    """Any method, by this lesson's recipe. -> Run with the life of every sample"""
    options = {"device": "cpu", "life": True, "on_epoch": on_epoch, "progress": False}
    return fit(method, noisy(seed=seed) if task is None else task, "mlp", epochs, seed, RECIPE, **options)


@lru_cache(maxsize=8)
def plain(*, seed, epochs=EPOCHS):
    """Test accuracy of plain training after every epoch. -> tuple"""
    return tuple(row["test"] for row in train(ERM(), seed=seed, epochs=epochs).rows)


def batch_of(task, seed):
    """Positions of one batch of BATCH training samples, the same for every method. -> [BATCH]"""
    return torch.randperm(len(task.train), generator=torch.Generator().manual_seed(seed))[:BATCH]


def trusted(method, task, i):
    """Three scores of the samples i, and whom the method would keep if they were the next batch.

    method: trained, of one network or two (the first one looks). -> dict of tensors [len(i)]: loss (nats), layer
    (length of p - e_y), whole (length of the gradient with respect to all parameters), kept (bool)
    """
    train, net = task.train, method.nets[0]
    x, y = train.inputs(i), train.y[i]
    with torch.no_grad():
        logits = [n(x) for n in method.nets]
        picks = method.picks(logits, y, i)[0] if len(logits) > 1 else method.weight(x, y, i, logits[0])
        scores = {"loss": ce(logits[0], y), "layer": loss_gradient_norm(logits[0], y)}
    whole = gradient_norms(net, x, lambda output: ce(output, y))
    return scores | {"whole": whole, "kept": picks > 0}


def edge(score, kept):
    """The cut of a filter that ranks by `score`: half-way between the largest kept and the smallest dropped value. None
    if nothing is dropped, or if it ranks by something else. score, kept [n] -> float or None"""
    if kept.all() or score[kept].max() > score[~kept].min():
        return None
    return float(score[kept].max() + score[~kept].min()) / 2


def by_class(kept, task):
    """The fraction of each class's clean labels that is kept. kept bool [N] -> list of C fractions"""
    given, true = task.train.y, task.truth.y
    return [float(kept[(given == true) & (true == c)].double().mean()) for c in range(task.classes)]


def shut_out(run, task, below=0.05):
    """Do the scores trust the clean labels of shut-out classes more than wrong labels among the other classes?

    run: of `filtered`, on `task`. below: a class is shut out if a smaller fraction of its clean labels is kept. Needs
    the truth, as a study may. -> DataFrame of `compared`. Raises ValueError if no class is shut out
    """
    fractions = torch.tensor(by_class(run.life.selected[-1], task))
    need(bool((fractions < below).any()), "run", run.config["method"], "a run that shuts out at least one class")
    return compared(run.method, task, least_kept(fractions, below))


def start_losses(task, seed):
    """Return the mean loss of the labels of every given class at a network's random weights. -> [C] nats"""
    start = snapshots(ERM(), task, "mlp", 1, seed, RECIPE, "cpu", at_epochs=[0])[0][0]
    y = task.train.y
    with torch.no_grad():
        loss = ce(start(task.train.inputs(torch.arange(len(y)))), y)
    return torch.stack([loss[y == c].mean() for c in range(task.classes)])


def least_kept(fractions, below=0.05):
    """Return the classes of which a smaller fraction than `below` is kept. If there is none, or if fewer than two
    classes would be left, return only the least kept class.

    fractions [C] of the clean labels. -> class numbers, at least one
    """
    out = (fractions < below).nonzero()[:, 0]
    return out if 0 < len(out) < len(fractions) - 1 else fractions.argmin()[None]


def compared(method, task, out):
    """Compare the scores of clean labels of the classes `out` with those of wrong labels among the other classes.

    out: class numbers. -> DataFrame, a row per score: the median of either group, and how often a sample of the first
    group has the smaller score of a pair (1: always, 0.5: a coin)
    """
    given, true = task.train.y, task.truth.y
    unknown = (given == true) & torch.isin(true, out)
    wrong = (given != true) & ~torch.isin(true, out) & ~torch.isin(given, out)
    scores = trusted(method, task, torch.arange(len(given)))
    rows = {"loss (SPL)": "loss", "norm of p - e (PRL(L))": "layer", "norm of the whole gradient (PRL(G))": "whole"}
    return pd.DataFrame({name: _beside(scores[key], unknown, wrong) for name, key in rows.items()}).T


def _beside(score, unknown, wrong):
    """Medians, and P(score of an unknown < score of a wrong one). -> dict"""
    pairs = (score[unknown][:, None] < score[wrong][None]).double().mean().item()
    medians = (score[unknown].median().item(), score[wrong].median().item())
    return dict(zip(("clean, shut out", "wrong, let in", "clean has the smaller score"), (*medians, pairs)))
