"""JoCoR: Wei, Feng, Chen, An, CVPR 2020 (arXiv 2003.02752), Algorithm 1.

Two networks are trained as one: their cross-entropies and, both ways, the divergence of their predictions make one
joint loss per sample; the samples of smallest joint loss are learned from. Agreement is the opposite of Co-teaching+'s
remedy.

lam: the released code's default is .1, the paper's settings lie between .65 and .95. Neither side of the divergence is
detached.

Differs from the released code in, each a keyword (variant="released" has all):
    1. first_epoch, exponent_of: as in Co-teaching.
    The code takes the mean over the kept samples once: divide_twice stays off in both variants. With asymmetric noise
    the code assumes half of the noise rate: pass this as `rate`.
"""

from dataclasses import dataclass

from torch import Tensor

from labkit.arguments import Rate
from labkit.methods.co_teaching import CoTeaching
from labkit.ranks import smallest


def divergence(a: Tensor, b: Tensor) -> Tensor:
    """Return KL(p_a || p_b) + KL(p_b || p_a) = sum (p_a - p_b) (log p_a - log p_b). a, b logits [..., B, C] -> [...,
    B]"""
    log_a, log_b = a.log_softmax(-1), b.log_softmax(-1)
    return ((log_a.exp() - log_b.exp()) * (log_a - log_b)).sum(-1)


@dataclass(kw_only=True, eq=False)
class JoCoR(CoTeaching):
    """One joint loss, one small-loss selection, one update of both networks.

    lam: share of the agreement in the joint loss, in [0, 1). divide_twice: the mean loss is divided by the number of
    kept samples again; None: it is not, whatever the variant. Other hyperparameters: as Co-teaching.
    """

    targets = ("classes",)
    divides = {"paper": False, "released": False}
    lam: Rate = 0.1

    def joint(self, logits: list[Tensor], y: Tensor, i: Tensor) -> Tensor:
        """Return (1 - lam) (CE_1 + CE_2) + lam (KL_12 + KL_21). logits: of both networks -> [B]"""
        supervised = sum(self.loss(z, y, i) for z in logits)
        return (1 - self.lam) * supervised + self.lam * divergence(*logits)

    def step(self, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        x, y, i = self.batch(x, y, i)
        joint = self.joint([net(x) for net in self.nets], y, i)
        keep = self.count(len(y))
        weight = smallest(joint.detach(), keep).to(joint.dtype) / keep  # core: small joint losses  [B]
        if self.divide_twice:
            weight = weight / keep
        loss = (weight * joint).sum()
        self.zero_grad()
        loss.backward()
        self.update()
        self.seen = i, weight
        return loss.detach() / 2
