"""CrowdLayer: Rodrigues, Pereira, "Deep learning from crowds", AAAI 2018 (arXiv 1709.01779).

Behind the softmax stands a layer with a matrix for each annotator, which turns the prediction into the annotator's
scores. Network and matrices are trained together on the labels that each annotator gave; a label that an annotator did
not give counts for nothing. For prediction the layer is dropped, so the network keeps what the annotators share.

Differs from the released code in:
    1. The code trains network and layer by one Adam. Here `layer_lr` is the layer's learning rate, by plain SGD.
    2. The matrices are the code's "MW"; its layers of vectors and scalars ("VW", "VB", "VW+B", "SW") are not here.
    The loss of a sample is the mean over all annotators, as Keras takes it of what the code returns: a sample with few
    labels counts less.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from torch import Tensor

from labkit import losses
from labkit.arguments import Number
from labkit.data.annotators import NONE
from labkit.method import Method


@dataclass(kw_only=True, eq=False)
class CrowdLayer(Method):
    """The mean over annotators a of the cross-entropy of softmax(p W_a) with the label of a.

    Annotations are those of the task (`Task.of(..., annotations=...)`, labkit.noise.annotators). Without any, the given
    label is that of the only annotator. The matrices W [A, C, C] begin as identities; row: the network's class, column:
    the annotator's label. layer_lr: "same" | "matched" | a number, 0 freezes the layer.
    """

    targets = ("classes",)
    layer_lr: Literal["same", "matched"] | Annotated[float, Number(0, 10**9)] = "same"

    def extra(self) -> list[dict]:
        given = self.train.annotations
        A = 1 if given is None else given.shape[1]
        identity = torch.eye(self.train.classes, device=self.train.y.device)
        self.W = identity.repeat(A, 1, 1).requires_grad_()
        return [*super().extra(), {"params": [self.W], "lr": self.layer_lr, "momentum": 0.0, "weight_decay": 0.0}]

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        given = y[..., None] if self.train.annotations is None else self.train.annotations[i]  # [..., B, A]
        p = logits.softmax(-1)
        scores = torch.einsum("...bk,akl->...bal", p, self.W.to(p.dtype))  # core: p W_a  [..., B, A, C]
        of_labels = losses.ce(scores, given.clamp(min=0).expand(scores.shape[:-1]))
        return (of_labels * (given != NONE)).mean(-1)
