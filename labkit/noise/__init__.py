"""Noise models for labels. Each is an object that draws from its own generator and leaves a passport.

Conventions differ between papers: `symmetric` flips to *other* classes, `uniform` draws over *all* classes, so that
"uniform 40 %" leaves 36 % wrong labels at 10 classes. A passport says so in words.
"""

from dataclasses import replace

import torch

from ..errors import need
from .models import Noise, asymmetric, instance, pairflip, symmetric, uniform
from .passport import Passport, passport

__all__ = ["ALL", "Noise", "Passport", "asymmetric", "corrupt", "instance", "pairflip", "symmetric", "uniform"]

ALL = {model.__name__: model for model in (symmetric, uniform, pairflip, asymmetric, instance)}


def corrupt(task, noise, seed):
    """A task with noisy training and validation labels, drawn from the *true* ones, and the passport of the noise.

    noise: a noise model, e.g. symmetric(0.4). seed: of the noise's own generator; the global one is not touched.
    Raises ValueError for what is not a noise model, a seed that is not a whole number, or a regression task.
    """
    need(
        isinstance(noise, Noise),
        "noise",
        noise,
        f"a noise model, e.g. labkit.noise.symmetric(0.4); there are {', '.join(ALL)}",
    )
    need(isinstance(seed, int) and seed >= 0, "seed", seed, "a whole number, 0 or more")
    need(task.classes, "task", task.name, "a classification task: these noise models change classes")
    train, val, classes = task.train, task.train.val, task.classes
    y = torch.cat([task.truth.y, task.truth.val]).cpu()
    x = torch.cat([train.x, val.x]).cpu()
    rng = torch.Generator().manual_seed(seed)
    P = noise.probabilities(y, classes, task.name, x, train.scale, rng)
    given = torch.multinomial(P, 1, generator=rng)[:, 0]
    halves = [half.to(train.y.device) for half in given.split([len(train), len(val)])]
    noisy = replace(train, y=halves[0], val=replace(val, y=halves[1]))
    return replace(task, train=noisy, noise=passport(noise, y, given, classes, task.name, seed))
