"""Per-sample gradients of a convolution's weight, three ways.

`gram`: |g|^2 is the sum over pairs of positions of (d_s . d_t)(u_s . u_t), u the windows; the products of windows are
sums of products of pixels, so no window is ever copied. `product`: g itself, as d times the copied windows. `loop`: g
itself, one sample after the other, by torch's own kernel. A layer takes the one with the fewest multiplications.
"""

import torch
from torch.nn import functional as F
from torch.nn.grad import conv2d_weight

# Measured on the CPU: pieces of 1 MiB stay in the cache; fresh memory costs more than the products made in it. A GPU
# wants few, large launches.
PIECE = {"cpu": 2**20, "cuda": 2**28}
LOOP = 1e7  # multiplications per sample from which torch's kernel repays a call of its own
PAIR = 8  # an addition to a pair of positions is bound by memory: it counts as so many multiplications
SLOW = 2  # batched products reach half the speed of torch's convolutions


class ConvWeight:
    """The weight of Conv2d: any stride, padding, dilation and groups. The rule's three questions."""

    def each(self, layer, a, d):
        """Per-sample gradients. -> [B, O, C / groups, kh, kw]"""
        return _product(layer, _padded(layer, a), d)

    def square(self, layer, a, d):
        """Their squared norms. -> [B]"""
        a = _padded(layer, a)
        way, numbers = _cheapest(layer, a, d)
        size = max(1, PIECE.get(d.device.type, 2**24) // (numbers * d.element_size()))
        return torch.cat([way(layer, *piece) for piece in zip(a.split(size), d.split(size))])

    def total(self, layer, a, d, w):
        """Their weighted sum. -> [O, C / groups, kh, kw]"""
        plain = layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
        return _weight_gradient(
            layer, a if plain else _padded(layer, a), d * w[:, None, None, None], layer.padding if plain else 0
        )


def _cheapest(layer, a, d):
    """The cheapest way to the squared norms, and how many numbers it holds per sample."""
    channels, outputs, kernel = a.shape[1], d.shape[1], layer.kernel_size
    pixels, positions = a.shape[2] * a.shape[3], d.shape[2] * d.shape[3]
    window = channels // layer.groups * kernel[0] * kernel[1]
    product = outputs * window * positions
    pairs = positions**2 * layer.groups * sum(kernel)
    if SLOW * (pixels**2 * channels + positions**2 * outputs) + PAIR * pairs < product:
        return _gram_squares, layer.groups * pixels**2
    if product > LOOP and d.device.type == "cpu":
        return _loop_squares, window * outputs
    return _product_squares, window * layer.groups * positions


def _gram_squares(layer, a, d):
    """[B, C, Hp, Wp], [B, O, H, W] -> [B]"""
    (H, W), (sh, sw), (dh, dw), (kh, kw) = d.shape[2:], layer.stride, layer.dilation, layer.kernel_size
    rows, columns = ([slice(k * q, k * q + (n - 1) * s + 1, s) for k in range(m)]
                     for m, q, n, s in ((kh, dh, H, sh), (kw, dw, W, sw)))  # fmt: skip
    pixels = _pairs(a, layer.groups)  # [B, G, Hp, Wp, Hp, Wp]
    windows = sum(pixels[:, :, r, :, r] for r in rows)
    windows = sum(windows[:, :, :, c, :, c] for c in columns)  # [B, G, H, W, H, W]
    return (windows * _pairs(d, layer.groups)).flatten(1).sum(1)


def _pairs(t, groups):
    """Products of all pairs of positions, per group of channels. [B, C, H, W] -> [B, G, H, W, H, W]"""
    B, C, H, W = t.shape
    t = t.permute(0, 2, 3, 1).reshape(B, H * W, groups, C // groups).transpose(1, 2).flatten(0, 1)
    return torch.bmm(t, t.mT).view(B, groups, H, W, H, W)


def _product_squares(layer, a, d):
    return torch.linalg.vector_norm(_product(layer, a, d).flatten(1), dim=1).square()


def _product(layer, a, d):
    """[B, C, Hp, Wp], [B, O, H, W] -> [B, O, C / groups, kh, kw]"""
    B, O, H, W = d.shape
    windows = _windows(layer, a, H, W)  # [B G, C / G kh kw, T]
    d = d.flatten(2).reshape(len(windows), -1, H * W)  # [B G, O / G, T]
    return torch.bmm(windows, d.mT).mT.reshape(B, O, -1, *layer.kernel_size)


def _windows(layer, a, H, W):
    """What the kernel sees at every position; a 1 x 1 kernel copies none. [B, C, Hp, Wp] -> [B G, C / G kh kw, H W]"""
    a = a.contiguous()
    (B, C, _, width), (sh, sw), (dh, dw) = a.shape, layer.stride, layer.dilation
    strides = (a.stride(0), a.stride(1), dh * width, dw, sh * width, sw)
    return a.as_strided((B, C, *layer.kernel_size, H, W), strides).reshape(B * layer.groups, -1, H * W)


def _loop_squares(layer, a, d):
    each = zip(a.split(1), d.split(1))
    return torch.stack([torch.linalg.vector_norm(_weight_gradient(layer, *one, 0)).square() for one in each])


def _weight_gradient(layer, a, d, padding):
    """The weight's gradient summed over the samples, by torch's kernel. -> [O, C / groups, kh, kw]"""
    return conv2d_weight(a, layer.weight.shape, d, layer.stride, padding, layer.dilation, layer.groups)


def _padded(layer, a):
    """The input as the kernel slides over it; torch keeps every kind of padding as one list of amounts."""
    amounts = layer._reversed_padding_repeated_twice
    if not any(amounts):
        return a
    return F.pad(a, amounts, mode="constant" if layer.padding_mode == "zeros" else layer.padding_mode)
