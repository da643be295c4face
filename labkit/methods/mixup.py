"""mixup: Zhang, Cisse, Dauphin, Lopez-Paz, ICLR 2018 (arXiv 1710.09412).

Each batch is mixed with itself in another order, samples and labels alike, by one draw of lambda ~ Beta(alpha, alpha):
the network learns to be linear between samples, which leaves less room to memorise single labels.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from labkit.arguments import NotNegative
from labkit.method import Method
from labkit.mixing import beta, mixed, soft


@dataclass(kw_only=True, eq=False)
class Mixup(Method):
    """Train on lambda x + (1 - lambda) x_pi and the soft label of the same mix.

    alpha: >= 0, 0 mixes nothing. 1 on CIFAR; the paper prefers 8 to 32 against noisy labels.
    """

    alpha: NotNegative = 1.0

    def batch(self, x: Tensor, y: Tensor, i: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if self.alpha == 0:
            return x, y, i
        lam = beta(self.alpha, self.alpha, (1,), self.rng)
        order = torch.randperm(len(x), generator=self.rng, device=self.rng.device)
        y = soft(y, self.train.classes)
        return mixed(x, x[order], lam), mixed(y, y[order], lam), i  # core
