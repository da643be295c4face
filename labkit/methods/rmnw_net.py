"""RMNW-Net: robust Meta-Noisy-Weight-Net. Ghosh, Lan, "Do we really need gold samples for sample weighting under label
noise?", WACV 2021, Algorithm 1.

MW-Net with a noisy meta set and a symmetric meta loss, MAE = 2 (1 - p_y): under uniform noise eta its expected
meta-gradient is (1 - eta) times the clean one (Theorem 1), so that the noise only slows V down. The classifier's loss
and V's input stay cross-entropy.

Differs from the released code in: what MNW-Net does.
Its "no clean data" still takes as many meta samples of each class by their true labels; the noise comes after.
"""

from dataclasses import dataclass
from typing import Literal

from labkit.methods.mnw_net import MNWNet


@dataclass(kw_only=True, eq=False)
class RMNWNet(MNWNet):
    """MNW-Net with the mean absolute error as the meta loss. Hyperparameters: as MW-Net."""

    meta_loss: Literal["ce", "mae"] = "mae"
