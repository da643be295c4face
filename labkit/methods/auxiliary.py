"""AUX: an auxiliary variable for each training example. Hu, Li, Yu, ICLR 2020 (arXiv 1905.11368), method 2; CDR+AUX,
section 2.4.

One trainable vector b_i per training sample is added to the network's output during training, so that b can absorb what
the network need not learn. On a linear model with squared loss, training to the end gives ridge regression with ridge
lam^2, as RDI does.

No code was released. The paper's gradient descent has no momentum; here the networks may have it and b has none (rows
outside the batch must not move), so b gets lr / (1 - momentum), which keeps the ridge at lam^2; b_lr="same" gives lam^2
(1 - momentum). A run's notes hold the ridge that it had: lam_eff.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import torch
from torch import Tensor

from labkit.arguments import NotNegative
from labkit.method import Method
from labkit.rows import ROWWISE, rows


@dataclass(kw_only=True, eq=False)
class AUX(Method):
    """Train on the outputs f(x_i) + lam b_i, predict by f(x) alone.

    lam: strength lambda >= 0, 0 is plain SGD. b_lr: "matched" | "same", the learning rate of b.
    """

    lam: NotNegative = 1.0
    b_lr: Literal["matched", "same"] = "matched"

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        return super().loss(logits + self.lam * rows(self.b, i), y, i)  # core: L(w, B), section 2.4  [..., B]

    def extra(self) -> list[dict]:
        y = self.train.y
        outputs = self.train.classes or y.shape[-1]
        dtype = torch.float32 if self.train.classes else y.dtype
        self.b = torch.zeros(len(y), outputs, dtype=dtype, device=y.device, requires_grad=True)  # [N, C]
        return [*super().extra(), {"params": [self.b], "lr": self.b_lr, **ROWWISE}]

    def predict(self, x: Tensor, i: Tensor | None = None, k: int = 0) -> Tensor:
        logits = super().predict(x, i, k)
        return logits if i is None else logits + self.lam * self.b[i]  # [B, C]

    def damping(self) -> float:
        """Return the factor on the networks' gradient; CDR+AUX damps it by 1 - tau."""
        return 1.0

    def notes(self) -> dict:
        """Return lam_eff, the square root of the ridge that learning rates, momenta and damping make."""
        net, b = self.opts[0].param_groups[0], self.opts[-1].param_groups[0]
        net_speed = net["lr"] / (1 - net.get("momentum", 0.0)) * self.damping()
        return {**super().notes(), "lam_eff": self.lam * sqrt(b["lr"] / net_speed)}
