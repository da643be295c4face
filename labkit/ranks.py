"""Ranks on the last axis: what selection methods and CDR share."""

import numpy as np
import torch


def kth_largest(score, k):
    """The k-th largest value on the last axis. score [..., M], 1 <= k <= M -> [..., 1]

    On the CPU numpy's selection gives the same value in a tenth of the time that torch.kthvalue takes (61,470 scores:
    0.05 against 0.67 ms).
    """
    place = score.shape[-1] - k
    if score.device.type != "cpu":
        return score.kthvalue(place + 1, -1, keepdim=True).values
    return torch.from_numpy(np.partition(score.detach().numpy(), place, -1)[..., place : place + 1])
