"""Lesson 10's computing: regression on drawn faces with corrupted targets, and where landmarks are predicted."""

from dataclasses import dataclass
from functools import lru_cache

import torch

from ...errors import choose
from ...fit import fit
from ...load import load
from ...measure import outputs, r2
from ...methods import ERM, PRL_G, PRL_L, Huber, Ignormclip, MinSGD, NormClip
from ...nets import mlp
from ...noise import ALL, corrupt
from ...noise.targets import Rows

EPOCHS, RAMP = 20, 5  # RAMP: epochs of a slow start
NOISES = ("signflip", "linadv", "uninoise", "pairflip", "mixture")
RECIPE = {"optimiser": "adam", "momentum": 0.0, "lr": 4e-3, "batch": 144}  # ten batches of the 1,440 faces
METHODS = {  # name: function rate -> Method
    "least squares": lambda rate: ERM(),
    "Huber": lambda rate: Huber(),
    "NormClip": lambda rate: NormClip(),
    "Ignormclip": lambda rate: Ignormclip(),
    "PRL(L)": lambda rate: PRL_L(rate=rate),
    "PRL(G)": lambda rate: PRL_G(rate=rate),
    "Min-SGD": lambda rate: MinSGD(),
    "PRL(L), slow start": lambda rate: PRL_L(rate=rate, ramp=RAMP),
}


class jitter(Rows):
    """y = y + zero-mean normal noise of standard deviation 2, about as far off as signflip: (2 y)^2 is 4 on average."""

    what = "moved by zero-mean noise, twice as wide as the targets"

    def wrong(self, clean, units, rows, rng):
        targets = units.standard(clean.y[rows].double())
        return targets + 2 * torch.randn(targets.shape, generator=rng, dtype=targets.dtype)


def narrow(shape=(1, 24, 24), classes=10):
    """Pixels -> 64 -> 64 -> the ten coordinates of five landmarks."""
    return mlp(shape, classes, width=64)


@lru_cache(maxsize=16)
def faces(noise, *, noise_rate, seed=0):
    """Return the drawn faces, with int(rate n) corrupted rows; clean at rate 0. -> Task"""
    model = choose("noise", noise, {name: ALL[name] for name in NOISES} | {"jitter": jitter})
    return corrupt(load("faces"), model(noise_rate), seed) if noise_rate else load("faces")


def trained(
    noise, *, noise_rate, method, seed=0, epochs=EPOCHS, on_epoch=None, batch=RECIPE["batch"], assumed_rate=None
):
    """Train one method. method: of METHODS; assumed_rate: of a filter, None: the true one. -> Run"""
    made = choose("method", method, METHODS)(noise_rate if assumed_rate is None else assumed_rate)
    recipe = RECIPE | {"batch": batch}
    return fit(
        made,
        faces(noise, noise_rate=noise_rate, seed=seed),
        narrow,
        epochs,
        seed,
        recipe,
        device="cpu",
        on_epoch=on_epoch,
        progress=False,
    )


def wrong_rows(task):
    """Which training rows are corrupted. -> bool [N]"""
    return (task.train.y != task.truth.y).any(-1)


def learnt(run, task):
    """The fraction of corrupted training rows whose prediction is nearer to the given target than to the true one, in
    squared distance. -> float"""
    wrong = wrong_rows(task)
    predicted = outputs(run.method, task.train)[wrong]
    to_given = (predicted - task.train.y[wrong]).square().sum(-1)
    to_true = (predicted - task.truth.y[wrong]).square().sum(-1)
    return (to_given < to_true).double().mean().item()


def chosen(task, wrong=4, right=2):
    """The first corrupted and the first untouched training faces; untouched ones in the place of missing ones.
    -> positions [wrong + right]"""
    bad = wrong_rows(task)
    first = bad.nonzero()[:wrong, 0]
    return torch.cat([first, (~bad).nonzero()[: wrong + right - len(first), 0]])


def places(y, task):
    """Targets or outputs as places in the image. y [n, 10] -> [n, 5, 2], x and y in [0, 1] where they are inside"""
    return task.units.stored(y).reshape(len(y), -1, 2)


@dataclass
class Story:
    """A training, and where it predicted the landmarks of some faces after every epoch. seen: list of [n, 5, 2], one
    for each row of run.rows; run is the Run, finished or not."""

    run: object
    seen: list


def followed(noise, *, noise_rate, method, i, seed=0, epochs=EPOCHS, after=None):
    """Train, and keep where the network predicts the landmarks of the training faces i. after(story): called after
    every epoch. -> Story"""
    task, story = faces(noise, noise_rate=noise_rate, seed=seed), Story(None, [])
    some = task.train.inputs(i)

    def look(run):
        run.method.train_mode(False)
        with torch.no_grad():
            story.seen.append(places(run.method.nets[0](some), task))
        run.method.train_mode(True)
        story.run = run
        if after:
            after(story)

    trained(noise, noise_rate=noise_rate, method=method, seed=seed, epochs=epochs, on_epoch=look)
    return story


def perfect_scores(task):
    """Return R2 on the corrupted validation split of a network that predicts every true target, and of one that always
    predicts the mean face. -> dict"""
    given, true = task.train.val.y, task.truth.val
    mean = task.train.y.mean(0).expand_as(given)
    return {"the true targets": r2(true, given), "always the mean": r2(mean, given)}
