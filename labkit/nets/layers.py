"""What several networks share: their complaint about a shape, a convolution, normalisation by groups."""

from typing import Annotated

from torch import nn

from ..arguments import Whole
from ..errors import need

Shape = tuple[Annotated[int, Whole(0, 10**7)], ...]  # of one sample
Outputs = Annotated[int, Whole(1, 10**6)]
Width = Annotated[int, Whole(1, 10**5)]


def need_pixels(net, shape, least):
    """Raise a ValueError unless `shape` is that of an image with `least` x `least` pixels or more."""
    fine = len(shape) == 3 and min(shape) > 0 and min(shape[1:]) >= least
    small = " (mlp and small_cnn take 8 x 8)" if least > 8 else ""
    need(fine, "shape", tuple(shape), f"(channels, height, width); {net} needs {least} x {least} pixels or more{small}")


def conv(a, b, side=3, stride=1):
    """A convolution of residual networks: no bias, the side is kept at stride 1."""
    return nn.Conv2d(a, b, side, stride, padding=side // 2, bias=False)


def group_norm(channels):
    """GroupNorm in the place of BatchNorm: groups of one channel up to 32 channels, 32 groups above. Samples do not
    mix."""
    return nn.GroupNorm(min(32, channels), channels)
