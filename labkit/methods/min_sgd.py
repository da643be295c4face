"""Min-SGD: Shah, Wu, Sanghavi, AISTATS 2020 (arXiv 2001.03316), there MKL-SGD.

Of k samples only the one of smallest loss is learned from. k is the recipe's batch: the paper has 2 to 10. PRL's tables
take k = 128, one sample per step, and show what that does: accuracy near chance.

There is no released code of PRL's version.
"""

from dataclasses import dataclass

from torch import Tensor

from labkit.method import Method
from labkit.ranks import smallest


@dataclass(kw_only=True, eq=False)
class MinSGD(Method):
    """Learn from the one sample of smallest loss in every batch."""

    def weight(self, x: Tensor, y: Tensor, i: Tensor, logits: Tensor) -> Tensor:
        loss = self.loss(logits.detach(), y, i)
        return smallest(loss, 1).to(loss.dtype)  # core: the smallest loss  [..., B]
