"""Co-teaching: Han, Yao, Yu, Niu, Xu, Hu, Tsang, Sugiyama, NeurIPS 2018 (arXiv 1804.06872), Algorithm 1.

Two networks from different random weights. In every batch each picks the samples of smallest loss, and learns from
those that the *other* one picked: the errors of one do not feed on themselves.

Differs from the released code in, each a keyword (variant="released" has all):
    1. divide_twice: the code divides the mean loss by the number of kept samples again. Adam does not notice; SGD
       learns as if its learning rate were that much smaller.
    2. first_epoch: the code's ramp is read from epoch index 1 on and reaches `rate` one epoch early (linspace), so the
       first trained epoch already drops rate / (ramp - 1).
    3. exponent_of: the code raises the rate to the exponent c, not the time. Its ramp is linspace(0, rate^c, ramp), and
       then the share jumps to `rate`. With c = 1 nothing differs.
    The code's noise has a fixed seed whatever the run's, and its test loader drops 16 images: neither is here.
    Accuracies of the two networks are averaged.
"""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from labkit.arguments import AssumedRate, Duration, Flag, Positive, Variant
from labkit.method import Method
from labkit.methods.spl import ramped
from labkit.ranks import kept, smallest


@dataclass(kw_only=True, eq=False)
class CoTeaching(Method):
    """Each network learns from the small-loss samples of its peer.

    rate: share that is filtered out, the assumed noise rate, in [0, 1). ramp: T_k, epochs over which the share grows to
    `rate`. exponent: c of (t / T_k)^c; exponent_of: "time" | "rate", what is raised to c. divide_twice: the mean loss
    is divided by the number of kept samples again. first_epoch: 0 | 1, index of the first epoch on the ramp. variant:
    "paper" | "released"; exponent_of, divide_twice, first_epoch follow it when None.
    """

    networks = 2
    later = {"exponent_of": "time"}
    divides = {"paper": False, "released": True}
    rate: AssumedRate
    ramp: Duration = 10
    exponent: Positive = 1.0
    variant: Variant = "paper"
    divide_twice: Flag | None = None
    first_epoch: Literal[0, 1] | None = None
    exponent_of: Literal["time", "rate"] | None = None

    def __post_init__(self):
        first_epoch, exponent_of = {"paper": 0, "released": 1}, {"paper": "time", "released": "rate"}
        self.follow(divide_twice=self.divides, first_epoch=first_epoch, exponent_of=exponent_of)
        self.normalised = not self.divide_twice

    def score(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        """Return what samples are ranked by; small scores are trusted. -> [..., B]"""
        return self.loss(logits, y, i)

    def forgotten(self) -> float:
        """Return the filtered share of this epoch, 1 - R(t)."""
        if self.exponent_of == "time":
            return ramped(self.rate, self.epoch, self.ramp, self.first_epoch, self.exponent)
        if self.epoch + self.first_epoch >= self.ramp:
            return self.rate  # the jump at the end of the ramp
        return ramped(self.rate**self.exponent, self.epoch, self.ramp, self.first_epoch)

    def count(self, size: int) -> int:
        """Return how many of `size` samples are kept in this epoch."""
        return kept(self.forgotten(), size)

    def picks(self, logits: list[Tensor], y: Tensor, i: Tensor) -> list[Tensor]:
        """Return the weights by which each network trusts the samples. logits: of both networks -> two weights [B],
        each summing to 1"""
        keep = self.count(len(y))
        scores = [self.score(z.detach(), y, i) for z in logits]
        return [smallest(score, keep).to(score.dtype) / keep for score in scores]  # small losses

    def shares(self, logits: list[Tensor], y: Tensor, i: Tensor) -> list[Tensor]:
        """Return the weights of `picks`, divided by the number of picked samples again with divide_twice."""
        weights = self.picks(logits, y, i)
        return [weight * weight.amax() for weight in weights] if self.divide_twice else weights

    def weighted(self, x: Tensor, y: Tensor, i: Tensor, logits: list[Tensor], weights: list[Tensor]) -> list[Tensor]:
        """Return the weighted loss of each network. logits: of both networks -> two scalars"""
        return [(weight * self.loss(z, y, i)).sum() for weight, z in zip(weights, logits)]

    def step(self, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        x, y, i = self.batch(x, y, i)
        logits = [net(x) for net in self.nets]
        first, second = self.shares(logits, y, i)
        weights = [second, first]  # core: each learns from what the other one picked
        losses = self.weighted(x, y, i, logits, weights)
        self.zero_grad()
        sum(losses).backward()
        self.update()
        self.seen = i, sum(weights) / 2
        return sum(losses).detach() / 2
