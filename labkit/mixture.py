"""A mixture of two normal distributions on a line, fitted by EM: who belongs to the lower one?"""

from math import log, pi

import torch


def two_means(values):
    """The cut in two groups with the least squared distance to their means: 2-means solved exactly, since on a line a
    group is an interval. values [N] -> bool [N], True for the lower group"""
    order = values.argsort(stable=True)
    total = values[order].cumsum(0)
    n = torch.arange(1, len(values), device=values.device)
    low, high = total[:-1], total[-1] - total[:-1]
    cut = (low.square() / n + high.square() / (len(values) - n)).argmax() + 1
    lower = torch.zeros_like(values, dtype=torch.bool)
    lower[order[:cut]] = True
    return lower


def lower_posterior(values, max_iter=10, tol=1e-2, reg=5e-4):
    """Posterior of the component with the smaller mean. values [N], N >= 2 -> float64 [N]

    The arithmetic and the options are those of scikit-learn's GaussianMixture: at most `max_iter` rounds, the end when
    the mean log-likelihood gains less than `tol`, `reg` added to the variances. It starts from `two_means`, so that it
    draws nothing at random.
    """
    values = values.detach().double()
    lower = two_means(values)
    components, before = _maximise(values, torch.stack([lower, ~lower]).double(), reg), -float("inf")
    for _ in range(max_iter):
        posterior, likelihood = _expect(values, *components)
        components = _maximise(values, posterior, reg)
        if abs(float(likelihood) - before) < tol:
            break
        before = float(likelihood)
    return _expect(values, *components)[0][components[1].argmin()]


def _maximise(values, posterior, reg):
    """M step. values [N], posterior [2, N] -> share, mean and variance of the components, [2] each"""
    count = posterior.sum(1) + 10 * torch.finfo(values.dtype).eps
    mean = posterior @ values / count
    variance = (posterior * (values - mean[:, None]).square()).sum(1) / count + reg
    return count / count.sum(), mean, variance


def _expect(values, share, mean, variance):
    """E step. -> posterior [2, N], mean log-likelihood"""
    far = (values - mean[:, None]).square() / variance[:, None]
    joint = share.log()[:, None] - 0.5 * (far + variance.log()[:, None] + log(2 * pi))  # [2, N]
    total = joint.logsumexp(0)
    return (joint - total).exp(), total.mean()
