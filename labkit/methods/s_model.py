"""S-Model: Goldberger, Ben-Reuven, "Training deep neural-networks using a noise adaptation layer", ICLR 2017.

A softmax layer behind the softmax turns beliefs about the true class into beliefs about the given label, and is trained
with the network; for prediction it is dropped. This is the simple model, whose layer does not depend on the sample.

The start decides which hidden class is which: it is either the noise of an assumed rate, or the confusion between a
first training's predictions and the given labels. No code was released.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from torch import Generator, Tensor

from labkit import losses, transition
from labkit.arguments import AssumedRate, Number
from labkit.data import Split
from labkit.method import MakeNet, MakeOpt, Method, Stage, evaluate


@dataclass(kw_only=True, eq=False)
class SModel(Method):
    """A row-softmax layer theta of C x C on top of p: -log (theta^T p)_y.

    rate: assumed noise rate that the layer starts from, in [0, 1), or None: a first training's confusion. layer_lr:
    "same" | "matched" | a number, 0 freezes the layer.
    """

    targets = ("classes",)
    rate: AssumedRate | None = None
    layer_lr: Literal["same", "matched"] | Annotated[float, Number(0, 10**9)] = "matched"

    def extra(self) -> list[dict]:
        C, rate = self.train.classes, self.rate or 0.0
        theta = torch.full((C, C), rate / (C - 1), device=self.train.y.device)
        theta.fill_diagonal_(1 - rate)
        self.b = theta.clamp(min=1e-8).log().requires_grad_()  # [C, C]
        return [*super().extra(), {"params": [self.b], "lr": self.layer_lr, "momentum": 0.0, "weight_decay": 0.0}]

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        self.adapting = self.rate is not None

    def stage(self, k: int, train: Split) -> Stage | None:
        if self.rate is not None:
            return super().stage(k, train)
        return [Stage(keep="best_val"), Stage(start="previous"), None][k]

    @torch.no_grad()
    def end_stage(self, k: int) -> None:
        if self.rate is None and k == 0:
            predicted = evaluate(self.nets[0], self.train).argmax(1)
            unit = torch.ones_like(predicted, dtype=self.b.dtype)
            counts = torch.zeros_like(self.b).index_put_((predicted, self.train.y), unit, accumulate=True)
            counts = counts + 1e-3
            self.b.copy_((counts / counts.sum(1, keepdim=True)).log())
            self.adapting = True

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        if not self.adapting:
            return losses.ce(logits, y)
        return transition.forward(logits, y, self.b.softmax(1))  # core: -log (theta^T p)_y  [..., B]

    def notes(self) -> dict:
        """Return theta, the noise layer as a transition matrix."""
        return {**super().notes(), "theta": self.b.softmax(1).tolist()}
