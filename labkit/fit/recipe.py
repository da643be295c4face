"""Recipes: everything about a training that is not the method, the data or the network, as plain named values."""

from dataclasses import dataclass, fields

import torch

from ..errors import choose, need

OPTIMISERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to train.

    optimiser: "sgd" | "adam". lr: learning rate. momentum, nesterov: of SGD. weight_decay: L2, coupled, as torch.optim
    has it.
    batch: samples per step. milestones: the learning rate is multiplied by gamma after these numbers of epochs (10: ten
    epochs at the first rate).
    drop_last: leave out an incomplete last batch.
    """

    optimiser: str = "sgd"
    lr: float = 0.05
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.0
    batch: int = 32
    milestones: tuple = ()
    gamma: float = 0.1
    drop_last: bool = False

    def __post_init__(self):
        choose("recipe's optimiser", self.optimiser, OPTIMISERS)
        need(_number(self.lr) and self.lr > 0, "recipe's lr", self.lr, "a number above 0")
        need(
            _number(self.momentum) and 0 <= self.momentum < 1, "recipe's momentum", self.momentum, "a number in [0, 1)"
        )
        need(
            _number(self.weight_decay) and self.weight_decay >= 0,
            "recipe's weight_decay",
            self.weight_decay,
            "a number >= 0",
        )
        need(isinstance(self.batch, int) and self.batch > 0, "recipe's batch", self.batch, "a whole number above 0")
        need(_number(self.gamma) and self.gamma > 0, "recipe's gamma", self.gamma, "a number above 0")
        object.__setattr__(self, "milestones", tuple(self.milestones))

    @classmethod
    def of(cls, recipe):
        """A Recipe from None (the defaults), a dict, or a Recipe; an unknown name is a ValueError."""
        if isinstance(recipe, cls):
            return recipe
        need(recipe is None or isinstance(recipe, dict), "recipe", recipe, "None, a dict or a labkit.Recipe")
        for name in recipe or {}:
            choose("recipe's entry", name, {f.name: f for f in fields(cls)})
        return cls(**(recipe or {}))

    def lr_at(self, epoch):
        """Learning rate of an epoch, counted from 1."""
        return self.lr * self.gamma ** sum(epoch > m for m in self.milestones)

    def optimisers(self, nets, groups):
        """One optimiser per network, then one of plain SGD for the extra groups of the method, if there are any. ->
        list"""
        own = {"lr": self.lr, "weight_decay": self.weight_decay, "fused": True}
        if self.optimiser == "sgd":
            own |= {"momentum": self.momentum, "nesterov": self.nesterov}
        opts = [OPTIMISERS[self.optimiser](net.parameters(), **own) for net in nets]
        if groups:
            matched = self.lr / (1 - own.get("momentum", 0.0))
            lr = {"same": self.lr, "matched": matched}
            opts.append(torch.optim.SGD([{**g, "lr": lr[g["lr"]]} for g in groups], lr=self.lr, fused=True))
        for group in (group for opt in opts for group in opt.param_groups):
            group["initial_lr"] = group["lr"]
        return opts

    def schedule(self, opts, epoch):
        """Set the learning rates of an epoch, counted from 1; every group keeps its ratio to the first."""
        for group in (group for opt in opts for group in opt.param_groups):
            group["lr"] = group["initial_lr"] * (self.lr_at(epoch) / self.lr)


def _number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")
