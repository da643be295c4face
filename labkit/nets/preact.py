"""Residual networks with normalisation and ReLU in front of the convolutions: wide ones and PreAct ResNet-18."""

from torch import Tensor, nn

from ..arguments import Variant, checked
from .layers import Outputs, Shape, average_head, conv, need_pixels


@checked
def wrn28_10(shape: Shape = (3, 32, 32), classes: Outputs = 10) -> nn.Module:
    """Make a Wide ResNet of depth 28, 160 to 640 channels, no dropout. 36,479,194 parameters for 10 classes, 36,536,884
    for 100. BatchNorm."""
    return _wide("wrn28_10", shape, classes, depth=28, width=10, dropout=0.0)


@checked
def wrn40_2(shape: Shape = (3, 32, 32), classes: Outputs = 10) -> nn.Module:
    """Make a Wide ResNet of depth 40, 32 to 128 channels, dropout .3. 2,243,546 parameters for 10 classes, 2,255,156
    for 100. BatchNorm."""
    return _wide("wrn40_2", shape, classes, depth=40, width=2, dropout=0.3)


@checked
def preact_resnet18(shape: Shape = (3, 32, 32), classes: Outputs = 10, variant: Variant = "paper") -> nn.Module:
    """Make PreAct ResNet-18 as DivideMix uses it: a stem with BatchNorm and ReLU, nothing after the last block.
    11,171,274 parameters. BatchNorm.

    Differs from the released code in: 1. a shortcut carries x, as in He et al. (ECCV 2016); in the code of DivideMix,
    and with variant="released", it carries relu(norm(x)).
    """
    need_pixels("preact_resnet18", shape, 8)
    raw = variant == "paper"
    blocks, last = _blocks(64, (64, 128, 256, 512), (1, 2, 2, 2), 2, raw=raw)
    stem = (conv(shape[0], 64), nn.BatchNorm2d(64), nn.ReLU())
    head = average_head(last, classes)
    return nn.Sequential(*stem, *blocks, *head)


def _wide(name, shape, classes, depth, width, dropout):
    """Make a Wide ResNet (Zagoruyko and Komodakis, BMVC 2016). Convolutions start from N(0, 2 / (k^2 out)), the last
    bias from 0."""
    need_pixels(name, shape, 4)
    widths = (16 * width, 32 * width, 64 * width)
    blocks_per_width = (depth - 4) // 6
    blocks, last = _blocks(16, widths, (1, 2, 2), blocks_per_width, dropout)
    head = (nn.BatchNorm2d(last), nn.ReLU(), *average_head(last, classes))
    stem = conv(shape[0], 16)
    net = nn.Sequential(stem, *blocks, *head)
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    nn.init.zeros_(net[-1].bias)
    return net


def _blocks(a, widths, strides, depth, dropout=0.0, raw=True):
    """Make `depth` blocks of each width; the first of them has the stride. a: channels of the input -> modules,
    channels of the output"""
    blocks = []
    for b, stride in zip(widths, strides):
        blocks.append(PreActivated(a, b, stride, dropout, raw))
        for _ in range(depth - 1):
            blocks.append(PreActivated(b, b, 1, dropout, raw))
        a = b
    return blocks, a


class PreActivated(nn.Module):
    """Two 3 x 3 convolutions of relu(norm(x)), plus a shortcut: x itself, or a 1 x 1 convolution of relu(norm(x)) where
    the shape changes. raw=False: relu(norm(x)) for x."""

    def __init__(self, a: int, b: int, stride: int, dropout: float, raw: bool):
        super().__init__()
        keeps_shape = a == b and stride == 1
        self.first = nn.Sequential(nn.BatchNorm2d(a), nn.ReLU())
        self.path = nn.Sequential(
            conv(a, b, 3, stride),
            nn.BatchNorm2d(b),
            nn.ReLU(),
            nn.Dropout(dropout),
            conv(b, b),
        )
        self.shortcut = nn.Identity() if keeps_shape else conv(a, b, 1, stride)
        self.raw = raw and keeps_shape

    def forward(self, x: Tensor) -> Tensor:
        activated = self.first(x)
        carried = x if self.raw else activated
        return self.path(activated) + self.shortcut(carried)
