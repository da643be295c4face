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
from torch import Generator, Tensor

from labkit.arguments import Duration, Flag
from labkit.data import Split
from labkit.method import MakeNet, MakeOpt
from labkit.methods.co_teaching import CoTeaching

EARLY = 5000  # epoch * batch up to which the released code learns from agreeing batches


@dataclass(kw_only=True, eq=False)
class CoTeachingPlus(CoTeaching):
    """Co-teaching on the samples that the two networks classify differently.

    start: epochs of plain Co-teaching before (0 MNIST, 20 CIFAR-10, 5 CIFAR-100). softmax_twice, drop_first: see above.
    agreeing: "always" | "early", when a batch is learned from on which the networks agree. least: "one" | "all", how
    many samples are kept where the share is below one. They follow the variant when None. Other hyperparameters: as
    Co-teaching.
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

    def plain(self) -> bool:
        """Return whether this is an epoch of plain Co-teaching."""
        return self.epoch + self.first_epoch < self.start

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        doubled = self.softmax_twice and not self.plain()
        return super().loss(logits.softmax(-1) if doubled else logits, y, i)

    def count(self, size: int) -> int:
        keep = int((1 - self.forgotten()) * size)
        at_least = 1 if self.least == "one" else size
        return keep or at_least

    def counted(self, size: Tensor) -> Tensor:
        """Return the same as `count` for a size [] on the device. -> int64 []"""
        if self.least == "one":
            return ((1 - self.forgotten()) * size).long().clamp(min=1)
        keep = ((1 - self.forgotten()) * size.double()).long()
        return torch.where(keep > 0, keep, size)

    def considered(self, logits: list[Tensor], i: Tensor) -> Tensor:
        """Return the samples to choose from. logits: of both networks, i [B] -> bool [B]"""
        differ = logits[0].argmax(-1) != logits[1].argmax(-1)  # core: disagreement  [B]
        if not self.drop_first:
            return differ
        remaining = differ.flip(-1).cumsum(-1).flip(-1)  # disagreeing samples from here to the end of the batch  [B]
        lost = (differ & (i == 0)).any() & (remaining == 1)
        return differ & ~lost

    def picks(self, logits: list[Tensor], y: Tensor, i: Tensor) -> list[Tensor]:
        if self.plain():
            return super().picks(logits, y, i)
        candidates = self.considered(logits, i)
        any_left = candidates.any()
        keep = torch.where(any_left, self.counted(candidates.sum()), len(y))
        candidates = candidates | ~any_left  # without a candidate: the whole batch
        return [self.smallest_of(candidates, keep, self.score(z.detach(), y, i)) for z in logits]

    def smallest_of(self, candidates: Tensor, keep: Tensor, score: Tensor) -> Tensor:
        """Return equal weights of the `keep` candidates of smallest score. candidates, score [B], keep [] -> [B]"""
        rank = score.masked_fill(~candidates, torch.inf).argsort(stable=True).argsort()
        return (rank < keep).to(score.dtype) / keep

    def shares(self, logits: list[Tensor], y: Tensor, i: Tensor) -> list[Tensor]:
        weights = super().shares(logits, y, i)
        if self.plain() or self.agreeing == "always":
            return weights
        any_left, agreeing = self.considered(logits, i).any(), self.agreeing_weight(logits)
        return [torch.where(any_left, weight, agreeing) for weight in weights]

    def agreeing_weight(self, logits: list[Tensor]) -> Tensor:
        """Return the weight [] of each sample of a batch without candidates. logits: of both networks"""
        differ = (logits[0].argmax(-1) != logits[1].argmax(-1)).to(logits[0].dtype)  # [B]
        early = (self.epoch + 1) * self.steps < EARLY
        return (torch.ones_like(differ) if early else differ).mean() / len(differ)

    def step(self, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        if self.epoch != self.epoch_of_steps:  # batches are counted anew in every epoch
            self.steps, self.epoch_of_steps = 0, self.epoch
        loss = super().step(x, y, i)
        self.steps += 1
        return loss

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        self.steps, self.epoch_of_steps = 0, 0
