"""Probes of a network with a few samples, which leave its buffers, its mode and all random generators as they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import must
from ..generators import unmoved


@contextmanager
def untouched(net: nn.Module, training: bool) -> Iterator[nn.Module]:
    """Set the network to training or evaluation mode inside the context; restore modes, buffers and global generators
    after it."""
    modes = [(module, module.training) for module in net.modules()]
    buffers = [(name, buffer.detach().clone()) for name, buffer in net.named_buffers()]
    devices = cuda_devices(net)
    try:
        with unmoved(devices):
            net.train(training)
            yield net
    finally:
        for module, mode in modes:
            module.training = mode
        _restore(net, buffers)


def cuda_devices(net: nn.Module) -> list[int]:
    """Return the sorted numbers of the GPUs that hold a network's parameters."""
    devices = set()
    for p in net.parameters():
        if p.device.type == "cuda":
            devices.add(p.device.index)
    return sorted(devices)


@torch.no_grad()
def _restore(net, buffers):
    """Copy saved values back into the network's buffers."""
    current = dict(net.named_buffers())
    for name, saved in buffers:
        current[name].copy_(saved)


def reached(net: nn.Module, x: Tensor) -> set[str]:
    """Return the names of the parameters that have a gradient when the network sees x [B, ...]: neither frozen nor
    unused."""
    learnable = {name: p for name, p in net.named_parameters() if p.requires_grad}
    names = set()
    for training in (False, True):  # evaluation uses dropped paths, training uses auxiliary outputs
        if training and len(x) < 2:
            continue  # batch normalisation could not see one sample
        with untouched(net, training), torch.enable_grad():
            total = net(x).sum()
            slopes = torch.autograd.grad(total, list(learnable.values()), allow_unused=True)
        for name, slope in zip(learnable, slopes):
            if slope is not None:
                names.add(name)
    return names


def calls(net: nn.Module, x: Tensor, kind: type[nn.Module] = nn.Module) -> list[tuple[nn.Module, Any, Any]]:
    """Run the network on x [B, ...] and return the layers of a kind in the order of their calls, each with its first
    input and its output."""
    compiled = [name for name, layer in net.named_modules() if isinstance(layer, torch.jit.ScriptModule)]
    must(not compiled, "net", f"compiled ({type(net).__name__})", "a module whose layers can be watched")
    called = []

    def remember(layer, inputs, output):
        first_input = inputs[0] if inputs else None
        called.append((layer, first_input, output))

    layers = [layer for layer in net.modules() if isinstance(layer, kind)]
    handles = [layer.register_forward_hook(remember) for layer in layers]
    try:
        net(x)
    finally:
        for handle in handles:
            handle.remove()
    return called


def blocks(net: nn.Module, x: Tensor | None = None) -> list[str]:
    """Return the blocks of a network: its children with parameters, or where that is one child alone, the blocks of
    that. With x [B, ...]: only those with a parameter that learns from x, in the order of their first call. -> names
    for `get_submodule`"""
    if x is None:
        parameters = dict(net.named_parameters())
        return _children(net, "", set(parameters))
    names = _children(net, "", reached(net, x))
    if len(names) < 2:
        return names
    with untouched(net, False), torch.no_grad():
        called = [id(layer) for layer, _, _ in calls(net, x)]

    def first_call(name):
        places = []
        for module in net.get_submodule(name).modules():
            if id(module) in called:
                places.append(called.index(id(module)))
        return min(places, default=len(called))

    return sorted(names, key=first_call)


def _children(net, prefix, parameters):
    """Return the names of the children with one of `parameters` (names); of one child alone, its children's names."""
    children = {}
    for name, child in net.named_children():
        path = prefix + name
        if any(parameter.startswith(f"{path}.") for parameter in parameters):
            children[path] = child
    if len(children) == 1:
        [(path, child)] = children.items()
        return _children(child, f"{path}.", parameters)
    return list(children) or [prefix.removesuffix(".")]
