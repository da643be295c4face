"""Recipes: everything about a training that is not the method, the data or the network, as plain named values."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from math import cos, pi
from typing import Annotated, Literal, Self

import torch

from ..arguments import Checked, Count, Epochs, Flag, LearningRate, NotNegative, Number, Rate
from ..errors import choose, need
from ..optimisers import OPTIMISERS

# entries that came after runs were stored, with the defaults that keep the names of those runs
LATER = {"betas": (0.9, 0.999), "cosine": None, "augment": None}


@dataclass(frozen=True, kw_only=True)
class Recipe(metaclass=Checked):
    """How to train.

    optimiser: "sgd" | "adam".
    lr: learning rate. momentum, nesterov: of SGD. betas: of Adam.
    weight_decay: L2 penalty, coupled, as torch.optim has it.
    batch: samples per step. drop_last: leave out an incomplete last batch.
    milestones: numbers of epochs after which the learning rate is multiplied by gamma (10: ten epochs at the first
    rate).
    cosine: epochs of one cosine cycle from lr down to 0, repeated ("warm restarts"), in place of milestones; or None.
    augment: None | "crop_flip" | "reflect_crop_flip": random crops after padding by 4 pixels (black or reflected), and
    mirroring.

    Raises ValueError for a value that an entry cannot have, for cosine with milestones, and for nesterov without
    momentum.
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

    def __post_init__(self) -> None:
        one_schedule = self.cosine is None or not self.milestones
        need(one_schedule, "recipe's cosine", self.cosine, "None, or a number of epochs without milestones")
        has_momentum = self.momentum > 0 or self.optimiser != "sgd"
        need(has_momentum or not self.nesterov, "recipe's nesterov", True, "False: there is no momentum")

    @classmethod
    def argument(cls, name: str) -> str:
        """Return how a message calls an entry."""
        return f"recipe's {name}"

    @classmethod
    def of(cls, recipe: "Recipe | dict | None") -> Self:
        """Return a Recipe from None (the defaults), a dict, or a Recipe. Raises ValueError for an unknown entry."""
        if isinstance(recipe, cls):
            return recipe
        need(recipe is None or isinstance(recipe, dict), "recipe", recipe, "None, a dict or a labkit.Recipe")
        entries = recipe or {}
        known = {field.name: field for field in fields(cls)}
        for name in entries:
            choose("recipe's entry", name, known)
        return cls(**entries)

    def record(self) -> dict:
        """Return what identifies the recipe, as JSON values.

        Entries of LATER are left out at their defaults, so that older runs keep their names.
        """
        values = {}
        for name, value in asdict(self).items():
            if name in LATER and value == LATER[name]:
                continue
            values[name] = list(value) if isinstance(value, tuple) else value
        return values

    def lr_at(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 1."""
        if self.cosine:
            progress = (epoch - 1) % self.cosine
            return self.lr * 0.5 * (1 + cos(pi * progress / self.cosine))
        passed = sum(epoch > milestone for milestone in self.milestones)
        return self.lr * self.gamma**passed

    def optimisers(self, nets: Sequence[torch.nn.Module], groups: list[dict]) -> list[torch.optim.Optimizer]:
        """Return one optimiser per network, then those of a method's extra parameter groups, see Method.extra.

        The groups share one optimiser of plain SGD; those with "optimiser": "adam" share one of Adam.
        """
        settings = {"lr": self.lr, "weight_decay": self.weight_decay, "fused": True}
        if self.optimiser == "sgd":
            settings |= {"momentum": self.momentum, "nesterov": self.nesterov}
        else:
            settings["betas"] = self.betas
        opts = [OPTIMISERS[self.optimiser](net.parameters(), **settings) for net in nets]
        groups = [self._resolved(group) for group in groups]
        for name, optimiser in OPTIMISERS.items():
            chosen = [group for group in groups if group.get("optimiser", "sgd") == name]
            if chosen:
                opts.append(optimiser(chosen, lr=self.lr, fused=True))
        for group in _parameter_groups(opts):
            group["initial_lr"] = group["lr"]
        return opts

    def _resolved(self, group):
        """Return a method's parameter group with "same" and "matched" replaced by numbers."""
        momentum = self.momentum if self.optimiser == "sgd" else 0.0
        rates = {"same": self.lr, "matched": self.lr / (1 - momentum)}
        resolved = {**group, "lr": rates.get(group["lr"], group["lr"])}
        if group.get("weight_decay") == "same":
            resolved["weight_decay"] = self.weight_decay
        return resolved

    def schedule(self, opts: Sequence[torch.optim.Optimizer], epoch: int) -> None:
        """Set the learning rates of an epoch, counted from 1. Every group keeps its ratio to the recipe's rate."""
        for group in _parameter_groups(opts):
            group["lr"] = group["initial_lr"] * (self.lr_at(epoch) / self.lr)


def _parameter_groups(opts):
    """Return the parameter groups of several optimisers. -> list of dicts"""
    groups = []
    for opt in opts:
        groups += opt.param_groups
    return groups
