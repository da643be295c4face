"""Meta-gradients by one forward-mode product, without a second-order graph.

A virtual step is w_hat = w - alpha grad_w sum_i a_i l_i(w): plain SGD, no momentum, no weight decay. The meta loss at
w_hat has the derivative -alpha <G, grad_w l_i(w)> with respect to a_i, G its gradient at w_hat (Ghosh and Lan, WACV
2021, Eq. 4). For all i at once that is the derivative of the sample losses along G: exact, also with batch
normalisation (batch statistics of the batch in hand), and about 10 forward passes for a whole step of meta-learning.

A parameter dict has the names of net.named_parameters(), trainable ones only.
"""

import warnings
from contextlib import contextmanager
from functools import cache

import torch
import torch.autograd.forward_ad as dual
from torch.func import functional_call
from torch.utils.checkpoint import get_device_states, set_device_states

from ..errors import must
from ..nets.probe import untouched


def remembered(net, x):
    """net(x), and the random state before it, with which `along` repeats its dropout. -> logits, state"""
    state = torch.get_rng_state(), *get_device_states(x)
    return net(x), state


def gradient(net, loss, keep=False):
    """Gradient of a scalar loss at the network's parameters; keep: the graph is used again. -> parameter dict"""
    at = trainable(net)
    parts = torch.autograd.grad(loss, list(at.values()), retain_graph=keep, materialize_grads=True)
    return dict(zip(at, parts))


def virtual_step(net, losses, weight, alpha):
    """One plain SGD step on sum_i weight_i losses_i, which leaves the network and the graph of losses alone. losses,
    weight [B] -> parameter dict without graph"""
    slope = gradient(net, (weight * losses).sum(), keep=True)
    return {name: p.detach().sub(slope[name], alpha=alpha) for name, p in trainable(net).items()}


def gradient_at(net, parameters, x, loss_of):
    """Gradient of the scalar loss_of(logits) of samples x at other parameters. -> parameter dict"""
    at = {name: p.detach().requires_grad_() for name, p in parameters.items()}
    loss = loss_of(outputs(net, at, x))
    return dict(zip(at, torch.autograd.grad(loss, list(at.values()), materialize_grads=True)))


@torch.no_grad()
def along(net, x, losses_of, direction, state=None):
    """Derivative of each sample's loss along a direction in parameter space, <direction, grad_w l_i>, at the network's
    parameters, by one forward-mode product.

    x [B, ...]; losses_of(logits) -> [B]; direction: parameter dict; state: of `remembered`, for the same dropout masks.
    -> [B], no gradient
    """
    forward_mode()
    with dual.dual_level(), repeated(state):
        at = {name: dual.make_dual(p, direction[name]) for name, p in trainable(net).items()}
        losses = losses_of(outputs(net, at, x))
        slope = dual.unpack_dual(losses).tangent
    return torch.zeros_like(losses) if slope is None else slope


def check_forward_mode(net, x):
    """Raise ValueError for a network that forward-mode products cannot pass: a compiled one, or one with a layer that
    torch has no rule for, such as an LSTM. x [B, ...]"""
    try:
        with untouched(net, True):
            along(net, x, lambda logits: logits.square().sum(-1), trainable(net))
    except (RuntimeError, NotImplementedError) as error:
        words = str(error).partition(chr(10))[0]
        allowed = f"one that torch can differentiate forwards, for meta-gradients: {words}"
        raise ValueError(f"net is {type(net).__name__}; it must be {allowed}") from error


def outputs(net, parameters, x):
    """net(x) with other parameters. What the pass does to buffers (running statistics) is thrown away."""
    net = bare(net)
    buffers = {name: b.clone() for name, b in net.named_buffers()}
    return functional_call(net, {**buffers, **parameters}, (x,))


def trainable(net):
    """The parameters that have a gradient. -> parameter dict"""
    return {name: p for name, p in bare(net).named_parameters() if p.requires_grad}


def bare(net):
    """A network without its DataParallel, which cannot be called with other parameters. Raises ValueError on several
    devices."""
    if not isinstance(net, torch.nn.DataParallel):
        return net
    copies = len(net.device_ids)
    must(copies <= 1, "net", f"a DataParallel on {copies} devices", "on one device, for meta-gradients")
    return net.module


@cache
def forward_mode():
    """Have torch load its forward-mode rules; while it does, it warns of a deprecated tool of its own."""
    with warnings.catch_warnings(), dual.dual_level():
        warnings.simplefilter("ignore", FutureWarning)
        dual.make_dual(torch.zeros((), device="cpu"), torch.zeros((), device="cpu"))


@contextmanager
def repeated(state):
    """The global generators as they were at `remembered`; afterwards as they are now. None: nothing is done."""
    if state is None:
        yield
        return
    cpu, devices, others = state
    with torch.random.fork_rng(devices):
        torch.set_rng_state(cpu)
        set_device_states(devices, others)
        yield
