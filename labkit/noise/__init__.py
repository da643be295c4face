"""Noise models for labels and for regression targets. Each is an object that draws from its own generator; what it did
to a task is stored in a passport.

Conventions differ between papers: `symmetric` flips to *other* classes, `uniform` draws over *all* classes, so that
"uniform 40 %" makes 36 % wrong labels at 10 classes. A passport states the noise in both conventions.
"""

from dataclasses import replace

import torch

from ..arguments import Fits, Seed, checked
from ..data.task import A_TASK, Task
from ..data.truth import Truth
from ..errors import need
from .annotators import annotators
from .base import Clean, Noise
from .human import human
from .maps import derangement, flip, flip2, matrix_noise
from .models import instance, pairflip, symmetric, tridiagonal, uniform
from .passport import Passport, passport
from .similar import asymmetric, hierarchical
from .targets import linadv, mixture, signflip, uninoise

# the models that need a rate alone; `suited` names those that can corrupt a task
CLASS_MODELS = (symmetric, uniform, pairflip, asymmetric, instance, flip, flip2, derangement, hierarchical, tridiagonal)
TARGET_MODELS = (linadv, signflip, uninoise, mixture)
ALL = {model.__name__: model for model in (*CLASS_MODELS, *TARGET_MODELS)}
MODELS = (
    f"a noise model, e.g. labkit.noise.symmetric(0.4); there are {', '.join(ALL)}, human, annotators and matrix_noise"
)
A_NOISE = Fits(lambda value: isinstance(value, Noise), MODELS)
__all__ = ["ALL", "Noise", "Passport", "annotators", "corrupt", "human", "matrix_noise", "suited", *ALL]
COMPLETE = (
    "one whose true labels are all known; dataclasses.replace(task, truth=None) has all given labels count as true"
)


def suited(task: Task) -> list[str]:
    """Return the names in ALL of the models that can corrupt this task."""
    names = []
    for name, model in ALL.items():
        if _takes(model, task):
            names.append(name)
    return names


def _takes(model, task):
    """Return whether a noise model can corrupt a task."""
    try:
        model(0.0).check(task)
    except ValueError:
        return False
    return True


@checked
def corrupt(task: A_TASK, noise: A_NOISE, seed: Seed) -> Task:
    """Return a task with noisy training and validation labels, drawn from the *true* ones, and the noise's passport.

    For a task whose truth is not known, its labels count as true from here on: the noise is added to them, and the
    passport says so. A truth that is known in part is refused. The labels of several annotators (`annotations`) are
    those of the noise, or none, because others do not belong to the drawn labels.

    noise: a noise model, e.g. symmetric(0.4). seed: of the noise's own generator; the global one is not touched.
    Raises ValueError for anything but a noise model, a truth that is known in part, a seed that is not a whole number,
    a noise for class labels where the task is a regression, or the reverse.
    """
    need(task.truth is None or task.truth.complete, "task", task.noise_text, COMPLETE)
    noise.check(task)
    clean = Clean.of(task)
    of_given = task.truth is None or bool(task.noise and task.noise.of_given)
    rng = torch.Generator().manual_seed(seed)
    given = noise.draw(clean, rng)
    train = task.train
    val = task.train.val
    device = train.y.device
    sizes = list(clean.sizes)
    train_y, val_y = given.to(device).split(sizes)
    annotations = noise.annotations(clean)
    of_train, of_val = (None, None) if annotations is None else annotations.to(device).split(sizes)
    noisy_val = replace(val, y=val_y, annotations=of_val)
    noisy_train = replace(train, y=train_y, val=noisy_val, annotations=of_train)
    truth = task.truth or Truth(train.y.clone(), val.y.clone())
    noise_passport = passport(noise, clean, given, seed, of_given)
    return replace(task, train=noisy_train, truth=truth, noise=noise_passport)
