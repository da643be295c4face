"""Co-teaching+: Yu, Han, Yao, Niu, Tsang, Sugiyama, ICML 2019 (arXiv 1901.04215), Algorithm 1.

Two networks that are taught the same come to agree, and Co-teaching becomes self-teaching. After `start` epochs only
the samples on which they disagree are considered, and small losses exchanged among these.

Differs from the released code in, each a keyword (variant="released" has all):
    1. softmax_twice: the code gives probabilities to a cross-entropy that takes logits, so among disagreeing samples
       losses are bounded and gradients small.
    2. drop_first: the code marks absence by 0. Where the sample at position 0 of the training set is among the
       disagreeing ones, it counts one too few, and the *last* disagreeing sample of the batch is lost.
    3. agreeing: where no sample is left (or the networks agree on all), the batch is learned from whole. In the code
       its mean loss counts while epoch * k < 5000 (epochs from 1 on, k-th batch of the epoch from 0 on); later it is
       multiplied by the share of disagreeing samples in the batch, mostly 0.
    4. least: where the kept share is less than one sample, one is kept here, all in the code.
    5. divide_twice, first_epoch: as in Co-teaching; divide_twice does not touch an agreeing batch. With first_epoch=1
       epochs count from 1 on also for `start`: 19 plain ones for start=20.
    The code's ramp has no exponent.
"""

from dataclasses import dataclass
from typing import Literal

import torch

from labkit.arguments import Duration, Flag
from labkit.methods.co_teaching import CoTeaching

EARLY = 5000  # epoch * batch up to which the released code learns from agreeing batches


@dataclass(kw_only=True, eq=False)
class CoTeachingPlus(CoTeaching):
    """Co-teaching on the samples that the two networks classify differently.

    start: epochs of plain Co-teaching before (0 MNIST, 20 CIFAR-10, 5 CIFAR-100). softmax_twice, drop_first: bool.
    agreeing: "always" | "early", when batches are learned from on which the networks agree. least: "one" | "all", what
    is kept of a share below one sample. What is None follows the variant. The rest: as Co-teaching.
    """

    targets = ("classes",)
    later = CoTeaching.later | {"agreeing": "always", "least": "one"}
    start: Duration = 0
    softmax_twice: Flag | None = None
    drop_first: Flag | None = None
    agreeing: Literal["always", "early"] | None = None
    least: Literal["one", "all"] | None = None

    def __post_init__(self):
        super().__post_init__()
        as_released = {"paper": False, "released": True}
        self.follow(softmax_twice=as_released, drop_first=as_released)
        agreeing, least = {"paper": "always", "released": "early"}, {"paper": "one", "released": "all"}
        self.follow(agreeing=agreeing, least=least)

    def plain(self):
        """Is this an epoch of plain Co-teaching? -> bool"""
        return self.epoch + self.first_epoch < self.start

    def loss(self, logits, y, i):
        twice = self.softmax_twice and not self.plain()
        return super().loss(logits.softmax(-1) if twice else logits, y, i)

    def count(self, size):
        keep = int((1 - self.forgotten()) * size)
        return keep or (1 if self.least == "one" else size)

    def counted(self, size):
        """As `count`, of a size that is on the device. size [] -> [] int64"""
        if self.least == "one":
            return ((1 - self.forgotten()) * size).long().clamp(min=1)
        keep = ((1 - self.forgotten()) * size.double()).long()
        return torch.where(keep > 0, keep, size)

    def considered(self, logits, i):
        """Samples to choose from. logits: of both, i [B] -> bool [B]"""
        inside = logits[0].argmax(-1) != logits[1].argmax(-1)  # core: disagreement  [B]
        if not self.drop_first:
            return inside
        remaining = inside.flip(-1).cumsum(-1).flip(-1)  # disagreeing samples from here to the end of the batch  [B]
        lost = (inside & (i == 0)).any() & (remaining == 1)
        return inside & ~lost

    def picks(self, logits, y, i):
        if self.plain():
            return super().picks(logits, y, i)
        inside = self.considered(logits, i)
        some = inside.any()
        keep, inside = torch.where(some, self.counted(inside.sum()), len(y)), inside | ~some  # none: the whole batch
        return [self.among(inside, keep, self.score(z.detach(), y, i)) for z in logits]

    def among(self, inside, keep, score):
        """Weights of the `keep` smallest scores inside. inside, score [B], keep [] -> [B]"""
        rank = score.masked_fill(~inside, torch.inf).argsort(stable=True).argsort()
        return (rank < keep).to(score.dtype) / keep

    def shares(self, logits, y, i):
        weights = super().shares(logits, y, i)
        if self.plain() or self.agreeing == "always":
            return weights
        some, whole = self.considered(logits, i).any(), self.whole(logits)
        return [torch.where(some, weight, whole) for weight in weights]

    def whole(self, logits):
        """Weight of each sample where none is considered. logits: of both -> []"""
        apart = (logits[0].argmax(-1) != logits[1].argmax(-1)).to(logits[0].dtype)  # [B]
        early = (self.epoch + 1) * self.steps < EARLY
        return (torch.ones_like(apart) if early else apart).mean() / len(apart)

    def step(self, x, y, i):
        if self.epoch != self.epoch_of_steps:  # batches are counted anew in every epoch
            self.steps, self.epoch_of_steps = 0, self.epoch
        loss = super().step(x, y, i)
        self.steps += 1
        return loss

    def bind(self, make_net, make_opt, train, meta, rng):
        super().bind(make_net, make_opt, train, meta, rng)
        self.steps, self.epoch_of_steps = 0, 0
