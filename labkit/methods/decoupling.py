"""Decoupling: Malach, Shalev-Shwartz, "Decoupling 'when to update' from 'how to update'", NIPS 2017 (arXiv 1706.02613),
Algorithm 1.

Two networks from different random weights learn, each with its own loss, only from samples that they classify
differently: late in training disagreement is rare, and so is learning from wrong labels.

Differs from the released code in: its class-balancing weights, made for one data set, are left out. As there, the loss
is divided by max(floor B, number of disagreements), which keeps steps on few samples small; buffer=True instead
collects disagreeing samples until they fill a batch.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from labkit.arguments import Duration, Flag, Part
from labkit.data import Split
from labkit.method import MakeNet, MakeOpt, Method


@dataclass(kw_only=True, eq=False)
class Decoupling(Method):
    """Update both networks on the samples that they classify differently.

    floor: least share of the batch that the loss is divided by, in (0, 1]. start: epochs of plain training before.
    buffer: step on full batches of collected disagreements.
    """

    networks = 2
    targets = ("classes",)
    normalised = False
    floor: Part = 0.1
    start: Duration = 0
    buffer: Flag = False

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        self.waiting = torch.zeros(0, dtype=torch.long, device=train.y.device)  # positions

    def disagree(self, logits: list[Tensor]) -> Tensor:
        """Return where the two networks predict different classes. logits: of both -> bool [B]"""
        if self.epoch < self.start:
            return torch.ones_like(logits[0][..., 0], dtype=torch.bool)
        return logits[0].argmax(-1) != logits[1].argmax(-1)  # core: when to update

    def step(self, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        logits = [net(x) for net in self.nets]
        u = self.disagree(logits)
        weight = u.to(logits[0].dtype) / u.sum().clamp(min=self.floor * len(y))  # [B]
        if self.buffer and self.epoch >= self.start:
            return self.collect(i, u, weight)
        return self.learn(logits, weight, y, i)

    def collect(self, i: Tensor, u: Tensor, weight: Tensor) -> Tensor:
        """Keep the disagreeing samples u, and learn from them when they fill a batch. u bool [B] -> mean loss,
        detached"""
        self.waiting = torch.cat([self.waiting, i[u]])
        if len(self.waiting) < len(i):
            self.seen = i, weight * 0
            return weight.sum() * 0
        j, self.waiting = self.waiting[: len(i)], self.waiting[len(i) :]
        logits = [net(self.augment(self.train.inputs(j))) for net in self.nets]
        return self.learn(logits, torch.full_like(weight, 1 / len(j)), self.train.y[j], j)

    def learn(self, logits: list[Tensor], weight: Tensor, y: Tensor, i: Tensor) -> Tensor:
        """Take one step of both networks, each on its own loss. -> mean loss, detached"""
        losses = [(weight * self.loss(z, y, i)).sum() for z in logits]
        self.zero_grad()
        sum(losses).backward()
        self.update()
        self.seen = i, weight
        return sum(losses).detach() / 2
