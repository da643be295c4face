"""One function per network: (shape of a sample, classes) -> module. Layers have torch's default initial weights."""

from math import prod

from torch import nn


def mlp(shape=(1, 8, 8), classes=10, width=128, depth=2):
    """Fully connected: `depth` hidden layers of `width` units, ReLU. 26,122 parameters for the 8 x 8 digits."""
    sizes = [prod(shape), *[width] * depth]
    hidden = [layer for a, b in zip(sizes, sizes[1:]) for layer in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(sizes[-1], classes))


def lenet(shape=(1, 28, 28), classes=10):
    """LeNet as CDR and CDR+AUX use it: two 5 x 5 convolutions (6, 16), then 120, 84. 61,706 parameters at 28 x 28, 10
    classes.

    ReLU follows the max-pooling: the same function and gradient as the other way round, on a quarter of the values.
    """
    side = [((s // 2) - 4) // 2 for s in shape[1:]]
    if min(side) < 1:
        raise ValueError(
            f"shape is {tuple(shape)!r}; lenet needs 12 x 12 pixels or more (mlp and small_cnn take 8 x 8)"
        )
    return nn.Sequential(
        *(nn.Conv2d(shape[0], 6, 5, padding=2), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Conv2d(6, 16, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(16 * prod(side), 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, classes)),
    )


def small_cnn(shape=(1, 8, 8), classes=10, width=16):
    """Three 3 x 3 convolutions (width, 2 width, 2 width) with GroupNorm, one pooling, global average. 14,538 parameters
    for the digits."""
    block = lambda a, b, groups: (nn.Conv2d(a, b, 3, padding=1), nn.GroupNorm(groups, b), nn.ReLU())
    return nn.Sequential(
        *block(shape[0], width, 4),
        *(*block(width, 2 * width, 8), nn.MaxPool2d(2)),
        *block(2 * width, 2 * width, 8),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * width, classes)),
    )


ALL = {"mlp": mlp, "lenet": lenet, "small_cnn": small_cnn}
