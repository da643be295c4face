"""Peer loss: Liu, Guo, ICML 2020 (arXiv 1910.03231).

From the loss of a sample it takes the loss of a peer, an input with the label of another sample. A network that agrees
with labels whatever the input is gains nothing so. With noise rates e0 and e1 of two classes the mean over noisy labels
is (1 - e0 - e1) times the mean over clean ones, so the minimiser stays, and no rate need be known.

Differs from the released code for several classes in, each a keyword (variant="released", the default, has all):
    1. eps: the code's cross-entropy is -log(p + 1e-5), so the peers' part is bounded. Without it the loss has no lower
       bound.
    2. divide: the code divides the learning rate by 1 + alpha. Here the loss is divided, which is the same but for
       weight decay.
Neither variant has: the code's schedule for CIFAR-10, in which alpha rises on to 20 over 300 epochs (warmup=20, ramp=19
are its first 40 epochs); its new optimiser in every epoch; peers whose input and label are of the same sample, which
the code allows and the paper does not.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from labkit import losses
from labkit.arguments import Duration, Flag, NotNegative, Rate, Variant
from labkit.method import Method
from labkit.ranks import forget_rate


def rising(top: float, epoch: int, warmup: int, ramp: int) -> float:
    """Return a strength that is 0 in the warm-up and then rises from 0 to `top` over `ramp` epochs; 0: at once. epoch:
    counted from 0."""
    return forget_rate(top, epoch - warmup, ramp) if epoch >= warmup else 0.0


@dataclass(kw_only=True, eq=False)
class PeerLoss(Method):
    """Cross-entropy, less alpha times the cross-entropy of a random input with the label of another sample.

    alpha: >= 0; 0 is plain SGD, 1 the loss that the theorem is about. warmup: epochs of cross-entropy; ramp: epochs in
    which alpha then rises from 0. variant: "paper" | "released". eps: added to probabilities, in [0, 1); divide:
    whether the loss is divided by 1 + alpha; both follow the variant when None.
    """

    targets = ("classes",)
    alpha: NotNegative = 1.0
    warmup: Duration = 20
    ramp: Duration = 19
    variant: Variant = "released"
    eps: Rate | None = None
    divide: Flag | None = None

    def __post_init__(self):
        self.follow(eps={"paper": 0.0, "released": 1e-5}, divide={"paper": False, "released": True})

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        alpha = rising(self.alpha, self.epoch, self.warmup, self.ramp)
        loss = self.bounded(logits, y)
        if alpha:
            loss = loss - alpha * self.peers(*self.draw(logits.shape[-2]))  # core: alpha l(f(x_n1), y_n2)  [..., B]
        return loss / (1 + alpha) if self.divide else loss

    def bounded(self, logits: Tensor, y: Tensor) -> Tensor:
        """Return -log(p_y + eps). -> [..., B]"""
        return losses.by_class(logits, self.eps).gather(-1, y[..., None])[..., 0]

    def draw(self, n: int) -> tuple[Tensor, Tensor]:
        """Draw n pairs of different samples. -> positions of the inputs, positions of the labels, [n] each"""
        N = len(self.train)
        device = self.rng.device
        inputs = torch.randint(N, (n,), generator=self.rng, device=device)
        steps = torch.randint(1, N, (n,), generator=self.rng, device=device)
        return inputs, (inputs + steps) % N

    def peers(self, inputs: Tensor, labels: Tensor) -> Tensor:
        """Return the losses of the inputs of some samples with the labels of others. inputs, labels: positions [n] ->
        [n]"""
        x = self.augment(self.train.inputs(inputs))
        return self.bounded(self.nets[0](x), self.train.y[labels])
