"""PRL(L)'s and PRL(G)'s steps against a step of plain SGD, on LeNet (batch 128) and on the 9-layer CNN with GroupNorm
(batch 32).

Every one trains its own network of the same initial weights on the same batch of random images; rounds are interleaved,
the ratios are per round, their median counts. The reference for PRL(G) makes all per-sample gradients with vmap(grad).
"""

import statistics
import time

import torch
from torch.func import functional_call, grad, vmap

from ...data import Task
from ...fit import Recipe, maker
from ...losses import ce
from ...methods import ERM
from ...ranks import kept, smallest

RATE = 0.4
SETTINGS = {"lenet": ((1, 28, 28), 128, 20), "cnn9_gn": ((3, 32, 32), 32, 1)}  # shape, batch, steps a round
NOTES = {"PRL(L)": "target: at most 1; the paper: 1.48", "PRL(G)": "target: at most 2.2; the paper: 3.93"}


def batch_of(shape, batch):
    """A task of one batch of random images. -> Task"""
    rng = torch.Generator().manual_seed(0)
    x, y = torch.randn(batch, *shape, generator=rng), torch.arange(batch) % 10
    return Task.of(x, y, x[:10], y[:10], val=0.0)


def step_of(method, task, net):
    """step(): one step of a method on the batch."""
    bound = bound_method(method, task, net)
    i = torch.arange(len(task.train))
    x, y = task.train.inputs(i), task.train.y
    return lambda: bound.step(x, y, i)


def bound_method(method, task, net):
    """Return a copy of the method with its own network of the same initial weights, and an optimiser."""
    torch.manual_seed(0)
    return method.bound_to(maker(net, task, "cpu"), task.train, make_opt=Recipe(lr=1e-3).optimisers)


def vmap_step(task, net):
    """step(): PRL(G) by vmap(grad)."""
    method = bound_method(ERM(), task, net)
    model, keep = method.nets[0], kept(RATE, len(task.train))
    x, y = task.train.inputs(torch.arange(len(task.train))), task.train.y
    params = {name: p.detach() for name, p in model.named_parameters()}
    loss = lambda params, x, y: ce(functional_call(model, params, (x[None],)), y[None])[0]
    slopes = vmap(grad(loss), in_dims=(None, 0, 0), randomness="different")

    def step():
        g = slopes(params, x, y)
        weight = smallest(sum(each.flatten(1).square().sum(1) for each in g.values()), keep) / keep
        for name, p in model.named_parameters():
            p.grad = torch.empty_like(p).copy_(torch.tensordot(weight, g[name], 1))  # laid out as the optimiser wants
        method.update()

    return step


def steps_for(net):
    """-> {name: step()}, plain SGD first"""
    from ...methods.prl_g import PRL_G
    from ...methods.prl_l import PRL_L

    task = batch_of(*SETTINGS[net][:2])
    return {
        "plain SGD": step_of(ERM(), task, net),
        "PRL(L)": step_of(PRL_L(rate=RATE, ramp=0, reforward=False), task, net),
        "PRL(L), reforward": step_of(PRL_L(rate=RATE, ramp=0, reforward=True), task, net),
        "PRL(G)": step_of(PRL_G(rate=RATE, ramp=0), task, net),
        "PRL(G), vmap(grad)": vmap_step(task, net),
    }


def compare(net, rounds=5, clock=time.perf_counter):
    """Interleaved rounds. -> {name: [seconds per step, one per round]}"""
    steps, n = steps_for(net), SETTINGS[net][2]
    times = {name: [] for name in steps}
    for round in range(rounds + 1):  # the first is a rehearsal
        for name, step in steps.items():
            started = clock()
            for _ in range(n):
                step()
            if round:
                times[name].append((clock() - started) / n)
    return times


def lines(rounds=5):
    """The table, line by line. -> iterator of text"""
    for net, (_, batch, _) in SETTINGS.items():
        times = compare(net, rounds)
        yield f"{net}, batch {batch}, rate {RATE}; ratio to a step of plain SGD"
        for name, each in times.items():
            ratio = statistics.median(a / b for a, b in zip(each, times["plain SGD"]))
            ms = 1e3 * statistics.median(each)
            yield f"  {name:20s} {ms:8.1f} ms   {ratio:5.2f} x   {NOTES.get(name, '')}".rstrip()
