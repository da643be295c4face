"""D2L: dimensionality-driven learning. Ma, Wang, Houle, Zhou, Erfani, Xia, Wijewickrema, Bailey, ICML 2018 (arXiv
1806.02612).

While a network learns rules, its representations of the data become simpler; when it starts to memorise, their local
intrinsic dimensionality (LID) grows. At that turning point D2L goes back, and from then on mixes its own predictions
into the labels, the more, the higher the LID is.

variant="released" differs from "paper" in:
    1. rollback=False: the file that the code goes back to is the one it wrote at the end of the epoch before, so that
    nothing changes; here "paper" returns to the weights in front of the epoch in which the LID rose.
Differs from the released code in:
    2. plain cross-entropy before the turning point, as in the paper; a later release has symmetric cross-entropy.
    3. ratios of distances are bounded by 1e-8 from below; the code adds 1e-8 to them. Incomplete batches of
    representations are not used.
"""

from dataclasses import dataclass
from math import exp
from typing import Annotated

import torch
from torch import Generator, Tensor, nn

from labkit import losses
from labkit.arguments import MOST_SAMPLES, Count, Duration, Epochs, Flag, Variant, Whole
from labkit.data import Split
from labkit.errors import need
from labkit.method import MakeNet, MakeOpt, Method
from labkit.nets.probe import calls, untouched
from labkit.state import save_value


def lid(h: Tensor, k: int = 20) -> Tensor:
    """Estimate the local intrinsic dimensionality of each point in a batch by maximum likelihood, from its k nearest
    neighbours. h [B, H] -> [B]"""
    k = min(k, len(h) - 1)
    distances = torch.cdist(h, h, compute_mode="donot_use_mm_for_euclid_dist").sort(-1).values
    r = distances[:, 1 : k + 1]  # without the point itself  [B, k]
    ratio = r / r[:, -1:].clamp_min(torch.finfo(r.dtype).tiny)
    return -1 / ratio.clamp_min(1e-8).log().mean(-1)  # [B]


def turning(lids: list[float], init_epoch: int, window: int) -> bool:
    """Return whether the last LID is above the mean of the window before it by more than two standard deviations."""
    if len(lids) <= init_epoch + window:
        return False
    before = torch.tensor(lids[-window - 1 : -1], dtype=torch.float64, device="cpu")
    return bool(lids[-1] - before.mean() > 2 * before.std(correction=0))


def hidden(net: nn.Module, x: Tensor) -> Tensor:
    """Return the activations of the last hidden layer, the inputs of the Linear layer that is called last. x [B, ...]
    -> [B, H]"""
    called = calls(net, x, nn.Linear)
    need(called, "net of D2L", type(net).__name__, "a network that ends in a Linear layer")
    return called[-1][1].flatten(1)


@dataclass(kw_only=True, eq=False)
class D2L(Method):
    """Targets alpha e_y + (1 - alpha) e_argmax; after the turning point alpha = exp(-t/T LID_t / min LID), else 1.

    init_epoch: epochs >= 0 without a turning point, beside the window (paper: 5 MNIST, 20 SVHN, 40 CIFAR-10, 60
    CIFAR-100). window: epochs >= 1 that an LID is compared with. neighbours: k of the LID, >= 2. batch_size, batches:
    the representations that it is measured on, at the start of every epoch. turn_at: the epoch of the turning point,
    counted from 0; None: found by the LID. variant: "paper" | "released". rollback: go back to the weights of the epoch
    before the turning point; follows the variant when None.
    """

    init_epoch: Duration = 5
    window: Epochs = 5
    neighbours: Annotated[int, Whole(2, MOST_SAMPLES)] = 20
    batch_size: Annotated[int, Whole(3, MOST_SAMPLES)] = 128
    batches: Count = 10
    turn_at: Duration | None = None
    variant: Variant = "paper"
    rollback: Flag | None = None

    targets = ("classes",)

    def __post_init__(self):
        self.follow(rollback={"paper": True, "released": False})

    def select(self, train: Split, epoch: int) -> Tensor | None:
        """Take all samples, and measure the dimensionality at the start of the epoch."""
        self.lids.append(self.dimensionality(train))
        if self.turn is None and self.turns(epoch):
            self.turn = epoch
            self.go_back()
        if self.turn is not None:
            self.alpha = exp(-epoch / self.epochs * self.lids[-1] / min(self.lids))
        if self.rollback and self.turn is None:
            self.before = save_value([net.state_dict() for net in self.nets])

    def turns(self, epoch: int) -> bool:
        """Return whether this epoch is the turning point."""
        if self.turn_at is not None:
            return epoch == self.turn_at
        return turning(self.lids, self.init_epoch, self.window)

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        given, predicted = losses.ce(logits, y), losses.ce(logits, logits.argmax(-1))
        # CE with alpha e_y + (1 - alpha) e_argmax
        return self.alpha * given + (1 - self.alpha) * predicted  # core  [..., B]

    @torch.no_grad()
    def dimensionality(self, train: Split) -> float:
        """Return the mean LID of the last hidden layer over random batches of the training set."""
        size = min(self.batch_size, len(train))
        count = min(self.batches, len(train) // size)
        order = torch.randperm(len(train), generator=self.rng, device=self.rng.device)
        self.train_mode(False)
        lids = []
        for i in order.split(size)[:count]:
            h = hidden(self.nets[0], train.inputs(i))
            lids.append(lid(h, self.neighbours))
        self.train_mode(True)
        return float(torch.cat(lids).mean())

    def go_back(self) -> None:
        """Restore the weights at the start of the epoch in which the dimensionality rose."""
        for net, state in zip(self.nets, self.before if self.rollback else []):
            net.load_state_dict(state)

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        need(len(train) >= 3, "len(train) of D2L", len(train), "3 samples or more")
        with untouched(self.nets[0], False), torch.no_grad():
            hidden(self.nets[0], train.inputs(slice(0, 1)))  # raises now for a network without a Linear layer
        self.lids, self.alpha, self.turn, self.before = [], 1.0, None, []

    def notes(self) -> dict:
        """Return the mean LID at the start of every epoch, and the epoch of the turning point, counted from 0."""
        return {**super().notes(), "lid": list(self.lids), "turning_epoch": self.turn}
