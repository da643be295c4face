"""Gradients: at the loss layer in closed form, and of every sample of a batch."""

from .layer import (
    ce_gradient,
    feature_gradient,
    feature_gradient_norm,
    half_squared_gradient,
    loss_gradient,
    loss_gradient_norm,
)
from .norms import SampleGradients, gradient_norms

__all__ = [
    "SampleGradients",
    "ce_gradient",
    "feature_gradient",
    "feature_gradient_norm",
    "gradient_norms",
    "half_squared_gradient",
    "loss_gradient",
    "loss_gradient_norm",
]
