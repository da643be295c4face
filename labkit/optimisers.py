"""torch.optim's SGD and Adam, without what torch wraps around them for torch.compile and for its profiler.

The wrappers import torch's compiler (torch._dynamo) at the first step, 2 to 4 seconds before the first curve of every
kernel, every worker and every command, and nothing here is compiled; the profiler's label costs a tenth of the step of
a small network. The steps are torch's own, bit for bit; torch's hooks around them are not called.
"""

from collections.abc import Callable

import torch


def bare(method: Callable) -> Callable:
    """Return a method of torch.optim without its outermost wrapper."""
    return getattr(method, "__wrapped__", method)


def eager(optimiser: type[torch.optim.Optimizer]) -> type[torch.optim.Optimizer]:
    """Remove torch's wrappers from the methods of an optimiser, as a class decorator."""
    optimiser.step = torch.no_grad()(bare(optimiser.step))
    optimiser.step.hooked = True  # keeps torch from adding its profiler's label
    for name in ("zero_grad", "add_param_group", "state_dict", "load_state_dict"):
        setattr(optimiser, name, bare(getattr(optimiser, name)))
    return optimiser


@eager
class SGD(torch.optim.SGD):
    """torch.optim.SGD."""


@eager
class Adam(torch.optim.Adam):
    """torch.optim.Adam."""


OPTIMISERS = {"sgd": SGD, "adam": Adam}
