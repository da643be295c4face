"""Fine-tuning: plain training on the noisy set, then a few epochs on the meta set.

RMNW-Net's Table 1 lists it among methods with corrupted meta samples, but takes its numbers from MW-Net's table, where
the meta set was clean: likely a slip. Neither paper gives the learning rate or the epochs.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from labkit.arguments import Duration, Flag, LearningRate
from labkit.data import Split
from labkit.method import MakeNet, MakeOpt, Method, Stage


@dataclass(kw_only=True, eq=False)
class FineTuning(Method):
    """Cross-entropy on the training set, then on the meta set.

    tune: epochs over the meta set, 0: none. tune_lr: their learning rate. freeze_statistics: batch normalisation keeps
    the training set's running statistics and uses them.
    """

    meta_labels = "true"
    normalised = False  # in the second stage no training sample counts
    tune: Duration = 10
    tune_lr: LearningRate = 1e-3
    freeze_statistics: Flag = False

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        self.k = 0

    def stage(self, k: int, train: Split) -> Stage | None:
        if k == 1 and self.tune:
            size = min(len(self.meta), len(train))  # an epoch has the meta set's number of steps
            places = torch.arange(size, device=train.y.device)
            changes = {"lr": self.tune_lr, "milestones": (), "cosine": None}
            return Stage(epochs=self.tune, indices=places, start="previous", recipe=changes)
        return super().stage(k, train)

    def end_stage(self, k: int) -> None:
        self.k = k + 1

    def train_mode(self, on: bool = True) -> None:
        super().train_mode(on)
        if self.k and self.freeze_statistics:
            for net in self.nets:
                for layer in net.modules():
                    if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm):
                        layer.eval()

    def step(self, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        if self.k == 0:
            return super().step(x, y, i)
        j = torch.randint(len(self.meta), (len(i),), generator=self.rng, device=y.device)
        loss = super().step(self.augment(self.meta.inputs(j)), self.meta.y[j], j)  # core: now on the meta set
        self.seen = i, torch.zeros_like(self.seen[1])  # no training sample counts
        return loss
