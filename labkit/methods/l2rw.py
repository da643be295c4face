"""L2RW: learning to reweight. Ren, Zeng, Yang, Urtasun, "Learning to reweight examples for robust deep learning", ICML
2018 (arXiv 1803.09050), Algorithm 1.

A sample is trusted as much as a step on it alone would lower the loss of a clean meta batch: by the inner product of
the two gradients, where that is positive.

Differs from the released code in:
    1. the derivative with respect to the weights at 0 is the inner product itself, alpha <grad l_meta, grad l_i>, of
    which the normalisation cancels alpha: it is computed by one forward-mode product, without a second-order graph.
    The weights are the same.
    2. draw="passes": meta batches come in shuffled passes over the meta set ("fresh": drawn anew each time).
Dropout differs between the pass that weighs and the pass that learns, as there.
The paper's meta set is clean and small (1,000 samples, or 10 per class); a noisy one is accepted.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Generator, Tensor

from labkit.arguments import Count
from labkit.data import Split
from labkit.grads.meta import along, check_forward_mode, gradient_at, trainable
from labkit.losses import ce
from labkit.method import MakeNet, MakeOpt, Method

Draw = Literal["passes", "fresh"]  # how the batches of a meta set are drawn


class MetaBatches:
    """Batches of a meta set.

    size: samples of a batch, at most those of the meta set. draw: "passes", shuffled passes over it that leave out an
    incomplete last batch | "fresh", drawn anew for every batch. rng: a generator on its device; `state_dict` does not
    hold its state.
    """

    def __init__(self, meta: Split, size: int, draw: Draw, rng: Generator):
        self.meta, self.rng = meta, rng
        self.size, self.fresh = min(size, len(meta)), draw == "fresh"
        self.order = torch.empty(0, dtype=torch.long, device=rng.device)

    def next(self) -> tuple[Tensor, Tensor]:
        """Return the next batch. -> x [size, ...], y [size] given labels"""
        if self.fresh or len(self.order) < self.size:
            self.order = torch.randperm(len(self.meta), generator=self.rng, device=self.rng.device)
        i, self.order = self.order[: self.size], self.order[self.size :]
        return self.meta.inputs(i), self.meta.y[i]

    def state_dict(self) -> dict:
        """Return the samples that remain of the pass."""
        return {"order": self.order.clone()}

    def load_state_dict(self, state: dict) -> None:
        """Continue the pass of `state_dict`."""
        self.order = state["order"].to(self.order.device)


@dataclass(kw_only=True, eq=False)
class L2RW(Method):
    """Weights by the agreement of gradients with a clean meta batch; all 0 when no sample agrees.

    meta_batch: samples of the meta set per step. draw: "passes" | "fresh", how they are drawn.
    """

    meta_batch: Count = 100
    draw: Draw = "passes"

    normalised = False  # where no sample agrees, all weights are 0
    targets = ("classes",)
    meta_labels = "true"

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        check_forward_mode(self.nets[0], train.inputs(slice(0, 2)))
        self.batches = MetaBatches(meta, self.meta_batch, self.draw, rng)

    def weight(self, x: Tensor, y: Tensor, i: Tensor, logits: Tensor) -> Tensor:
        agreement = self.agreement(x, y, i).clamp(min=0)  # core: max(u, 0)  [B]
        total = agreement.sum()
        return agreement / (total + (total == 0))  # [B]

    def agreement(self, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        """Return the inner products of a meta batch's gradient with each sample's gradient, at w. -> [B]"""
        net, (meta_x, meta_y) = self.nets[0], self.batches.next()
        meta_x = self.augment(meta_x.to(x.dtype))
        pull = gradient_at(net, trainable(net), meta_x, lambda logits: ce(logits, meta_y).mean(-1))
        return along(net, x, lambda logits: self.loss(logits, y, i), pull)
