"""MNW-Net: MW-Net whose meta set is as noisy as the training set. Ghosh, Lan, "Do we really need gold samples for
sample weighting under label noise?", WACV 2021, an ablation there.

Nothing changes but the meta set: cross-entropy as the meta loss is not robust to its noise. Weights sum to 1.

Differs from the released code in: what MW-Net does, and
    1. meta_batch: 10 there by default (with 10 training samples), 100 in the paper.
Its "no clean data" still takes as many meta samples of each class by their true labels; the noise comes after.
"""

from dataclasses import dataclass

from labkit.methods.mw_net import MWNet


@dataclass(kw_only=True, eq=False)
class MNWNet(MWNet):
    """MW-Net with weights that sum to 1, for a noisy meta set. Hyperparameters: as MW-Net."""

    meta_labels = "given"
    differences = MWNet.differences | {
        "normalise": {"paper": True, "released": True},
        "meta_batch": {"paper": 100, "released": 10},
    }
