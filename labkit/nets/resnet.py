"""Residual networks with CIFAR stems: a 3 x 3 convolution and no max-pooling. He, Zhang, Ren, Sun, CVPR 2016.

The stem pads by 1. That of CDR's released ResNet-18 and ResNet-50 pads by 0, so that its images are 30 x 30 after it.
"""

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional as F

from ..arguments import checked
from .layers import Outputs, Shape, average_head, conv, group_norm, need_pixels


@checked
def resnet32(shape: Shape = (3, 32, 32), classes: Outputs = 10) -> nn.Module:
    """Make ResNet-32 for CIFAR: 3 x 5 basic blocks of 16, 32, 64 channels; shortcuts without parameters (option A).
    Kaiming-normal weights. 464,154 parameters for 10 classes, 470,004 for 100. BatchNorm."""
    return _thirty_two("resnet32", shape, classes, nn.BatchNorm2d)


@checked
def resnet32_gn(shape: Shape = (3, 32, 32), classes: Outputs = 10) -> nn.Module:
    """Make resnet32 with GroupNorm(min(32, channels)) for BatchNorm, so that samples do not mix. As many parameters."""
    return _thirty_two("resnet32_gn", shape, classes, group_norm)


@checked
def resnet18(shape: Shape = (3, 32, 32), classes: Outputs = 10) -> nn.Module:
    """Make ResNet-18: 2, 2, 2, 2 basic blocks. 11,173,962 parameters. BatchNorm."""
    return _residual("resnet18", shape, classes, Basic, (2, 2, 2, 2))


@checked
def resnet34(shape: Shape = (3, 32, 32), classes: Outputs = 10) -> nn.Module:
    """Make ResNet-34: 3, 4, 6, 3 basic blocks. 21,282,122 parameters. BatchNorm."""
    return _residual("resnet34", shape, classes, Basic, (3, 4, 6, 3))


@checked
def resnet50(shape: Shape = (3, 32, 32), classes: Outputs = 10) -> nn.Module:
    """Make ResNet-50: 3, 4, 6, 3 bottlenecks. 23,520,842 parameters. BatchNorm."""
    return _residual("resnet50", shape, classes, Bottleneck, (3, 4, 6, 3))


def _thirty_two(name, shape, classes, norm):
    """Make ResNet-32 with a normalisation."""
    net = _residual(name, shape, classes, Basic, (5, 5, 5), 16, Padded, norm)
    for layer in net.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(layer.weight)
    return net


def _residual(name, shape, classes, block, depths, width=64, shortcut=None, norm=nn.BatchNorm2d):
    """Make a stem, levels of blocks (after the first: half the side, twice the channels), global average, linear."""
    need_pixels(name, shape, 2 ** len(depths))
    shortcut = shortcut or projected
    layers = [conv(shape[0], width), norm(width), nn.ReLU()]
    channels = width
    for level, depth in enumerate(depths):
        level_width = width * 2**level
        for n in range(depth):
            stride = 2 if level > 0 and n == 0 else 1
            layers.append(block(channels, level_width, stride, norm, shortcut))
            channels = level_width * block.grows
    layers += average_head(channels, classes)
    return nn.Sequential(*layers)


class Basic(nn.Module):
    """A block of ResNets: relu(two 3 x 3 convolutions + shortcut), from a to b channels."""

    grows = 1

    def __init__(self, a: int, b: int, stride: int, norm: Callable, shortcut: Callable):
        super().__init__()
        self.path = nn.Sequential(
            conv(a, b, 3, stride),
            norm(b),
            nn.ReLU(),
            conv(b, b),
            norm(b),
        )
        self.shortcut = shortcut(a, b, stride, norm)

    def forward(self, x: Tensor) -> Tensor:
        return (self.path(x) + self.shortcut(x)).relu()


class Bottleneck(nn.Module):
    """A block of deep ResNets: relu(1 x 1, 3 x 3, 1 x 1 convolutions + shortcut), from a to 4 b channels."""

    grows = 4

    def __init__(self, a: int, b: int, stride: int, norm: Callable, shortcut: Callable):
        super().__init__()
        c = self.grows * b
        self.path = nn.Sequential(
            conv(a, b, 1),
            norm(b),
            nn.ReLU(),
            conv(b, b, 3, stride),
            norm(b),
            nn.ReLU(),
            conv(b, c, 1),
            norm(c),
        )
        self.shortcut = shortcut(a, c, stride, norm)

    def forward(self, x: Tensor) -> Tensor:
        return (self.path(x) + self.shortcut(x)).relu()


class Padded(nn.Module):
    """Shortcut of option A: every stride-th pixel, new channels of zeros on both sides; no parameters."""

    def __init__(self, a: int, b: int, stride: int, norm: Callable):
        super().__init__()
        self.stride = stride
        self.new = (b - a) // 2

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]
        padding = (0, 0, 0, 0, self.new, self.new)
        return F.pad(x, padding)


def projected(a: int, b: int, stride: int, norm: Callable) -> nn.Module:
    """Make the shortcut of option B: a 1 x 1 convolution where the shape changes."""
    if a == b and stride == 1:
        return nn.Identity()
    return nn.Sequential(conv(a, b, 1, stride), norm(b))
