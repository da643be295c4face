"""RMNW-Net's step against the same step with a second-order graph, as all public code has it, and against plain SGD.

The reference is written anew from that code's description: a copy of the network, a virtual step with create_graph,
backward through it to V, then a second forward pass of the training batch for the real step. All three train the same
network on the same random images (the arithmetic is that of CIFAR-10).
"""

import statistics
from collections.abc import Iterator
from copy import deepcopy

import torch
from torch import nn

from ...arguments import MOST_EPOCHS
from ...data import Split, Task
from ...fit import Recipe, begin, maker
from ...losses import ce, mae
from ...method import Method
from ...methods import ERM
from ...methods.mw_net import weight_net
from ...methods.rmnw_net import RMNWNet
from .rounds import Times, batches, interleaved_loops, ratio

RECIPE = Recipe(lr=0.05, momentum=0.9, weight_decay=5e-4, batch=100)
TARGET = 0.8
NAMES = ("plain SGD", "RMNW-Net, one forward-mode product", "RMNW-Net, second-order graph")


def images(n: int = 2000, n_meta: int = 500) -> tuple[Task, Split]:
    """Draw random images of CIFAR-10's size, and a meta set of others."""
    rng = torch.Generator().manual_seed(0)

    def draw(n):
        return torch.randn(n, 3, 32, 32, generator=rng), torch.randint(10, (n,), generator=rng)

    task = Task.of(*draw(n), *draw(10), val=0.0)
    meta = Task.of(*draw(n_meta), *draw(10), val=0.0).train
    return task, meta


def labkit_loop(method: Method, task: Task, meta: Split | None, net: str) -> Iterator[str]:
    """Train by labkit without end. Every next() is one step."""
    _, loop = begin(method, task, net, MOST_EPOCHS, 0, RECIPE, "cpu", meta)
    return batches(loop)


def second_order_loop(task: Task, meta: Split, net: str) -> Iterator[torch.Tensor]:
    """Train with backward through the virtual step, without end. Every next() is one step."""
    torch.manual_seed(0)
    net = maker(net, task, "cpu")()
    V = weight_net(torch.Generator().manual_seed(1))
    opt = torch.optim.SGD(net.parameters(), lr=RECIPE.lr, momentum=0.9, weight_decay=RECIPE.weight_decay)
    meta_opt = torch.optim.SGD(V.parameters(), lr=1e-3, momentum=0.9, nesterov=True, weight_decay=5e-4)
    rng = torch.Generator().manual_seed(2)

    def draw(split):
        i = torch.randperm(len(split), generator=rng)[: RECIPE.batch]
        return split.inputs(i), split.y[i]

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


def loss_after_virtual_step(
    net: nn.Module, V: nn.Module, x: torch.Tensor, y: torch.Tensor, x_meta: torch.Tensor, y_meta: torch.Tensor
) -> torch.Tensor:
    """Return the meta loss after a virtual step of `net`, with a graph through that step to V."""
    loss = ce(net(x), y)
    w = dict(net.named_parameters())
    slope = torch.autograd.grad((shares(V, loss.detach()) * loss).sum(), list(w.values()), create_graph=True)
    w_hat = {name: p - RECIPE.lr * g for (name, p), g in zip(w.items(), slope)}
    return mae(torch.func.functional_call(net, w_hat, (x_meta,)), y_meta).mean()


def shares(V: nn.Module, loss: torch.Tensor) -> torch.Tensor:
    """Return weights by V that sum to 1. loss [B] -> [B]"""
    weight = V(loss[:, None])[:, 0]
    return weight / weight.sum()


def compare(rounds: int, net: str, steps: int = 1) -> Times:
    """Time the three kinds of steps."""
    task, meta = images()
    loops = (
        labkit_loop(ERM(), task, None, net),
        labkit_loop(RMNWNet(), task, meta, net),
        second_order_loop(task, meta, net),
    )
    return interleaved_loops(dict(zip(NAMES, loops)), rounds, steps)


def lines(rounds: int = 3, net: str = "resnet32") -> Iterator[str]:
    """Write seconds per step, ratios to plain SGD and to the second-order graph, and the target, line by line."""
    times = compare(rounds, net)
    plain, forward_mode, second_order = times.values()
    yield f"{net}, batch 100 + 100"
    for name, seconds in times.items():
        to_plain = ratio(seconds, plain)
        yield f"{name:36s} {1e3 * statistics.median(seconds):7.0f} ms a step   {to_plain:5.2f} plain steps"
    share = ratio(forward_mode, second_order)
    reached = "reached" if share <= TARGET else "missed"
    yield f"forward mode / second-order graph: {share:.2f}; target: at most {TARGET}, {reached}"
