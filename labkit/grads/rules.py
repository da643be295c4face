"""Rules for the per-sample gradients of a layer's parameter, from the layer's input and the gradient at its output.

A rule answers three questions about one parameter: `each` (the gradient of every sample), `square` (their squared
norms) and `total` (their weighted sum); the last two without the gradients themselves, where that is cheaper. Shapes: a
[B, ...] the layer's input, d [B, ...] the gradient of the summed losses at its output, w [B].
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .conv import ConvWeight


class Rule:
    """A parameter whose per-sample gradients are small enough to be stored."""

    def each(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        """Return the per-sample gradients. -> [B, *shape of the parameter]"""
        raise NotImplementedError

    def square(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        """Return the squared norms of the per-sample gradients. -> [B]"""
        return self.each(layer, a, d).flatten(1).square().sum(1)

    def total(self, layer: nn.Module, a: Tensor, d: Tensor, w: Tensor) -> Tensor:
        """Return the sum of the per-sample gradients, weighted by w. -> [*shape of the parameter]"""
        return torch.tensordot(w, self.each(layer, a, d), 1)


class Shift(Rule):
    """A bias: the sum over positions of the gradient at the output. `axis`: where the layer has its channels."""

    def __init__(self, axis: int):
        self.axis = axis

    def each(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        if d.dim() <= 2:
            return d
        return d.movedim(self.axis, -1).flatten(1, -2).sum(1)


class Scale(Rule):
    """The factor of GroupNorm; it multiplies the normalised input."""

    def each(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        normal = F.group_norm(a, layer.num_groups, eps=layer.eps)
        return (d * normal).flatten(2).sum(2) if d.dim() > 2 else d * normal


class LayerScale(Rule):
    """The factor of LayerNorm or, with `shift`, its bias. They have the shape of the last axes."""

    def __init__(self, shift: bool = False):
        self.shift = shift

    def each(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        if not self.shift:
            d = d * F.layer_norm(a, layer.normalized_shape, eps=layer.eps)
        return d.reshape(len(d), -1, *layer.normalized_shape).sum(1)


class LinearWeight(Rule):
    """|g|^2 = |d|^2 |a|^2; with T positions the sum over pairs of them of (d_s . d_t)(a_s . a_t), or the product
    itself, whichever takes fewer multiplications."""

    def each(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        return torch.einsum("bto,bti->boi", _rows(d), _rows(a))

    def square(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        if d.dim() == 2:
            return d.square().sum(1) * a.square().sum(1)
        a, d = _rows(a), _rows(d)
        if a.shape[1] * (a.shape[2] + d.shape[2]) >= a.shape[2] * d.shape[2]:
            return super().square(layer, a, d)
        return (torch.bmm(a, a.mT) * torch.bmm(d, d.mT)).sum((1, 2))

    def total(self, layer: nn.Module, a: Tensor, d: Tensor, w: Tensor) -> Tensor:
        d = d * w.view(-1, *[1] * (d.dim() - 1))
        return d.flatten(0, -2).mT @ a.flatten(0, -2)


class EmbeddingWeight(Rule):
    """The table of Embedding. Gradients of a row that a sample looks up several times add, so that pairs of positions
    with the same index count in the norm."""

    def each(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        index, d = self.rows(layer, a, d)
        g = d.new_zeros(len(d), *layer.weight.shape)
        return g.scatter_add(1, index[..., None].expand_as(d), d)

    def square(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        index, d = self.rows(layer, a, d)
        equal = index[:, :, None] == index[:, None, :]
        return (torch.bmm(d, d.mT) * equal).sum((1, 2))

    def total(self, layer: nn.Module, a: Tensor, d: Tensor, w: Tensor) -> Tensor:
        index, d = self.rows(layer, a, d)
        weighted = (d * w[:, None, None]).flatten(0, 1)
        return torch.zeros_like(layer.weight).index_add(0, index.flatten(), weighted)

    def rows(self, layer: nn.Module, a: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
        """Return the positions in the table [B, T] and the gradients [B, T, D], which are 0 at the padding's."""
        index = a.reshape(len(a), -1)
        d = d.reshape(len(a), -1, d.shape[-1])
        if layer.padding_idx is not None:
            d = d * (index != layer.padding_idx)[..., None]
        return index, d


def _rows(t):
    """Merge all axes between the first and the last. [B, ..., D] -> [B, T, D]"""
    return t.reshape(len(t), -1, t.shape[-1])


RULES = {
    nn.Linear: {"weight": LinearWeight(), "bias": Shift(-1)},
    nn.Conv2d: {"weight": ConvWeight(), "bias": Shift(1)},
    nn.GroupNorm: {"weight": Scale(), "bias": Shift(1)},
    nn.LayerNorm: {"weight": LayerScale(), "bias": LayerScale(shift=True)},
    nn.Embedding: {"weight": EmbeddingWeight()},
}
