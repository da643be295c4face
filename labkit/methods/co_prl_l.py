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

from labkit.arguments import Flag
from labkit.grads.layer import loss_gradient_norm
from labkit.methods.co_teaching import CoTeaching
from labkit.methods.spl import learned


@dataclass(kw_only=True, eq=False)
class CoPRL_L(CoTeaching):
    """Each network learns from its peer's samples of shortest loss-layer gradient.

    reforward: bool, a second forward pass over the kept samples; follows the variant when None. The rest: as
    Co-teaching.
    """

    later = CoTeaching.later | {"reforward": False}
    reforward: Flag | None = None

    def __post_init__(self):
        super().__post_init__()
        self.follow(reforward={"paper": False, "released": True})

    def score(self, logits, y, i):
        return loss_gradient_norm(logits, y, self.train.classes)  # core: Alg. 4, ranks by ||p - e_y||  [..., B]

    def weighted(self, x, y, i, logits, weights):
        if not self.reforward or self.few(weights):
            return super().weighted(x, y, i, logits, weights)
        return [self.relearned(net, x, y, i, weight) for net, weight in zip(self.nets, weights)]

    def few(self, weights):
        """Are too few samples kept for batch normalisation? On a GPU this waits for the weights. -> bool"""
        return min(int(weight.count_nonzero()) for weight in weights) < self.min_batch

    def relearned(self, net, x, y, i, weight):
        """The weighted loss after a forward pass over the kept samples alone. weight [B] -> scalar"""
        some = learned(weight)
        return (weight[some] * self.loss(net(x[some]), y[some], i[some])).sum()
