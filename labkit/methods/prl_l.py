"""PRL(L): Liu, Sun, Wang, Tan, Zhou, "Learning deep neural networks under agnostic corrupted supervision", ICML 2021
(arXiv 2102.06735), Algorithm 3.

A wrong label that the network contradicts makes a large gradient. PRL(L) drops the share `rate` of a batch whose
gradient at the loss layer, p - e_y (regression: f(x) - y), is longest: other than the loss, it is bounded. For the
squared loss the order is the loss's, and PRL(L) is SPL.

Differs from the released code in, each a keyword (variant="released" has all):
    1. ramp: the paper filters `rate` from the first step, the code ramps up to it over 10 epochs (15 for CIFAR-100 with
       pairflip), as Co-teaching does.
    2. reforward: the code ranks by one forward pass and learns from another one over the kept samples only, so that
       batch normalisation sees the kept ones alone. Without normalisation and dropout the step is the same, and
       cheaper.
    3. divide_twice: the code divides the mean loss by the number of kept samples again. Adam does not notice, SGD
       learns as if its learning rate were that much smaller.
    4. first_epoch: the code's ramp is read from epoch index 1 on and reaches `rate` one epoch early (linspace), so the
       first trained epoch already drops rate / (ramp - 1).
Differs from the released code also with variant="released" in:
    5. running statistics of normalisation: the code runs every batch through the network once more in training mode,
       for the accuracy that it prints. There they move three times a step, here twice. Parameters are the same.
    The released code has classification only; the README's snippet sorts the unsummed score and keeps all samples: it
    filters nothing. Neither is here.
"""

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from labkit.arguments import AssumedRate, Flag
from labkit.grads.layer import loss_gradient_norm
from labkit.methods.spl import SPL, learned


@dataclass(kw_only=True, eq=False)
class PRL_L(SPL):
    """Learn only from the samples of shortest loss-layer gradient.

    rate: share that is filtered out, the assumed noise rate, in [0, 1). variant: "paper" | "released". ramp: epochs
    over which the share grows to `rate`. reforward: a second forward pass over the kept samples; divide_twice: see
    above; first_epoch: 0 | 1, index of the first epoch on the ramp. ramp, reforward, divide_twice, first_epoch follow
    the variant when None.
    """

    later = {"first_epoch": 0}
    rate: AssumedRate = field()  # a field without a default, unlike the parent's
    mode: Literal["fraction"] = "fraction"
    reforward: Flag | None = None

    def __post_init__(self):
        self.follow_released()
        self.follow(reforward={"paper": False, "released": True})
        self.normalised = not self.divide_twice

    def score(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        return loss_gradient_norm(logits, y, self.train.classes)  # core: Alg. 3, ranks by ||p - e_y||  [..., B]

    def step(self, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        if not self.reforward:
            return super().step(x, y, i)
        with torch.no_grad():
            weight = self.weight(x, y, i, self.nets[0](x))
        kept = learned(weight)
        if len(kept) < self.min_batch:
            return super().step(x, y, i)  # batch normalisation cannot see one sample alone
        loss = (weight[kept] * self.loss(self.nets[0](x[kept]), y[kept], i[kept])).sum()
        self.zero_grad()
        loss.backward()
        self.update()
        self.seen = i, weight
        return loss.detach()
