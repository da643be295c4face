"""What a method makes its optimisers with."""


class Optimisers:
    """make_opt(nets, groups) of a method: an optimiser per network and those of the groups, by the recipe of the stage.

    It remembers the groups for the stages that follow. Methods hold it, so it knows neither the task nor the loop:
    nothing leads from it to the true labels.
    """

    def __init__(self, recipe):
        self.recipe, self.groups = recipe, []

    def __call__(self, nets, groups):
        self.groups = groups
        return self.recipe.optimisers(nets, groups)
