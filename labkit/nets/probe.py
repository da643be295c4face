"""What a network does with a few samples, found out without moving its buffers, its mode or a random generator."""

from contextlib import contextmanager

import torch
from torch import nn

from ..errors import must
from ..generators import unmoved


@contextmanager
def untouched(net, training):
    """The network in training or evaluation mode within; then modes, buffers and global generators are as before."""
    modes = [(module, module.training) for module in net.modules()]
    buffers = [(name, buffer.detach().clone()) for name, buffer in net.named_buffers()]
    devices = {p.device.index for p in net.parameters() if p.device.type == "cuda"}
    try:
        with unmoved(sorted(devices)):
            net.train(training)
            yield net
    finally:
        for module, mode in modes:
            module.training = mode
        _restore(net, buffers)


@torch.no_grad()
def _restore(net, buffers):
    now = dict(net.named_buffers())
    for name, before in buffers:
        now[name].copy_(before)


def reached(net, x):
    """Names of the parameters that have a gradient when the network sees x [B, ...]: neither frozen nor unused. ->
    set"""
    learnable = {name: p for name, p in net.named_parameters() if p.requires_grad}
    names = set()
    for training in (False, True):  # dropped paths are there in evaluation, auxiliary outputs in training
        if training and len(x) < 2:
            continue  # batch normalisation could not see one sample
        with untouched(net, training), torch.enable_grad():
            total = net(x).sum()
            slopes = torch.autograd.grad(total, list(learnable.values()), allow_unused=True)
        names |= {name for name, slope in zip(learnable, slopes) if slope is not None}
    return names


def calls(net, x, kind=nn.Module):
    """The layers of a kind in the order in which they are called. x [B, ...] -> list of (layer, its input, its
    output)"""
    compiled = [name for name, layer in net.named_modules() if isinstance(layer, torch.jit.ScriptModule)]
    must(not compiled, "net", f"compiled ({type(net).__name__})", "a module whose layers can be watched")
    called = []

    def remember(layer, inputs, output):
        called.append((layer, inputs[0] if inputs else None, output))

    layers = [layer for layer in net.modules() if isinstance(layer, kind)]
    handles = [layer.register_forward_hook(remember) for layer in layers]
    try:
        net(x)
    finally:
        for handle in handles:
            handle.remove()
    return called


def blocks(net, x=None):
    """The parts of a network one after the other: its children with parameters; of a lone child, its children. With x
    [B, ...] only those with a parameter that learns from x, in the order of their first call. -> list of names for
    `get_submodule`"""
    names = _children(net, "", {name for name, _ in net.named_parameters()} if x is None else reached(net, x))
    if x is None or len(names) < 2:
        return names
    with untouched(net, False), torch.no_grad():
        order = [layer for layer, _, _ in calls(net, x)]
    places = {id(layer): place for place, layer in reversed(list(enumerate(order)))}

    def first(name):
        modules = net.get_submodule(name).modules()
        return min((places[id(module)] for module in modules if id(module) in places), default=len(order))

    return sorted(names, key=first)


def _children(net, prefix, learns):
    """Names of the children with a parameter among `learns`; of a lone one, its children."""
    names = [prefix + name for name, _ in net.named_children()]
    names = [name for name in names if any(p.startswith(f"{name}.") for p in learns)]
    if len(names) == 1:
        return _children(net.get_submodule(names[0].removeprefix(prefix)), f"{names[0]}.", learns)
    return names or [prefix.removesuffix(".")]
