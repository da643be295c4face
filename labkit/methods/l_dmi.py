"""L_DMI: Xu, Cao, Kong, Wang, NeurIPS 2019 (arXiv 1909.03388).

-log |det U|, where U is the joint distribution of given labels and predictions in a batch. Noise multiplies U by the
transition matrix, so it only adds a constant to the loss: the minimiser stays. The loss does not change when classes
change places, so a first training by cross-entropy decides which output is which class.

Differs from the released code in, each a keyword (variant="released" has all):
    1. divide: the CIFAR-10 script does not divide U by the batch size, so that its constant of 0.001 means nothing.
    2. offset: the code adds 0.001 to |det U|; the paper adds nothing.
    The determinant is taken as a logarithm, in float64: at 100 classes it underflows otherwise. Incomplete batches of
    the second stage are left out, as there.
"""

from dataclasses import dataclass
from math import log

import torch
from torch import Generator, Tensor

from labkit import losses
from labkit.arguments import Count, Epochs, Flag, LearningRate, NotNegative, Variant
from labkit.data import Split
from labkit.errors import need
from labkit.method import MakeNet, MakeOpt, Method, Stage


def log_det(logits: Tensor, y: Tensor, divide: bool = True) -> Tensor:
    """Return log |det U|, U = 1/B sum_i e_yi p(x_i)^T, without 1/B if not `divide`. logits [..., B, C], y [..., B] ->
    float64 [...]"""
    p = logits.double().softmax(-1)
    given = torch.nn.functional.one_hot(y, logits.shape[-1]).to(p.dtype)
    U = given.transpose(-1, -2) @ p  # rows: given label, columns: prediction  [..., C, C]
    size = p.shape[-1] * log(p.shape[-2]) if divide else 0.0
    return torch.linalg.slogdet(U).logabsdet - size


@dataclass(kw_only=True, eq=False)
class L_DMI(Method):
    """Cross-entropy, then the determinant-based mutual information of given labels and predictions.

    warmup: epochs of cross-entropy; None: those of the run. lr, batch_size: of the second stage; batch_size is at least
    2 C. variant: "paper" | "released"; divide, offset (>= 0) follow it when None.
    """

    targets = ("classes",)
    warmup: Epochs | None = None
    lr: LearningRate = 1e-6
    batch_size: Count = 256
    variant: Variant = "paper"
    divide: Flag | None = None
    offset: NotNegative | None = None

    def __post_init__(self):
        self.follow(divide={"paper": True, "released": False}, offset={"paper": 0.0, "released": 1e-3})

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        low, high = 2 * train.classes, len(train)
        may_be = f"a whole number in {low}..{high}: det U is 0 otherwise"
        need(low <= self.batch_size <= high, "batch_size of L_DMI", self.batch_size, may_be)
        super().bind(make_net, make_opt, train, meta, rng)
        self.pretrained = False

    def stage(self, k: int, train: Split) -> Stage | None:
        changes = {"lr": self.lr, "batch": self.batch_size, "drop_last": True, "milestones": (), "cosine": None}
        return [Stage(epochs=self.warmup, keep="best_val"), Stage(start="previous", recipe=changes), None][k]

    def end_stage(self, k: int) -> None:
        self.pretrained = True

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        if not self.pretrained:
            return losses.ce(logits, y)
        det = log_det(logits, y, self.divide)
        det = torch.logaddexp(det, torch.full_like(det, log(self.offset))) if self.offset else det
        return -det.to(logits.dtype)[..., None].expand(y.shape)  # core: -log |det U|, one for the batch  [..., B]
