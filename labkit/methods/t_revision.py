"""T-Revision (Reweight-R): Xia, Liu, Wang, Han, Gong, Niu, Sugiyama, NeurIPS 2019 (arXiv 1906.00189), Algorithm 1.

A transition matrix estimated at anchor points is only a start. The network is trained with losses weighted by p_y /
(T^T p)_y, the share of the given label that is true; then a correction dT of the matrix is learned with it.

Differs from the released code in, each a keyword (variant="released" has all):
    1. accumulate: the code adds dT to T inside its loop over the batch, so that sample k sees T + (k + 1) dT. (Its
       vectorised second version detaches the weight, and dT gets no gradient at all: not here.)
    2. scale_columns: the code divides the estimate at the anchors by its row sums without keeping their axis, which
       scales columns. T + dT is never normalised.
    3. shared_array: T is read off an array in which outliers were zeroed for earlier rows, as in F-correction's code.
    4. revise_decay: in the revision the code has the recipe's weight decay, for the network and for dT; here none.
    The paper's Algorithm 1 has none of them. Neither projects T + dT onto the simplex; ratios are cut off below 1e-6
    here.
The epoch of a stage is chosen by the accuracy of p on the noisy validation split (there: of T^T p).
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from labkit import losses, transition
from labkit.arguments import Epochs, Flag, LearningRate, Part, Variant
from labkit.data import Split
from labkit.method import MakeNet, MakeOpt, Method, Stage, evaluate


@dataclass(kw_only=True, eq=False)
class TRevision(Method):
    """Importance-reweighted training with a transition matrix that is revised.

    estimate: epochs of the first training (None: those of the run). revise: epochs of the revision (None: the
    same). revise_lr: learning rate of the revision, by Adam. quantile: of the anchors' outlier filter, or None.
    accumulate, scale_columns, shared_array, revise_decay: see above; they follow the variant when None. variant:
    "paper" | "released".
    """

    later = {"revise_decay": False}
    targets = ("classes",)
    estimate: Epochs | None = None
    revise: Epochs | None = None
    revise_lr: LearningRate = 5e-7
    quantile: Part | None = 0.97
    variant: Variant = "paper"
    accumulate: Flag | None = None
    scale_columns: Flag | None = None
    shared_array: Flag | None = None
    revise_decay: Flag | None = None

    def __post_init__(self):
        released = {"paper": False, "released": True}
        self.follow(accumulate=released, scale_columns=released, shared_array=released, revise_decay=released)

    def extra(self) -> list[dict]:
        C = self.train.classes
        self.dT = torch.zeros(C, C, device=self.train.y.device, requires_grad=True)
        decay = "same" if self.revise_decay else 0.0
        group = {"params": [self.dT], "lr": "same", "optimiser": "adam", "weight_decay": decay}
        return [*super().extra(), group]

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        self.T, self.k = None, 0

    def stage(self, k: int, train: Split) -> Stage | None:
        revision = {"optimiser": "adam", "lr": self.revise_lr, "milestones": (), "cosine": None}
        revision |= {} if self.revise_decay else {"weight_decay": 0.0}
        return [
            Stage(epochs=self.estimate, keep="best_val"),  # T from anchors
            Stage(start="previous", keep="best_val"),  # T fixed
            Stage(epochs=self.revise, start="previous", recipe=revision),  # T + dT
            None,
        ][k]

    def end_stage(self, k: int) -> None:
        self.k = k + 1
        if k == 0:
            p = evaluate(self.nets[0], self.train).softmax(1)
            self.T = transition.anchors(p, self.quantile, self.shared_array, self.scale_columns)

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        if self.k == 0:
            return losses.ce(logits, y)
        if self.k == 1:
            return transition.importance(logits, y, self.T).detach() * losses.ce(logits, y)
        beta = transition.importance(logits, y, self.revised(y))
        return beta * losses.ce(logits, y)  # core: beta has a gradient for dT  [..., B]

    def revised(self, y: Tensor) -> Tensor:
        """Return T + dT; with `accumulate` one matrix for each place in the batch. -> [C, C] or [B, C, C]"""
        T, dT = self.T, self.dT
        if self.accumulate:
            dT = torch.arange(1, y.shape[-1] + 1, device=y.device)[:, None, None] * dT
        return T + dT

    def notes(self) -> dict:
        """Return T and dT, the estimated matrix and its correction."""
        return {**super().notes(), "T": None if self.T is None else self.T.tolist(), "dT": self.dT.tolist()}
