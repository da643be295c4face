"""O2U-Net: overfitting to underfitting. Huang, Qu, Jia, Zhao, ICCV 2019.

A learning rate that goes up and down makes a network forget and memorise again: samples with wrong labels have large
losses all the way. The loss of every sample is recorded along such a training, those with the largest sum are removed,
and a network is trained on the rest.

Stage 0 is an ordinary training, stage 1 the cyclic one, stage 2 the training on the rest.
variant="released" differs from "paper" in:
    1. restart="first": stage 2 goes on from the end of stage 0; "init": from the first random weights.
    2. phase=1: the code counts the epochs of the cyclic learning rate from 1 on, so that a round begins with its second
    value; 0: with its first.
Differs from the released code in:
    3. with an incomplete last batch left out, a sample that an epoch did not see keeps its loss of the epoch before;
    there it counts as 0.
    4. the learning rate of an ordinary training is the recipe's; there .01, .005, .001 by quarters and the half.
With rate=0 nothing would be removed: there is only stage 0.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Generator, Tensor

from labkit.arguments import AssumedRate, Count, Epochs, LearningRate, Variant
from labkit.data import Split
from labkit.errors import need
from labkit.method import MakeNet, MakeOpt, Method, Stage
from labkit.ranks import kept, smallest
from labkit.state import save_value


def cyclic_lr(epoch: int, high: float, low: float, period: int) -> float:
    """Return a learning rate that falls linearly in rounds of `period` epochs, from near `high` to `low`. epoch:
    counted from 0"""
    t = (epoch % period + 1) / period
    return (1 - t) * high + t * low


@dataclass(kw_only=True, eq=False)
class O2UNet(Method):
    """Train without the samples of the largest losses in a cyclic training.

    rate: share of the samples to remove, in [0, 1), the noise rate. first_epochs, cyclic_epochs: of stages 0 and 1;
    None: those of the run. high, low, period: of the cyclic learning rate; batch_size: samples per step
    there. variant: "paper" | "released". restart: "init" | "first", where stage 2 begins. phase: 0 | 1, index of the
    first epoch in its round. restart, phase follow the variant when None.
    """

    later = {"phase": 0}
    rate: AssumedRate
    first_epochs: Epochs | None = None
    cyclic_epochs: Epochs | None = None
    high: LearningRate = 0.01
    low: LearningRate = 0.001
    period: Epochs = 10
    batch_size: Count = 16
    variant: Variant = "paper"
    restart: Literal["init", "first"] | None = None
    phase: Literal[0, 1] | None = None

    def __post_init__(self):
        need(self.low <= self.high, "low of O2UNet", self.low, f"at most high, {self.high}")
        self.follow(restart={"paper": "init", "released": "first"}, phase={"paper": 0, "released": 1})

    def select(self, train: Split, epoch: int) -> Tensor | None:
        """Take all samples of the stage. In the cyclic one, add the losses of the last epoch to the record."""
        if self.cyclic and epoch:
            self.record()

    def weight(self, x: Tensor, y: Tensor, i: Tensor, logits: Tensor) -> Tensor:
        if self.cyclic:
            self.losses[i] = self.loss(logits, y, i).detach().to(self.losses.dtype)
        return super().weight(x, y, i, logits)

    def update(self) -> None:
        if self.cyclic:
            lr = cyclic_lr(self.epoch + self.phase, self.high, self.low, self.period)
            for opt in self.opts:
                for group in opt.param_groups:
                    group["lr"] = lr
        super().update()

    def record(self) -> None:
        """Add the losses of an epoch, less their mean, to the sums."""
        self.total += self.losses - self.losses.mean()  # core: l_n(epoch) - mean, over all epochs  [N]

    def stage(self, k: int, train: Split) -> Stage | None:
        if k == 0:
            return Stage(epochs=self.first_epochs)
        if k == 1 and self.rate:
            return Stage(epochs=self.cyclic_epochs, start="previous", recipe={"batch": self.batch_size})
        if k == 2:
            start = "init" if self.restart == "init" else "previous"
            return Stage(indices=self.rest.nonzero()[:, 0], start=start)
        return None

    def end_stage(self, k: int) -> None:
        self.cyclic = k == 0
        if k == 0 and self.restart == "first":
            self.first = save_value([net.state_dict() for net in self.nets])
        if k == 1:
            self.record()
            self.rest = smallest(self.total, kept(self.rate, len(self.total)))  # [N]
            for net, state in zip(self.nets, self.first):
                net.load_state_dict(state)

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        device = train.y.device
        self.losses, self.total = torch.zeros(len(train), device=device), torch.zeros(len(train), device=device)
        self.cyclic, self.first = False, []
        self.rest = torch.ones(len(train), dtype=torch.bool, device=device)

    def notes(self) -> dict:
        """Return how many samples are removed for stage 2."""
        return {**super().notes(), "removed": int((~self.rest).sum())}
