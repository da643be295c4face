"""Features of small images without training a deep network: patches compared with a dictionary that k-means has found.

Coates, Lee, Ng: "An analysis of single-layer networks in unsupervised feature learning", AISTATS 2011. Patches are set
to the same contrast and whitened; a feature is how much nearer a patch is to one centre than to the average centre
("triangle"), summed over the four quarters of the image. No label is used.
"""

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

SIDE = 6  # pixels of a patch
WHITE = 0.1  # added to the eigenvalues
CONTRAST = 10.0  # added to the variance of a patch in grey values 0..255
Dictionary = tuple[Tensor, Tensor, Tensor]  # mean [d], whitening [d, d], centres [K, d]


def patches(x: Tensor) -> Tensor:
    """Return all patches of images, each with mean 0 and the same contrast.

    x uint8 [n, channels, H, W] -> [n, places, d]
    """
    p = F.unfold(x.float(), SIDE)  # [n, d, places]
    return contrasted(p.transpose(1, 2))


def contrasted(p: Tensor) -> Tensor:
    """Return patches with mean 0 and the same contrast. p [..., d]"""
    p = p - p.mean(-1, keepdim=True)
    variance = p.square().mean(-1, keepdim=True)
    return p / (variance + CONTRAST).sqrt()


def dictionary(x: Tensor, k: int, seed: int, samples: int = 60_000, rounds: int = 15) -> Dictionary:
    """Learn whitening and k centres from random patches, as many of each image. x uint8 [n, channels, H, W]

    samples: the number of patches, at least. rounds: of k-means.
    """
    rng = torch.Generator().manual_seed(seed)
    per_image = -(-samples // len(x))  # rounded up
    drawn = random_patches(x, per_image, rng)
    mean = drawn.mean(0)
    whitening = _whitening(drawn - mean)
    drawn = (drawn - mean) @ whitening
    start = torch.randperm(len(drawn), generator=rng)[:k]
    centres = _k_means(drawn, drawn[start], rounds)
    return mean, whitening, centres


def _whitening(p):
    """Return the matrix that makes patches of mean 0 uncorrelated. p [n, d] -> [d, d]"""
    covariance = p.T @ p / len(p)
    values, vectors = torch.linalg.eigh(covariance)
    scale = (values + WHITE).rsqrt()
    return vectors @ torch.diag(scale) @ vectors.T


def _k_means(p, centres, rounds):
    """Move centres to the mean of the patches that are nearest to them; a centre without any stays. -> [K, d]"""
    for _ in range(rounds):
        half_norms = centres.square().sum(1) / 2
        nearness = p @ centres.T - half_norms
        nearest = nearness.argmax(1)
        sums = torch.zeros_like(centres).index_add_(0, nearest, p)
        counts = torch.bincount(nearest, minlength=len(centres))[:, None]
        means = sums / counts.clamp(min=1)
        centres = torch.where(counts > 0, means, centres)
    return centres


def random_patches(x: Tensor, per_image: int, rng: Generator) -> Tensor:
    """Return patches at random places, as many of every image. x uint8 [n, channels, H, W] -> [n * per_image, d]"""
    side = x.shape[-1] - SIDE + 1
    place = torch.randint(side * side, (len(x), per_image), generator=rng)
    windows = x.unfold(2, SIDE, 1).unfold(3, SIDE, 1)  # [n, channels, side, side, SIDE, SIDE], a view
    image = torch.arange(len(x))[:, None].expand_as(place)
    row = place // side
    column = place % side
    drawn = windows[image, :, row, column].flatten(0, 1)
    return contrasted(drawn.flatten(1).float())


@torch.no_grad()
def encode(x: Tensor, mean: Tensor, whitening: Tensor, centres: Tensor, chunk: int = 4) -> Tensor:
    """Return the features of images. x uint8 [n, channels, H, W], then what `dictionary` returns -> [n, 4 K]

    chunk: how many images are encoded at once.
    """
    features = []
    for images in x.split(chunk):
        p = (patches(images) - mean) @ whitening  # [b, places, d]
        near = _nearness(p, centres)
        features.append(_quarters(near))
    return torch.cat(features)


def _nearness(p, centres):
    """Return how much nearer patches are to each centre than to the average one. p [b, places, d] -> [b, places, K]"""
    p_norms = p.square().sum(-1, keepdim=True)
    centre_norms = centres.square().sum(1)
    squares = p_norms - 2 * p @ centres.T + centre_norms
    distance = squares.clamp(min=0).sqrt()
    average = distance.mean(-1, keepdim=True)
    return (average - distance).clamp(min=0)  # the triangle


def _quarters(near):
    """Return means over the four quarters of images. near [b, side * side, K] -> [b, 4 K]"""
    side = round(near.shape[1] ** 0.5)
    grid = near.transpose(1, 2).unflatten(2, (side, side))
    half = side // 2
    return F.avg_pool2d(grid, half + side % 2, half).flatten(1)


def featured(train: Tensor, test: Tensor, k: int, seed: int, kept: int) -> tuple[Tensor, Tensor]:
    """Return features of both sets of uint8 images, with a dictionary of the training images. -> floats [n, kept] each

    They are standardised over the training set, then turned to its `kept` principal components, on average of variance
    1. k: the number of centres.
    """
    learnt = dictionary(train, k, seed)
    return components(encode(train, *learnt), encode(test, *learnt), kept)


def components(train: Tensor, test: Tensor, kept: int) -> tuple[Tensor, Tensor]:
    """Standardise both sets of features by the first, and turn them to its largest principal components.

    train [n, d], test [m, d] -> [n, kept], [m, kept]
    """
    mean = train.mean(0)
    deviation = train.std(0) + 1e-6
    train = (train - mean) / deviation
    test = (test - mean) / deviation
    values, vectors = torch.linalg.eigh(train.T @ train / len(train))
    scale = values[-kept:].mean().sqrt()
    axes = vectors[:, -kept:] / scale
    return train @ axes, test @ axes
