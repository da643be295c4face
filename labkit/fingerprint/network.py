"""The fingerprint of a network: the code of its function, and the module that the function makes."""

from collections.abc import Callable

import torch

from ..generators import seed_all, unmoved
from .named import Named
from .objects import structure
from .walk import Walk

SEEDS = 0, 1
LAZY = torch.nn.parameter.UninitializedTensorMixin  # a parameter that has no shape yet


def network(build: Callable, make_net: Callable[[], torch.nn.Module]) -> str:
    """Hash a network. -> 16 hexadecimal digits

    The hash covers the code of `build`, the modules that it makes, weights that do not depend on the seed (read from a
    file, constants) exactly, and the root mean square of random weights.

    build: the function that the user gave. make_net(): makes a module of it. Two networks are made, each from its own
    seed; the generators of random numbers stay where they were. Raises Unidentified for code that cannot be identified.
    """
    walk = Walk()
    walk.value(build, "net")
    if not isinstance(build, Named):
        first, second = [_seeded(make_net, seed) for seed in SEEDS]
        structure(walk, first, "net")
        weights(walk, first, second)
    return walk.name()


def _seeded(make_net, seed):
    """Return a network that is made with a seed. The generators stay where they were."""
    with unmoved():
        seed_all(seed)
        return make_net()


def weights(walk: Walk, first: torch.nn.Module, second: torch.nn.Module) -> None:
    """Hash parameters and buffers of two networks that differ in their seed only."""
    second_tensors = dict((*second.named_parameters(), *second.named_buffers()))
    for name, tensor in (*first.named_parameters(), *first.named_buffers()):
        walk.put(name, tensor.requires_grad)
        pair = second_tensors.get(name)
        if isinstance(tensor, LAZY) or tensor.is_meta or pair is None or tensor.shape != pair.shape:
            walk.put("without values")
        elif torch.equal(tensor, pair):
            walk.value(tensor.detach(), f"net, {name}")
        else:  # drawn at random; the last digits may depend on the number of threads
            walk.put(tuple(tensor.shape), str(tensor.dtype), f"{root_mean_square(tensor):.2g}")


def root_mean_square(tensor: torch.Tensor) -> float:
    """Return the root of the mean of the squares."""
    return tensor.detach().abs().double().square().mean().sqrt().item()
