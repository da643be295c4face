"""CDR: robust early-learning. Xia, Liu, Han, Gong, Wang, Ge, Chang, ICLR 2021; CDR+AUX, section 2.3.

Only some parameters matter for the clean labels. In every step the share 1 - tau of largest |w * dL/dw| is critical and
follows the damped gradient; the others only decay.

Differs from the released code, also with variant="released", in:
    1. running statistics of normalisation: the code runs every batch through the network once more in training mode,
       for the accuracy that it prints. There they move twice a step, here once. Parameters are the same.
    A schedule of the damping factor is computed there and then overwritten by 1 - tau: it is left out.
variant="paper" differs from variant="released" in:
    2. scope="all": biases and normalisation are ranked and damped too; the released code leaves them undamped
    ("weights": tensors of 2 or 4 axes).
    3. strict=True: other parameters really only decay; with momentum, the released code keeps moving them through the
    buffer.
Beside the variants: norm="l1" decays by wd sgn(w), as the ICLR paper is said to write it, in place of wd w, which the
code and CDR+AUX have.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from labkit.arguments import AssumedRate, Flag, Variant
from labkit.method import Method
from labkit.ranks import kth_largest


def critical(w: Tensor, g: Tensor, rate: float) -> Tensor:
    """Return the int((1 - rate) M) coordinates of largest |w g|, and those equal to the smallest of them. w, g [..., M]
    -> bool [..., M]"""
    score = (w * g).abs()
    kept = max(1, int((1 - rate) * w.shape[-1]))
    return score >= kth_largest(score, kept)


@dataclass(kw_only=True, eq=False)
class CDR(Method):
    """Critical parameters learn, the others decay.

    rate: noise rate tau that is assumed, in [0, 1). variant: "released" | "paper". scope: "weights" | "all", which
    parameters are split.
    strict: momentum does not move the others. scope and strict follow the variant when None. norm: "l2" | "l1", of the
    weight decay.
    """

    later = {"norm": "l2"}
    rate: AssumedRate
    variant: Variant = "released"
    scope: Literal["weights", "all"] | None = None
    strict: Flag | None = None
    norm: Literal["l2", "l1"] = "l2"

    def __post_init__(self):
        self.follow(scope={"paper": "all", "released": "weights"}, strict={"paper": True, "released": False})

    def update(self) -> None:
        split = [self.damp(net) for net in self.nets]
        if self.norm == "l1":
            for net, opt in zip(self.nets, self.opts):
                self.decay_by_sign(net, opt.param_groups[0]["weight_decay"])
        super().update()
        if self.strict:
            for opt, (weights, previous, masks) in zip(self.opts, split):
                self.only_decay(opt, weights, previous, masks)

    @torch.no_grad()
    def damp(self, net: nn.Module) -> tuple:
        """Scale the gradients of one network by 1 - rate where critical, by 0 elsewhere. -> parameters that are split,
        flat copies of them, masks of their critical coordinates"""
        learning = [p for p in net.parameters() if p.grad is not None]  # neither frozen nor unused
        weights = [p for p in learning if self.scope == "all" or p.dim() in (2, 4)]
        w = torch.cat([p.flatten() for p in weights])  # [M]
        g = torch.cat([p.grad.flatten() for p in weights])  # [M]
        mask = critical(w, g, self.rate)  # [M]
        g.mul_(mask * (1 - self.rate))  # core: robust positive update (section 2.3)  [M]
        sizes = [p.numel() for p in weights]
        for p, part in zip(weights, g.split(sizes)):
            p.grad.copy_(part.view_as(p))  # keeps the layout of p: a fused optimiser goes by address
        return weights, w.split(sizes), mask.split(sizes)

    @torch.no_grad()
    def only_decay(self, opt: Optimizer, weights: list, previous: tuple, masks: tuple) -> None:
        """Set the other coordinates to w - lr wd w (negative update), whatever the momentum buffer holds."""
        lr, decay = opt.param_groups[0]["lr"], opt.param_groups[0]["weight_decay"]
        for p, old, mask in zip(weights, previous, masks):
            decayed = (1 - lr * decay) * old if self.norm == "l2" else old - lr * decay * old.sign()
            p.copy_(torch.where(mask.view_as(p), p, decayed.view_as(p)))
            if "momentum_buffer" in opt.state[p]:
                opt.state[p]["momentum_buffer"].mul_(mask.view_as(p))

    @torch.no_grad()
    def decay_by_sign(self, net: nn.Module, decay: float) -> None:
        """Change the gradients so that the optimiser's weight decay wd w becomes wd sgn(w)."""
        for p in net.parameters():
            if p.grad is not None:
                p.grad.add_(p.sign() - p, alpha=decay)
