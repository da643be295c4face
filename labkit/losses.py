"""One function per loss: (logits [..., B, C], y) -> [..., B]. They act on the last axes, so K runs can be stacked."""

import torch


def ce(logits, y):
    """Cross-entropy -log p_y. y [..., B] integer classes, or [..., B, C] soft labels. -> [..., B]"""
    log_p = logits.log_softmax(-1)
    if y.is_floating_point():
        return -(y * log_p).sum(-1)
    return -log_p.gather(-1, y[..., None])[..., 0]


def half_squared(output, y):
    """Squared loss of Hu, Li and Yu (2020): half the sum over the Q outputs. output, y [..., B, Q] -> [..., B]"""
    return 0.5 * (output - y).square().sum(-1)


def absolute(output, y):
    """L1 loss of regression: the sum over the Q outputs. output, y [..., B, Q] -> [..., B]"""
    return (output - y).abs().sum(-1)


def huber(output, y, delta=1.0):
    """Huber (1964), summed over the Q outputs: r^2 / 2 where |r| <= delta, else delta (|r| - delta / 2). -> [..., B]"""
    r = (output - y).abs()
    return torch.where(r <= delta, 0.5 * r.square(), delta * (r - 0.5 * delta)).sum(-1)


def probability(logits, y):
    """What the network gives the label, p_y. -> [..., B]"""
    return logits.softmax(-1).gather(-1, y[..., None])[..., 0]


def mae(logits, y):
    """Mean absolute error on probabilities (Ghosh, Kumar, Sastry, AAAI 2017): ||e_y - p||_1 = 2 (1 - p_y), symmetric:
    its sum over all classes is 2 (C - 1). -> [..., B]"""
    return 2 * (1 - probability(logits, y))


def gce(logits, y, q=0.7):
    """Generalised cross-entropy (Zhang, Sabuncu, NeurIPS 2018): (1 - p_y^q) / q; q = 0 is ce, q = 1 is mae / 2.
    -> [..., B]"""
    return -torch.expm1(-q * ce(logits, y)) / q if q else ce(logits, y)


def focal(logits, y, gamma=2.0):
    """Focal loss (Lin et al., ICCV 2017): (1 - p_y)^gamma times ce; the gradient flows through the factor. ->
    [..., B]"""
    return (1 - probability(logits, y)).pow(gamma) * ce(logits, y)


def entropy(logits):
    """Entropy of the prediction, -sum p log p. -> [..., B]"""
    log_p = logits.log_softmax(-1)
    return -(log_p.exp() * log_p).sum(-1)


def smoothed(logits, y, alpha=0.1):
    """Label smoothing (Szegedy et al., CVPR 2016): ce with the target (1 - alpha) e_y + alpha / C. -> [..., B]"""
    return (1 - alpha) * ce(logits, y) - alpha * logits.log_softmax(-1).mean(-1)


def accuracy(logits, y):
    """Share of correct predictions. logits [..., B, C], y [..., B] -> [...]"""
    return (logits.argmax(-1) == y).to(torch.float32).mean(-1)
