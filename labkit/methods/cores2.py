"""CORES2: confidence-regularised sample sieve. Cheng, Zhu, Li, Gong, Sun, Liu, ICLR 2021 (arXiv 2010.02347).

From the cross-entropy it takes beta times the mean cross-entropy over the labels that noisy data have, so a prediction
has to be confident. Then a wrong label's loss lies above the mean of the losses of all labels, and a right one's below:
this sieve needs no noise rate.

Differs from the released code in, each a keyword (variant="released", the default, has all):
    1. sieve: the code asks in every batch, by the logits of its training step. "epoch" asks once before each epoch, in
       evaluation mode.
    2. renew: the code takes the label shares of those samples that the last epoch kept; without it they are those of
       the training set.
    3. eps: the code's mean is over -log(p + 1e-8), so it is bounded. Without it the loss has no lower bound.
    4. divide: the code divides the learning rate by 1 + beta. Here the loss is divided, which is the same but for
       weight decay.
sieve="epoch" and renew=False of variant="paper" are the plain reading of its formulas; how often the paper sieves and
renews was not checked. The code's second phase, consistency training on the samples that were sieved out, is not here.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Generator, Tensor

from labkit import losses
from labkit.arguments import Duration, Flag, NotNegative, Rate, Variant
from labkit.data import Split
from labkit.method import MakeNet, MakeOpt, Method, evaluate
from labkit.methods.peer_loss import rising


@dataclass(kw_only=True, eq=False)
class CORES2(Method):
    """Cross-entropy less beta times its mean over the labels, on samples whose label has no more than the mean loss.

    beta: >= 0. warmup: epochs with beta 0; ramp: epochs in which it then rises. start: the epoch, counted from 0, from
    which on samples are sieved. variant: "paper" | "released". sieve: "epoch" | "batch"; eps: added to probabilities,
    in [0, 1); renew, divide: see above; all follow the variant when None.
    """

    targets = ("classes",)
    normalised = False  # where no label of a batch passes, all weights are 0
    beta: NotNegative = 2.0
    warmup: Duration = 10
    ramp: Duration = 29
    start: Duration = 31
    variant: Variant = "released"
    sieve: Literal["epoch", "batch"] | None = None
    renew: Flag | None = None
    eps: Rate | None = None
    divide: Flag | None = None

    def __post_init__(self):
        self.follow(sieve={"paper": "epoch", "released": "batch"}, renew={"paper": False, "released": True})
        self.follow(eps={"paper": 0.0, "released": 1e-8}, divide={"paper": False, "released": True})

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        self.counts = torch.nn.functional.one_hot(train.y, train.classes).sum(0)  # of given labels  [C]
        self.dropped = torch.zeros_like(self.counts)  # labels that the sieve dropped in this epoch  [C]
        self.prior = self.counts / self.counts.sum()

    def select(self, train: Split, epoch: int) -> Tensor | None:
        """Take the samples that pass the sieve, or all where batches are sieved, and renew the label shares."""
        selected = None
        if self.sieve == "epoch" and epoch >= self.start:
            passed = self.passes(evaluate(self.nets[0], train), train.y)
            self.dropped.zero_()
            self.count(passed, train.y)
            selected = passed.nonzero()[:, 0] if passed.any() else None
        if self.renew:
            kept = self.counts - self.dropped
            self.prior = kept / kept.sum().clamp(min=1)
        self.dropped.zero_()
        return selected

    def passes(self, logits: Tensor, y: Tensor) -> Tensor:
        """Mark labels whose cross-entropy is no more than the mean over all labels. -> bool [..., B]"""
        return losses.ce(logits, y) <= losses.by_class(logits, self.eps).mean(-1)

    def count(self, passed: Tensor, y: Tensor) -> None:
        """Count the labels y of samples that did not pass."""
        self.dropped.index_add_(0, y.flatten(), (~passed).flatten().to(self.dropped.dtype))

    def weight(self, x: Tensor, y: Tensor, i: Tensor, logits: Tensor) -> Tensor:
        if self.sieve == "epoch" or self.epoch < self.start:
            return super().weight(x, y, i, logits)
        passed = self.passes(logits.detach(), y)
        self.count(passed, y)
        passed = passed.to(logits.dtype)
        return passed / passed.sum(-1, keepdim=True).clamp(min=1)  # 0 for all where none passes

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        beta = rising(self.beta, self.epoch, self.warmup, self.ramp)
        loss = losses.ce(logits, y)
        if beta:
            mean = (self.prior.to(logits.dtype) * losses.by_class(logits, self.eps)).sum(-1)
            loss = loss - beta * mean  # core: the confidence regulariser  [..., B]
        return loss / (1 + beta) if self.divide else loss
