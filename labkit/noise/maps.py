"""Noise models with a transition matrix of their own: random target classes, or any matrix."""

from hashlib import sha256

import numpy as np
import torch
from torch import Tensor

from ..arguments import Rate, Seed
from ..errors import need
from ..transition import Matrix
from .base import Noise, learnable


class flip(Noise):
    """To ONE random other class for each class: T_ii = 1 - rate, T_i,c(i) = rate. RMNW-Net, GLC.

    map_seed: of the wrong classes c, the same for all runs; 1 draws the map of the released code of MW-Net and
    RMNW-Net. Not learnable from 50 % on. What the *paper* on MW-Net calls flip is `flip2` here.
    """

    wrong_classes = 1  # for each class

    def __init__(self, rate: Rate, map_seed: Seed = 1):
        super().__init__(rate)
        self.map_seed = map_seed

    def options(self) -> dict:
        return {"map_seed": self.map_seed}

    def target_classes(self, classes: int) -> Tensor:
        """Draw the classes that each class is changed to. -> int64 [C, wrong_classes]"""
        minimum = self.wrong_classes + 1
        need(classes >= minimum, "classes", classes, f"{minimum} or more: {type(self).__name__} noise")
        rng = np.random.RandomState(self.map_seed)
        numbers = np.arange(classes)
        replace = self.wrong_classes == 1  # only so that the generator draws the released code's map
        drawn = []
        for c in numbers:
            candidates = numbers[numbers != c]
            drawn.append(rng.choice(candidates, self.wrong_classes, replace))
        return torch.as_tensor(np.stack(drawn))

    def matrix(self, classes: int, dataset: str) -> Tensor | None:
        T = (1 - self.rate) * torch.eye(classes, dtype=torch.float64)
        rate_each = self.rate / self.wrong_classes
        return T.scatter(1, self.target_classes(classes), rate_each)

    def words(self, classes: int | None, realised: float) -> str:
        number = {1: "one other class each", 2: "two other classes each"}[self.wrong_classes]
        limit = self.wrong_classes / (self.wrong_classes + 1)
        warning = learnable(self.rate < limit)
        return f"{type(self).__name__} {self.rate:.0%} = {self.rate:.0%} wrong labels, of {number}{warning}"


class flip2(flip):
    """To TWO random other classes for each class, rate / 2 each. RMNW-Net; "flip" in the paper on
    MW-Net. Not learnable from 2/3 on. map_seed: see `flip`."""

    wrong_classes = 2


class derangement(flip):
    """To pi(i), a random permutation of the classes without fixed points: "asym" in the released code of CRUST, whose
    paper speaks of pairflip instead. map_seed: of the permutation; 0 is that code's default. Not learnable from 50 %
    on.
    """

    def __init__(self, rate: Rate, map_seed: Seed = 0):
        super().__init__(rate, map_seed)

    def target_classes(self, classes: int) -> Tensor:
        need(classes > 1, "classes", classes, "2 or more: derangement noise")
        rng = np.random.RandomState(self.map_seed)
        numbers = np.arange(classes)
        drawn = rng.permutation(classes)
        while (drawn == numbers).any():
            drawn = rng.permutation(classes)
        return torch.as_tensor(drawn)[:, None]


class matrix_noise(Noise):
    """Any transition matrix. T [C, C], row = true class: not negative, every row sums to 1. Its rate is the mean share
    that leaves a class."""

    def __init__(self, T: Matrix):
        T = torch.tensor(T, dtype=torch.float64)
        super().__init__(0.0)
        self.T = T / T.sum(1, keepdim=True)
        self.rate = 1 - self.T.diagonal().mean().item()

    def options(self) -> dict:
        digest = sha256(self.T.numpy().tobytes()).hexdigest()
        return {"T": digest[:16]}

    def matrix(self, classes: int, dataset: str) -> Tensor | None:
        may_be = f"{classes, classes}, the classes of {dataset!r}"
        need(classes == len(self.T), "shape of T", tuple(self.T.shape), may_be)
        return self.T.clone()

    def words(self, classes: int | None, realised: float) -> str:
        largest_wrong = self.T.clone().fill_diagonal_(0).max(1).values
        is_majority = self.T.diagonal() > largest_wrong
        warning = learnable(bool(is_majority.all()))
        return f"a transition matrix that asks for {self.rate:.1%} = {realised:.1%} wrong labels{warning}"
