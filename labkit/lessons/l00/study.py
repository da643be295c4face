"""Lesson 00's computing: forty points of two classes in the plane, and the boundary of a network after every epoch."""

from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, partial

import numpy as np
import torch

from ...data import Task
from ...errors import choose, need
from ...fit import Run, begin
from ...generators import unmoved
from ...method import Method
from ...methods import make
from ...nets import mlp
from ...noise import corrupt, symmetric
from ...panels.samples import digits

POINTS, NEW_POINTS, HELD_OUT = 40, 200, 12
GAP, SCATTER, SCALE = 0.28, 0.16, 3.0  # of the moons, whose radius is 1 before they are scaled
EPOCHS, CLOSE, SEED = 100, 20, 0  # epochs, and those of them whose boundary is always kept
RECIPE = {"lr": 0.1, "momentum": 0.9, "batch": POINTS}
WIDTHS = (4, 16, 64)  # units in each of two hidden layers
PLAIN = "plain SGD"
METHODS = {PLAIN: "ERM", "GCE": "GCE", "SPL": "SPL", "SOP": "SOP", "CRUST": "CRUST"}  # one for each of four questions
XLIM, YLIM = (-6.8, 6.4), (-4.6, 4.0)
COLUMNS, ROWS = 39, 25  # of the grid on which the boundary is kept
LEVELS = 16
SOFTNESS = 4.0  # the margin of logits that is kept with the finest steps


@cache
def clean() -> Task:
    """Return the points of two moons. No two training points lie closer than GAP, so that each can be clicked."""
    rng = np.random.default_rng(SEED)
    x_train, y_train = _moons(POINTS, rng, GAP)
    x_val, y_val = _moons(HELD_OUT, rng)
    x_new, y_new = _moons(NEW_POINTS, rng)
    x = np.concatenate([x_train, x_val])
    y = np.concatenate([y_train, y_val])
    rows = range(POINTS, POINTS + HELD_OUT)
    return Task.of(x, y, x_new, y_new, name="two moons", val=rows, y_true="given")


def _moons(n, rng, gap=0.0):
    """Draw n points of two moons, by turns from either. -> x float32 [n, 2] with three decimals, y [n]"""
    points = []
    while len(points) < n:
        y = len(points) % 2
        angle = rng.uniform(0, np.pi)
        arc = np.array([np.cos(angle) - 0.5, np.sin(angle) - 0.25])
        centre = arc if y == 0 else -arc
        point = centre + rng.normal(0, SCATTER, 2)
        if _nearest(points, point) >= gap:
            points.append(point)
    x = SCALE * np.array(points)
    return x.round(3).astype(np.float32), np.arange(n) % 2


def _nearest(points, point):
    """Return the distance from a point to the nearest of others, infinity if there are none."""
    if not points:
        return np.inf
    differences = np.array(points) - point
    return np.hypot(*differences.T).min()


def noisy(noise_rate: float, flips: Iterable[int] = ()) -> Task:
    """Return the points with wrong labels: exactly a fraction `noise_rate`, and a reader's own flips on top.

    flips: positions of points whose label is turned over; one that was wrong is right then. A larger rate keeps the
    wrong labels of a smaller one. Raises ValueError for a position that does not exist.
    """
    task = corrupt(clean(), symmetric(noise_rate, exact=True), SEED)
    flips = sorted(set(flips))
    for k in flips:
        is_position = isinstance(k, int) and 0 <= k < POINTS
        need(is_position, "a flipped point", k, f"a whole number in 0..{POINTS - 1}")
    if not flips:
        return task
    y = task.train.y.clone()
    y[flips] = 1 - y[flips]
    train = replace(task.train, y=y)
    return replace(task, train=train, noise=None)


@cache
def starts() -> dict[int, list[float]]:
    """Return the parameters of each width before the first step, in the order of the network's. -> {width: numbers}"""
    parameters = {}
    for width in WIDTHS:
        loop = _first_loop(width)
        net = loop.method.nets[0]
        vector = torch.nn.utils.parameters_to_vector(net.parameters())
        parameters[width] = vector.tolist()
    return parameters


@cache
def orders() -> list[list[int]]:
    """Return the order of the training points in each epoch. It depends on the seed and the epoch alone."""
    loop = _first_loop(WIDTHS[0])
    queues = []
    for epoch in range(EPOCHS):
        loop.epoch = epoch
        loop.begin_epoch(None)
        queues.append(loop.queue.tolist())
    return queues


def _first_loop(width):
    """Begin a training of plain SGD. -> Loop"""
    with unmoved():
        _, loop = begin("ERM", clean(), network(width), EPOCHS, SEED, RECIPE, "cpu")
    return loop


def network(width: int) -> Callable[[], torch.nn.Module]:
    """Return what makes the network: two hidden layers of `width` units."""
    return partial(mlp, width=width, depth=2)


def train(
    name: str, task: Task, *, width: int, epochs: int = EPOCHS, on_snapshot: Callable[[dict], object] | None = None
) -> Run:
    """Train as labkit.fit does, and take a snapshot before the first step and after the epochs of `snapshot_epochs`.

    name: of METHODS. Methods that assume a noise rate are given the true one. on_snapshot: called with each snapshot.
    """
    wrong = task.train.y != task.truth.y
    noise_rate = wrong.double().mean().item()
    method = make(choose("name", name, METHODS), min(noise_rate, 0.5))
    with unmoved():  # the reader's generators stay where they were
        run, loop = begin(method, task, network(width), epochs, SEED, RECIPE, "cpu")
        events = loop.run()
        for epoch in snapshot_epochs(epochs):
            while len(run.rows) < epoch:
                next(events)
            if on_snapshot is not None:
                on_snapshot({"epoch": epoch, **snapshot(loop.method, task)})
    return run


def snapshot_epochs(epochs: int = EPOCHS) -> list[int]:
    """Return the epochs whose boundary is kept: all of the first 20, then every fourth, and the last."""
    early = range(min(CLOSE, epochs))
    late = range(CLOSE, epochs, 4)
    return [*early, *late, epochs]


@torch.no_grad()
def snapshot(method: Method, task: Task) -> dict[str, str | float]:
    """Return what a method believes: grid, believed, new.

    grid: a text, see `levels`. believed: a digit per training point. new: the fraction of new points that are
    classified correctly.
    """
    method.train_mode(False)
    margins = []
    for x in (grid(), task.train.inputs(), task.test.inputs()):
        logits = method.predict(x)
        margins.append(logits[:, 1] - logits[:, 0])
    method.train_mode()
    on_grid, on_train, on_new = margins
    is_right = (on_new > 0).long() == task.test.y
    accuracy = is_right.double().mean().item()
    believed = (on_train > 0).long()
    return {"grid": levels(on_grid), "believed": digits(believed), "new": round(accuracy, 3)}


@cache
def grid() -> torch.Tensor:
    """Return the points of the grid, row by row from the lower left corner. -> [ROWS * COLUMNS, 2]"""
    rows = torch.linspace(*YLIM, ROWS)
    columns = torch.linspace(*XLIM, COLUMNS)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], 1)


def levels(margin: torch.Tensor) -> str:
    """Return margins of logits as hexadecimal digits: LEVELS steps, the finest at the boundary; below 8 is class 0."""
    height = ((margin / SOFTNESS).tanh() + 1) / 2 * LEVELS
    level = height.long().clamp(0, LEVELS - 1)
    return "".join(f"{k:x}" for k in level.tolist())


def packed(numbers: list[float]) -> str:
    """Return numbers as float32, little-endian, in base64."""
    content = np.array(numbers, "<f4").tobytes()
    return b64encode(content).decode()
