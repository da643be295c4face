"""The optimisers of a method."""

from collections.abc import Sequence

import torch

from .recipe import Recipe


class Optimisers:
    """make_opt(nets, groups) of a method: an optimiser per network and those of the groups, by the recipe of the stage.

    It remembers the groups for the stages that follow. Methods hold it, so it has neither the task nor the loop:
    nothing leads from it to the true labels.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.groups: list[dict] = []

    def __call__(self, nets: Sequence[torch.nn.Module], groups: list[dict]) -> list[torch.optim.Optimizer]:
        self.groups = groups
        return self.recipe.optimisers(nets, groups)
