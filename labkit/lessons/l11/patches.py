"""Features of small images without training a deep network: patches compared with a dictionary that k-means has found.

Coates, Lee, Ng: "An analysis of single-layer networks in unsupervised feature learning", AISTATS 2011. Patches are set
to the same contrast and whitened; a feature is how much nearer a patch is to one centre than to the average centre
("triangle"), summed over the four quarters of the image. No label is used.
"""

import torch
from torch.nn import functional as F

SIDE = 6  # pixels of a patch
WHITE, CONTRAST = 0.1, 10.0  # added to the eigenvalues, and to the variance of a patch in grey values 0..255


def patches(x):
    """All patches of images, each with mean 0 and the same contrast. x uint8 [n, channels, H, W] -> [n, places, d]"""
    return contrasted(F.unfold(x.float(), SIDE).transpose(1, 2))


def contrasted(p):
    """Return patches with mean 0 and the same contrast. p [..., d]"""
    p = p - p.mean(-1, keepdim=True)
    return p / (p.square().mean(-1, keepdim=True) + CONTRAST).sqrt()


def dictionary(x, centres, seed, samples=60_000, rounds=15):
    """Whitening and centres, from one random patch of each image again and again. x uint8 [n, channels, H, W]

    -> mean [d], whitening [d, d], centres [K, d]
    """
    rng = torch.Generator().manual_seed(seed)
    some = random_patches(x, -(-samples // len(x)), rng)
    mean = some.mean(0)
    values, vectors = torch.linalg.eigh((some - mean).T @ (some - mean) / len(some))
    white = vectors @ torch.diag((values + WHITE).rsqrt()) @ vectors.T
    some = (some - mean) @ white
    at = some[torch.randperm(len(some), generator=rng)[:centres]]
    for _ in range(rounds):
        nearest = (some @ at.T - at.square().sum(1) / 2).argmax(1)
        sums = torch.zeros_like(at).index_add_(0, nearest, some)
        counts = torch.bincount(nearest, minlength=len(at))[:, None]
        at = torch.where(counts > 0, sums / counts.clamp(min=1), at)
    return mean, white, at


def random_patches(x, each, rng):
    """Return patches at random places, `each` of every image. x uint8 [n, channels, H, W] -> [n * each, d]"""
    side = x.shape[-1] - SIDE + 1
    place = torch.randint(side * side, (len(x), each), generator=rng)
    windows = x.unfold(2, SIDE, 1).unfold(3, SIDE, 1)  # [n, channels, side, side, SIDE, SIDE], a view
    image = torch.arange(len(x))[:, None].expand_as(place)
    some = windows[image, :, place // side, place % side].flatten(0, 1)
    return contrasted(some.flatten(1).float())


@torch.no_grad()
def encode(x, mean, white, at, chunk=4):
    """The features of images. x uint8 [n, channels, H, W], the rest of `dictionary` -> [n, 4 K]"""
    places = x.shape[-1] - SIDE + 1
    return torch.cat([_quarters(b, mean, white, at, places) for b in x.split(chunk)])


def _quarters(x, mean, white, at, places):
    p = (patches(x) - mean) @ white  # [b, places^2, d]
    far = (p.square().sum(-1, keepdim=True) - 2 * p @ at.T + at.square().sum(1)).clamp(min=0).sqrt()
    near = (far.mean(-1, keepdim=True) - far).clamp(min=0)  # the triangle  [b, places^2, K]
    grid = near.transpose(1, 2).unflatten(2, (places, places))
    half = places // 2
    return F.avg_pool2d(grid, half + places % 2, half).flatten(1)


def featured(train, test, centres, seed, kept):
    """Features of both sets: standardised over the training set, then its `kept` principal components, on average of
    variance 1. uint8 images -> floats [n, kept]"""
    found = dictionary(train, centres, seed)
    return components(encode(train, *found), encode(test, *found), kept)


def components(a, b, kept):
    """Standardise both by a, and turn both to a's first principal components. [n, d], [m, d] -> [n, kept], [m, kept]"""
    mean, std = a.mean(0), a.std(0) + 1e-6
    a, b = (a - mean) / std, (b - mean) / std
    values, vectors = torch.linalg.eigh(a.T @ a / len(a))
    turn = vectors[:, -kept:] / values[-kept:].mean().sqrt()
    return a @ turn, b @ turn
