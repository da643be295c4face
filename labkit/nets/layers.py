"""Parts that several networks share: the check of a shape, a convolution, normalisation by groups."""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..arguments import Whole
from ..errors import need

Shape = tuple[Annotated[int, Whole(0, 10**7)], ...]  # of one sample
Outputs = Annotated[int, Whole(1, 10**6)]
Width = Annotated[int, Whole(1, 10**5)]


def need_pixels(net: str, shape: tuple[int, ...], minimum: int) -> None:
    """Raise ValueError unless `shape` is that of an image with `minimum` x `minimum` pixels or more. net: its name"""
    is_image = len(shape) == 3 and min(shape) > 0
    is_large = is_image and min(shape[1:]) >= minimum
    hint = " (mlp and small_cnn take 8 x 8)" if minimum > 8 else ""
    may_be = f"(channels, height, width); {net} needs {minimum} x {minimum} pixels or more{hint}"
    need(is_large, "shape", tuple(shape), may_be)


def conv(a: int, b: int, side: int = 3, stride: int = 1) -> nn.Conv2d:
    """Make a convolution of residual networks, from a to b channels: no bias; images keep their size at stride 1."""
    padding = side // 2
    return nn.Conv2d(a, b, side, stride, padding, bias=False)


def group_norm(channels: int) -> nn.GroupNorm:
    """Make the GroupNorm that replaces BatchNorm: groups of one channel up to 32 channels, 32 groups above. Samples do
    not mix."""
    groups = min(32, channels)
    return nn.GroupNorm(groups, channels)


class HalvingMaxPool(nn.MaxPool2d):
    """Max-pooling over 2 x 2 pixels.

    Without gradients, on a CPU, it compares four slices: the same values, and torch's own loop takes ten times as long.
    """

    def __init__(self) -> None:
        super().__init__(2)

    def forward(self, x: Tensor) -> Tensor:
        if torch.is_grad_enabled() or x.device.type != "cpu":
            return super().forward(x)
        height, width = x.shape[-2] // 2 * 2, x.shape[-1] // 2 * 2  # an odd side loses its last line
        upper = torch.maximum(x[..., 0:height:2, 0:width:2], x[..., 0:height:2, 1:width:2])
        lower = torch.maximum(x[..., 1:height:2, 0:width:2], x[..., 1:height:2, 1:width:2])
        return torch.maximum(upper, lower)


def average_head(channels: int, classes: int) -> tuple[nn.Module, ...]:
    """Make the last layers of convolutional networks: the average over all pixels, then linear outputs."""
    return nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)
