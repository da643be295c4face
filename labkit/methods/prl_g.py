"""PRL(G): Liu, Sun, Wang, Tan, Zhou, "Learning deep neural networks under agnostic corrupted supervision", ICML 2021
(arXiv 2102.06735), Algorithms 1 and 2.

A corruption acts through the gradient of its sample alone. PRL(G) drops the share `rate` of a batch whose
gradient with respect to all parameters is longest and takes the mean of the others, for classes and for regression
alike: the error of the mean is then bounded, whatever the corrupted supervision.

The norms and the mean gradient are computed from each layer's inputs and the gradient at its output: a step is one
forward and one backward pass. Networks with BatchNorm have no per-sample gradients and are refused.

Differs from the released code in:
    1. ramp: the paper filters `rate` from the first step, the code ramps up to it over 10 epochs.
    2. first_epoch: the code's ramp is read from epoch index 1 on and reaches `rate` one epoch early (linspace), so the
       first trained epoch already drops rate / (ramp - 1).
    3. divide_twice: the code divides the mean loss by the number of kept samples again. Adam does not notice; SGD
       learns as if its learning rate were that much smaller.
    Each of these is a keyword, and variant="released" has all. Beside them:
    4. The released code has two networks that exchange their selections only ("co-PRL-G"); here it is one network.
    5. The code runs a second forward and backward pass on the kept samples. Without normalisation over the batch and
       dropout its gradients are the same.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from labkit.arguments import AssumedRate, Duration, Flag, Variant
from labkit.grads.norms import SampleGradients
from labkit.method import Method
from labkit.methods.spl import ramped
from labkit.ranks import kept, smallest


@dataclass(kw_only=True, eq=False)
class ByGradientNorm(Method):
    """The step of methods that weight a sample by the norm of its whole gradient, as their `trust` defines."""

    def trust(self, norms: Tensor) -> Tensor:
        """Return weights from the norms of the per-sample gradients. [B] -> [B]"""
        raise NotImplementedError

    def gradients(self, x: Tensor, y: Tensor, i: Tensor) -> tuple[SampleGradients, Tensor]:
        """Run the network on a batch. -> SampleGradients of the batch, losses [B] with their graph"""
        grads = SampleGradients(self.nets[0], x)
        return grads, self.loss(grads.output, y, i)

    def weight(self, x: Tensor, y: Tensor, i: Tensor, logits: Tensor) -> Tensor:
        with torch.enable_grad():
            grads, losses = self.gradients(x, y, i)
            return self.trust(grads.backward(losses).norms())

    def step(self, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        x, y, i = self.batch(x, y, i)
        grads, losses = self.gradients(x, y, i)
        weight = self.trust(grads.backward(losses).norms())
        loss = (weight * losses.detach()).sum() + self.penalty()
        self.zero_grad()
        grads.accumulate(weight)
        if loss.requires_grad:
            loss.backward()  # the penalty's share
        self.update()
        self.seen = i, weight
        return loss.detach()


@dataclass(kw_only=True, eq=False)
class PRL_G(ByGradientNorm):
    """Learn only from the samples of shortest gradient.

    rate: share that is filtered out, the assumed noise rate, in [0, 1). variant: "paper" | "released". ramp: epochs
    over which the share grows to `rate`. first_epoch: 0 | 1, index of the first epoch on the ramp. divide_twice: see
    above. ramp, first_epoch, divide_twice follow the variant when None.
    """

    later = {"first_epoch": 0, "divide_twice": False}
    rate: AssumedRate
    variant: Variant = "paper"
    ramp: Duration | None = None
    first_epoch: Literal[0, 1] | None = None
    divide_twice: Flag | None = None

    def __post_init__(self):
        self.follow(
            ramp={"paper": 0, "released": 10},
            first_epoch={"paper": 0, "released": 1},
            divide_twice={"paper": False, "released": True},
        )
        self.normalised = not self.divide_twice

    def trust(self, norms: Tensor) -> Tensor:
        keep = kept(ramped(self.rate, self.epoch, self.ramp, self.first_epoch), len(norms))
        weight = smallest(norms, keep).to(norms.dtype) / keep  # core: Alg. 2: the short gradients, averaged  [B]
        return weight / keep if self.divide_twice else weight
