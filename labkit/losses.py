"""One function per loss: (logits [..., B, C], y) -> [..., B]. They act on the last axes, so K runs can be stacked."""

from math import log, log1p

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


def by_class(logits: Tensor, eps: float = 0.0) -> Tensor:
    """Return the cross-entropy of every class, -log(p_c + eps), at most -log eps. eps >= 0; 0 has no bound. -> [..., B,
    C]"""
    log_p = logits.log_softmax(-1)
    return -torch.logaddexp(log_p, torch.full_like(log_p, log(eps))) if eps else -log_p


def js(views: Tensor, y: Tensor, pi: float) -> Tensor:
    """Return the Jensen-Shannon divergence of a label and of V predictions (Englesson, Azizpour, NeurIPS 2021), divided
    by Z = -(1 - pi) log(1 - pi).

    It is pi KL(e_y, m) + (1 - pi) / V sum_v KL(p_v, m) with the mixture m = pi e_y + (1 - pi) / V sum_v p_v. V = 1 is
    JS, several views of the same samples are GJS. views: logits [V, ..., B, C]. pi: weight of the label, in (0, 1). One
    view: ce as pi -> 0, mae / 2 as pi -> 1. Logarithms of m are taken term by term, so that no zero needs a bound. ->
    [..., B]
    """
    log_p = views.log_softmax(-1)
    log_mean = log_p.logsumexp(0) - log(len(views)) + log1p(-pi)  # of (1 - pi) / V sum_v p_v  [..., B, C]
    place = y[..., None]
    log_m_y = torch.logaddexp(log_mean.gather(-1, place), torch.full_like(log_mean[..., :1], log(pi)))
    log_m = log_mean.scatter(-1, place, log_m_y)
    of_views = (log_p.exp() * (log_p - log_m)).sum(-1).mean(0)
    return (pi * -log_m_y[..., 0] + (1 - pi) * of_views) / (-(1 - pi) * log1p(-pi))


def eps_softmax(logits: Tensor, m: float) -> Tensor:
    """Return the logarithm of epsilon-softmax (Wang et al., NeurIPS 2024): m is added to the largest probability, and
    all are divided by 1 + m. m >= 0; 0 is softmax. -> [..., B, C]"""
    log_p = logits.log_softmax(-1)
    if not m:
        return log_p
    top = log_p.argmax(-1, keepdim=True)
    raised = torch.logaddexp(log_p.gather(-1, top), torch.full_like(log_p[..., :1], log(m)))
    return log_p.scatter(-1, top, raised) - log1p(m)


def accuracy(logits: Tensor, y: Tensor) -> Tensor:
    """Return the share of correct predictions. logits [..., B, C], y [..., B] -> [...]"""
    return (logits.argmax(-1) == y).to(torch.float32).mean(-1)
