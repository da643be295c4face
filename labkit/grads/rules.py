"""Rules for the per-sample gradients of a layer's parameter, from the layer's input and the gradient at its output.

A rule answers three questions about one parameter: `gradients` (the gradient of every sample), `square` (their squared
norms) and `total` (their weighted sum); the last two without the gradients themselves, where that is cheaper. Shapes: a
[B, ...] the layer's input, d [B, ...] the gradient of the summed losses at its output, w [B].
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .conv import ConvWeight


class Rule:
    """A parameter whose per-sample gradients are small enough to be stored."""

    def gradients(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        """Return the per-sample gradients. -> [B, *shape of the parameter]"""
        raise NotImplementedError

    def square(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        """Return the squared norms of the per-sample gradients. -> [B]"""
        gradients = self.gradients(layer, a, d)
        return gradients.flatten(1).square().sum(1)

    def total(self, layer: nn.Module, a: Tensor, d: Tensor, w: Tensor) -> Tensor:
        """Return the sum of the per-sample gradients, weighted by w. -> [*shape of the parameter]"""
        gradients = self.gradients(layer, a, d)
        return torch.tensordot(w, gradients, 1)


class Shift(Rule):
    """A bias: the sum over positions of the gradient at the output. `axis`: where the layer has its channels."""

    def __init__(self, axis: int):
        self.axis = axis

    def gradients(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        if d.dim() <= 2:
            return d
        positions = d.movedim(self.axis, -1).flatten(1, -2)
        return positions.sum(1)


class Scale(Rule):
    """The factor of GroupNorm; it multiplies the normalised input."""

    def gradients(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        normal = F.group_norm(a, layer.num_groups, eps=layer.eps)
        products = d * normal
        if d.dim() == 2:
            return products
        return products.flatten(2).sum(2)


class LayerScale(Rule):
    """The factor of LayerNorm or, with `shift`, its bias. They have the shape of the last axes."""

    def __init__(self, shift: bool = False):
        self.shift = shift

    def gradients(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        if not self.shift:
            normal = F.layer_norm(a, layer.normalized_shape, eps=layer.eps)
            d = d * normal
        positions = d.reshape(len(d), -1, *layer.normalized_shape)
        return positions.sum(1)


class LinearWeight(Rule):
    """|g|^2 = |d|^2 |a|^2; with T positions the sum over pairs of them of (d_s . d_t)(a_s . a_t), or the product
    itself, whichever takes fewer multiplications."""

    def gradients(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        return torch.einsum("bto,bti->boi", _rows(d), _rows(a))

    def square(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        if d.dim() == 2:
            return d.square().sum(1) * a.square().sum(1)
        a = _rows(a)
        d = _rows(d)
        _, positions, inputs = a.shape
        outputs = d.shape[2]
        if positions * (inputs + outputs) >= inputs * outputs:
            return super().square(layer, a, d)
        products = torch.bmm(a, a.mT) * torch.bmm(d, d.mT)
        return products.sum((1, 2))

    def total(self, layer: nn.Module, a: Tensor, d: Tensor, w: Tensor) -> Tensor:
        other_axes = [1] * (d.dim() - 1)
        d = d * w.view(-1, *other_axes)
        return d.flatten(0, -2).mT @ a.flatten(0, -2)


class EmbeddingWeight(Rule):
    """The table of Embedding. Gradients of a row that a sample looks up several times add, so that pairs of positions
    with the same index count in the norm."""

    def gradients(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        index, d = self.rows(layer, a, d)
        g = d.new_zeros(len(d), *layer.weight.shape)
        index = index[..., None].expand_as(d)
        return g.scatter_add(1, index, d)

    def square(self, layer: nn.Module, a: Tensor, d: Tensor) -> Tensor:
        index, d = self.rows(layer, a, d)
        equal = index[:, :, None] == index[:, None, :]
        products = torch.bmm(d, d.mT) * equal
        return products.sum((1, 2))

    def total(self, layer: nn.Module, a: Tensor, d: Tensor, w: Tensor) -> Tensor:
        index, d = self.rows(layer, a, d)
        weighted = d * w[:, None, None]
        zeros = torch.zeros_like(layer.weight)
        return zeros.index_add(0, index.flatten(), weighted.flatten(0, 1))

    def rows(self, layer: nn.Module, a: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
        """Return the positions in the table [B, T] and the gradients [B, T, D], which are 0 at the padding's."""
        index = a.reshape(len(a), -1)
        d = d.reshape(len(a), -1, d.shape[-1])
        if layer.padding_idx is not None:
            is_entry = index != layer.padding_idx
            d = d * is_entry[..., None]
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
