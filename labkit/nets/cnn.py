"""Convolutional networks without shortcuts."""

from math import ceil

from torch import Tensor, nn
from torch.nn import functional as F

from ..arguments import Flag, Variant, checked
from ..errors import need
from .layers import HalvingMaxPool, Outputs, Shape, Width, average_head, group_norm, need_pixels


@checked
def lenet(shape: Shape = (1, 28, 28), classes: Outputs = 10) -> nn.Module:
    """Make LeNet as CDR and CDR+AUX use it: two 5 x 5 convolutions (6, 16), then 120, 84. 61,706 parameters at 28 x 28,
    10 classes.

    ReLU follows the max-pooling. Function and gradient are the same in the other order, on four times the values.
    """
    need_pixels("lenet", shape, 12)
    channels, height, width = shape
    features = 16 * _lenet_side(height) * _lenet_side(width)
    convolutions = (
        nn.Conv2d(channels, 6, 5, padding=2),
        HalvingMaxPool(),
        nn.ReLU(),
        nn.Conv2d(6, 16, 5),
        HalvingMaxPool(),
        nn.ReLU(),
    )
    head = (
        nn.Flatten(),
        nn.Linear(features, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, classes),
    )
    return nn.Sequential(*convolutions, *head)


def _lenet_side(side):
    """Return the side of an image behind both convolutions and poolings of LeNet."""
    first = side // 2
    second = first - 4  # a 5 x 5 convolution without padding
    return second // 2


@checked
def small_cnn(shape: Shape = (1, 8, 8), classes: Outputs = 10, width: Width = 16) -> nn.Module:
    """Make a network of three 3 x 3 convolutions (width, 2 width, 2 width) with GroupNorm, one pooling, global average.
    14,538 parameters for the digits."""
    need_pixels("small_cnn", shape, 2)
    need(width % 4 == 0, "width", width, "a multiple of 4, the groups of its normalisation")

    wide = 2 * width
    first = _grouped(shape[0], width, 4)
    second = _grouped(width, wide, 8)
    third = _grouped(wide, wide, 8)
    head = average_head(wide, classes)
    return nn.Sequential(*first, *second, HalvingMaxPool(), *third, *head)


def _grouped(a, b, groups):
    """Make a 3 x 3 convolution from a to b channels, GroupNorm and ReLU."""
    return nn.Conv2d(a, b, 3, padding=1), nn.GroupNorm(groups, b), nn.ReLU()


class AlwaysDropout2d(nn.Dropout2d):
    """Dropout of channels in evaluation mode, too."""

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout2d(x, self.p, training=True)


@checked
def cnn9(
    shape: Shape = (3, 32, 32), classes: Outputs = 10, variant: Variant = "paper", always_dropout: Flag | None = None
) -> nn.Module:
    """Make the 9-layer CNN of Co-teaching and PRL. 4,434,570 parameters for 10 classes, 4,446,180 for 100. BatchNorm.

    Differs from the released code in: 1. always_dropout: there, dropout is on when the network is tested, too, so that
    all numbers published with it contain it; None follows the variant: "paper" = off, "released" = on.
    """
    if always_dropout is None:
        always_dropout = variant == "released"
    dropout = AlwaysDropout2d if always_dropout else nn.Dropout2d
    return _nine("cnn9", shape, classes, nn.BatchNorm2d, dropout)


@checked
def cnn9_gn(shape: Shape = (3, 32, 32), classes: Outputs = 10) -> nn.Module:
    """Make cnn9 with GroupNorm(min(32, channels)) for BatchNorm, so that samples do not mix. As many parameters."""
    return _nine("cnn9_gn", shape, classes, group_norm, nn.Dropout2d)


def _nine(name, shape, classes, norm, dropout):
    """Make nine 3 x 3 convolutions with biases, normalisation and leaky ReLU (.01) after each; the last three without
    padding."""
    need_pixels(name, shape, 28)

    def block(a, b, padding=1):
        return nn.Conv2d(a, b, 3, padding=padding), norm(b), nn.LeakyReLU()

    layers = []
    for a, b in ((shape[0], 128), (128, 256)):
        layers += block(a, b)
        layers += block(b, b)
        layers += block(b, b)
        layers += HalvingMaxPool(), dropout(0.25)
    layers += block(256, 512, padding=0)
    layers += block(512, 256, padding=0)
    layers += block(256, 128, padding=0)
    layers += average_head(128, classes)
    return nn.Sequential(*layers)


@checked
def celeba_cnn(shape: Shape = (3, 64, 64), classes: Outputs = 10) -> nn.Module:
    """Make a three-layer feature extractor for faces: 3 x 3 convolutions of stride 2 (32, 64, 128), max-pooling, 512
    features, linear outputs. 16 x 16 pixels or more.

    PRL names "a three-layer CNN" with 512 features and no other size; these sizes are labkit's. The features are the
    input of the last layer.
    """
    need_pixels("celeba_cnn", shape, 16)
    channels, height, width = shape
    features = 128 * _celeba_side(height) * _celeba_side(width)
    layers = []
    for a, b in ((channels, 32), (32, 64), (64, 128)):
        layers.append(nn.Conv2d(a, b, 3, stride=2, padding=1))
        layers.append(nn.ReLU())
    head = (
        HalvingMaxPool(),
        nn.Flatten(),
        nn.Linear(features, 512),
        nn.ReLU(),
        nn.Linear(512, classes),
    )
    return nn.Sequential(*layers, *head)


def _celeba_side(side):
    """Return the side of an image behind three convolutions of stride 2 and the pooling."""
    convolved = ceil(side / 8)
    return convolved // 2
