"""Recipes: everything about a training that is not the method, the data or the network, as plain named values."""

from dataclasses import asdict, dataclass, fields
from math import cos, pi

from ..errors import choose, need
from ..optimisers import OPTIMISERS
from .augment import KINDS


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to train.

    optimiser: "sgd" | "adam". lr: learning rate. momentum, nesterov: of SGD. weight_decay: L2, coupled, as torch.optim
    has it.
    batch: samples per step. milestones: the learning rate is multiplied by gamma after these numbers of epochs (10: ten
    epochs at the first rate).
    drop_last: leave out an incomplete last batch. betas: of Adam. cosine: epochs of one cosine cycle from lr down to 0,
    repeated ("warm restarts"), in place of milestones; None: none. augment: None | "crop_flip" | "reflect_crop_flip",
    random crops after padding by 4 pixels (black or reflected) and mirroring.
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
    betas: tuple = (0.9, 0.999)
    cosine: int | None = None
    augment: str | None = None

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
        choose("recipe's augment", self.augment, dict.fromkeys(KINDS))
        whole = isinstance(self.cosine, int) and self.cosine > 0
        need(
            self.cosine is None or (whole and not self.milestones),
            "recipe's cosine",
            self.cosine,
            "None, or a number of epochs above 0 without milestones",
        )
        object.__setattr__(self, "milestones", tuple(self.milestones))
        object.__setattr__(self, "betas", tuple(self.betas))

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


def _number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")
