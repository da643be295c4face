"""One function per loss: (logits [..., B, C], y) -> [..., B]. They act on the last axes, so K runs can be stacked."""

import torch
from torch import Tensor


def ce(logits: Tensor, y: Tensor) -> Tensor:
    """Return the cross-entropy -log p_y. y [..., B] integer classes, or [..., B, C] soft labels. -> [..., B]"""
    log_p = logits.log_softmax(-1)
    if y.is_floating_point():
        return -(y * log_p).sum(-1)
    return -log_p.gather(-1, y[..., None])[..., 0]


def half_squared(output: Tensor, y: Tensor) -> Tensor:
    """Return the squared loss of Hu, Li and Yu (2020), half the sum over the Q outputs. output, y [..., B, Q] -> [...,
    B]"""
    return 0.5 * (output - y).square().sum(-1)


def absolute(output: Tensor, y: Tensor) -> Tensor:
    """Return the L1 loss of regression, the sum over the Q outputs. output, y [..., B, Q] -> [..., B]"""
    return (output - y).abs().sum(-1)


def huber(output: Tensor, y: Tensor, delta: float = 1.0) -> Tensor:
    """Return the loss of Huber (1964), summed over the Q outputs: r^2 / 2 where |r| <= delta, else
    delta (|r| - delta / 2). output, y [..., B, Q] -> [..., B]"""
    r = (output - y).abs()
    return torch.where(r <= delta, 0.5 * r.square(), delta * (r - 0.5 * delta)).sum(-1)


def probability(logits: Tensor, y: Tensor) -> Tensor:
    """Return the network's probability of the label, p_y. -> [..., B]"""
    return logits.softmax(-1).gather(-1, y[..., None])[..., 0]


def mae(logits: Tensor, y: Tensor) -> Tensor:
    """Return the mean absolute error on probabilities (Ghosh, Kumar, Sastry, AAAI 2017): ||e_y - p||_1 = 2 (1 - p_y).
    It is symmetric, because its sum over all classes is 2 (C - 1). -> [..., B]"""
    return 2 * (1 - probability(logits, y))


def nce(logits: Tensor, y: Tensor) -> Tensor:
    """Return the normalised cross-entropy (Ma et al., ICML 2020): log p_y / sum_k log p_k, in [0, 1]. It is symmetric,
    because its sum over all classes is 1. -> [..., B]"""
    return ce(logits, y) / -logits.log_softmax(-1).sum(-1)


def rce(logits: Tensor, y: Tensor, A: float = -4.0) -> Tensor:
    """Return the reverse cross-entropy (Wang et al., ICCV 2019), -sum_k p_k log q_k of the one-hot label q, in which
    log 0 is A: -A (1 - p_y) = -A / 2 mae. -> [..., B]"""
    return -A / 2 * mae(logits, y)


def gce(logits: Tensor, y: Tensor, q: float = 0.7) -> Tensor:
    """Return the generalised cross-entropy (Zhang, Sabuncu, NeurIPS 2018): (1 - p_y^q) / q; q = 0 is ce, q = 1 is
    mae / 2. -> [..., B]"""
    return -torch.expm1(-q * ce(logits, y)) / q if q else ce(logits, y)


def focal(logits: Tensor, y: Tensor, gamma: float = 2.0) -> Tensor:
    """Return the focal loss (Lin et al., ICCV 2017): (1 - p_y)^gamma times ce. The factor has a gradient, too. ->
    [..., B]"""
    return (1 - probability(logits, y)).pow(gamma) * ce(logits, y)


def entropy(logits: Tensor) -> Tensor:
    """Return the entropy of the prediction, -sum p log p. -> [..., B]"""
    log_p = logits.log_softmax(-1)
    return -(log_p.exp() * log_p).sum(-1)


def smoothed(logits: Tensor, y: Tensor, alpha: float = 0.1) -> Tensor:
    """Return the loss of label smoothing (Szegedy et al., CVPR 2016): ce with the soft label (1 - alpha) e_y + alpha /
    C. -> [..., B]"""
    return (1 - alpha) * ce(logits, y) - alpha * logits.log_softmax(-1).mean(-1)


def accuracy(logits: Tensor, y: Tensor) -> Tensor:
    """Return the share of correct predictions. logits [..., B, C], y [..., B] -> [...]"""
    return (logits.argmax(-1) == y).to(torch.float32).mean(-1)
