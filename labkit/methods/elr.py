"""ELR: early-learning regularisation. Liu, Niles-Weed, Razavian, Fernandez-Granda, NeurIPS 2020 (arXiv 2007.00151).

A network learns the clean labels first. A running mean of its predictions keeps for every sample what the network
predicted then, and a penalty holds it there: the gradient of a wrong label fades as that of a right one would have.

Differs from the released code in:
    nothing with variant="released" (the default).
variant="paper" differs from it in:
    1. clip=0: predictions are used as they are. The code keeps them in [1e-4, 1 - 1e-4], without which the penalty
    is minus infinity where a prediction is certain.
The learning-rate schedule is the recipe's: restarts of a cosine every 10 epochs, or steps.
"""

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Generator, Tensor

from labkit.arguments import NotNegative, Number, Rate, Variant
from labkit.data import Split
from labkit.method import MakeNet, MakeOpt, Method


@dataclass(kw_only=True, eq=False)
class ELR(Method):
    """Cross-entropy + lam log(1 - <t_i, p_i>), t_i the running mean of the predictions for sample i.

    lam: strength >= 0, 0 is plain SGD. beta: memory of the running mean, in [0, 1). (CIFAR-10: 3 and .7, with
    asymmetric noise 1 and .9; CIFAR-100: 7 and .9.) variant: "released" | "paper". clip: predictions stay this far from
    0 and 1; follows the variant when None.
    """

    lam: NotNegative = 3.0
    beta: Rate = 0.7
    variant: Variant = "released"
    clip: Annotated[float, Number(0, 0.5, below=True)] | None = None

    targets = ("classes",)

    def __post_init__(self):
        self.follow(clip={"paper": 0.0, "released": 1e-4})

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        p = logits.softmax(-1).clamp(self.clip, 1 - self.clip)  # [B, C]
        self.remember(p.detach(), i)
        agreement = (self.t[i] * p).sum(-1)  # [B]
        return super().loss(logits, y, i) + self.lam * torch.log1p(-agreement)  # core: + lam log(1 - <p, t>)  [B]

    def remember(self, p: Tensor, i: Tensor) -> None:
        """Move the running means of samples i towards the predictions p [B, C], before they are used."""
        p = (p / p.sum(-1, keepdim=True)).to(self.t.dtype)
        self.t[i] = self.beta * self.t[i] + (1 - self.beta) * p  # temporal ensembling

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        self.t = torch.zeros(len(train), train.classes, device=train.y.device)  # [N, C]
