"""Ranks on the last axis: what selection methods and CDR share."""

import numpy as np
import torch
from torch import Tensor


def kth_largest(score: Tensor, k: int) -> Tensor:
    """Return the k-th largest value on the last axis. score [..., M], 1 <= k <= M -> [..., 1]

    On the CPU numpy's selection gives the same value in a tenth of the time that torch.kthvalue takes (61,470 scores:
    0.05 against 0.67 ms).
    """
    place = score.shape[-1] - k
    if score.device.type != "cpu":
        return score.kthvalue(place + 1, -1, keepdim=True).values
    return torch.from_numpy(np.partition(score.detach().numpy(), place, -1)[..., place : place + 1])


def smallest(score: Tensor, k: int) -> Tensor:
    """Mark the k smallest scores on the last axis; of equal scores the earlier. score [..., M] -> bool [..., M]"""
    order = score.detach().argsort(dim=-1, stable=True)
    return torch.zeros_like(score, dtype=torch.bool).scatter_(-1, order[..., :k], True)


def kept(rate: float, batch: int) -> int:
    """Return how many of a batch a filter keeps: int((1 - rate) B), cut and not rounded as in all released code, at
    least 1."""
    return max(1, int((1 - rate) * batch))


def forget_rate(rate: float, epoch: int, ramp: int, exponent: float = 1.0) -> float:
    """Return the filtered share at an epoch, counted from 0. It grows to `rate` over `ramp` epochs (Co-teaching, R(T) =
    1 - min(rate T / T_k, rate)); without a ramp it is `rate` at once."""
    return rate * min(1.0, epoch / ramp) ** exponent if ramp else rate
