"""GJS: the generalised Jensen-Shannon divergence. Englesson, Azizpour, NeurIPS 2021 (arXiv 2105.04522).

JS of a label and of two predictions for the same sample, one for each of two augmentations. It is JS of the label and
the mean prediction, plus the divergence of the predictions from each other: around wrong labels networks are less
consistent, and the second part asks for consistency.

Differs from the released code in:
    1. The recipe's augmentation gives both views. The code's is RandAugment with Cutout. Without an augmentation both
       views are the same, and GJS is JS.
    2. There are two views; the code takes any number.
    The logarithms differ from the code's as those of JS do, by rounding.
"""

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from labkit import losses
from labkit.arguments import Number
from labkit.methods.losses import JS


@dataclass(kw_only=True, eq=False)
class GJS(JS):
    """JS of the label and of the predictions for two augmentations.

    pi: weight of the label, in (0, 1); the predictions have (1 - pi) / 2 each. The released settings have .9 for
    CIFAR-10 and .5 for CIFAR-100, with 40 % symmetric noise. As pi -> 0 the consistency counts without bound, so that
    no pi is plain SGD.
    """

    pi: Annotated[float, Number(0, 1, above=True, below=True)] = 0.9

    def step(self, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        second = self.augment(self.train.inputs(i)).to(x)
        views = torch.stack([self.nets[0](x), self.nets[0](second)])  # core: two augmentations  [2, B, C]
        weight = self.weight(x, y, i, views[0])
        loss = (weight * losses.js(views, y, self.pi)).sum()
        self.zero_grad()
        loss.backward()
        self.update()
        self.seen = i, weight
        return loss.detach()
