"""CRUST: coresets for robust training. Mirzasoleiman, Cao, Leskovec, NeurIPS 2020 (arXiv 2011.07451), Algorithm 1.

The gradients of the clean samples of a class lie close together, those of the mislabelled ones are spread out. Every
epoch trains only on medoids of the gradients of each class, weighted by the size of their clusters and mixed with
members of these.

Differs between the paper (variant="paper") and its released code (variant="released"):
    1. group_by: predicted class | given label. The predictions are computed there too, and not used; by the paper's own
    ablation (table 2) the label is the weaker choice.
    2. space: gradient at the last layer's output, p - e_y | at its inputs, (p - e_y) W. The code differentiates the
    mean loss of batches of 128, so its gradients are 1/128 of these (of the last, smaller batch more; not here), in
    training mode with augmentation: mode="train". mode="eval" is labkit's choice for both variants.
    3. selector: greedy facility location | the most central points. The code's gain is the whole F(S + j), not the
    increase: whatever leaves its heap is accepted, and the result is exactly the k points with the smallest sum of
    distances.
    4. That is what removes noise, and why "released" is the default: at keep=0.5, true greedy selection spends its
    budget on isolated points, the mislabelled ones, and filters nothing. No table is reproduced with it.
    5. weights: size of the medoid's cluster | how many points of the group lie within `radius` in the scaled gradients.
    Distances there are at most 2 sqrt(2) |W| / 128, so the radius of 2 holds all points unless |W| > 90: weights are
    the size of the group, and the method is unweighted within a class.
    6. mixup: with another member of the medoid's cluster, samples and labels, lambda ~ Beta(alpha, alpha) for every
    medoid (the paper does not give alpha: 1 here) | with a sample of the whole set with the same given label, one
    lambda ~ Beta(1, 0.1) a batch. A medoid alone in its cluster is not mixed (the paper does not say).
    7. start, mixup_after: from the first epoch | five epochs on everything, one more without mixup.
    8. Not part of the method: the code's asymmetric noise is a random derangement of the classes, and the best accuracy
    on the test set is reported.
Two details of the code are in neither variant: of points that are equally central it chooses the later one, here it is
the earlier; a point exactly at `radius` is not within it there, here it is.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from torch import Generator, Tensor, nn

from labkit import coreset
from labkit.arguments import Duration, Number, Part, Positive, Variant, Whole
from labkit.data import Split
from labkit.errors import need
from labkit.grads import ce_gradient, feature_gradient
from labkit.method import MakeNet, MakeOpt, Method
from labkit.mixing import beta, mixed, soft
from labkit.nets.probe import calls

SCALE = 128  # the batch over which the released code's gradients are means
BetaEnd = Annotated[float, Number(1e-3, 10**4)]  # below, a draw is 0 or 1 to the last bit
PASS = {"eval": 1000, "train": SCALE}  # samples at once where gradients are computed


def last_linear(net: nn.Module, x: Tensor) -> nn.Linear:
    """Return the linear layer whose output is the network's. x [B, ...]. Raises ValueError for a network without
    one."""
    called = calls(net, x)
    logits = called[-1][2]
    linear = [call for call in called if isinstance(call[0], nn.Linear)]
    ends_linear = bool(linear) and linear[-1][2].shape == logits.shape and torch.equal(linear[-1][2], logits)
    need(ends_linear, "net of CRUST", type(net).__name__, 'a network that ends in a Linear layer, or space "logit"')
    return linear[-1][0]


def by_group(ids: Tensor) -> list[Tensor]:
    """Sort samples by group. ids [N] >= 0 -> the samples in the order of their groups; and for each sample the place
    where its group begins in this order, the group's size, and the sample's rank in it: four tensors [N]"""
    order, count = ids.argsort(stable=True), ids.bincount()
    first = (count.cumsum(0) - count)[ids]
    return [order, first, count[ids], order.argsort() - first]


@dataclass(kw_only=True, eq=False)
class CRUST(Method):
    """Train on medoids of the gradients, group by group.

    keep: share of each group that is chosen, in (0, 1]. variant: "released" | "paper"; hyperparameters that are None
    follow it. selector: "facility_location" | "kmedoids" | "centrality". group_by: "prediction" | "label". space:
    "logit" | "feature". weights: "cluster" | "radius" | "none". radius: in gradients of a mean over 128 samples. mixup:
    "cluster"
    | "same_label" | "none". partners: |R_j|, members of its cluster that each medoid is mixed with. alpha: number, or
    the pair of Beta(a, b). start: epochs on everything before. mixup_after: epochs after `start` without mixup. mode:
    "eval" | "train" (with augmentation), of the network while it computes gradients.
    """

    keep: Part = 0.5
    variant: Variant = "released"
    selector: Literal["facility_location", "kmedoids", "centrality"] | None = None
    group_by: Literal["prediction", "label"] | None = None
    space: Literal["logit", "feature"] | None = None
    weights: Literal["cluster", "radius", "none"] | None = None
    radius: Positive = 2.0
    mixup: Literal["cluster", "same_label", "none"] | None = None
    partners: Annotated[int, Whole(1, 1000)] = 1
    alpha: BetaEnd | tuple[BetaEnd, BetaEnd] | None = None
    start: Duration | None = None
    mixup_after: Duration | None = None
    mode: Literal["eval", "train"] = "eval"

    targets = ("classes",)

    def __post_init__(self):
        self.follow(
            selector={"paper": "facility_location", "released": "centrality"},
            group_by={"paper": "prediction", "released": "label"},
            space={"paper": "logit", "released": "feature"},
            weights={"paper": "cluster", "released": "radius"},
            mixup={"paper": "cluster", "released": "same_label"},
            alpha={"paper": 1.0, "released": [1.0, 0.1]},
            start={"paper": 0, "released": 5},
            mixup_after={"paper": 0, "released": 1},
        )
        pair = self.alpha if isinstance(self.alpha, tuple | list) else (self.alpha, self.alpha)
        self.alpha = [float(a) for a in pair]

    def select(self, train: Split, epoch: int) -> Tensor | None:
        if epoch < self.start:
            return None
        g, predicted = self.gradients(train)
        group = predicted if self.group_by == "prediction" else train.y
        budget = coreset.shares(group, self.keep)
        radius = SCALE * self.radius if self.weights == "radius" else None
        chosen = coreset.select(g, budget, self.selector, group, radius)  # core: Alg. 1, lines 4 to 9
        copies = self.partners if self.mixup == "cluster" else 1
        weights = {
            "cluster": chosen.sizes / copies,
            "radius": chosen.within,
            "none": torch.ones_like(chosen.within),
        }
        self.trust = torch.ones_like(self.trust)
        self.trust[chosen.indices] = weights[self.weights].to(self.trust.dtype)
        if self.mixup == "cluster":
            self.kin = by_group(chosen.cluster)
        return chosen.indices.sort().values.repeat_interleave(copies)

    @torch.no_grad()
    def gradients(self, train: Split) -> tuple[Tensor, Tensor]:
        """Return the gradients of every sample's cross-entropy, and the predicted classes. -> [N, C], or [N, D] in
        feature space; [N]"""
        net = self.nets[0]
        training = net.training
        net.train(self.mode == "train")
        positions = torch.arange(len(train), device=train.y.device).split(PASS[self.mode])
        if self.mode == "train" and len(positions[-1]) < self.min_batch < len(train):
            positions = [*positions[:-2], torch.cat(positions[-2:])]  # batch normalisation sees no sample alone
        logits = torch.cat([net(self.view(train.inputs(i))) for i in positions])
        net.train(training)
        if self.space == "logit":
            return ce_gradient(logits, train.y), logits.argmax(1)
        return feature_gradient(logits, train.y, self.last().weight), logits.argmax(1)

    def view(self, x: Tensor) -> Tensor:
        """Return the inputs of the network in `gradients`: augmented in mode "train"."""
        return self.augment(x) if self.mode == "train" else x

    @torch.no_grad()
    def last(self) -> nn.Linear:
        """Return the network's last linear layer."""
        net = self.nets[0]
        training = net.training
        net.eval()
        layer = last_linear(net, self.train.inputs(slice(0, 1)))
        net.train(training)
        return layer

    def weight(self, x: Tensor, y: Tensor, i: Tensor, logits: Tensor) -> Tensor:
        w = self.trust[i].to(logits.dtype)
        return (w / w.sum()).expand(logits.shape[:-1])  # Alg. 1, line 12, made to sum to 1  [..., B]

    def batch(self, x: Tensor, y: Tensor, i: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if self.mixup == "none" or self.epoch < self.start + self.mixup_after:
            return x, y, i
        j = self.partner(i)
        lam = beta(*self.alpha, (len(i) if self.mixup == "cluster" else 1,), self.rng)
        x = mixed(x, self.augment(self.train.inputs(j)), lam)  # Alg. 1, line 11
        if self.mixup == "same_label":
            return x, y, i
        soft_y = soft(y, self.train.classes)
        partner_y = soft(self.train.y[j], self.train.classes)
        return x, mixed(soft_y, partner_y, lam), i

    def partner(self, i: Tensor) -> Tensor:
        """Draw a member of each sample's group; from a cluster not the sample itself, unless it is alone. -> [B]"""
        order, first, size, rank = self.kin
        size, rank = size[i], rank[i]
        candidates = (size - 1).clamp_min(1) if self.mixup == "cluster" else size
        u = torch.rand(i.shape, generator=self.rng, device=i.device, dtype=torch.float64)
        drawn = (u * candidates).long()
        if self.mixup == "cluster":
            drawn = torch.where(size > 1, drawn + (drawn >= rank), rank)  # skips the sample itself
        return order[first[i] + drawn]

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        self.trust = torch.ones(len(train), device=train.y.device)
        self.kin = by_group(train.y)  # samples of the same given label
        if self.space == "feature":
            self.last()  # raises now for a network without one
