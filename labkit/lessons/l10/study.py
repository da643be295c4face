"""Lesson 10's computing: regression on drawn faces with corrupted targets, and where landmarks are predicted."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Generator, Tensor, nn

from ... import methods
from ...data import Task, Units
from ...errors import choose
from ...fit import Run, fit
from ...load import load
from ...measure import outputs, r2
from ...method import Method
from ...nets import mlp
from ...noise import ALL, corrupt
from ...noise.base import Clean
from ...noise.targets import Rows

EPOCHS, RAMP = 20, 5  # RAMP: epochs of a slow start
NOISES = ("signflip", "linadv", "uninoise", "pairflip", "mixture")
RECIPE = {"optimiser": "adam", "momentum": 0.0, "lr": 4e-3, "batch": 144}  # ten batches of the 1,440 faces
METHOD_OF = {  # training of the lesson: its method in labkit.methods
    "least squares": "ERM",
    "Huber": "Huber",
    "NormClip": "NormClip",
    "Ignormclip": "Ignormclip",
    "PRL(L)": "PRL(L)",
    "PRL(G)": "PRL(G)",
    "Min-SGD": "Min-SGD",
    "PRL(L), slow start": "PRL(L)",
}
FILTERS = ("PRL(L)", "PRL(G)")  # methods that assume a rate


class jitter(Rows):
    """y = y + zero-mean normal noise of standard deviation 2, about as far off as signflip: (2 y)^2 is 4 on average."""

    what = "moved by zero-mean noise, twice as wide as the targets"

    def wrong(self, clean: Clean, units: Units, rows: Tensor, rng: Generator) -> Tensor:
        targets = units.standard(clean.y[rows].double())
        noise = torch.randn(targets.shape, generator=rng, dtype=targets.dtype)
        return targets + 2 * noise


def narrow(shape: tuple[int, ...] = (1, 24, 24), classes: int = 10) -> nn.Module:
    """Make a network: pixels -> 64 -> 64 -> the ten coordinates of five landmarks."""
    return mlp(shape, classes, width=64)


@lru_cache(maxsize=16)
def faces(noise: str, *, noise_rate: float, seed: int = 0) -> Task:
    """Return the drawn faces, with int(rate n) corrupted rows; clean at rate 0.

    noise: of NOISES, or "jitter". Raises ValueError for another one.
    """
    models = {name: ALL[name] for name in NOISES}
    models["jitter"] = jitter
    model = choose("noise", noise, models)
    clean = load("faces")
    return corrupt(clean, model(noise_rate), seed) if noise_rate else clean


def method_for(name: str, rate: float) -> Method:
    """Return the method of a training of METHOD_OF. rate: what a filter assumes. Raises ValueError for another name."""
    method = choose("method", name, METHOD_OF)
    options = {}
    if method in FILTERS:
        options["rate"] = rate
    if name == "PRL(L), slow start":
        options["ramp"] = RAMP
    return methods.ALL[method](**options)


def trained(
    noise: str,
    *,
    noise_rate: float,
    method: str,
    seed: int = 0,
    epochs: int = EPOCHS,
    on_epoch: Callable[[Run], None] | None = None,
    batch: int = RECIPE["batch"],
    assumed_rate: float | None = None,
) -> Run:
    """Train one method. method: of METHOD_OF; assumed_rate: of a filter, None: the true one."""
    rate = noise_rate if assumed_rate is None else assumed_rate
    recipe = RECIPE | {"batch": batch}
    task = faces(noise, noise_rate=noise_rate, seed=seed)
    options = {"device": "cpu", "on_epoch": on_epoch, "progress": False}
    return fit(method_for(method, rate), task, narrow, epochs, seed, recipe, **options)


def wrong_rows(task: Task) -> Tensor:
    """Return which training rows are corrupted. -> bool [N]"""
    given = task.train.y
    true = task.truth.y
    differs = given != true
    return differs.any(-1)


def learnt(run: Run, task: Task) -> float:
    """Return the fraction of corrupted training rows whose prediction is nearer to the given target than to the true
    one, in squared distance."""
    wrong = wrong_rows(task)
    predicted = outputs(run.method, task.train)[wrong]
    given = task.train.y[wrong]
    true = task.truth.y[wrong]
    to_given = squared(predicted - given)
    to_true = squared(predicted - true)
    nearer_to_given = to_given < to_true
    return nearer_to_given.double().mean().item()


def squared(vectors: Tensor) -> Tensor:
    """Return the squared norm of every row. [n, Q] -> [n]"""
    return vectors.square().sum(-1)


def chosen(task: Task, wrong: int = 4, right: int = 2) -> Tensor:
    """Return the first corrupted and the first untouched training faces; untouched ones in the place of missing ones.

    wrong, right: how many of each. -> positions [wrong + right]
    """
    bad = wrong_rows(task)
    corrupted = bad.nonzero()[:wrong, 0]
    untouched = (~bad).nonzero()[:, 0]
    n_untouched = wrong + right - len(corrupted)
    return torch.cat([corrupted, untouched[:n_untouched]])


def places(y: Tensor, task: Task) -> Tensor:
    """Return targets or outputs as places in the image.

    y [n, 10] -> [n, 5, 2], x and y in [0, 1] where they are inside
    """
    return task.units.stored(y).reshape(len(y), -1, 2)


@dataclass
class Story:
    """A training, and where it predicted the landmarks of some faces after every epoch.

    run: the Run, finished or not. predicted: places [n, 5, 2], for each row of run.rows.
    """

    run: Run | None
    predicted: list[Tensor]


def followed(
    noise: str,
    *,
    noise_rate: float,
    method: str,
    i: Tensor,
    seed: int = 0,
    epochs: int = EPOCHS,
    report: Callable[[Story], None] | None = None,
) -> Story:
    """Train, and keep where the network predicts the landmarks of the training faces i.

    report(story): called after every epoch.
    """
    task = faces(noise, noise_rate=noise_rate, seed=seed)
    images = task.train.inputs(i)
    story = Story(None, [])

    def keep(run):
        run.method.train_mode(False)
        with torch.no_grad():
            net = run.method.nets[0]
            output = net(images)
        landmarks = places(output, task)
        story.predicted.append(landmarks)
        run.method.train_mode(True)
        story.run = run
        if report:
            report(story)

    trained(noise, noise_rate=noise_rate, method=method, seed=seed, epochs=epochs, on_epoch=keep)
    return story


def perfect_scores(task: Task) -> dict[str, float]:
    """Return R2 on the corrupted validation split of a network that predicts every true target, and of one that always
    predicts the mean face."""
    given = task.train.val.y
    true = task.truth.val
    mean_face = task.train.y.mean(0)
    mean = mean_face.expand_as(given)
    return {"the true targets": r2(true, given), "always the mean": r2(mean, given)}
