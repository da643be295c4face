"""Co-teaching+: Yu, Han, Yao, Niu, Tsang, Sugiyama, ICML 2019 (arXiv 1901.04215), Algorithm 1.

Two networks that are taught the same come to agree, and Co-teaching becomes self-teaching. After `start` epochs only
the samples on which they disagree are considered, and small losses exchanged among these.

Differs from the released code in, each a keyword (variant="released" has all):
    1. softmax_twice: the code gives probabilities to a cross-entropy that takes logits, so among disagreeing samples
       losses are bounded and gradients small.
    2. drop_first: the code marks absence by 0 and so loses the sample at position 0.
    3. divide_twice, first_epoch: as in Co-teaching.
"""

from dataclasses import dataclass

import torch

from labkit.methods.co_teaching import CoTeaching


@dataclass(kw_only=True, eq=False)
class CoTeachingPlus(CoTeaching):
    """Co-teaching on the samples that the two networks classify differently.

    start: epochs of plain Co-teaching before (0 MNIST, 20 CIFAR-10, 5 CIFAR-100). The rest: as Co-teaching.
    """

    targets = ("classes",)
    start: int = 0
    softmax_twice: bool | None = None
    drop_first: bool | None = None

    def __post_init__(self):
        super().__post_init__()
        self.follow(softmax_twice={"paper": False, "released": True}, drop_first={"paper": False, "released": True})

    def loss(self, logits, y, i):
        twice = self.softmax_twice and self.epoch >= self.start
        return super().loss(logits.softmax(-1) if twice else logits, y, i)

    def picks(self, logits, y, i):
        if self.epoch < self.start:
            return super().picks(logits, y, i)
        inside = logits[0].argmax(-1) != logits[1].argmax(-1)  # core: disagreement  [B]
        if self.drop_first:
            inside = inside & (i != 0)
        some = inside.any()
        keep = ((1 - self.forgotten()) * inside.sum()).long().clamp(min=1)
        keep, inside = torch.where(some, keep, len(y)), inside | ~some  # they agree on all: the whole batch
        return [self.among(inside, keep, self.score(z.detach(), y, i)) for z in logits]

    def among(self, inside, keep, score):
        """Weights of the `keep` smallest scores inside. inside, score [B], keep [] -> [B]"""
        rank = score.masked_fill(~inside, torch.inf).argsort(stable=True).argsort()
        return (rank < keep).to(score.dtype) / keep
