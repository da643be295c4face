"""Co-PRL(L): Liu, Sun, Wang, Tan, Zhou, ICML 2021 (arXiv 2102.06735), Algorithm 4.

Co-teaching whose networks rank by the gradient at the loss layer, as PRL(L) does, instead of the loss. The algorithm's
box prints updates without an exchange; its text and the code exchange, and so does this.

Differs from the released code in the keywords of Co-teaching, divide_twice and first_epoch.
"""

from dataclasses import dataclass

from labkit.grads.layer import loss_gradient_norm
from labkit.methods.co_teaching import CoTeaching


@dataclass(kw_only=True, eq=False)
class CoPRL_L(CoTeaching):
    """Each network learns from its peer's samples of shortest loss-layer gradient. Hyperparameters: as Co-teaching."""

    def score(self, logits, y, i):
        return loss_gradient_norm(logits, y, self.train.classes)  # core: Alg. 4, ranks by ||p - e_y||  [..., B]
