"""How a layer's parameter gets its per-sample gradients, from the layer's input and the gradient at its output.

A rule answers three questions about one parameter: `each` (the gradient of every sample), `square` (their squared
norms) and `total` (their weighted sum); the last two without the gradients themselves, where that is cheaper. Shapes: a
[B, ...] the layer's input, d [B, ...] the gradient of the summed losses at its output, w [B].
"""

import torch
from torch import nn
from torch.nn import functional as F

from .conv import ConvWeight


class Rule:
    """A parameter whose per-sample gradients are small enough to be made."""

    def each(self, layer, a, d):
        """Per-sample gradients. -> [B, *shape of the parameter]"""
        raise NotImplementedError

    def square(self, layer, a, d):
        """Squared norms of the per-sample gradients. -> [B]"""
        return self.each(layer, a, d).flatten(1).square().sum(1)

    def total(self, layer, a, d, w):
        """Sum of the per-sample gradients, weighted by w. -> [*shape of the parameter]"""
        return torch.tensordot(w, self.each(layer, a, d), 1)


class Shift(Rule):
    """A bias: the sum over positions of the gradient at the output. `axis`: where the layer has its channels."""

    def __init__(self, axis):
        self.axis = axis

    def each(self, layer, a, d):
        return d.movedim(self.axis, -1).flatten(1, -2).sum(1) if d.dim() > 2 else d


class Scale(Rule):
    """The factor of GroupNorm: what it multiplies is its input, normalised."""

    def each(self, layer, a, d):
        normal = F.group_norm(a, layer.num_groups, eps=layer.eps)
        return (d * normal).flatten(2).sum(2) if d.dim() > 2 else d * normal


class LayerScale(Rule):
    """The factor of LayerNorm; with `shift`, what is added to it. They have the shape of the last axes."""

    def __init__(self, shift=False):
        self.shift = shift

    def each(self, layer, a, d):
        if not self.shift:
            d = d * F.layer_norm(a, layer.normalized_shape, eps=layer.eps)
        return d.reshape(len(d), -1, *layer.normalized_shape).sum(1)


class LinearWeight(Rule):
    """|g|^2 = |d|^2 |a|^2; with T positions the sum over pairs of them of (d_s . d_t)(a_s . a_t), or the product
    itself, whichever takes fewer multiplications."""

    def each(self, layer, a, d):
        return torch.einsum("bto,bti->boi", _rows(d), _rows(a))

    def square(self, layer, a, d):
        if d.dim() == 2:
            return d.square().sum(1) * a.square().sum(1)
        a, d = _rows(a), _rows(d)
        if a.shape[1] * (a.shape[2] + d.shape[2]) >= a.shape[2] * d.shape[2]:
            return super().square(layer, a, d)
        return (torch.bmm(a, a.mT) * torch.bmm(d, d.mT)).sum((1, 2))

    def total(self, layer, a, d, w):
        d = d * w.view(-1, *[1] * (d.dim() - 1))
        return d.flatten(0, -2).mT @ a.flatten(0, -2)


class EmbeddingWeight(Rule):
    """Rows that a sample looks up several times add: pairs of positions with the same index count in the norm."""

    def each(self, layer, a, d):
        index, d = self.rows(layer, a, d)
        g = d.new_zeros(len(d), *layer.weight.shape)
        return g.scatter_add(1, index[..., None].expand_as(d), d)

    def square(self, layer, a, d):
        index, d = self.rows(layer, a, d)
        same = index[:, :, None] == index[:, None, :]
        return (torch.bmm(d, d.mT) * same).sum((1, 2))

    def total(self, layer, a, d, w):
        index, d = self.rows(layer, a, d)
        return torch.zeros_like(layer.weight).index_add(0, index.flatten(), (d * w[:, None, None]).flatten(0, 1))

    def rows(self, layer, a, d):
        """-> positions in the table [B, T], gradients [B, T, D]; none at the padding's"""
        index, d = a.reshape(len(a), -1), d.reshape(len(a), -1, d.shape[-1])
        return index, d if layer.padding_idx is None else d * (index != layer.padding_idx)[..., None]


def _rows(t):
    """[B, ..., D] -> [B, T, D]"""
    return t.reshape(len(t), -1, t.shape[-1])


RULES = {
    nn.Linear: {"weight": LinearWeight(), "bias": Shift(-1)},
    nn.Conv2d: {"weight": ConvWeight(), "bias": Shift(1)},
    nn.GroupNorm: {"weight": Scale(), "bias": Shift(1)},
    nn.LayerNorm: {"weight": LayerScale(), "bias": LayerScale(shift=True)},
    nn.Embedding: {"weight": EmbeddingWeight()},
}
