"""Towards the kernel: why RDI and AUX want a wide network.

Hu, Li, Yu (ICLR 2020): in the limit of infinite width, gradient descent on the squared loss with RDI or with AUX ends
at the same function, kernel ridge regression with the network's tangent kernel at its initial weights. Here networks of
growing width learn wrong labels by full-batch gradient descent, and are held against that function.

A network's kernel depends on how its weights are written down. "standard": as torch does; gradient descent then moves
the function by a kernel that grows with the width, the last layer's part above all. "ntk": every weight is drawn with
variance 1 and divided by sqrt(3 fan_in) in the forward pass; the kernel tends to a limit in which both layers count.
Both start at the very same function.
"""

from copy import deepcopy
from itertools import product

import pandas as pd
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parameters_to_vector
from tqdm.auto import tqdm

from ...data import Task
from ...errors import choose, need
from ...fit import Recipe, begin, hidden
from ...fit.config import about
from ...generators import unmoved
from ...methods import AUX, ERM, RDI
from ...nets import mlp
from ...noise import corrupt, symmetric
from ...spectrum import gram, stacked


class Times(nn.Module):
    """Multiplies by a constant."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


def ntk_mlp(shape, classes, width, depth):
    """labkit.nets.mlp, written the "ntk" way: the same function from the same seed."""
    layers = []
    for layer in mlp(shape, classes, width, depth):
        layers.append(layer)
        if isinstance(layer, nn.Linear):
            factor = (3 * layer.in_features) ** -0.5  # torch draws with variance 1 / (3 fan_in)
            for p in layer.parameters():
                p.data /= factor
            layers.append(Times(factor))
    return nn.Sequential(*layers)


WAYS = {"standard": mlp, "ntk": ntk_mlp}
LEAST = 1e-3  # of lambda: as good as no ridge, and the equations can still be solved


def one_hot(task):
    """A noisy classification as least squares on one-hot labels, nothing held out. -> Task"""
    hot = lambda split: F.one_hot(split.y, task.classes).float()
    x = lambda split: split.inputs(torch.arange(len(split)))
    return Task.of(x(task.train), hot(task.train), x(task.test), hot(task.test), task.name, val=0.0, kind="numbers")


def kernel_ridge(K, K_new, residual, lam):
    """K_new (K + lam^2 I)^-1 residual: how far RDI and AUX move the function in the limit. K [m, m], K_new [M, m],
    residual [m] = y - f_0, because f_0 is not 0 at the initial weights; rows as in labkit.spectrum -> [M].
    Source: Hu, Li, Yu, ICLR 2020.
    """
    need(lam > 0, "lam", lam, "a number above 0")
    return K_new @ torch.linalg.solve(K + lam**2 * torch.eye(len(K), dtype=K.dtype), residual)


def towards(digits, widths, seeds, ways=tuple(WAYS), ridge=1.0, rate=0.4, steps=500, progress=None):
    """Train plainly, with RDI and with AUX at every width, and hold the outputs against kernel ridge regression.

    digits: a clean classification task; gets symmetric noise. Gradient descent on the squared loss, all samples in
    every step, no momentum, a step of 1 / (largest eigenvalue + lambda^2). ridge: lambda^2 as a multiple of the
    kernel's mean eigenvalue, so that it is as strong at every width. A row per seed, way, width and method: "ERM",
    "RDI", "AUX", and, solved and not trained, "kernel ridge" and "kernel, no ridge", where plain training would end
    after infinite time in a network of infinite width. Columns:

    kernel_moved, weights_moved: |K_T - K_0| / |K_0| (Frobenius) on the training samples, |w_T - w_0| / |w_0|; distance:
    |f_T - f_kernel| / |f_kernel - f_0| on the test samples; last: test accuracy after the last step; lam; task, net,
    samples, noise, rate, epochs (= steps), seed, hardware, versions and date as in `grid`. -> DataFrame. Raises
    ValueError for an unknown way.
    """
    for way in ways:
        choose("ways", way, WAYS)
    rows, cells = [], list(product(seeds, ways, widths))
    for seed, way, width in tqdm(cells, unit="width", disable=hidden(progress), leave=bool(progress)):
        noisy = corrupt(digits, symmetric(rate), seed)
        facts = {"task": digits.name, "net": "mlp", "samples": len(noisy.train), "noise": "symmetric", "rate": rate}
        facts |= {"epochs": steps, "seed": seed, "way": way, "width": width, **about(torch.device("cpu"))}
        rows += [facts | row for row in _cell(one_hot(noisy), network(way, width, seed, noisy), seed, ridge, steps)]
    return pd.DataFrame(rows)


def network(way, width, seed, task):
    """A network with one hidden layer for a task, its weights drawn from `seed`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return WAYS[way](task.shape, task.classes, width, depth=1)


def _cell(task, net, seed, ridge, steps):
    """The methods from one initial network. -> list of dicts"""
    x, x_new = task.train.x, task.test.x
    K, f_new = gram(net, x), stacked(_out(net, x_new))
    lam = (ridge * K.trace().item() / len(K)) ** 0.5
    K_new, residual = gram(net, x_new, x), stacked(task.train.y - _out(net, x))
    aim, end = (f_new + kernel_ridge(K, K_new, residual, strength) for strength in (lam, LEAST * lam))
    rows = [
        {"method": name, "lam": strength, "last": _accuracy(f, task)}
        for name, strength, f in (("kernel ridge", lam, aim), ("kernel, no ridge", 0.0, end))
    ]
    lr = len(x) / (torch.linalg.eigvalsh(K)[-1].item() + lam**2)  # of the mean over the samples
    for method in (ERM(), RDI(lam=lam), AUX(lam=lam)):
        moved = _moved(net, descend(method, task, net, lr, steps, seed), K, task, aim, f_new)
        rows.append({"method": type(method).__name__, "lam": lam} | moved)
    return rows


def descend(method, task, net, lr, steps, seed):
    """Gradient descent of a method from a copy of `net`; measured at the end only. -> the trained network"""
    recipe = Recipe(lr=float(lr), momentum=0.0, batch=len(task.train))
    with unmoved():
        _, loop = begin(method, task, lambda: deepcopy(net), steps, seed, recipe, task.train.y.device)
    loop.begin_epoch(None)
    for _ in range(steps):
        loop.position = 0
        loop.one_batch()
    return loop.method.nets[0]


def _moved(before, net, K, task, aim, f_new):
    """How far a network went, and where it came out. -> dict"""
    got, w, w0 = stacked(_out(net, task.test.x)), *(parameters_to_vector(n.parameters()) for n in (net, before))
    share = lambda a, b: (a.norm() / b.norm()).item()
    facts = {"kernel_moved": share(gram(net, task.train.x) - K, K), "weights_moved": share(w - w0, w0)}
    return facts | {"distance": share(got - aim, aim - f_new), "last": _accuracy(got, task)}


@torch.no_grad()
def _out(net, x):
    return net(x)


def _accuracy(f, task):
    """Share of the test set for which the largest output is the right class. f [n C] -> float"""
    return (f.view_as(task.test.y).argmax(1) == task.test.y.argmax(1)).double().mean().item()
