"""Towards the kernel: why RDI and AUX want a wide network.

Hu, Li, Yu (ICLR 2020): in the limit of infinite width, gradient descent on the squared loss with RDI or with AUX ends
at the same function, kernel ridge regression with the network's tangent kernel at its initial weights. Here networks of
growing width learn wrong labels by full-batch gradient descent, and are held against that function.

A network's kernel depends on how its weights are written down. "standard": as torch does; gradient descent then moves
the function by a kernel that grows with the width, the last layer's part above all. "ntk": every weight is drawn with
variance 1 and divided by sqrt(3 fan_in) in the forward pass; the kernel tends to a limit in which both layers count.
Both start at the very same function.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from itertools import product

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parameters_to_vector
from tqdm.auto import tqdm

from ...data import Split, Task
from ...errors import choose, need
from ...fit import Recipe, begin, hidden
from ...fit.config import about
from ...generators import unmoved
from ...method import Method
from ...methods import AUX, ERM, RDI
from ...nets import mlp
from ...noise import corrupt, symmetric
from ...spectrum import gram, stacked


class Times(nn.Module):
    """Multiply by a constant."""

    def __init__(self, factor: float):
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Return x times the constant."""
        return x * self.factor


def ntk_mlp(shape: tuple[int, ...], classes: int, width: int, depth: int) -> nn.Sequential:
    """Make labkit.nets.mlp, written the "ntk" way: the same function from the same seed."""
    layers = []
    for layer in mlp(shape, classes, width, depth):
        layers.append(layer)
        if isinstance(layer, nn.Linear):
            factor = (3 * layer.in_features) ** -0.5  # torch draws with variance 1 / (3 fan_in)
            for p in layer.parameters():
                p.data /= factor
            layers.append(Times(factor))
    return nn.Sequential(*layers)


WAYS: dict[str, Callable] = {"standard": mlp, "ntk": ntk_mlp}
LEAST = 1e-3  # of lambda: as good as no ridge, and the equations can still be solved


def one_hot(task: Task) -> Task:
    """Turn a noisy classification into least squares on one-hot labels, nothing held out."""
    x, y = _one_hot_split(task.train, task.classes)
    x_test, y_test = _one_hot_split(task.test, task.classes)
    return Task.of(x, y, x_test, y_test, task.name, val=0.0, kind="numbers")


def _one_hot_split(split: Split, classes: int) -> tuple[Tensor, Tensor]:
    """Return inputs and one-hot labels. -> x [N, ...], y [N, C]"""
    return split.inputs(torch.arange(len(split))), F.one_hot(split.y, classes).float()


def kernel_ridge(K: Tensor, K_new: Tensor, residual: Tensor, lam: float) -> Tensor:
    """Return how far RDI and AUX move the function in the limit: K_new (K + lam^2 I)^-1 residual.

    K [m, m], K_new [M, m], residual [m] = y - f_0, because f_0 is not 0 at the initial weights; rows as in
    labkit.spectrum -> [M]. Source: Hu, Li, Yu, ICLR 2020. Raises ValueError unless lam > 0.
    """
    need(lam > 0, "lam", lam, "a number above 0")
    return K_new @ torch.linalg.solve(K + lam**2 * torch.eye(len(K), dtype=K.dtype), residual)


