"""The Gram matrix of the Jacobian, J J^T: the (empirical) neural tangent kernel.

A linear layer needs no Jacobian: for its weight <J_ic, J_jk> = (a_i . a_j)(d_ic . d_jk), a the layer's input and d the
gradient of the network's output at the layer's output (the outer-product trick of labkit.grads). Rows of the other
parameters are made for a few samples at a time, and again for every pair of such blocks.
"""

from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.autograd.graph import get_gradient_edge

from ..errors import need
from ..grads.norms import _edges
from .rows import class_indices, count, evaluation, rows, select_parameters

BLOCK = 2**28  # bytes of rows that are kept at a time
LARGEST = 8 * 2**30  # bytes of a Gram matrix


@torch.no_grad()
def gram(
    net: nn.Module,
    x: Tensor,
    x2: Tensor | None = None,
    outputs: str | int = "all",
    only: Callable[[str], bool] | None = None,
) -> Tensor:
    """Return J(x) J(x2)^T in float64, or J(x) J(x)^T where x2 is None.

    x [n, ...], x2 [m, ...] -> [n C, m C] for outputs "all"; [C, n, m], a matrix per class, for "each"; [n, m] for a
    class. Rows as everywhere in this package: i C + c is output c of sample i. only: see `labkit.spectrum`. Raises
    ValueError when the matrix has more than 8 GiB (`top` needs none), for an unknown output, and for an `only` that
    leaves no parameter.
    """
    need(len(x), "x", tuple(x.shape), "one sample or more")
    parameters = select_parameters(net, only)
    columns = x if x2 is None else x2
    by_class = outputs == "each"
    with evaluation(net):
        classes = class_indices(net, x, outputs)
        size = 8 * len(x) * len(columns) * len(classes) ** (1 if by_class else 2)
        may_be = f"fewer samples: the matrix has {size / 2**30:.0f} GiB; `top` has none"
        need(size <= LARGEST, "x", tuple(x.shape), may_be)
        total = _zeros(len(x), len(columns), len(classes), by_class, x.device)
        layers = _linear_layers(net, x, classes, parameters)
        layers2 = layers if x2 is None else _linear_layers(net, x2, classes, parameters)
        remaining = dict(parameters)
        for layer, factors in layers.items():
            names = _names(net, layer)
            _add_layer(total, factors, layers2[layer], [name in parameters for name in names])
            for name in names:
                remaining.pop(name, None)
        if remaining:
            _add_blocks(total, net, remaining, x, x2, classes)
    return total if by_class else total.view(len(x) * len(classes), -1)


def _zeros(n, m, c, by_class, device):
    """Return zeros [n, c, m, c], or [c, n, m] for a matrix per class."""
    shape = (c, n, m) if by_class else (n, c, m, c)
    return torch.zeros(shape, dtype=torch.float64, device=device)


def _products(a, b, by_class):
    """Return inner products of rows. a [n, c, K], b [m, c, K] -> [n, c, m, c], or [c, n, m] within each class"""
    a = a.double()
    b = b.double()
    if by_class:
        return torch.bmm(a.transpose(0, 1), b.permute(1, 2, 0))
    return (a.flatten(0, 1) @ b.flatten(0, 1).T).view(*a.shape[:2], *b.shape[:2])


def _add_layer(total, factors, factors2, trainable):
    """Add the share of a linear layer. factors: of `_linear_layers`; trainable: are its weight and its bias?"""
    by_class = total.dim() == 3
    (inputs, slopes) = factors
    (inputs2, slopes2) = factors2
    has_weight, *has_bias = trainable
    inner = inputs.double() @ inputs2.double().T * has_weight + sum(has_bias)
    if not by_class:
        inner = inner[:, None, :, None]
    total += _products(slopes, slopes2, by_class) * inner


def _add_blocks(total, net, parameters, x, x2, classes):
    """Add the share of some parameters, block by block; where x2 is None the blocks below the diagonal are mirrored."""
    by_class = total.dim() == 3
    is_symmetric = x2 is None
    columns = x if is_symmetric else x2
    size = max(1, BLOCK // (8 * len(classes) * count(parameters)))
    for i in range(0, len(x), size):
        block = rows(net, parameters, x[i : i + size], classes)
        for j in range(i if is_symmetric else 0, len(columns), size):
            is_diagonal = is_symmetric and i == j
            other_block = block if is_diagonal else rows(net, parameters, columns[j : j + size], classes)
            share = _products(block, other_block, by_class)
            _block(total, i, j, size, by_class).add_(share)
            if is_symmetric and i < j:
                mirrored = share.transpose(1, 2) if by_class else share.permute(2, 3, 0, 1)
                _block(total, j, i, size, by_class).add_(mirrored)


def _block(total, i, j, size, by_class):
    """Return the view of a block whose first samples are i and j."""
    if by_class:
        return total[:, i : i + size, j : j + size]
    return total[i : i + size, :, j : j + size]


def _linear_layers(net, x, classes, parameters):
    """Return the linear layers that the outer-product trick is exact for, with its factors.

    These have one row of input per sample, are called once, and nothing else uses their parameters.
    -> {layer: (input [n, D], gradient of the network's outputs at the layer's output [n, c, O])}
    """
    calls, sums = _record_calls(net, x, classes, parameters)
    layers = _exact_layers(net, calls, sums, len(x))
    if not layers:
        return {}
    ends = [calls[layer][0][1] for layer in layers]
    slopes = []
    for total in sums:
        slopes.append(torch.autograd.grad(total, ends, retain_graph=True, materialize_grads=True))
    factors = {}
    for k, layer in enumerate(layers):
        inputs, _ = calls[layer][0]
        factors[layer] = inputs, torch.stack([class_slopes[k] for class_slopes in slopes], 1)
    return factors


def _record_calls(net, x, classes, parameters):
    """Call the network and record the calls of its linear layers.

    -> {layer: [(input, edge of the graph at its output)]}, sum of each class's outputs over the samples
    """
    calls = {}

    def record(layer, arguments, out):
        calls.setdefault(layer, []).append((arguments[0].detach().clone(), get_gradient_edge(out)))

    hooks = []
    for layer in net.modules():
        if type(layer) is nn.Linear and any(name in parameters for name in _names(net, layer)):
            hooks.append(layer.register_forward_hook(record))
    try:
        with torch.enable_grad():
            sums = net(x)[:, classes].sum(0).unbind()
    finally:
        for hook in hooks:
            hook.remove()
    return calls, sums


def _exact_layers(net, calls, sums, n):
    """Return the layers called once, with n rows of input, whose parameters nothing else uses. -> list"""
    owners = Counter(p for layer in net.modules() for p in layer.parameters(recurse=False))
    uses = _edges(sums[0].grad_fn)
    layers = []
    for layer, layer_calls in calls.items():
        inputs, _ = layer_calls[0]
        is_called_once = len(layer_calls) == 1 and inputs.dim() == 2 and len(inputs) == n
        if is_called_once and all(owners[p] == 1 and uses[p] <= 1 for p in layer.parameters(recurse=False)):
            layers.append(layer)
    return layers


def _names(net, layer):
    """Return the names of a layer's weight and bias."""
    of_layer = set(layer.parameters(recurse=False))
    return [name for name, p in net.named_parameters() if p in of_layer]
