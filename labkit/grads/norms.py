"""Per-sample gradients of a whole network, by one forward and one backward pass.

The backward pass stops at the layers' outputs: no gradient of a weight is computed in it. A layer's input (a) and the
gradient at its output (d) give every sample's norm, and any weighted sum of the samples' gradients, without a second
backward pass. The outer-product trick for linear layers: Goodfellow, arXiv 1510.01799.
"""

from collections import Counter
from collections.abc import Callable
from typing import Self

import torch
from torch import Tensor, nn
from torch.autograd.graph import get_gradient_edge

from ..errors import must, need
from .rules import RULES


class SampleGradients:
    """g_i = d loss_i / d parameters, for every sample i of a batch.

    Making one runs the forward pass of a network on x [B, ...]; `output` is its output, with the graph. Call
    `backward(losses)` with losses [B] of this output, then `norms()`, `total(weight)` or `accumulate(weight)`.

    Layers with parameters may be Linear, Conv2d, GroupNorm, LayerNorm and Embedding, with samples along their first
    axis, used any number of times, with shared parameters or not. Raises ValueError for other layers with parameters,
    for layers that mix samples, and for parameters that are used outside of their layers.
    """

    def __init__(self, net: nn.Module, x: Tensor):
        check_layers(net)
        self.names = {p: name for name, p in net.named_parameters()}
        self.size = len(x)
        self.calls = []
        hooks = []
        for layer in net.modules():
            if type(layer) in RULES:
                hooks.append(layer.register_forward_hook(self._remember))
        try:
            self.output = net(x)
        finally:
            for hook in hooks:
                hook.remove()

    def _remember(self, layer, inputs, output):
        if output.requires_grad:
            a = inputs[0].detach()
            edge = get_gradient_edge(output)
            self.calls.append((layer, a, a._version, edge))

    def backward(self, losses: Tensor) -> Self:
        """Compute the gradients at the layers' outputs. losses [B], each computed from its own sample's output. ->
        self"""
        may_be = f"({self.size},), one per sample"
        need(losses.shape == (self.size,), "shape of losses", tuple(losses.shape), may_be)
        self._check_uses(losses.grad_fn)
        edges = [edge for *_, edge in self.calls]
        deltas = torch.autograd.grad(losses.sum(), edges, allow_unused=True) if edges else ()
        self.uses = {}  # parameter -> [(rule, layer, a, d)]
        for (layer, a, version, _), d in zip(self.calls, deltas):
            if d is not None:
                self._use(layer, a, version, d)
        self.calls = None
        return self

    def _use(self, layer, a, version, d):
        for name, rule in RULES[type(layer)].items():
            p = getattr(layer, name)
            if p is None or not p.requires_grad:
                continue
            argument = f"input of {self.names[p]}"
            need(len(a) == self.size, argument, tuple(a.shape), f"[{self.size}, ...], samples first")
            must(a._version == version, argument, "changed in place", "left as the layer got it")
            uses = self.uses.setdefault(p, [])
            uses.append((rule, layer, a, d))

    def _check_uses(self, root):
        """Raise ValueError for a weight that is used outside of its layer: it has more edges in the graph than its
        layer had calls."""
        calls = Counter()
        for layer, *_ in self.calls:
            calls.update(layer.parameters(recurse=False))
        for p, n in _edges(root).items():
            if p in self.names:
                argument = f"number of times that the network uses {self.names[p]}"
                may_be = f"{calls[p]} times, by its own layer alone"
                need(n <= calls[p], argument, n, may_be)

    @torch.no_grad()
    def norms(self) -> Tensor:
        """Return |g_i| over all parameters together. -> [B]"""
        squares = []
        for p, uses in self.uses.items():
            squares.append(self._square(p, uses))
        square = torch.stack(squares).sum(0)
        return square.clamp_min(0).sqrt()  # a sum of products may round to just below 0

    def _square(self, p, uses):
        if len(uses) == 1:
            rule, *use = uses[0]
            return rule.square(*use)
        gradients = 0
        for rule, *use in uses:
            gradients = gradients + rule.gradients(*use)
        return gradients.flatten(1).square().sum(1)

    @torch.no_grad()
    def total(self, weight: Tensor) -> dict[nn.Parameter, Tensor]:
        """Return sum_i weight_i g_i for each parameter that a loss depends on. weight [B]"""
        total = {}
        for p, uses in self.uses.items():
            total[p] = sum(rule.total(*use, weight) for rule, *use in uses)
        return total

    @torch.no_grad()
    def accumulate(self, weight: Tensor) -> None:
        """Add sum_i weight_i g_i to the parameters' gradients, as backward() of the weighted loss would."""
        for p, g in self.total(weight).items():
            grad = p.grad if p.grad is not None else torch.zeros_like(p)  # fused optimisers need the layout of p
            p.grad = grad.add_(g)


def gradient_norms(net: nn.Module, x: Tensor, loss_of: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the norm [B] of every sample's gradient with respect to all parameters of `net`. loss_of: outputs [B, C]
    -> losses [B]. Raises ValueError as SampleGradients does."""
    grads = SampleGradients(net, x)
    losses = loss_of(grads.output)
    grads.backward(losses)
    return grads.norms()


_PLAIN = (nn.Parameter, type(None))
_GROUP_NORM = (
    "GroupNorm: BatchNorm mixes the samples of a batch, so none has a gradient of its own. The networks resnet32_gn "
    "and cnn9_gn have GroupNorm"
)


def check_layers(net: nn.Module) -> None:
    """Raise ValueError for the first layer that mixes samples or that has no rule, with its name."""
    for name, layer in net.named_modules():
        _check_layer(layer, f"layer {name!r} of the network")


def _check_layer(layer, argument):
    """Raise ValueError for a layer that mixes samples or that has no rule."""
    kind = type(layer).__name__
    copies = len(layer.device_ids) if isinstance(layer, nn.DataParallel) else 1
    must(copies <= 1, "net", f"a DataParallel on {copies} devices", "on one device: its copies have no hooks")
    need(not isinstance(layer, nn.modules.batchnorm._BatchNorm), argument, kind, _GROUP_NORM)
    learns = any(p.requires_grad for p in layer.parameters(recurse=False))
    rules = RULES.get(type(layer), {})
    known = ", ".join(known_kind.__name__ for known_kind in RULES)
    need(rules or not learns, argument, kind, f"without parameters, or one of {known}")
    computed = []
    for parameter in rules:
        if not isinstance(getattr(layer, parameter), _PLAIN):
            computed.append(parameter)
    must(not computed, argument, f"a {kind} whose {computed} is computed", "one of plain parameters")
    if isinstance(layer, nn.Embedding):
        unsupported = layer.sparse or layer.scale_grad_by_freq or layer.max_norm
        need(not unsupported, argument, layer, "without sparse, scale_grad_by_freq and max_norm")


def _edges(root):
    """Count how often each leaf is used in the graph behind `root`. -> Counter"""
    uses = Counter()
    visited = set()
    pending = [root]
    while pending:
        for node, _ in pending.pop().next_functions:
            if hasattr(node, "variable"):
                uses[node.variable] += 1
            elif node is not None and node not in visited:
                visited.add(node)
                pending.append(node)
    return uses