def towards(
    digits: Task, *, widths: Sequence[int], seeds: Sequence[int], ways: Sequence[str] = tuple(WAYS), ridge: float = 1.0,
    rate: float = 0.4, steps: int = 500, progress: bool | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Train plainly, with RDI and with AUX at every width, and compare the outputs with kernel ridge regression.

    digits: a clean classification task; gets symmetric noise. Gradient descent on the squared loss, all samples in
    every step, no momentum, a step of 1 / (largest eigenvalue + lambda^2). ridge: lambda^2 as a multiple of the
    kernel's mean eigenvalue, so that it is as strong at every width. A row per seed, way, width and method: "ERM",
    "RDI", "AUX", and, solved and not trained, "kernel ridge" and "kernel, no ridge", where plain training would end
    after infinite time in a network of infinite width. Columns:

    kernel_moved, weights_moved: |K_T - K_0| / |K_0| (Frobenius) on the training samples, |w_T - w_0| / |w_0|; distance:
    |f_T - f_kernel| / |f_kernel - f_0| on the test samples; last: test accuracy after the last step; lam; task, net,
    samples, noise, rate, epochs (= steps), seed, hardware, versions and date as in `grid`. Raises ValueError for an
    unknown way.
    """
    for way in ways:
        choose("ways", way, WAYS)
    rows, cells = [], list(product(seeds, ways, widths))
    for seed, way, width in tqdm(cells, unit="width", disable=hidden(progress), leave=bool(progress)):
        noisy = corrupt(digits, symmetric(rate), seed)
        facts = {"task": digits.name, "net": "mlp", "samples": len(noisy.train), "noise": "symmetric", "rate": rate}
        facts |= {"epochs": steps, "seed": seed, "way": way, "width": width, **about(torch.device("cpu"))}
        net = network(way, width, seed, noisy)
        for row in compare_with_ridge(one_hot(noisy), net, seed=seed, ridge=ridge, steps=steps):
            rows.append(facts | row)
    return pd.DataFrame(rows)


def network(way: str, width: int, seed: int, task: Task) -> nn.Sequential:
    """Make a network with one hidden layer for a task, its weights drawn from `seed`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return WAYS[way](task.shape, task.classes, width, depth=1)


def compare_with_ridge(task: Task, net: nn.Module, *, seed: int, ridge: float, steps: int) -> list[dict]:
    """Train copies of one network and measure how near to kernel ridge regression they end. -> rows of `towards`"""
    x, x_new = task.train.x, task.test.x
    K, K_new = gram(net, x), gram(net, x_new, x)
    residual = stacked(task.train.y - outputs(net, x))
    f_0 = stacked(outputs(net, x_new))
    lam = (ridge * K.trace().item() / len(K)) ** 0.5
    f_kernel = f_0 + kernel_ridge(K, K_new, residual, lam)
    f_no_ridge = f_0 + kernel_ridge(K, K_new, residual, LEAST * lam)
    rows = [
        {"method": "kernel ridge", "lam": lam, "last": accuracy(f_kernel, task)},
        {"method": "kernel, no ridge", "lam": 0.0, "last": accuracy(f_no_ridge, task)},
    ]

    lr = len(x) / (torch.linalg.eigvalsh(K)[-1].item() + lam**2)  # the loss is a mean over the samples
    for method in (ERM(), RDI(lam=lam), AUX(lam=lam)):
        trained = descend(method, task, net, lr=lr, steps=steps, seed=seed)
        f_T = stacked(outputs(trained, x_new))
        w_0, w_T = parameters_to_vector(net.parameters()), parameters_to_vector(trained.parameters())
        row = {"method": type(method).__name__, "lam": lam}
        row["kernel_moved"] = ratio(gram(trained, x) - K, K)
        row["weights_moved"] = ratio(w_T - w_0, w_0)
        row["distance"] = ratio(f_T - f_kernel, f_kernel - f_0)
        row["last"] = accuracy(f_T, task)
        rows.append(row)
    return rows


def descend(method: Method, task: Task, net: nn.Module, *, lr: float, steps: int, seed: int) -> nn.Module:
    """Train a copy of `net` by gradient descent, all samples in every step; nothing is measured on the way."""
    recipe = Recipe(lr=float(lr), momentum=0.0, batch=len(task.train))
    with unmoved():
        _, loop = begin(method, task, lambda: deepcopy(net), steps, seed, recipe, task.train.y.device)
    loop.begin_epoch(None)
    for _ in range(steps):
        loop.position = 0
        loop.one_batch()
    return loop.method.nets[0]


def ratio(difference: Tensor, scale: Tensor) -> float:
    """Return |difference| / |scale|."""
    return (difference.norm() / scale.norm()).item()


@torch.no_grad()
def outputs(net: nn.Module, x: Tensor) -> Tensor:
    """Return a network's outputs, without a graph."""
    return net(x)


def accuracy(f: Tensor, task: Task) -> float:
    """Return the share of the test set for which the largest output is the right class. f [n C], rows as in gram"""
    is_right = f.view_as(task.test.y).argmax(1) == task.test.y.argmax(1)
    return is_right.double().mean().item()
