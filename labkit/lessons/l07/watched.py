"""CDR+AUX with a choice of the weights that may learn, which counts what was chosen."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from ...data import Split
from ...errors import choose
from ...method import MakeNet, MakeOpt
from ...methods import CDR_AUX
from ...methods.cdr import critical

LARGEST = "largest |w g|"
RANDOM = "at random"
SMALLEST = "smallest |w g|"
CHOICES = (LARGEST, RANDOM, SMALLEST)


def chosen(by: str, w: Tensor, g: Tensor, rate: float, rng: Generator) -> Tensor:
    """Choose the weights that may learn in this step: int((1 - rate) M) of them. w, g [M] -> bool [M]

    by: LARGEST, as CDR; SMALLEST, the other end of the same order; RANDOM, w and g are not looked at.
    """
    if by == LARGEST:
        return critical(w, g, rate)
    size = len(w)
    kept = max(1, int((1 - rate) * size))
    if by == RANDOM:
        order = torch.randperm(size, generator=rng)
    else:
        order = (w * g).abs().argsort(stable=True)
    mask = torch.zeros(size, dtype=torch.bool)
    return mask.index_fill_(0, order[:kept], True)


def ranked_tensors(net: nn.Module) -> list[nn.Parameter]:
    """Return the parameters that the released code of CDR ranks: tensors of two or four axes."""
    return [p for p in net.parameters() if p.dim() in (2, 4)]


@dataclass(kw_only=True, eq=False)
class Watched(CDR_AUX):
    """CDR+AUX that chooses the critical weights by `by`, one of CHOICES; LARGEST is CDR+AUX itself.

    It counts what was chosen in an epoch's `steps`: `times` [M], in how many of them a weight was; two sums of
    fractions over the steps: `retained`, of the chosen that had been chosen a step before; `gradient`, of the squared
    gradient that the chosen hold. `reached` [M]: which weights were chosen since the start.
    """

    by: str = LARGEST

    def __post_init__(self):
        super().__post_init__()
        choose("by", self.by, dict.fromkeys(CHOICES))

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        M = sum(p.numel() for p in ranked_tensors(self.nets[0]))
        self.previous = torch.zeros(M, dtype=torch.bool)
        self.reached = torch.zeros(M, dtype=torch.bool)
        self.clear()

    def clear(self) -> None:
        """Start to count an epoch."""
        self.times = torch.zeros(len(self.reached))
        self.retained = 0.0
        self.gradient = 0.0
        self.steps = 0

    def damp(self, net: nn.Module) -> tuple:
        """Scale the gradients by 1 - rate where a weight is chosen, by 0 elsewhere, as CDR.damp does."""
        weights = ranked_tensors(net)
        w = torch.cat([p.detach().flatten() for p in weights])  # [M]
        g = torch.cat([p.grad.flatten() for p in weights])  # [M]
        mask = chosen(self.by, w, g, self.rate, self.rng)  # [M]
        damped = g * (mask * (1 - self.rate))
        sizes = [p.numel() for p in weights]
        for p, piece in zip(weights, damped.split(sizes)):
            p.grad.copy_(piece.view_as(p))  # keeps the layout of p
        self.count(mask, g)
        return weights, w.split(sizes), mask.split(sizes)

    def count(self, mask: Tensor, g: Tensor) -> None:
        """Add a step to the counts. mask, g [M]"""
        square = g.square().sum()
        chosen_square = (mask * g).square().sum()
        retained = mask & self.previous
        self.gradient += float(chosen_square / square)
        self.retained += float(retained.sum() / mask.sum())
        self.times = self.times + mask
        self.steps += 1
        self.previous = mask
        self.reached = self.reached | mask
