"""Meta-gradients by one forward-mode product, without a second-order graph.

A virtual step is w_hat = w - alpha grad_w sum_i a_i l_i(w): plain SGD, no momentum, no weight decay. The meta loss at
w_hat has the derivative -alpha <G, grad_w l_i(w)> with respect to a_i, G its gradient at w_hat (Ghosh and Lan, WACV
2021, Eq. 4). For all i at once that is the derivative of the sample losses along G: exact, also with batch
normalisation (batch statistics of the batch in hand), and about 10 forward passes for a whole step of meta-learning.

A parameter dict has the names of net.named_parameters(), trainable ones only.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import torch
import torch.autograd.forward_ad as dual
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils.checkpoint import get_device_states, set_device_states

from ..errors import must
from ..nets.probe import untouched

Parameters = dict[str, Tensor]


def remembered(net: nn.Module, x: Tensor) -> tuple[Tensor, tuple]:
    """Return net(x), and the random state before it, with which `along` repeats its dropout. -> logits, state"""
    state = torch.get_rng_state(), *get_device_states(x)
    return net(x), state


def gradient(net: nn.Module, loss: Tensor, keep: bool = False) -> Parameters:
    """Return the gradient of a scalar loss at the network's parameters. keep: keep the graph for another use."""
    parameters = trainable(net)
    leaves = list(parameters.values())
    slopes = torch.autograd.grad(loss, leaves, retain_graph=keep, materialize_grads=True)
    return dict(zip(parameters, slopes))


def virtual_step(net: nn.Module, losses: Tensor, weight: Tensor, alpha: float) -> Parameters:
    """Return the parameters after a plain SGD step on sum_i weight_i losses_i, without graph. The network and the graph
    of losses stay as they are. losses, weight [B]"""
    loss = (weight * losses).sum()
    slope = gradient(net, loss, keep=True)
    stepped = {}
    for name, p in trainable(net).items():
        stepped[name] = p.detach().sub(slope[name], alpha=alpha)
    return stepped


def gradient_at(net: nn.Module, parameters: Parameters, x: Tensor, loss_of: Callable[[Tensor], Tensor]) -> Parameters:
    """Return the gradient of the scalar loss_of(logits) of samples x at other parameters."""
    leaves = {name: p.detach().requires_grad_() for name, p in parameters.items()}
    loss = loss_of(outputs(net, leaves, x))
    slopes = torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True)
    return dict(zip(leaves, slopes))


@torch.no_grad()
def along(
    net: nn.Module,
    x: Tensor,
    losses_of: Callable[[Tensor], Tensor],
    direction: Parameters,
    state: tuple | None = None,
) -> Tensor:
    """Return the derivative of each sample's loss along a direction in parameter space, <direction, grad_w l_i>, at the
    network's parameters, by one forward-mode product.

    x [B, ...]; losses_of(logits) -> [B]; direction: parameter dict; state: of `remembered`, for the same dropout masks.
    -> [B], no gradient
    """
    forward_mode()
    with dual.dual_level(), repeated(state):
        parameters = {}
        for name, p in trainable(net).items():
            parameters[name] = dual.make_dual(p, direction[name])
        losses = losses_of(outputs(net, parameters, x))
        slope = dual.unpack_dual(losses).tangent
    if slope is None:
        return torch.zeros_like(losses)
    return slope


def check_forward_mode(net: nn.Module, x: Tensor) -> None:
    """Raise ValueError for a network that forward-mode products cannot pass: a compiled one, or one with a layer that
    torch has no rule for, such as an LSTM. x [B, ...]"""

    def squares(logits):
        return logits.square().sum(-1)

    try:
        with untouched(net, True):
            along(net, x, squares, trainable(net))
    except (RuntimeError, NotImplementedError) as error:
        message, *_ = str(error).split("\n")
        allowed = f"one that torch can differentiate forwards, for meta-gradients: {message}"
        raise ValueError(f"net is {type(net).__name__}; it must be {allowed}") from error


def outputs(net: nn.Module, parameters: Parameters, x: Tensor) -> Tensor:
    """Return net(x) with other parameters. Buffers (running statistics) stay as they are."""
    net = bare(net)
    buffers = {name: b.clone() for name, b in net.named_buffers()}
    return functional_call(net, {**buffers, **parameters}, (x,))


def trainable(net: nn.Module) -> Parameters:
    """Return the parameters that have a gradient."""
    parameters = {}
    for name, p in bare(net).named_parameters():
        if p.requires_grad:
            parameters[name] = p
    return parameters


def bare(net: nn.Module) -> nn.Module:
    """Return a network without its DataParallel, which cannot be called with other parameters. Raises ValueError for
    several devices."""
    if not isinstance(net, nn.DataParallel):
        return net
    copies = len(net.device_ids)
    must(copies <= 1, "net", f"a DataParallel on {copies} devices", "on one device, for meta-gradients")
    return net.module


@cache
def forward_mode() -> None:
    """Make torch load its forward-mode rules, without its warning about a deprecated tool that it uses."""
    with warnings.catch_warnings(), dual.dual_level():
        warnings.simplefilter("ignore", FutureWarning)
        zero = torch.zeros((), device="cpu")
        dual.make_dual(zero, zero.clone())


@contextmanager
def repeated(state: tuple | None) -> Iterator[None]:
    """Set the global generators to the state of `remembered` inside the context, and restore them after it. None:
    change nothing."""
    if state is None:
        yield
        return
    cpu_state, devices, device_states = state
    with torch.random.fork_rng(devices):
        torch.set_rng_state(cpu_state)
        set_device_states(devices, device_states)
        yield
