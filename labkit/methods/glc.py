"""GLC, gold loss correction: Hendrycks, Mazeika, Wilson, Gimpel, NeurIPS 2018 (arXiv 1802.05300), Algorithm 1.

A few samples are trusted (gold). A network trained on the others (silver) shows, by its mean prediction on the gold
samples of each class, how true classes turn into given labels. A new training from the same initial weights takes the
cross-entropy on gold and the forward-corrected loss on silver samples, in mixed batches.

Differs from the released code in: momentum starts anew with the second training (there it is carried over).
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from labkit import losses, transition
from labkit.arguments import Count
from labkit.data import Split
from labkit.errors import must
from labkit.method import MakeNet, MakeOpt, Method, Stage, evaluate


@dataclass(kw_only=True, eq=False)
class GLC(Method):
    """Forward correction with a matrix that was measured on trusted samples.

    gold_batch: trusted samples that join each batch; None: in proportion to the size of the meta set.
    """

    targets = ("classes",)
    meta_labels = "true"
    gold_batch: Count | None = None

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        counts = torch.bincount(meta.y, minlength=train.classes)
        empty = (counts == 0).nonzero()[:, 0].tolist()
        must(not empty, "meta", f"a set without class {empty}", "at least one sample of every class for GLC")
        super().bind(make_net, make_opt, train, meta, rng)
        self.C = None

    def stage(self, k: int, train: Split) -> Stage | None:
        return [Stage(), Stage(), None][k]

    def end_stage(self, k: int) -> None:
        if k == 0:
            p = evaluate(self.nets[0], self.meta).softmax(1)
            self.C = transition.class_means(p, self.meta.y, self.train.classes)

    def batch(self, x: Tensor, y: Tensor, i: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Add gold samples to the batch in the second stage; their position is -1."""
        if self.C is None:
            return x, y, i
        share = len(self.meta) / len(self.train)
        size = self.gold_batch or max(1, round(share * len(y)))
        j = torch.randint(len(self.meta), (size,), generator=self.rng, device=y.device)
        x = torch.cat([x, self.augment(self.meta.inputs(j))])
        return x, torch.cat([y, self.meta.y[j]]), torch.cat([i, torch.full_like(j, -1)])

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        if self.C is None:
            return losses.ce(logits, y)
        silver = transition.forward(logits, y, self.C)  # core: the given label of silver samples
        return torch.where(i < 0, losses.ce(logits, y), silver)  # [..., B]

    def step(self, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        loss = super().step(x, y, i)
        j, weight = self.seen
        self.seen = j[: len(i)], weight[: len(i)] * len(j) / len(i)  # of the training samples
        return loss

    def notes(self) -> dict:
        """Return C, the measured transition matrix."""
        return {**super().notes(), "C": None if self.C is None else self.C.tolist()}
