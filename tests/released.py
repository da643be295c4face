"""What the tests of variant="released" share: small networks, a method that is bound by hand, the code's schedule.

`Table` is a network whose logits are its weights, so that one step of plain SGD at a learning rate of 1 is minus the
gradient of the loss with respect to the logits.
"""

import copy

import numpy as np
import torch
from torch import nn

from labkit.data.task import Scale, Split
from labkit.fit.recipe import Recipe

Y = torch.tensor([0, 0, 1, 1])
Z = torch.tensor([[2.0, 0.0], [1.0, 0.0], [0.0, 1.0], [3.0, 0.0]], dtype=torch.float64)


class Table(nn.Module):
    """A net whose logits are its weights: row i for the one-hot input i."""

    def __init__(self, z):
        super().__init__()
        self.l = nn.Linear(len(z), z.shape[1], bias=False)
        self.l.weight.data = z.T.double().clone()

    def forward(self, x):
        return self.l(x)


def bind(method, nets, x, y, classes, meta=None, epochs=100, augment=None, **recipe):
    """A method on copies of the networks, without augmentation; plain SGD at a learning rate of 1, unless told."""
    pool, rule = [copy.deepcopy(net) for net in nets], Recipe.of({"lr": 1.0, "momentum": 0.0, **recipe})
    split = Split(x, y, classes, Scale(), None, torch.arange(len(y)))
    bound = method.bound_to(pool, split, meta, make_opt=rule.optimisers, epochs=epochs, augment=augment, seed=5)
    bound.train_mode()
    return bound


def table(method, zs, y, classes=2, **recipe):
    """A method on a Table for each of the logits zs [N, C]."""
    return bind(method, [Table(z) for z in zs], torch.eye(len(y), dtype=torch.float64), y, classes, **recipe)


def params(net):
    """All parameters in one vector."""
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def stepped(method, i=None, k=0):
    """One step on the samples i (None: all). -> how far the parameters of network k moved"""
    i, before = torch.arange(len(method.train)) if i is None else i, params(method.nets[k])
    method.step(method.train.x[i], method.train.y[i], i)
    return params(method.nets[k]) - before


def slope(loss, z):
    """Minus the gradient of a loss with respect to the logits z [N, C], laid out as a Table's weights."""
    return -torch.autograd.grad(loss, z)[0].T.flatten()


def close(a, b, most=1e-6):
    """Are two tensors the same up to rounding, relative to the larger of them?"""
    return bool((a - b).norm() <= most * b.norm().clamp_min(1e-3))


def drawn(batch=12, classes=3, seed=0, scale=1.5):
    """Random logits [batch, classes] that ask for their gradient, and labels."""
    rng = torch.Generator().manual_seed(seed)
    z = scale * torch.randn(batch, classes, generator=rng, dtype=torch.float64)
    return z.requires_grad_(), torch.randint(classes, (batch,), generator=rng)


def normed(seed=0):
    """A small network with batch normalisation."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)).double()


def points(n=16, seed=0):
    """Random inputs [n, 6] and labels of three classes."""
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(n, 6, generator=rng, dtype=torch.float64), torch.arange(n) % 3


def remembered(forget, size):
    """How many samples the released code keeps."""
    return int((1 - forget) * size)


def rate_schedule(rate, exponent, gradual, epochs):
    """The released code's shares, an entry per epoch; training begins with entry 1."""
    shares = np.ones(epochs) * rate
    shares[:gradual] = np.linspace(0, rate**exponent, gradual)
    return shares.tolist()
