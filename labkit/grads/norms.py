"""Per-sample gradients of a whole network, by one forward and one backward pass.

The backward pass stops at the layers' outputs: no gradient of a weight is computed in it. What a layer got (a) and the
gradient at its output (d) give every sample's norm, and any weighted sum of the samples' gradients, without a second
backward pass. The outer-product trick for linear layers: Goodfellow, arXiv 1510.01799.
"""

from collections import Counter

import torch
from torch import nn
from torch.autograd.graph import get_gradient_edge

from ..errors import must, need
from .rules import RULES


class SampleGradients:
    """g_i = d loss_i / d parameters, for every sample i of a batch.

    Made of a network and x [B, ...]: runs the forward pass; `output` is the network's, with its graph. Then
    `backward(losses)` with losses [B] made from it, then `norms()`, `total(weight)` or `accumulate(weight)`.

    Layers with parameters: Linear, Conv2d, GroupNorm, LayerNorm, Embedding, each seen by the samples along its first
    axis, used any number of times, parameters shared or not. Raises ValueError for other layers with parameters, for
    layers that mix samples, and for parameters that are used outside of their layers.
    """

    def __init__(self, net, x):
        check_layers(net)
        self.names = {p: name for name, p in net.named_parameters()}
        self.size, self.calls = len(x), []
        layers = [layer for layer in net.modules() if type(layer) in RULES]
        hooks = [layer.register_forward_hook(self._remember) for layer in layers]
        try:
            self.output = net(x)
        finally:
            for hook in hooks:
                hook.remove()

    def _remember(self, layer, inputs, output):
        if output.requires_grad:
            a = inputs[0].detach()
            self.calls.append((layer, a, a._version, get_gradient_edge(output)))

    def backward(self, losses):
        """The gradients at the layers' outputs, of losses [B], each made from its own sample's output. -> self"""
        need(losses.shape == (self.size,), "shape of losses", tuple(losses.shape), f"({self.size},), one per sample")
        self._check_uses(losses.grad_fn)
        ends = [edge for *_, edge in self.calls]
        deltas = torch.autograd.grad(losses.sum(), ends, allow_unused=True) if ends else ()
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
            need(len(a) == self.size, f"input of {self.names[p]}", tuple(a.shape), f"[{self.size}, ...], samples first")
            must(a._version == version, f"input of {self.names[p]}", "changed in place", "left as the layer got it")
            self.uses.setdefault(p, []).append((rule, layer, a, d))

    def _check_uses(self, root):
        """A weight used by other code than its layer's has more edges in the graph than its layer had calls."""
        calls = Counter(p for layer, *_ in self.calls for p in layer.parameters(recurse=False))
        for p, n in _edges(root).items():
            if p in self.names:
                words = f"{calls[p]} times, by its own layer alone"
                need(n <= calls[p], f"number of times that the network uses {self.names[p]}", n, words)

    @torch.no_grad()
    def norms(self):
        """|g_i| over all parameters together. -> [B]"""
        squares = [self._square(p, uses) for p, uses in self.uses.items()]
        return torch.stack(squares).sum(0).clamp_min(0).sqrt()  # a sum of products may round to just below 0

    def _square(self, p, uses):
        if len(uses) == 1:
            rule, *use = uses[0]
            return rule.square(*use)
        return sum(rule.each(*use) for rule, *use in uses).flatten(1).square().sum(1)

    @torch.no_grad()
    def total(self, weight):
        """sum_i weight_i g_i. weight [B] -> {parameter: its gradient}, without those that no loss depends on"""
        return {p: sum(rule.total(*use, weight) for rule, *use in uses) for p, uses in self.uses.items()}

    @torch.no_grad()
    def accumulate(self, weight):
        """Add sum_i weight_i g_i to the parameters' gradients, as backward() of the weighted loss would."""
        for p, g in self.total(weight).items():
            grad = p.grad if p.grad is not None else torch.zeros_like(p)  # in the layout of p, as fused optimisers want
            p.grad = grad.add_(g)


def gradient_norms(net, x, loss_of):
    """Norm of every sample's gradient with respect to all parameters of `net`. loss_of: outputs [B, C] -> losses [B].
    -> [B]. Raises ValueError as SampleGradients does."""
    grads = SampleGradients(net, x)
    return grads.backward(loss_of(grads.output)).norms()


def check_layers(net):
    """Raise ValueError, by name, for the first layer whose samples have no gradients of their own, or none known
    here."""
    known = ", ".join(kind.__name__ for kind in RULES)
    for name, layer in net.named_modules():
        copies = len(layer.device_ids) if isinstance(layer, nn.DataParallel) else 1
        must(copies <= 1, "net", f"a DataParallel on {copies} devices", "on one device: its copies have no hooks")
        where = f"layer {name!r} of the network"
        need(
            not isinstance(layer, nn.modules.batchnorm._BatchNorm),
            where,
            type(layer).__name__,
            "GroupNorm: BatchNorm mixes the samples of a batch, so none has a gradient of its own. The networks "
            "resnet32_gn and cnn9_gn have GroupNorm",
        )
        own = any(p.requires_grad for p in layer.parameters(recurse=False))
        need(not own or type(layer) in RULES, where, type(layer).__name__, f"without parameters, or one of {known}")
        computed = [key for key in RULES.get(type(layer), ()) if not isinstance(getattr(layer, key), _PLAIN)]
        must(not computed, where, f"a {type(layer).__name__} whose {computed} is computed", "one of plain parameters")
        rows = isinstance(layer, nn.Embedding) and (layer.sparse or layer.scale_grad_by_freq or layer.max_norm)
        need(not rows, where, layer, "without sparse, scale_grad_by_freq and max_norm")


_PLAIN = (nn.Parameter, type(None))


def _edges(root):
    """How often each leaf is used in the graph behind `root`. -> Counter"""
    uses, seen, todo = Counter(), set(), [root]
    while todo:
        for node, _ in todo.pop().next_functions:
            if hasattr(node, "variable"):
                uses[node.variable] += 1
            elif node is not None and node not in seen:
                seen.add(node)
                todo.append(node)
    return uses
