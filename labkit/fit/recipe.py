"""Recipes: everything about a training that is not the method, the data or the network, as plain named values."""

from dataclasses import asdict, dataclass, fields
from math import cos, pi
from typing import Annotated, Literal

from ..arguments import Checked, Count, Epochs, Flag, LearningRate, NotNegative, Number, Rate
from ..errors import choose, need
from ..optimisers import OPTIMISERS


@dataclass(frozen=True, kw_only=True)
class Recipe(metaclass=Checked):
    """How to train.

    optimiser: "sgd" | "adam". lr: learning rate. momentum, nesterov: of SGD. weight_decay: L2, coupled, as torch.optim
    has it.
    batch: samples per step. milestones: the learning rate is multiplied by gamma after these numbers of epochs (10: ten
    epochs at the first rate).
    drop_last: leave out an incomplete last batch. betas: of Adam. cosine: epochs of one cosine cycle from lr down to 0,
    repeated ("warm restarts"), in place of milestones; None: none. augment: None | "crop_flip" | "reflect_crop_flip",
    random crops after padding by 4 pixels (black or reflected) and mirroring.
    """

    optimiser: Literal["sgd", "adam"] = "sgd"
    lr: LearningRate = 0.05
    momentum: Rate = 0.9
    nesterov: Flag = False
    weight_decay: NotNegative = 0.0
    batch: Count = 32
    milestones: tuple[Epochs, ...] = ()
    gamma: Annotated[float, Number(0, 10, above=True)] = 0.1
    drop_last: Flag = False
    betas: tuple[Rate, Rate] = (0.9, 0.999)
    cosine: Epochs | None = None
    augment: Literal["crop_flip", "reflect_crop_flip"] | None = None

    def __post_init__(self):
        fine = self.cosine is None or not self.milestones
        need(fine, "recipe's cosine", self.cosine, "None, or a number of epochs without milestones")
        moves = self.momentum > 0 or self.optimiser != "sgd" or not self.nesterov
        need(moves, "recipe's nesterov", True, "False without momentum: it is a kind of momentum")

    @classmethod
    def argument(cls, name):
        """How a message calls an entry."""
        return f"recipe's {name}"

    @classmethod
    def of(cls, recipe):
        """A Recipe from None (the defaults), a dict, or a Recipe; an unknown name is a ValueError."""
        if isinstance(recipe, cls):
            return recipe
        need(recipe is None or isinstance(recipe, dict), "recipe", recipe, "None, a dict or a labkit.Recipe")
        for name in recipe or {}:
            choose("recipe's entry", name, {f.name: f for f in fields(cls)})
        return cls(**(recipe or {}))

    def record(self):
        """What identifies the recipe, as JSON values. Entries that came later are left out at their defaults, so that
        older runs keep their names. -> dict"""
        later = {"betas": (0.9, 0.999), "cosine": None, "augment": None}
        values = {name: value for name, value in asdict(self).items() if name not in later or value != later[name]}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def lr_at(self, epoch):
        """Learning rate of an epoch, counted from 1."""
        if self.cosine:
            return self.lr * 0.5 * (1 + cos(pi * ((epoch - 1) % self.cosine) / self.cosine))
        return self.lr * self.gamma ** sum(epoch > m for m in self.milestones)

    def optimisers(self, nets, groups):
        """One optimiser per network, then one for the method's extra groups: of plain SGD, and of Adam for those that
        say "optimiser": "adam". -> list"""
        own = {"lr": self.lr, "weight_decay": self.weight_decay, "fused": True}
        if self.optimiser == "sgd":
            own |= {"momentum": self.momentum, "nesterov": self.nesterov}
        else:
            own["betas"] = self.betas
        opts = [OPTIMISERS[self.optimiser](net.parameters(), **own) for net in nets]
        matched = self.lr / (1 - own.get("momentum", 0.0))
        lr = {"same": self.lr, "matched": matched}
        groups = [{**group, "lr": lr.get(group["lr"], group["lr"])} for group in groups]  # a number is the rate itself
        for group in (group for group in groups if group.get("weight_decay") == "same"):
            group["weight_decay"] = self.weight_decay
        for name, optimiser in OPTIMISERS.items():
            chosen = [group for group in groups if group.get("optimiser", "sgd") == name]
            opts += [optimiser(chosen, lr=self.lr, fused=True)] if chosen else []
        for group in (group for opt in opts for group in opt.param_groups):
            group["initial_lr"] = group["lr"]
        return opts

    def schedule(self, opts, epoch):
        """Set the learning rates of an epoch, counted from 1; every group keeps its ratio to the first."""
        for group in (group for opt in opts for group in opt.param_groups):
            group["lr"] = group["initial_lr"] * (self.lr_at(epoch) / self.lr)
