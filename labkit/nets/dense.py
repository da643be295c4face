"""Fully connected networks."""

from itertools import pairwise
from math import prod
from typing import Annotated

from torch import nn

from ..arguments import Whole, checked
from .layers import Outputs, Width

Depth = Annotated[int, Whole(0, 1000)]
Shape = tuple[Annotated[int, Whole(1, 10**7)], ...]  # of one sample


@checked
def mlp(shape: Shape = (1, 8, 8), classes: Outputs = 10, width: Width = 128, depth: Depth = 2) -> nn.Module:
    """Make a fully connected network: `depth` hidden layers of `width` units, ReLU. 26,122 parameters for the 8 x 8
    digits."""
    hidden = [width] * depth
    return _dense([prod(shape), *hidden, classes], nn.ReLU)


@checked
def celeba_fc(shape: Shape = (512,), classes: Outputs = 10) -> nn.Module:
    """Make the three-layer network of PRL's regression: features -> 256 -> 256 -> outputs, leaky ReLU of slope .01.
    199,690 parameters for 512 features and 10 outputs.

    The paper says "three-layer, 256 hidden nodes"; two hidden layers are assumed.
    """
    return _dense([prod(shape), 256, 256, classes], nn.LeakyReLU)


def _dense(sizes, activation):
    """Make linear layers of these sizes with the activation between them."""
    layers = [nn.Flatten()]
    *hidden_sizes, outputs = sizes
    for a, b in pairwise(hidden_sizes):
        layers.append(nn.Linear(a, b))
        layers.append(activation())
    layers.append(nn.Linear(hidden_sizes[-1], outputs))
    return nn.Sequential(*layers)
