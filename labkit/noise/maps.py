"""Noise models with a transition matrix of their own: random target classes, or any matrix."""

from hashlib import sha256

import numpy as np
import torch

from ..arguments import Rate, Seed
from ..errors import need
from ..transition import Matrix
from .base import Noise, learnable


class flip(Noise):
    """Each class has ONE random other class that it is taken for: T_ii = 1 - rate, T_i,c(i) = rate. RMNW-Net, GLC.

    map_seed: of the target classes c, the same for all runs; 1 draws the very map of the released code of MW-Net and
    RMNW-Net. Not learnable from 50 % on. What the *paper* on MW-Net calls flip is `flip2` here.
    """

    targets = 1

    def __init__(self, rate: Rate, map_seed: Seed = 1):
        super().__init__(rate)
        self.map_seed = map_seed

    def options(self):
        return {"map_seed": self.map_seed}

    def target_classes(self, classes):
        """The classes that each class is taken for. -> [C, targets] int64"""
        need(classes > self.targets, "classes", classes, f"{self.targets + 1} or more: {type(self).__name__} noise")
        rng, everyone = np.random.RandomState(self.map_seed), np.arange(classes)
        replace = self.targets == 1  # makes no difference but to the generator: the released code's map comes out
        drawn = [rng.choice(everyone[everyone != c], self.targets, replace) for c in everyone]
        return torch.as_tensor(np.stack(drawn))

    def matrix(self, classes, dataset):
        T = (1 - self.rate) * torch.eye(classes, dtype=torch.float64)
        return T.scatter(1, self.target_classes(classes), self.rate / self.targets)

    def words(self, classes, realised):
        others = {1: "one other class each", 2: "two other classes each"}[self.targets]
        wrong = learnable(self.rate < self.targets / (self.targets + 1))
        return f"{type(self).__name__} {self.rate:.0%} = {self.rate:.0%} wrong labels, of {others}{wrong}"


class flip2(flip):
    """Each class has TWO random other classes that it is taken for, rate / 2 each. RMNW-Net; "flip" in the paper on
    MW-Net. Not learnable from 2/3 on. map_seed: see `flip`."""

    targets = 2


class derangement(flip):
    """To pi(i), a random permutation of the classes without fixed points: "asym" in the released code of CRUST, whose
    paper speaks of pairflip instead. map_seed: of the permutation; 0 is that code's default. Not learnable from 50 %
    on.
    """

    def __init__(self, rate: Rate, map_seed: Seed = 0):
        super().__init__(rate, map_seed)

    def target_classes(self, classes):
        need(classes > 1, "classes", classes, "2 or more: derangement noise")
        rng, everyone = np.random.RandomState(self.map_seed), np.arange(classes)
        while (everyone == (drawn := rng.permutation(classes))).any():
            pass
        return torch.as_tensor(drawn)[:, None]


class matrix_noise(Noise):
    """Any transition matrix. T [C, C], row = true class: not negative, every row sums to 1. Its rate is the mean share
    that leaves a class."""

    def __init__(self, T: Matrix):
        T = torch.tensor(T, dtype=torch.float64)
        super().__init__(0.0)
        self.T = T / T.sum(1, keepdim=True)
        self.rate = 1 - self.T.diagonal().mean().item()

    def options(self):
        return {"T": sha256(self.T.numpy().tobytes()).hexdigest()[:16]}

    def matrix(self, classes, dataset):
        need(
            classes == len(self.T), "shape of T", tuple(self.T.shape), f"{classes, classes}, the classes of {dataset!r}"
        )
        return self.T.clone()

    def words(self, classes, realised):
        others = self.T.clone().fill_diagonal_(0).max(1).values
        warning = learnable(bool((self.T.diagonal() > others).all()))
        return f"a transition matrix that asks for {self.rate:.1%} = {realised:.1%} wrong labels{warning}"
