"""Per-sample gradients of a convolution's weight, computed in one of three ways.

`gram`: |g|^2 is the sum over pairs of positions of (d_s . d_t)(u_s . u_t), u the windows; the products of windows are
sums of products of pixels, so no window is ever copied. `product`: g itself, as d times the copied windows. `loop`: g
itself, one sample after the other, by torch's own kernel. A layer takes the way with the fewest multiplications.
"""

from collections.abc import Callable
from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.grad import conv2d_weight

# Measured on the CPU: pieces of 1 MiB stay in the cache; fresh memory costs more than the products made in it. A GPU
# wants few, large launches.
PIECE = {"cpu": 2**20, "cuda": 2**28}
LOOP = 1e7  # multiplications per sample from which a call of torch's kernel for each sample pays
PAIR = 8  # an addition to a pair of positions is bound by memory: it costs as much as so many multiplications
SLOW = 2  # batched products reach half the speed of torch's convolutions


class ConvWeight:
    """The rule for the weight of Conv2d with any stride, padding, dilation and groups: see labkit.grads.rules.

    a [B, C, H, W] the layer's input, d [B, O, H, W] the gradient at its output, w [B].
    """

    def gradients(self, layer: nn.Conv2d, a: Tensor, d: Tensor) -> Tensor:
        """Return the per-sample gradients. -> [B, O, C / groups, kh, kw]"""
        return _product(layer, _padded(layer, a), d)

    def square(self, layer: nn.Conv2d, a: Tensor, d: Tensor) -> Tensor:
        """Return the squared norms of the per-sample gradients. -> [B]"""
        a = _padded(layer, a)
        squares, numbers = _cheapest(layer, a, d)
        piece_bytes = PIECE.get(d.device.type, 2**24)
        sample_bytes = numbers * d.element_size()
        size = max(1, piece_bytes // sample_bytes)
        pieces = []
        for a_piece, d_piece in zip(a.split(size), d.split(size)):
            pieces.append(squares(layer, a_piece, d_piece))
        return torch.cat(pieces)

    def total(self, layer: nn.Conv2d, a: Tensor, d: Tensor, w: Tensor) -> Tensor:
        """Return the weighted sum of the per-sample gradients. -> [O, C / groups, kh, kw]"""
        weighted = d * w[:, None, None, None]
        if layer.padding_mode == "zeros" and not isinstance(layer.padding, str):
            return _weight_gradient(layer, a, weighted, layer.padding)
        return _weight_gradient(layer, _padded(layer, a), weighted, 0)


def _cheapest(layer: nn.Conv2d, a: Tensor, d: Tensor) -> tuple[Callable, int]:
    """Return the cheapest function for the squared norms, and how many numbers it holds per sample."""
    _, channels, *input_size = a.shape
    _, outputs, *output_size = d.shape
    pixels = prod(input_size)
    positions = prod(output_size)
    window = channels // layer.groups * prod(layer.kernel_size)
    product_cost = outputs * window * positions
    products = pixels**2 * channels + positions**2 * outputs
    pairs = positions**2 * layer.groups * sum(layer.kernel_size)
    gram_cost = SLOW * products + PAIR * pairs
    if gram_cost < product_cost:
        return _gram_squares, layer.groups * pixels**2
    if product_cost > LOOP and d.device.type == "cpu":
        return _loop_squares, window * outputs
    return _product_squares, window * layer.groups * positions


def _gram_squares(layer, a, d):
    """Return the squared norms from products of pairs of positions. a [B, C, Hp, Wp], d [B, O, H, W] -> [B]"""
    rows = _offsets(layer, 0, d.shape[2])
    columns = _offsets(layer, 1, d.shape[3])
    pixels = _pairs(a, layer.groups)  # [B, G, Hp, Wp, Hp, Wp]
    windows = sum(pixels[:, :, row, :, row] for row in rows)
    windows = sum(windows[:, :, :, column, :, column] for column in columns)  # [B, G, H, W, H, W]
    products = windows * _pairs(d, layer.groups)
    return products.flatten(1).sum(1)


def _offsets(layer, axis, positions):
    """Return for each element of the kernel along an axis the slice of pixels that it meets at all positions."""
    stride = layer.stride[axis]
    dilation = layer.dilation[axis]
    length = (positions - 1) * stride + 1
    starts = range(0, layer.kernel_size[axis] * dilation, dilation)
    return [slice(start, start + length, stride) for start in starts]


def _pairs(t, groups):
    """Return the products of all pairs of positions, per group of channels. [B, C, H, W] -> [B, G, H, W, H, W]"""
    B, C, H, W = t.shape
    t = t.permute(0, 2, 3, 1)
    t = t.reshape(B, H * W, groups, C // groups)
    t = t.transpose(1, 2).flatten(0, 1)  # [B G, H W, C / G]
    return torch.bmm(t, t.mT).view(B, groups, H, W, H, W)


def _product_squares(layer, a, d):
    """Return the squared norms of the per-sample gradients, which are made for it. -> [B]"""
    gradients = _product(layer, a, d)
    norms = torch.linalg.vector_norm(gradients.flatten(1), dim=1)
    return norms.square()


def _product(layer, a, d):
    """Return the per-sample gradients. a [B, C, Hp, Wp], d [B, O, H, W] -> [B, O, C / groups, kh, kw]"""
    B, O, H, W = d.shape
    windows = _windows(layer, a, H, W)  # [B G, C / G kh kw, T]
    d = d.flatten(2).reshape(len(windows), -1, H * W)  # [B G, O / G, T]
    products = torch.bmm(windows, d.mT)
    return products.mT.reshape(B, O, -1, *layer.kernel_size)


def _windows(layer, a, H, W):
    """Return the pixels under the kernel at every position; a 1 x 1 kernel copies none. a [B, C, Hp, Wp] ->
    [B G, C / G kh kw, H W]"""
    a = a.contiguous()
    B, C, _, width = a.shape
    vertical, horizontal = layer.stride
    down, right = layer.dilation
    strides = (a.stride(0), a.stride(1), down * width, right, vertical * width, horizontal)
    windows = a.as_strided((B, C, *layer.kernel_size, H, W), strides)
    return windows.reshape(B * layer.groups, -1, H * W)


def _loop_squares(layer, a, d):
    """Return the squared norms of the per-sample gradients, computed one after the other. -> [B]"""
    squares = []
    for a_i, d_i in zip(a.split(1), d.split(1)):
        gradient = _weight_gradient(layer, a_i, d_i, 0)
        norm = torch.linalg.vector_norm(gradient)
        squares.append(norm.square())
    return torch.stack(squares)


def _weight_gradient(layer, a, d, padding):
    """Return the weight's gradient summed over the samples, by torch's kernel. -> [O, C / groups, kh, kw]"""
    return conv2d_weight(a, layer.weight.shape, d, layer.stride, padding, layer.dilation, layer.groups)


def _padded(layer, a):
    """Return the input with its padding; torch keeps every kind of padding as one list of amounts."""
    amounts = layer._reversed_padding_repeated_twice
    if not any(amounts):
        return a
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    return F.pad(a, amounts, mode)
