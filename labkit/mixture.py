"""A mixture of two normal distributions on a line, fitted by EM, and the posterior of the lower one."""

from math import inf, log, pi

import torch
from torch import Tensor


def two_means(values: Tensor) -> Tensor:
    """Divide values into the two groups with the least squared distance to their means. This solves 2-means exactly,
    because on a line a group is an interval. values [N] -> bool [N], True for the lower group"""
    order = values.argsort(stable=True)
    total = values[order].cumsum(0)
    n = torch.arange(1, len(values), device=values.device)
    low = total[:-1]
    high = total[-1] - total[:-1]
    cut = (low.square() / n + high.square() / (len(values) - n)).argmax() + 1
    lower = torch.zeros_like(values, dtype=torch.bool)
    lower[order[:cut]] = True
    return lower


def lower_posterior(values: Tensor, max_iter: int = 10, tol: float = 1e-2, reg: float = 5e-4) -> Tensor:
    """Return the posterior of the component with the smaller mean. values [N], N >= 2 -> float64 [N]

    The arithmetic and the options are those of scikit-learn's GaussianMixture: at most `max_iter` rounds; it ends when
    the mean log-likelihood gains less than `tol`; `reg` is added to the variances. It starts from `two_means`, so that
    it draws nothing at random.
    """
    values = values.detach().double()
    lower = two_means(values)
    components = _maximise(values, torch.stack([lower, ~lower]).double(), reg)
    previous = -inf
    for _ in range(max_iter):
        posterior, likelihood = _expect(values, *components)
        components = _maximise(values, posterior, reg)
        if abs(float(likelihood) - previous) < tol:
            break
        previous = float(likelihood)
    posterior, _ = _expect(values, *components)
    _, mean, _ = components
    return posterior[mean.argmin()]


def _maximise(values, posterior, reg):
    """Take the M step. values [N], posterior [2, N] -> share, mean and variance of the components, [2] each"""
    count = posterior.sum(1) + 10 * torch.finfo(values.dtype).eps
    mean = posterior @ values / count
    variance = (posterior * (values - mean[:, None]).square()).sum(1) / count + reg
    return count / count.sum(), mean, variance


def _expect(values, share, mean, variance):
    """Take the E step. -> posterior [2, N], mean log-likelihood"""
    distance = (values - mean[:, None]).square() / variance[:, None]
    joint = share.log()[:, None] - 0.5 * (distance + variance.log()[:, None] + log(2 * pi))  # [2, N]
    total = joint.logsumexp(0)
    return (joint - total).exp(), total.mean()
