"""SPL: self-paced learning. Kumar, Packer, Koller, NIPS 2010; as PRL's baseline, trimming of every batch by the loss.

Small losses are believed: the network learns the clean majority first, so what it still gets wrong is suspect.

mode="fraction" keeps the int((1 - rate) B) samples of smallest loss in a batch, as PRL's tables have it;
mode="threshold" keeps l_i < lambda, which grows every epoch, as the paper has it. The released code of PRL
trains two copies and averages their accuracies: here it is one network.
"""

from dataclasses import dataclass

from labkit.errors import choose, need
from labkit.method import Method
from labkit.ranks import forget_rate, kept, smallest


def a_rate(name, rate):
    """A noise rate that a method assumes: a number in [0, 1). -> float"""
    fine = isinstance(rate, (int, float)) and not isinstance(rate, bool) and 0 <= rate < 1
    need(fine, f"rate of {name}", rate, "a noise rate in [0, 1)")
    return float(rate)


def a_ramp(name, ramp):
    """Epochs over which the filtered share grows: a whole number >= 0."""
    need(isinstance(ramp, int) and ramp >= 0, f"ramp of {name}", ramp, "a whole number of epochs, 0 or more")


@dataclass(kw_only=True, eq=False)
class SPL(Method):
    """Only the samples of smallest loss are learned from.

    rate: share that is filtered out, the assumed noise rate, in [0, 1); "threshold" has none. mode: "fraction" |
    "threshold". ramp: epochs over which the share grows to `rate`, 0: at once. first, growth: the threshold lambda of
    epoch e is first * growth^e.
    """

    rate: float | None = None
    mode: str = "fraction"
    ramp: int = 0
    first: float = 1.0
    growth: float = 1.1

    def __post_init__(self):
        choose("mode", self.mode, dict.fromkeys(("fraction", "threshold")))
        self.rate = a_rate("SPL", self.rate) if self.mode == "fraction" else None
        a_ramp("SPL", self.ramp)
        need(self.first > 0, "first of SPL", self.first, "a loss above 0")
        need(self.growth > 0, "growth of SPL", self.growth, "a factor above 0")
        self.normalised = self.mode == "fraction"  # nothing may lie below a threshold

    def score(self, logits, y, i):
        """By what samples are ranked; small is trusted. -> [..., B]"""
        return self.loss(logits, y, i)

    def weight(self, x, y, i, logits):
        score = self.score(logits.detach(), y, i).detach()
        if self.mode == "threshold":
            believed = (score < self.first * self.growth**self.epoch).to(score.dtype)
            return believed / believed.sum(-1, keepdim=True).clamp(min=1)
        keep = kept(forget_rate(self.rate, self.epoch, self.ramp), score.shape[-1])
        return smallest(score, keep).to(score.dtype) / keep  # core: the small half of the batch  [..., B]
