"""The Jacobian of a small network, and products with that of any network."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.func import jacrev, jvp, vjp, vmap

from ..errors import need
from ..grads.meta import forward_mode, trainable
from ..grads.meta import outputs as outputs_at

LARGEST = 2 * 2**30  # bytes of a Jacobian that is kept


@torch.no_grad()
def jacobian(
    net: nn.Module,
    x: Tensor,
    outputs: str | int | None = None,
    chunk: int = 256,
    only: Callable[[str], bool] | None = None,
) -> Tensor:
    """Return d f(W, x_i)_c / d W, sample by sample: Eq. (3). x [n, ...] -> [n, C, P], [n, 1, P] for a class `outputs`

    Columns in the order of net.named_parameters(), each flattened; P counts those that are trainable and that `only`
    lets through. chunk: samples at a time. Raises ValueError when the result has more than 2 GiB: `gram` and `top` keep
    no Jacobian.
    """
    need(len(x), "x", tuple(x.shape), "one sample or more")
    parameters = select_parameters(net, only)
    with evaluation(net):
        classes = class_indices(net, x, outputs)
        shape = (len(x), len(classes), count(parameters))
        element = next(iter(parameters.values())).element_size()
        size = shape[0] * shape[1] * shape[2] * element
        text = f"[{shape[0]}, {shape[1]}, {shape[2]}], {size / 2**30:.1f} GiB"
        need(size <= LARGEST, "the Jacobian of net and x", text, "at most 2 GiB; `gram` and `top` keep no Jacobian")
        return torch.cat([rows(net, parameters, part, classes) for part in x.split(chunk)])


def rows(net: nn.Module, parameters: dict[str, Tensor], x: Tensor, classes: list[int]) -> Tensor:
    """Return the Jacobian of some samples at some parameters. x [b, ...] -> [b, len(classes), P]"""

    def sample_outputs(parameters, sample):
        return outputs_at(net, parameters, sample[None])[0, classes]

    slopes = vmap(jacrev(sample_outputs), (None, 0))(parameters, x)
    return torch.cat([slopes[name].flatten(2) for name in parameters], dim=2)


class Products:
    """J v and J^T u, never J. `shape` [m, P]; vectors are flat, as the rows and columns of `jacobian`."""

    def __init__(
        self,
        net: nn.Module,
        x: Tensor,
        classes: list[int],
        only: Callable[[str], bool] | None = None,
        chunk: int = 256,
    ):
        self.net = net
        self.classes = classes
        self.parameters = select_parameters(net, only)
        self.parts = x.split(chunk)
        self.shape = len(x) * len(classes), count(self.parameters)
        parameter = next(iter(self.parameters.values()))
        self.dtype = parameter.dtype
        self.device = parameter.device

    def _outputs_of(self, x):
        """Return the outputs at samples x as a function of the parameters."""

        def outputs(parameters):
            return outputs_at(self.net, parameters, x)[:, self.classes]

        return outputs

    def along(self, v: Tensor) -> Tensor:
        """Return J v, by forward mode. v [P] -> [m]"""
        forward_mode()
        parts = v.split([p.numel() for p in self.parameters.values()])
        direction = {}
        for (name, p), part in zip(self.parameters.items(), parts):
            direction[name] = part.view_as(p)
        products = []
        for x in self.parts:
            _, product = jvp(self._outputs_of(x), (self.parameters,), (direction,))
            products.append(product.flatten())
        return torch.cat(products)

    def back(self, u: Tensor) -> Tensor:
        """Return J^T u, by backward mode. u [m] -> [P]"""
        total = 0
        parts = u.view(-1, len(self.classes)).split([len(x) for x in self.parts])
        for x, part in zip(self.parts, parts):
            _, pull_back = vjp(self._outputs_of(x), self.parameters)
            (slope,) = pull_back(part)
            total = total + torch.cat([slope[name].flatten() for name in self.parameters])
        return total


def select_parameters(net: nn.Module, only: Callable[[str], bool] | None = None) -> dict[str, Tensor]:
    """Return the trainable parameters whose names `only` lets through, without graph. Raises ValueError for none."""
    parameters = {}
    for name, p in trainable(net).items():
        if only is None or only(name):
            parameters[name] = p.detach()
    need(parameters, "only", only, f"a predicate that holds for some of {', '.join(trainable(net))}")
    return parameters


def count(parameters: dict[str, Tensor]) -> int:
    """Count the numbers in a dict of parameters."""
    return sum(p.numel() for p in parameters.values())


def class_indices(net: nn.Module, x: Tensor, outputs: str | int | None) -> list[int]:
    """Return the indices of the outputs: all of them for None, "all" or "each", one for a class.

    Raises ValueError for an unknown output, and for a network whose output is not [n, C].
    """
    with torch.no_grad():
        shape = net(x[:1]).shape
    need(len(shape) == 2, "shape of the network's output", tuple(shape), "[n, C]")
    if outputs in (None, "all", "each"):
        return list(range(shape[1]))
    is_class = isinstance(outputs, int) and not isinstance(outputs, bool) and 0 <= outputs < shape[1]
    need(is_class, "outputs", outputs, f'"all", "each" or a class in 0..{shape[1] - 1}')
    return [outputs]


@contextmanager
def evaluation(net: nn.Module) -> Iterator[None]:
    """Put every layer in evaluation mode inside the context; restore each layer's own mode afterwards."""
    modes = {layer: layer.training for layer in net.modules()}
    net.eval()
    try:
        yield
    finally:
        for layer, mode in modes.items():
            layer.training = mode
