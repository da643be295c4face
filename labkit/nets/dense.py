"""Fully connected networks."""

from math import prod

from torch import nn


def mlp(shape=(1, 8, 8), classes=10, width=128, depth=2):
    """Fully connected: `depth` hidden layers of `width` units, ReLU. 26,122 parameters for the 8 x 8 digits."""
    return _dense([prod(shape), *[width] * depth, classes], nn.ReLU)


def celeba_fc(shape=(512,), classes=10):
    """The three-layer network of PRL's regression: features -> 256 -> 256 -> outputs, leaky ReLU of slope .01. 199,690
    parameters for 512 features and 10 outputs.

    The paper says "three-layer, 256 hidden nodes"; two hidden layers are assumed.
    """
    return _dense([prod(shape), 256, 256, classes], nn.LeakyReLU)


def _dense(sizes, activation):
    """Linear layers of these sizes, the activation between them."""
    hidden = [layer for a, b in zip(sizes[:-1], sizes[1:-1]) for layer in (nn.Linear(a, b), activation())]
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(*sizes[-2:]))
