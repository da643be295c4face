"""F-correction and B-correction: Patrini, Rozza, Menon, Nock, Qu, CVPR 2017 (arXiv 1609.03683).

The matrix T says how given labels arise from true ones. It is estimated by a network trained on the noisy labels, at
the samples that look most like each class; then a new training corrects its loss by T.

Differs from the released code in:
    1. shared_array: the code zeroes outliers in the array that later rows of T are read from, so that T gets zeros that
       are no estimates. Here rows are read from a copy; shared_array=True repeats the code.
    2. The outlier filter (97th percentile) is for MNIST and CIFAR-10; the code has none for CIFAR-100: quantile=None.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from labkit import transition
from labkit.arguments import Flag, Part
from labkit.data import Split
from labkit.method import MakeNet, MakeOpt, Method, Stage, evaluate
from labkit.transition import Matrix


@dataclass(kw_only=True, eq=False)
class FCorrection(Method):
    """Forward correction: -log (T^T p)_y.

    T: the transition matrix as nested lists [C][C], row = true class; None: estimated by a first training. quantile: of
    the outlier filter, in (0, 1), or None. shared_array: see above.
    """

    targets = ("classes",)
    T: Matrix | None = None
    quantile: Part | None = 0.97
    shared_array: Flag = False

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        self.matrix = None
        if self.T is not None:
            self.matrix = transition.a_matrix("T", self.T, train.classes).to(train.y.device, torch.float32)

    def stage(self, k: int, train: Split) -> Stage | None:
        if self.T is not None:
            return super().stage(k, train)
        return [Stage(keep="best_val"), Stage(), None][k]

    def end_stage(self, k: int) -> None:
        if self.T is None and k == 0:
            p = evaluate(self.nets[0], self.train).softmax(1)
            self.matrix = transition.anchors(p, self.quantile, self.shared_array)

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        return super().loss(logits, y, i) if self.matrix is None else self.corrected(logits, y)

    def corrected(self, logits: Tensor, y: Tensor) -> Tensor:
        """Return the corrected loss. logits [..., B, C], y [..., B] -> [..., B]"""
        return transition.forward(logits, y, self.matrix)  # core: -log (T^T p)_y  [..., B]

    def notes(self) -> dict:
        """Return T, the matrix in use, known or estimated."""
        return {**super().notes(), "T": None if self.matrix is None else self.matrix.tolist()}


@dataclass(kw_only=True, eq=False)
class BCorrection(FCorrection):
    """Backward correction: sum_j (T^-1)_yj CE(j): its mean over the noise is the clean loss; single losses may be
    negative. Hyperparameters: as F-correction. T must be invertible."""

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        if self.matrix is not None:
            transition.check_invertible("T of B-correction", self.matrix)

    def end_stage(self, k: int) -> None:
        super().end_stage(k)
        if self.T is None and k == 0:
            transition.check_invertible("T that B-correction estimated", self.matrix)

    def corrected(self, logits: Tensor, y: Tensor) -> Tensor:
        return transition.backward(logits, y, self.matrix)  # core: T^-1 times the losses of all classes  [..., B]
