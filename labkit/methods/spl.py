"""SPL: self-paced learning. Kumar, Packer, Koller, NIPS 2010; as PRL's baseline, trimming of every batch by the loss.

Samples of small loss are trusted: the network learns the clean majority first, so a large loss is suspect.

mode="fraction" keeps the int((1 - rate) B) samples of smallest loss in a batch, as PRL's tables have it;
mode="threshold" keeps l_i < lambda, which grows every epoch, as the paper has it. The released code of PRL
trains two copies and averages their accuracies: here it is one network.

Differs from the released code of PRL (mode="fraction") in, each a keyword (variant="released" has all):
    1. ramp: the code ramps the share up over 10 epochs (15 for CIFAR-100 with pairflip); here it is `rate` at once.
    2. first_epoch: the code's ramp is read from epoch index 1 on and reaches `rate` one epoch early (linspace), so the
       first trained epoch already drops rate / (ramp - 1).
    3. divide_twice: the code divides the mean loss by the number of kept samples again. Adam does not notice; SGD
       learns as if its learning rate were that much smaller.
"""

from dataclasses import dataclass
from math import inf
from typing import Literal

import torch
from torch import Tensor

from labkit.arguments import AssumedRate, Duration, Flag, Positive, Variant, describe
from labkit.errors import need
from labkit.method import Method
from labkit.ranks import forget_rate, kept, smallest


def ramped(rate: float, epoch: int, ramp: int, first_epoch: int = 0, exponent: float = 1.0) -> float:
    """Return the filtered share of an epoch, counted from 0. It grows to `rate` over `ramp` epochs; 0: at once.

    first_epoch: index of the first epoch on the ramp. 0: as in Co-teaching's paper, R(T). 1: as released code reads
    linspace(0, rate, ramp), whose last value stands at index ramp - 1.
    """
    length = ramp - 1 if first_epoch and ramp > 1 else ramp
    return forget_rate(rate, epoch + first_epoch, length, exponent)


def learned(weight: Tensor) -> Tensor:
    """Return the places in a batch that a second forward pass takes: those of weight above 0, or all where that is only
    one, which batch normalisation cannot see alone. weight [B] -> [at most B]"""
    kept = weight.nonzero()[:, 0]
    return kept if len(kept) > 1 else torch.arange(len(weight), device=weight.device)


@dataclass(kw_only=True, eq=False)
class SPL(Method):
    """Learn only from the samples of smallest loss.

    rate: share that is filtered out, the assumed noise rate, in [0, 1); "threshold" has none. mode: "fraction" |
    "threshold". ramp: epochs over which the share grows to `rate`, 0: at once. first, growth: the threshold lambda of
    epoch e is first * growth^e. variant: "paper" | "released". divide_twice: the mean loss is divided by the number of
    kept samples again, in mode "fraction". first_epoch: 0 | 1, index of the first epoch on the ramp. ramp,
    divide_twice, first_epoch follow the variant when None.
    """

    later = {"variant": "paper", "divide_twice": False, "first_epoch": 0}
    rate: AssumedRate | None = None
    mode: Literal["fraction", "threshold"] = "fraction"
    ramp: Duration | None = None
    first: Positive = 1.0
    growth: Positive = 1.1
    variant: Variant = "paper"
    divide_twice: Flag | None = None
    first_epoch: Literal[0, 1] | None = None

    def __post_init__(self):
        self.follow_released()
        may_be = f"{describe(AssumedRate).may_be}, with mode 'fraction'"
        need(self.rate is not None or self.mode == "threshold", f"rate of {type(self).__name__}", None, may_be)
        self.rate = None if self.mode == "threshold" else self.rate
        self.normalised = self.mode == "fraction" and not self.divide_twice  # nothing may lie below a threshold

    def follow_released(self) -> None:
        """Fill ramp, divide_twice and first_epoch by the variant where they are None."""
        as_released = {"paper": False, "released": True}
        ramp, first_epoch = {"paper": 0, "released": 10}, {"paper": 0, "released": 1}
        self.follow(ramp=ramp, divide_twice=as_released, first_epoch=first_epoch)

    def score(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        """Return what samples are ranked by; small scores are trusted. -> [..., B]"""
        return self.loss(logits, y, i)

    def threshold(self) -> float:
        """Return lambda of this epoch; infinity where a float overflows."""
        try:
            return self.first * self.growth**self.epoch
        except OverflowError:
            return inf

    def weight(self, x: Tensor, y: Tensor, i: Tensor, logits: Tensor) -> Tensor:
        score = self.score(logits.detach(), y, i).detach()
        if self.mode == "threshold":
            believed = (score < self.threshold()).to(score.dtype)
            return believed / believed.sum(-1, keepdim=True).clamp(min=1)
        keep = kept(ramped(self.rate, self.epoch, self.ramp, self.first_epoch), score.shape[-1])
        weight = smallest(score, keep).to(score.dtype) / keep  # core: the small half of the batch  [..., B]
        return weight * weight.amax(-1, keepdim=True) if self.divide_twice else weight
