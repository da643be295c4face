"""What several tests need: tiny tasks, and a hand-driven loop."""

import multiprocessing
import os
import sys

import torch
from cases import CASES, Case, meta_for

import labkit
from labkit.fit import begin as begin_training
from labkit.runs.sweep.cluster import IMPORTED

assert labkit.__file__.startswith(os.environ.get("LABKIT_COPY", "")), "tests/mutate.py must test its own copy"
NO_CASE = Case()


def digits(rate=0.4, n=256, seed=0):
    """A small noisy task on the real digits."""
    return labkit.corrupt(labkit.load("digits", n=n), labkit.noise.symmetric(rate), seed)


def faces(rate=0.4, n=256, seed=0):
    """A small task of drawn faces with the sign of some targets flipped."""
    return labkit.corrupt(labkit.load("faces", n=n), labkit.noise.signflip(rate), seed)


def prepared(cls, task=None):
    """The task and the meta set that a method is tested on. -> Task, Split or None"""
    case = CASES.get(cls, NO_CASE)
    return meta_for(cls, task or {"digits": digits, "faces": faces}[case.task]())


def weights(method):
    """All parameters of all networks as one vector."""
    return torch.cat([p.detach().flatten() for net in method.nets for p in net.parameters()])


def first_weights(method):
    """All parameters of the first network as one vector."""
    return torch.cat([p.detach().flatten() for p in method.nets[0].parameters()])


def train(method, task=None, epochs=2, net="mlp", seed=0, **recipe):
    """Train and return the bound method, on the task and meta set of its case."""
    task, meta = prepared(type(method), task)
    return labkit.fit(method, task, net, epochs, seed, recipe=recipe or None, meta=meta).method


def bound(method, task=None, net="mlp", seed=0, epochs=10, **recipe):
    """A loop for a copy of the method, in front of its first batch. -> Loop"""
    task, meta = prepared(type(method), task)
    _, loop = begin_training(method, task, net, epochs, seed, recipe or None, "cpu", meta)
    stage = loop.method.stage(0, task.train)
    loop.begin_epoch(stage.indices)
    return loop


def linear_task(n=24, inputs=40, outputs=3, seed=0):
    """Overparameterised linear regression in float64, nothing held out. -> Task"""
    rng = torch.Generator().manual_seed(seed)
    draw = lambda *size: torch.randn(*size, generator=rng, dtype=torch.float64)
    x, y = draw(n, inputs) / inputs**0.5, draw(n, outputs)
    return labkit.Task.of(x, y, x, y, val=0.0)


def linear_net(shape, classes):
    """A linear map without bias, in float64."""
    return torch.nn.Linear(shape[0], classes, bias=False, dtype=torch.float64)


def ridge(task, start, lam):
    """w0 + X^T (X X^T + lam^2 I)^-1 (y - X w0): the minimiser of RDI's objective. -> [inputs, outputs]"""
    X, Y, w0 = task.train.x, task.train.y, start.T
    K = X @ X.T + lam**2 * torch.eye(len(X), dtype=X.dtype)
    return w0 + X.T @ torch.linalg.solve(K, Y - X @ w0)


def begin(target, *words, fork=False):
    """A process of its own, which need not import anything again. fork: of this very process, which then must have no
    threads (one may hold a lock); otherwise of a server that has done nothing but import. -> multiprocessing.Process"""
    linux = sys.platform.startswith("linux")
    context = multiprocessing.get_context(("fork" if fork else "forkserver") if linux else "spawn")
    if linux and not fork:
        context.set_forkserver_preload(list(IMPORTED))
    process = context.Process(target=target, args=words, daemon=not fork)
    process.start()
    return process


def ended(process):
    """Wait for a process. -> its exit status; minus the signal that killed it"""
    process.join()
    return process.exitcode
