"""The Gram matrix of the Jacobian, J J^T: the (empirical) neural tangent kernel.

A linear layer needs no Jacobian: for its weight <J_ic, J_jk> = (a_i . a_j)(d_ic . d_jk), a what it got and d the
gradient of the output at what it gave (the outer-product trick of labkit.grads). Rows of the other parameters are made
for a few samples at a time, and again for every pair of such blocks.
"""

from collections import Counter

import torch
from torch import nn
from torch.autograd.graph import get_gradient_edge

from ..errors import need
from ..grads.norms import _edges
from .rows import chosen, count, evaluation, rows, the_classes

BLOCK = 2**28  # bytes of rows that are kept at a time
MOST = 8 * 2**30  # bytes of a Gram matrix


@torch.no_grad()
def gram(net, x, x2=None, outputs="all", only=None):
    """J(x) J(x2)^T in float64, x2 None: x. x [n, ...], x2 [m, ...] -> outputs "all": [n C, m C]; "each": [C, n, m], a
    matrix per class; class c: [n, m]

    Rows as everywhere in this package: i C + c is output c of sample i. Raises ValueError when the matrix has more than
    8 GiB (`top` needs none), for an unknown output, and for an `only` that leaves no parameter.
    """
    need(len(x), "x", tuple(x.shape), "one sample or more")
    at, other = chosen(net, only), x if x2 is None else x2
    with evaluation(net):
        classes, each = the_classes(net, x, outputs), outputs == "each"
        size = 8 * len(x) * len(other) * len(classes) ** (1 if each else 2)
        need(size <= MOST, "x", tuple(x.shape), f"fewer samples: the matrix has {size / 2**30:.0f} GiB; `top` has none")
        total = _zeros(len(x), len(other), len(classes), each, x.device)
        left = _linear(net, x, classes, at)
        right = left if x2 is None else _linear(net, x2, classes, at)
        for layer in left:
            _add_layer(total, left[layer], right[layer], [name in at for name in _names(net, layer)])
        done = {name for layer in left for name in _names(net, layer)}
        if rest := {name: p for name, p in at.items() if name not in done}:
            _add_blocks(total, net, rest, x, x2, classes)
    return total if each else total.view(len(x) * len(classes), -1)


def _zeros(n, m, c, each, device):
    """[n, c, m, c], or [c, n, m] for a matrix per class."""
    return torch.zeros((c, n, m) if each else (n, c, m, c), dtype=torch.float64, device=device)


def _products(a, b, each):
    """Inner products of rows. [n, c, K], [m, c, K] -> [n, c, m, c], or [c, n, m] when each class is by itself"""
    a, b = a.double(), b.double()
    if each:
        return torch.bmm(a.transpose(0, 1), b.permute(1, 2, 0))
    return (a.flatten(0, 1) @ b.flatten(0, 1).T).view(*a.shape[:2], *b.shape[:2])


def _add_layer(total, left, right, trainable):
    """A linear layer's share: trainable are its weight and (True or False) its bias."""
    (a, d), (a2, d2), each = left, right, total.dim() == 3
    inner = a.double() @ a2.double().T * trainable[0] + sum(trainable[1:])
    total += _products(d, d2, each) * (inner if each else inner[:, None, :, None])


def _add_blocks(total, net, at, x, x2, classes):
    """The share of the parameters `at`, block by block; x2 None: those below the diagonal are mirrored."""
    size, each = max(1, BLOCK // (8 * len(classes) * count(at))), total.dim() == 3
    part = lambda i, j: total[:, i : i + size, j : j + size] if each else total[i : i + size, :, j : j + size]
    other = x if x2 is None else x2
    for i in range(0, len(x), size):
        left = rows(net, at, x[i : i + size], classes)
        for j in range(0 if x2 is not None else i, len(other), size):
            right = left if x2 is None and i == j else rows(net, at, other[j : j + size], classes)
            share = _products(left, right, each)
            part(i, j).add_(share)
            if x2 is None and i < j:
                part(j, i).add_(share.transpose(1, 2) if each else share.permute(2, 3, 0, 1))


def _linear(net, x, classes, at):
    """The linear layers that the trick is right for: one row of input per sample, called once, and their parameters
    used by nothing else. -> {layer: (input [n, D], gradient of the outputs at its output [n, c, O])}"""
    calls, owners = {}, Counter(p for layer in net.modules() for p in layer.parameters(recurse=False))
    layers = [m for m in net.modules() if type(m) is nn.Linear and any(name in at for name in _names(net, m))]
    keep = lambda m, given, out: calls.setdefault(m, []).append((given[0].detach().clone(), get_gradient_edge(out)))
    hooks = [layer.register_forward_hook(keep) for layer in layers]
    try:
        with torch.enable_grad():
            sums = net(x)[:, classes].sum(0).unbind()
    finally:
        for hook in hooks:
            hook.remove()
    uses = _edges(sums[0].grad_fn)
    alone = lambda m: len(calls[m]) == 1 and all(owners[p] == 1 and uses[p] <= 1 for p in m.parameters(recurse=False))
    fine = {m: calls[m][0] for m in calls if alone(m) and calls[m][0][0].dim() == 2 and len(calls[m][0][0]) == len(x)}
    ends = [edge for _, edge in fine.values()]
    slopes = [torch.autograd.grad(one, ends, retain_graph=True, materialize_grads=True) for one in sums if ends]
    return {m: (a, torch.stack(d, 1)) for (m, (a, _)), *d in zip(fine.items(), *slopes)}


def _names(net, layer):
    """The names of a layer's weight and bias."""
    own = set(layer.parameters(recurse=False))
    return [name for name, p in net.named_parameters() if p in own]
