"""What several tests need: tiny tasks, and a hand-driven loop."""

import os

import torch

import labkit
from labkit.fit import Loop, maker
from labkit.methods import ALL, AUX, CDR, CDR_AUX, CDR_RDI, ERM, RDI

# one entry per method: a typical setting, and the setting in which it is plain SGD, bit for bit
TYPICAL = {
    ERM: {},
    CDR: {"rate": 0.4},
    AUX: {"lam": 2.0},
    RDI: {"lam": 2.0},
    CDR_AUX: {"rate": 0.4, "lam": 2.0},
    CDR_RDI: {"rate": 0.4, "lam": 2.0},
}
NEUTRAL = {
    ERM: {},
    CDR: {"rate": 0.0},
    AUX: {"lam": 0.0},
    RDI: {"lam": 0.0},
    CDR_AUX: {"rate": 0.0, "lam": 0.0},
    CDR_RDI: {"rate": 0.0, "lam": 0.0},
}
assert labkit.__file__.startswith(os.environ.get("LABKIT_COPY", "")), "tests/mutate.py must test its own copy"
assert set(TYPICAL) == set(NEUTRAL) == set(ALL.values())
METHODS = [(cls, settings) for cls, settings in TYPICAL.items()]
IDS = [cls.__name__ for cls in TYPICAL]


def digits(rate=0.4, n=256, seed=0):
    """A small noisy task on the real digits."""
    return labkit.corrupt(labkit.load("digits", n=n), labkit.noise.symmetric(rate), seed)


def weights(method):
    """All parameters of all networks as one vector."""
    return torch.cat([p.detach().flatten() for net in method.nets for p in net.parameters()])


def train(method, task=None, epochs=2, net="mlp", seed=0, **recipe):
    """Train and return the bound method."""
    return labkit.fit(method, task or digits(), net, epochs, seed, recipe=recipe or None).method


def bound(method, task=None, net="mlp", seed=0, **recipe):
    """A loop in front of its first batch. -> Loop"""
    torch.manual_seed(seed)
    task = task or digits()
    loop = Loop(method, task, maker(net, task, "cpu"), 10, seed, labkit.Recipe.of(recipe or None))
    loop.begin_epoch(None)
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
