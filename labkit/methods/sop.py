"""SOP: sparse over-parameterisation. Liu, Zhu, Qu, You, ICML 2022 (arXiv 2202.14026).

Label noise is sparse: each sample gets a vector s_i = u_i^2 e_y - v_i^2 (1 - e_y) that is added to the network's
prediction, and gradient descent from almost zero makes it sparse without a penalty. Where a label is wrong, u_i grows
until it explains the label, and the network need not.

Differs from the released code in:
    nothing with variant="released" (SOP; SOP+ adds a consistency and a balance term, which are not here).
variant="paper" differs from it in:
    1. both_terms=False: u learns from the cross-entropy alone and v from the squared error alone; in the code the
    squared error moves u, too.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from labkit.arguments import Flag, NotNegative, Variant
from labkit.method import Method
from labkit.rows import ROWWISE, rows

EPS = 1e-4  # the smallest probability


@dataclass(kw_only=True, eq=False)
class SOP(Method):
    """The network's prediction and s_i together explain the label.

    lr_u, lr_v: learning rates of u and v, numbers >= 0; the recipe's schedule does not change them (CIFAR-100: 1 and
    10, with asymmetric noise 1 and 100; CIFAR-10: 10 and 10). std: of the random start; at 0 both stay there. variant:
    "paper" | "released". both_terms: whether the squared error moves u; follows the variant when None.
    """

    lr_u: NotNegative = 10.0
    lr_v: NotNegative = 10.0
    std: NotNegative = 1e-8
    variant: Variant = "paper"
    both_terms: Flag | None = None

    targets = ("classes",)

    def __post_init__(self):
        self.follow(both_terms={"paper": False, "released": True})

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        hit = torch.nn.functional.one_hot(y, logits.shape[-1]).to(logits.dtype)  # [B, C]
        u2, v2 = self.squares(hit, i)
        q = (logits.softmax(-1) + u2 - v2.detach()).clamp_min(EPS)  # core: f(x) + s  [B, C]
        q = (q / q.sum(-1, keepdim=True)).clamp(EPS, 1.0)
        believed = torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1])
        error = believed + (u2 if self.both_terms else u2.detach()) - v2 - hit
        return -(hit * q.log()).sum(-1) + error.square().sum(-1)  # [B]

    def squares(self, hit: Tensor, i: Tensor) -> tuple[Tensor, Tensor]:
        """Return u^2 e_y and v^2 (1 - e_y) of samples i, each in [0, 1]. hit: e_y [B, C] -> [B, C] twice"""
        u2 = rows(self.u, i).square() * hit
        v2 = rows(self.v, i).square() * (1 - hit)
        return u2.clamp(0, 1), v2.clamp(0, 1)

    def extra(self) -> list[dict]:
        self.u = self.start(1)  # [N, 1]
        self.v = self.start(self.train.classes)  # [N, C]
        u = {"params": [self.u], "lr": self.lr_u, **ROWWISE}
        v = {"params": [self.v], "lr": self.lr_v, **ROWWISE}
        return [*super().extra(), u, v]

    def start(self, columns: int) -> Tensor:
        """Draw the random start of u or v. -> [N, columns]"""
        draw = torch.randn(len(self.train), columns, generator=self.rng, device=self.train.y.device)
        return (self.std * draw).requires_grad_()

    def update(self) -> None:
        for opt in self.opts[-1:]:
            for group in opt.param_groups[-2:]:
                group["lr"] = group["initial_lr"]  # u and v have no schedule
        super().update()
