"""The Jacobian of a small network, and products with that of any network."""

from contextlib import contextmanager

import torch
from torch.func import jacrev, jvp, vjp, vmap

from ..errors import need
from ..grads.meta import forward_mode, trainable
from ..grads.meta import outputs as outputs_at

MOST = 2 * 2**30  # bytes of a Jacobian that is kept


@torch.no_grad()
def jacobian(net, x, outputs=None, chunk=256, only=None):
    """d f(W, x_i)_c / d W, sample by sample: Eq. (3). x [n, ...] -> [n, C, P], [n, 1, P] for one class `outputs`

    Columns in the order of net.named_parameters(), each flattened; P counts those that are trainable and that `only`
    lets through. chunk: samples at a time. Raises ValueError when the result has more than 2 GiB: `gram` and `top` keep
    no Jacobian.
    """
    need(len(x), "x", tuple(x.shape), "one sample or more")
    at = chosen(net, only)
    with evaluation(net):
        classes = the_classes(net, x, outputs)
        size = len(x) * len(classes) * count(at) * next(iter(at.values())).element_size()
        shape = f"[{len(x)}, {len(classes)}, {count(at)}], {size / 2**30:.1f} GiB"
        need(size <= MOST, "the Jacobian of net and x", shape, "at most 2 GiB; `gram` and `top` keep no Jacobian")
        return torch.cat([rows(net, at, part, classes) for part in x.split(chunk)])


def rows(net, at, x, classes):
    """The Jacobian of some samples, with respect to the parameters `at`. x [b, ...] -> [b, len(classes), P]"""
    one = lambda parameters, sample: outputs_at(net, parameters, sample[None])[0, classes]
    each = vmap(jacrev(one), (None, 0))(at, x)
    return torch.cat([each[name].flatten(2) for name in at], dim=2)


class Products:
    """J v and J^T u, never J. `shape` [m, P]; vectors are flat, as the rows and columns of `jacobian`."""

    def __init__(self, net, x, classes, only=None, chunk=256):
        self.net, self.at, self.classes = net, chosen(net, only), classes
        self.parts = x.split(chunk)
        self.shape = len(x) * len(classes), count(self.at)
        first = next(iter(self.at.values()))
        self.dtype, self.device = first.dtype, first.device

    def _of(self, x):
        return lambda at: outputs_at(self.net, at, x)[:, self.classes]

    def along(self, v):
        """J v. v [P] -> [m]"""
        forward_mode()
        parts = v.split([p.numel() for p in self.at.values()])
        v = {name: part.view_as(p) for (name, p), part in zip(self.at.items(), parts)}
        return torch.cat([jvp(self._of(x), (self.at,), (v,))[1].flatten() for x in self.parts])

    def back(self, u):
        """J^T u. u [m] -> [P]"""
        total, u = 0, u.view(-1, len(self.classes)).split([len(x) for x in self.parts])
        for x, part in zip(self.parts, u):
            (slope,) = vjp(self._of(x), self.at)[1](part)
            total = total + torch.cat([slope[name].flatten() for name in self.at])
        return total


def chosen(net, only=None):
    """The trainable parameters whose names `only` lets through, without graph. -> {name: parameter}"""
    at = {name: p.detach() for name, p in trainable(net).items() if only is None or only(name)}
    need(at, "only", only, f"a predicate that holds for some of {', '.join(trainable(net))}")
    return at


def count(at):
    """How many numbers a dict of parameters has."""
    return sum(p.numel() for p in at.values())


def the_classes(net, x, outputs):
    """The outputs that are meant. None, "all" or "each": all of them; c: one. -> list"""
    with torch.no_grad():
        shape = net(x[:1]).shape
    need(len(shape) == 2, "shape of the network's output", tuple(shape), "[n, C]")
    if outputs in (None, "all", "each"):
        return list(range(shape[1]))
    fine = isinstance(outputs, int) and not isinstance(outputs, bool) and 0 <= outputs < shape[1]
    need(fine, "outputs", outputs, f'"all", "each" or a class in 0..{shape[1] - 1}')
    return [outputs]


@contextmanager
def evaluation(net):
    """Every layer in evaluation mode; afterwards each in its own again."""
    modes = {layer: layer.training for layer in net.modules()}
    net.eval()
    try:
        yield
    finally:
        for layer, mode in modes.items():
            layer.training = mode
