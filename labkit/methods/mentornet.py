"""MentorNet. Jiang, Zhou, Leung, Li, Fei-Fei, ICML 2018 (arXiv 1712.05055).

From the loss of every sample, and how far it is above a moving percentile of the losses, a mentor computes how much the
student should trust the sample. MentorNet PD is a mentor with a predefined rule: all at first, then the small
losses (self-paced), near the end a soft version of it. MentorNet DD learns its rule from samples whose labels are known
to be right or wrong.

Differs from the released code in:
    1. PD is the rule v* itself; there a network is trained to imitate it.
    2. DD is a network 4 - 20 - 1 (tanh, sigmoid) of loss, difference, label (0, as released) and epoch; there a
    bidirectional LSTM of a single time step and an embedding stand before it, which add no information. It learns
    from the losses that the student has, during the burn-in, on a clean meta set with labels made wrong on purpose;
    there from a first student's run on another dataset.
    3. the percentage of training advances by epochs, there by steps; the weight decay is not multiplied by the mean
    weight.
    4. v is divided by the batch size, as there, so that weights do not sum to 1.
"""

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Generator, Tensor, nn

from labkit import losses
from labkit.arguments import Number, Positive, Rate, Share
from labkit.data import Split
from labkit.errors import need
from labkit.method import MakeNet, MakeOpt, Method
from labkit.optimisers import Adam
from labkit.ranks import kth_largest, smallest

Percent = Annotated[float, Number(0, 100, what="a percentage")]
EXAMPLE_DROPOUT = ((0.5, 17), (0.05, 78), (1.0, 5))


def percentile(loss: Tensor, p: float) -> Tensor:
    """Return the loss nearest to the p-percentile on the last axis. loss [..., B], p in [0, 1] -> [..., 1]"""
    return kth_largest(loss, loss.shape[-1] - round(p * (loss.shape[-1] - 1)))


@dataclass(kw_only=True, eq=False)
class MentorNetPD(Method):
    """Weights v / B by the predefined rule.

    percentile: in [0, 1], of the losses of a batch; decay: in [0, 1), of its moving average. burn_in, soft: percent of
    the training, all are trusted (v = 1) before the first, and v = 1[loss <= average] up to the second; then v = 1 -
    (loss - average) / gamma between 0 and 1. gamma > 0. dropout: pairs (rate, percent of the training): this share of
    each batch gets v = 0 at random; () is none. The release's last 5 percent teach nothing.
    """

    percentile: Share = 0.7
    decay: Rate = 0.5
    burn_in: Percent = 19
    soft: Percent = 90
    gamma: Positive = 1.0
    dropout: tuple[tuple[Share, Percent], ...] = EXAMPLE_DROPOUT

    normalised = False

    def __post_init__(self):
        total = sum(percent for _, percent in self.dropout)
        may_be = "() or pairs (rate, percent) with percentages that sum to 100"
        need(total in (0, 100), f"dropout of {type(self).__name__}", self.dropout, may_be)

    def weight(self, x: Tensor, y: Tensor, i: Tensor, logits: Tensor) -> Tensor:
        loss = self.loss(logits, y, i).detach()  # [..., B]
        share = percentile(loss, self.percentile)
        self.following = self.decay * self.level + (1 - self.decay) * share  # [..., 1]
        v = self.trust(loss, loss - self.following)  # core: v = mentor(phi)  [..., B]
        return self.drop(v) / v.shape[-1]

    def update(self) -> None:
        self.level = self.following
        super().update()

    def trust(self, loss: Tensor, above: Tensor) -> Tensor:
        """Return v*. loss [..., B], above: how far it is above the moving percentile [..., B] -> [..., B]"""
        if self.percent() < self.burn_in:
            return torch.ones_like(loss)
        if self.percent() < self.soft:
            return (above <= 0).to(loss.dtype)
        return (1 - above / self.gamma).clamp(0, 1)

    def drop(self, v: Tensor) -> Tensor:
        """Set all but int((1 - rate) B) weights to 0, drawn at random. v [..., B] -> [..., B]"""
        rate = self.dropout_rate()
        if not rate:
            return v
        draw = torch.rand(v.shape, generator=self.rng, device=v.device)
        return v * smallest(draw, int((1 - rate) * v.shape[-1]))

    def dropout_rate(self) -> float:
        """Return the rate of `dropout` in this epoch."""
        end = 0
        for rate, percent in self.dropout:
            end += percent
            if self.percent() < end:
                return rate
        return 0.0

    def percent(self) -> int:
        """Return how much of the training is over, 0 to 99 percent."""
        return 100 * self.epoch // self.epochs

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        self.level, self.following = torch.zeros(1, device=train.y.device), torch.zeros(1, device=train.y.device)


