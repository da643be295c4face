"""Co-PRL(L): Liu, Sun, Wang, Tan, Zhou, ICML 2021 (arXiv 2102.06735), Algorithm 4.

Co-teaching whose networks rank by the gradient at the loss layer, as PRL(L) does, instead of the loss. The algorithm's
box prints updates without an exchange; its text and the code exchange, and so does this.

Differs from the released code in, each a keyword (variant="released" has all):
    1. reforward: the code ranks by one forward pass and learns from another one over the kept samples only, so that
       batch normalisation sees the kept ones alone. Without normalisation and dropout the step is the same, and
       cheaper.
    2. divide_twice, first_epoch, exponent_of: as in Co-teaching.
Differs from the released code also with variant="released" in:
    3. running statistics of normalisation: the code runs every batch through the networks once more in training mode,
       for the accuracies that it prints. There they move three times a step, here twice. Parameters are the same.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from labkit.arguments import Flag
from labkit.grads.layer import loss_gradient_norm
from labkit.methods.co_teaching import CoTeaching
from labkit.methods.spl import learned


@dataclass(kw_only=True, eq=False)
class CoPRL_L(CoTeaching):
    """Each network learns from its peer's samples of shortest loss-layer gradient.

    reforward: a second forward pass over the kept samples; follows the variant when None. Other hyperparameters: as
    Co-teaching.
    """

    later = CoTeaching.later | {"reforward": False}
    reforward: Flag | None = None

    def __post_init__(self):
        super().__post_init__()
        self.follow(reforward={"paper": False, "released": True})

    def score(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        return loss_gradient_norm(logits, y, self.train.classes)  # core: Alg. 4, ranks by ||p - e_y||  [..., B]

    def weighted(self, x: Tensor, y: Tensor, i: Tensor, logits: list[Tensor], weights: list[Tensor]) -> list[Tensor]:
        if not self.reforward or self.too_few(weights):
            return super().weighted(x, y, i, logits, weights)
        return [self.relearned(net, x, y, i, weight) for net, weight in zip(self.nets, weights)]

    def too_few(self, weights: list[Tensor]) -> bool:
        """Return whether too few samples are kept for batch normalisation. On a GPU this waits for the weights."""
        return min(int(weight.count_nonzero()) for weight in weights) < self.min_batch

    def relearned(self, net: nn.Module, x: Tensor, y: Tensor, i: Tensor, weight: Tensor) -> Tensor:
        """Return the weighted loss after a forward pass over the kept samples alone. weight [B] -> scalar"""
        kept = learned(weight)
        return (weight[kept] * self.loss(net(x[kept]), y[kept], i[kept])).sum()
