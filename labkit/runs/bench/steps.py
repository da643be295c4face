"""PRL(L)'s and PRL(G)'s steps against a step of plain SGD, on LeNet (batch 128) and on the 9-layer CNN with GroupNorm
(batch 32).

Each trains a network of its own, of the same initial weights, on the same batch of random images. The reference for
PRL(G) makes all per-sample gradients with vmap(grad).
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence

import torch
from torch.func import functional_call, grad, vmap

from ...data import Task
from ...fit import Recipe, maker
from ...losses import ce
from ...method import Method
from ...methods import ERM
from ...ranks import kept, smallest
from .rounds import Times, interleaved, ratio

RATE = 0.4
SETTINGS = {"lenet": ((1, 28, 28), 128, 20), "cnn9_gn": ((3, 32, 32), 32, 1)}  # shape, batch, steps a round
NOTES = {"PRL(L)": "target: at most 1; the paper: 1.48", "PRL(G)": "target: at most 2.2; the paper: 3.93"}

Step = Callable[[], None]


def batch_of(shape: Sequence[int], batch: int) -> Task:
    """Return a task of one batch of random images."""
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(batch, *shape, generator=rng)
    y = torch.arange(batch) % 10
    return Task.of(x, y, x[:10], y[:10], val=0.0)


def step_of(method: Method, task: Task, net: str) -> Step:
    """Return a function that takes one step of a method on the batch."""
    bound = bound_method(method, task, net)
    i = torch.arange(len(task.train))
    x = task.train.inputs(i)
    y = task.train.y
    return lambda: bound.step(x, y, i)


def bound_method(method: Method, task: Task, net: str) -> Method:
    """Return a copy of the method with its own network of the same initial weights, and an optimiser."""
    torch.manual_seed(0)
    return method.bound_to(maker(net, task, "cpu"), task.train, make_opt=Recipe(lr=1e-3).optimisers)


def vmap_step(task: Task, net: str) -> Step:
    """Return a function that takes one step of PRL(G) by vmap(grad)."""
    method = bound_method(ERM(), task, net)
    model = method.nets[0]
    keep = kept(RATE, len(task.train))
    x = task.train.inputs(torch.arange(len(task.train)))
    y = task.train.y
    params = {name: p.detach() for name, p in model.named_parameters()}

    def loss(params, x, y):
        return ce(functional_call(model, params, (x[None],)), y[None])[0]

    slopes = vmap(grad(loss), in_dims=(None, 0, 0), randomness="different")

    def step():
        g = slopes(params, x, y)
        squares = sum(slope.flatten(1).square().sum(1) for slope in g.values())
        weight = smallest(squares, keep) / keep
        for name, p in model.named_parameters():
            p.grad = torch.empty_like(p).copy_(torch.tensordot(weight, g[name], 1))  # laid out as the optimiser wants
        method.update()

    return step


def steps_for(net: str) -> dict[str, Step]:
    """Return the timed steps by name, plain SGD first."""
    from ...methods.prl_g import PRL_G
    from ...methods.prl_l import PRL_L

    task = batch_of(*SETTINGS[net][:2])
    methods = {
        "plain SGD": ERM(),
        "PRL(L)": PRL_L(rate=RATE, ramp=0, reforward=False),
        "PRL(L), reforward": PRL_L(rate=RATE, ramp=0, reforward=True),
        "PRL(G)": PRL_G(rate=RATE, ramp=0),
    }
    steps = {name: step_of(method, task, net) for name, method in methods.items()}
    return steps | {"PRL(G), vmap(grad)": vmap_step(task, net)}


def compare(net: str, rounds: int = 5, clock: Callable[[], float] = time.perf_counter) -> Times:
    """Time the steps of every method on a network."""
    return interleaved(steps_for(net), rounds, SETTINGS[net][2], clock)


def lines(rounds: int = 5) -> Iterator[str]:
    """Write milliseconds per step and ratios to plain SGD, line by line."""
    for net, (_, batch, _) in SETTINGS.items():
        times = compare(net, rounds)
        yield f"{net}, batch {batch}, rate {RATE}; ratio to a step of plain SGD"
        for name, seconds in times.items():
            milliseconds = 1e3 * statistics.median(seconds)
            slower = ratio(seconds, times["plain SGD"])
            yield f"  {name:20s} {milliseconds:8.1f} ms   {slower:5.2f} x   {NOTES.get(name, '')}".rstrip()