@dataclass(kw_only=True, eq=False)
class MentorNetDD(MentorNetPD):
    """Weights v / B by a mentor that learns, during the burn-in, to separate right labels from wrong ones by their
    losses.

    corruption: share in (0, 1) of the labels of the clean meta set that are made wrong for the lesson; best the noise
    rate. After the burn-in the mentor and its feature "epoch" are frozen. soft and gamma are not used.
    """

    corruption: Annotated[float, Number(0, 1, above=True, below=True)] = 0.4

    targets = ("classes",)
    meta_labels = "true"

    def __post_init__(self):
        super().__post_init__()
        need(self.burn_in > 0, "burn_in of MentorNetDD", self.burn_in, "above 0: the mentor learns in that time")

    def select(self, train: Split, epoch: int) -> Tensor | None:
        """Take all samples. At the end of the burn-in the mentor learns from what was observed at the start of its
        epochs."""
        if epoch and not self.learnt:
            self.observed = torch.cat([self.observed, self.observe()])
            if self.percent() >= self.burn_in:
                learn(self.mentor, self.observed)
                self.observed, self.learnt = self.observed[:0], True

    def trust(self, loss: Tensor, above: Tensor) -> Tensor:
        if self.percent() < self.burn_in:
            return torch.ones_like(loss)
        return self.mentor(features(loss, above, self.burn_in))[..., 0].sigmoid().to(loss.dtype)  # core: v = g(phi)

    @torch.no_grad()
    def observe(self) -> Tensor:
        """Return the features of the meta set and, in the last column, whether each label is right. -> [M, 5]"""
        self.train_mode(False)
        places = torch.arange(len(self.meta), device=self.lesson.device).split(1000)
        loss = torch.cat([losses.ce(self.nets[0](self.meta.inputs(i)), self.lesson[i]) for i in places])
        self.train_mode(True)
        phi = features(loss, loss - percentile(loss, self.percentile), min(self.percent(), self.burn_in))
        return torch.cat([phi, (self.lesson == self.meta.y)[:, None].float()], 1)

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        need(meta.trusted, "trusted of the meta set of MentorNetDD", meta.trusted, "True: right labels are to be known")
        shift = torch.rand(len(meta), generator=rng, device=meta.y.device)
        wrong = (meta.y + 1 + (shift * (train.classes - 1)).long()) % train.classes
        corrupted = torch.rand(len(meta), generator=rng, device=meta.y.device) < self.corruption
        self.lesson = torch.where(corrupted, wrong, meta.y)  # [M]
        layers = (nn.Linear(4, 20), nn.Tanh(), nn.Linear(20, 1))
        self.mentor = nn.Sequential(*layers).to(meta.y.device).requires_grad_(False)
        self.observed, self.learnt = torch.zeros(0, 5, device=meta.y.device), False


def features(loss: Tensor, above: Tensor, percent: int) -> Tensor:
    """Return phi of samples: loss, difference to the percentile, label (0), share of the training. [..., B] ->
    [..., B, 4]"""
    time = torch.full_like(loss, percent / 100)
    return torch.stack([loss, above, torch.zeros_like(loss), time], -1).float()


def learn(mentor: nn.Module, observed: Tensor, steps: int = 300, lr: float = 0.05) -> None:
    """Fit a mentor to observed features and rightness [R, 5] by binary cross-entropy, and freeze it again."""
    mentor.requires_grad_(True)
    opt = Adam(mentor.parameters(), lr=lr)
    with torch.enable_grad():
        for _ in range(steps):
            opt.zero_grad()
            out = mentor(observed[:, :4])[:, 0]
            nn.functional.binary_cross_entropy_with_logits(out, observed[:, 4]).backward()
            opt.step()
    mentor.requires_grad_(False)
