"""The cost of a run: the number of its steps, times a measured step.

steps.csv has seconds of a plain step by network and batch. factors.csv has the cost of an epoch of each method in plain
epochs, and that of trainings whose length does not depend on the number of epochs, such as INCV's selection, in plain
epochs, too. Both were measured by `measure`, on one thread of the machine that each row names.
"""

import statistics
import time
from collections.abc import Sequence
from functools import cache
from math import ceil
from pathlib import Path

import pandas as pd
import torch

from ..data import Task
from ..fit import Recipe, fit
from ..fit.config import about
from ..ledger.measured import FULL_SIZE
from ..method import Method
from ..methods import ALL, ERM
from ..recipes import PAPERS
from ..runs.bench.steps import batch_of, step_of
from ..runs.entry import META, enter
from .jobs import Point

STEPS = Path(__file__).parent / "steps.csv"
FACTORS = Path(__file__).parent / "factors.csv"
SIZES = FULL_SIZE | {"face-landmarks": 1_731, "digits": 1_437}  # samples before some are held out
SHAPES = {  # of a sample
    "mnist": (1, 28, 28),
    "face-landmarks": (512,),
    "celeba-landmarks": (512,),
    "cifar10": (3, 32, 32),
    "cifar100": (3, 32, 32),
    "webvision-mini": (3, 256, 256),
}
LONG = 5.0  # seconds of rounds after which no other begins
STAND_IN_SAMPLES = 1280  # of the small task on which factors are measured
STAND_IN_EPOCHS = 3


def hours(point: Point) -> float | None:
    """Return the hours of a run on one thread, None where a step of its network or method was never measured."""
    steps = _timed_steps(point) if "timing" in point else _plain_steps(point)
    second = _steps().get((point["net"], point["recipe"]["batch"]))
    if second is None or steps is None:
        return None
    return steps * second / 3600


def _timed_steps(point):
    """Return the steps that a measurement of times takes, in plain steps."""
    factors = 0.0
    for name in point["timing"]:
        _, factor = _factors().get(name, (0.0, 1.0))
        factors += factor
    return (point["rounds"] + 1) * factors


def _plain_steps(point):
    """Return the steps that a training takes, in plain steps; None where its data or method are not known."""
    steps = steps_of(point)
    measured = _factors().get(point["method"])
    if steps is None or measured is None:
        return None
    fixed, factor = measured
    return steps * (factor + fixed / point["epochs"])


def steps_of(point: Point) -> int | None:
    """Return the number of plain steps of a run: batches of an epoch times epochs. None for data of unknown size."""
    samples = SIZES.get(point["data"])
    if samples is None:
        return None
    plan = PAPERS.get(point.get("plan"))
    held_out = plan.held_out if plan else 0.1
    training = samples * (1 - held_out) - point.get("meta", 0)
    return ceil(training / point["recipe"]["batch"]) * point["epochs"]


def measure(points: Sequence[Point]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure the steps and the factors that the cost of some runs needs. -> tables of steps.csv and factors.csv

    It takes minutes, because a step of the largest networks takes one.
    """
    networks = {}
    methods = {}
    for point in points:
        networks[point["net"], point["recipe"]["batch"]] = SHAPES[point["data"]]
        methods |= dict.fromkeys(point.get("timing", [point.get("method")]))
    torch.set_num_threads(1)
    machine = about(torch.device("cpu"))
    facts = {"hardware": machine["hardware"], "torch": machine["torch"], "date": machine["date"]}
    steps = []
    for (net, batch), shape in sorted(networks.items()):
        steps.append({"net": net, "batch": batch, "seconds": measure_step(net, shape, batch), **facts})
    factors = []
    for name in sorted(methods):
        fixed, factor = measure_factor(name)
        factors.append({"method": name, "fixed": fixed, "factor": factor, **facts})
    return pd.DataFrame(steps), pd.DataFrame(factors)


def measure_step(net: str, shape: tuple[int, ...], batch: int, rounds: int = 20) -> float:
    """Return the CPU seconds of a plain step of a network: the median of some rounds, of fewer if they take long."""
    step = step_of(ERM(), batch_of(shape, batch), net)
    seconds = []
    while len(seconds) < rounds and sum(seconds) < LONG:
        started = time.process_time()
        step()
        seconds.append(time.process_time() - started)
    return statistics.median(seconds[1:] or seconds)  # the first round is a rehearsal


def measure_factor(name: str, **hyperparameters: object) -> tuple[float, float]:
    """Return the cost of a method in CPU time: a fixed number of plain epochs, and how many an epoch of it takes.

    Trainings of LeNet on 1,280 random images for three epochs are compared, and for six where a method has several
    stages. What a method does between epochs is counted, too. With more images that takes a larger share of some
    methods, so the factor is an estimate.
    """
    rng = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (STAND_IN_SAMPLES, 1, 28, 28), generator=rng, dtype=torch.uint8)
    y = torch.randint(0, 10, (STAND_IN_SAMPLES,), generator=rng)
    if "classes" not in ALL[name].targets:
        y = torch.randn(STAND_IN_SAMPLES, 10, generator=rng)
    task = Task.of(x, y, x[:100], y[:100], y_true="given")
    plain_epoch = _cpu_seconds("ERM", {}, task, STAND_IN_EPOCHS) / STAND_IN_EPOCHS
    short = _cpu_seconds(name, hyperparameters, task, STAND_IN_EPOCHS) / plain_epoch
    if ALL[name].stage is Method.stage:
        return 0.0, short / STAND_IN_EPOCHS
    longer = _cpu_seconds(name, hyperparameters, task, 2 * STAND_IN_EPOCHS) / plain_epoch
    fixed = min(max(0.0, 2 * short - longer), short)  # both may be noise
    return fixed, (short - fixed) / STAND_IN_EPOCHS


def _cpu_seconds(name, hyperparameters, task, epochs):
    """Return the CPU seconds of a short training."""
    method, task, meta = enter(name, hyperparameters, 0.4, task, META, 0)
    started = time.process_time()
    fit(method, task, "lenet", epochs, 0, Recipe(lr=1e-4, batch=128), meta=meta, progress=False)
    return time.process_time() - started


@cache
def _steps():
    """Return the measured seconds of a plain step. -> {(net, batch): seconds}"""
    table = pd.read_csv(STEPS)
    return dict(zip(zip(table["net"], table["batch"]), table["seconds"]))


@cache
def _factors():
    """Return the measured cost of methods. -> {method: (fixed epochs, factor of an epoch)}"""
    table = pd.read_csv(FACTORS)
    return dict(zip(table["method"], zip(table["fixed"], table["factor"])))
