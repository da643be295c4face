"""MW-Net: Meta-Weight-Net. Shu, Xie, Yi, Zhao, Zhou, Xu, Meng, NeurIPS 2019 (arXiv 1902.07379), Algorithm 1.

A small network V turns a sample's loss into its weight. V learns from a clean meta set: after a virtual step of the
classifier on the weighted losses, the meta loss should be small.

variant="paper": weights V(l_i) / n; variant="released": the script for Wide-ResNets, whose weights sum to 1.
The other released script ("stable") is normalise=False, meta_optimiser="adam", meta_weight_decay=1e-4.
Differs from the released code in:
    1. the meta-gradient: -alpha <G, grad l_i> dV(l_i)/dTheta by one forward-mode product, without a second-order graph;
    exact.
    2. one forward pass of the training batch serves the virtual and the real step: both are at the same w. Running
    statistics move once per step, by the training batch, as there.
    3. draw: "passes", shuffled passes over the meta set | "fresh", a new shuffled pass begun for every batch, as there;
    training batches always come in shuffled epochs.
    4. normalise=True divides by the sum where it is not 0, as there; V's start comes from the method's own generator.
    5. there the meta set is drawn with seed 1 whatever the seed of the training set, so that they can overlap; here
    they cannot.
The paper's meta set is clean: 1,000 samples, as many of each class. With a noisy one, this is MNW-Net.
meta_lr = 1e-3 is meant for tens of thousands of steps. In a few hundred V stays near its random start, which may rank
noisy samples first; and weights over n can saturate at 1, since larger steps lower the meta loss at first.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Annotated, Literal

import torch
from torch import Generator, Tensor, nn

from labkit import losses
from labkit.arguments import Count, Flag, NotNegative, Number, Variant
from labkit.data import Split
from labkit.grads.meta import along, check_forward_mode, gradient_at, remembered, virtual_step
from labkit.method import MakeNet, MakeOpt, Method
from labkit.methods.l2rw import Draw, MetaBatches
from labkit.optimisers import SGD, Adam

OPTIMISERS = {"sgd": (SGD, {"momentum": 0.9, "nesterov": True}), "adam": (Adam, {})}
META_LOSSES = {"ce": losses.ce, "mae": losses.mae}


def weight_net(rng: Generator, hidden: int = 100) -> nn.Module:
    """Make V: 1 - hidden - 1, ReLU, sigmoid, 301 parameters, with torch's default initial weights drawn by `rng`."""
    with torch.random.fork_rng(devices=[]):  # keeps the global generator; skip_init would import sympy for a second
        first, last = nn.Linear(1, hidden).to(rng.device), nn.Linear(hidden, 1).to(rng.device)
    for layer in (first, last):
        bound = 1 / sqrt(layer.in_features)
        for p in layer.parameters():
            nn.init.uniform_(p, -bound, bound, generator=rng)
    return nn.Sequential(first, nn.ReLU(), last, nn.Sigmoid())


@dataclass(kw_only=True, eq=False)
class MWNet(Method):
    """Weights V(l_i), where V learns from a meta set.

    variant: "paper" | "released". normalise: weights sum to 1, else they are V(l_i) / n. meta_loss: "ce" | "mae".
    meta_optimiser: "sgd" (momentum 0.9, nesterov) | "adam", of V, with meta_lr (constant) and meta_weight_decay.
    meta_batch: samples of the meta set per step. draw: "passes" | "fresh", how they are drawn. normalise, meta_batch
    and draw follow the variant when None. The virtual step has the networks' current learning rate.
    """

    variant: Variant = "paper"
    normalise: Flag | None = None
    meta_loss: Literal["ce", "mae"] = "ce"
    meta_optimiser: Literal["sgd", "adam"] = "sgd"
    meta_lr: Annotated[float, Number(0, 10**9)] = 1e-3
    meta_weight_decay: NotNegative = 5e-4
    meta_batch: Count | None = None
    draw: Draw | None = None

    targets = ("classes",)
    meta_labels = "true"
    differences = {
        "normalise": {"paper": False, "released": True},
        "meta_batch": {"paper": 100, "released": 100},
        "draw": {"paper": "passes", "released": "fresh"},
    }

    def __post_init__(self):
        self.follow(**self.differences)
        self.normalised = self.normalise

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        check_forward_mode(self.nets[0], train.inputs(slice(0, 2)))
        self.batches = MetaBatches(meta, self.meta_batch, self.draw, rng)
        self.V = weight_net(rng)
        make, options = OPTIMISERS[self.meta_optimiser]
        options = {"lr": self.meta_lr, "weight_decay": self.meta_weight_decay, **options}
        self.meta_opt = make(self.V.parameters(), **options)

    def step(self, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        x, y, i = self.batch(x, y, i)
        logits, state = remembered(self.nets[0], x)
        loss = self.loss(logits, y, i)  # [B]
        self.learn(x, y, i, loss, state)
        weight = self.weight(x, y, i, logits.detach())
        loss = (weight * loss).sum() + self.penalty()  # the real step
        self.zero_grad()
        loss.backward()
        self.update()
        self.seen = i, weight
        return loss.detach()

    def learn(self, x: Tensor, y: Tensor, i: Tensor, loss: Tensor, state: tuple) -> None:
        """Take one step of V on the meta loss after the virtual step. loss [B] with its graph, which is kept."""
        weight = self.shares(loss.detach())  # [B], with a graph to Theta alone
        slope = self.slope(x, y, i, loss, weight.detach(), state)
        self.meta_opt.zero_grad(set_to_none=True)
        # weight.backward(slope) is the same, but torch imports sympy for it, most of a second
        (weight * slope).sum().backward()  # core: the meta-gradient reaches V
        self.meta_opt.step()

    def slope(self, x: Tensor, y: Tensor, i: Tensor, loss: Tensor, weight: Tensor, state: tuple) -> Tensor:
        """Return the derivative of the meta loss after the virtual step with respect to each sample's weight. -> [B]"""
        net, alpha = self.nets[0], self.opts[0].param_groups[0]["lr"]
        meta_x, meta_y = self.batches.next()
        meta_x, meta_loss = self.augment(meta_x.to(x.dtype)), META_LOSSES[self.meta_loss]
        w_hat = virtual_step(net, loss, weight, alpha)  # the virtual step
        pull = gradient_at(net, w_hat, meta_x, lambda logits: meta_loss(logits, meta_y).mean(-1))
        return -alpha * along(net, x, lambda logits: self.loss(logits, y, i), pull, state)

    @torch.no_grad()
    def weight(self, x: Tensor, y: Tensor, i: Tensor, logits: Tensor) -> Tensor:
        return self.shares(self.loss(logits, y, i))

    def shares(self, loss: Tensor) -> Tensor:
        """Return the weights of a batch by V, which sum to 1 if `normalise`. loss [..., B] -> [..., B]"""
        trust = self.V(loss[..., None].to(self.V[0].weight.dtype))[..., 0].to(loss.dtype)
        if not self.normalise:
            return trust / trust.shape[-1]
        total = trust.sum(-1, keepdim=True)
        return trust / (total + (total == 0))
