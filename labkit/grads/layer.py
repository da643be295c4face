"""Gradients at the loss layer, in closed form: no backward pass is needed.

They act on the last axes, so K runs can be stacked in front.
"""

import torch
from torch import Tensor

from ..errors import need


def ce_gradient(logits: Tensor, y: Tensor) -> Tensor:
    """Return d CE / d logits = p - e_y. logits [..., B, C], y [..., B] classes or [..., B, C] soft labels -> [..., B,
    C]

    Soft labels sum to 1. Source: PRL, Algorithm 3 (Liu, Sun, Wang, Tan, Zhou, ICML 2021).
    """
    p = logits.softmax(-1)
    if y.is_floating_point():
        return p - y
    minus_e_y = -torch.ones_like(p[..., :1])
    return p.scatter_add(-1, y[..., None], minus_e_y)


def half_squared_gradient(output: Tensor, y: Tensor) -> Tensor:
    """Return d half_squared / d output = output - y. output, y [..., B, Q] -> [..., B, Q]"""
    return output - y


def loss_gradient(logits: Tensor, y: Tensor, classes: int | bool | None = True) -> Tensor:
    """Return the gradient of the plain loss at the network's output: of cross-entropy, or of half the squared error
    without `classes`. -> [..., B, C]"""
    if classes:
        return ce_gradient(logits, y)
    return half_squared_gradient(logits, y)


def loss_gradient_norm(logits: Tensor, y: Tensor, classes: int | bool | None = True) -> Tensor:
    """Return the length of `loss_gradient`: at most sqrt(2) for cross-entropy. -> [..., B]"""
    gradient = loss_gradient(logits, y, classes)
    return torch.linalg.vector_norm(gradient, dim=-1)


def feature_gradient(logits: Tensor, y: Tensor, W: Tensor, classes: int | bool | None = True) -> Tensor:
    """Return the gradient at the inputs of the last linear layer, (p - e_y) W. W [..., C, D] its weight -> [..., B, D]

    Source: CRUST, equation 9 and its proxy for the Jacobian (Mirzasoleiman, Cao, Leskovec, NeurIPS 2020). Raises
    ValueError for a W without a row for every class.
    """
    outputs = logits.shape[-1]
    may_be = f"[..., {outputs}, D], a row for every output"
    need(W.shape[-2] == outputs, "W", tuple(W.shape), may_be)
    return loss_gradient(logits, y, classes) @ W


def feature_gradient_norm(logits: Tensor, y: Tensor, W: Tensor, classes: int | bool | None = True) -> Tensor:
    """Return the length of `feature_gradient`. -> [..., B]"""
    gradient = feature_gradient(logits, y, W, classes)
    return torch.linalg.vector_norm(gradient, dim=-1)
