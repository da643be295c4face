"""RMNW-Net's step against the same step with a second-order graph, as all public code has it, and against plain SGD.

The reference is written anew from that code's description: a copy of the network, a virtual step with create_graph,
backward through it to V, then a second forward pass of the training batch for the real step. All three train the same
network on the same random images (the arithmetic is that of CIFAR-10); rounds are interleaved, the ratios are per
round, their median counts.
"""

import statistics
import time
from copy import deepcopy

import torch

from ...arguments import MOST_EPOCHS
from ...data import Task
from ...fit import Recipe, begin, maker
from ...losses import ce, mae
from ...methods import ERM
from ...methods.mw_net import weight_net
from ...methods.rmnw_net import RMNWNet

RECIPE = Recipe(lr=0.05, momentum=0.9, weight_decay=5e-4, batch=100)
TARGET = 0.8
NAMES = ("plain SGD", "RMNW-Net, one forward-mode product", "RMNW-Net, second-order graph")


def images(n=2000, meta=500):
    """Random images of CIFAR-10's size, and a meta set of others. -> Task, Split"""
    rng = torch.Generator().manual_seed(0)
    draw = lambda n: (torch.randn(n, 3, 32, 32, generator=rng), torch.randint(10, (n,), generator=rng))
    task, other = (Task.of(*draw(size), *draw(10), val=0.0) for size in (n, meta))
    return task, other.train


def labkit_loop(method, task, meta, net):
    """An endless labkit training. -> iterator; every next() is one step"""
    _, loop = begin(method, task, net, MOST_EPOCHS, 0, RECIPE, "cpu", meta)
    return (event for event in loop.run() if event == "batch")


def second_order_loop(task, meta, net):
    """An endless training with backward through the virtual step. -> iterator; every next() is one step"""
    torch.manual_seed(0)
    net, V = maker(net, task, "cpu")(), weight_net(torch.Generator().manual_seed(1))
    opt = torch.optim.SGD(net.parameters(), lr=RECIPE.lr, momentum=0.9, weight_decay=RECIPE.weight_decay)
    meta_opt = torch.optim.SGD(V.parameters(), lr=1e-3, momentum=0.9, nesterov=True, weight_decay=5e-4)
    rng, batch = torch.Generator().manual_seed(2), RECIPE.batch
    draw = lambda split: (lambda i: (split.inputs(i), split.y[i]))(torch.randperm(len(split), generator=rng)[:batch])
    while True:
        x, y = draw(task.train)
        meta_loss = loss_after_virtual_step(deepcopy(net), V, x, y, *draw(meta))
        meta_opt.zero_grad()
        meta_loss.backward()
        meta_opt.step()
        loss = ce(net(x), y)
        opt.zero_grad()
        (shares(V, loss.detach()).detach() * loss).sum().backward()
        opt.step()
        yield loss


def loss_after_virtual_step(copy, V, x, y, x_meta, y_meta):
    """The meta loss, with a graph through the virtual step to V."""
    loss, w = ce(copy(x), y), dict(copy.named_parameters())
    slope = torch.autograd.grad((shares(V, loss.detach()) * loss).sum(), list(w.values()), create_graph=True)
    w_hat = {name: p - RECIPE.lr * g for (name, p), g in zip(w.items(), slope)}
    return mae(torch.func.functional_call(copy, w_hat, (x_meta,)), y_meta).mean()


def shares(V, loss):
    """Weights by V that sum to 1. loss [B] -> [B]"""
    trust = V(loss[:, None])[:, 0]
    return trust / trust.sum()


def compare(rounds, net, steps=1):
    """Interleaved rounds of all three. -> {name: [seconds per step, one per round]}"""
    task, meta = images()
    loops = (labkit_loop(ERM(), task, None, net), labkit_loop(RMNWNet(), task, meta, net))
    loops = dict(zip(NAMES, (*loops, second_order_loop(task, meta, net))))
    times = {name: [] for name in loops}
    for k in range(rounds + 1):
        for name, loop in loops.items():
            started = time.perf_counter()
            for _ in range(steps):
                next(loop)
            if k:  # the first round warms up
                times[name].append((time.perf_counter() - started) / steps)
    return times


def lines(rounds=3, net="resnet32"):
    """Seconds per step, ratios to plain SGD and to the second-order graph, and the target. -> iterator of lines"""
    times = compare(rounds, net)
    plain, ours, graph = (times[name] for name in NAMES)
    yield f"{net}, batch 100 + 100"
    for name, each in times.items():
        to_plain = statistics.median(t / p for t, p in zip(each, plain))
        yield f"{name:36s} {1e3 * statistics.median(each):7.0f} ms a step   {to_plain:5.2f} plain steps"
    ratio = statistics.median(a / b for a, b in zip(ours, graph))
    reached = "reached" if ratio <= TARGET else "missed"
    yield f"forward mode / second-order graph: {ratio:.2f}; target: at most {TARGET}, {reached}"
