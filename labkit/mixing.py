"""Mixing of samples and labels: mixup's draws, shared by the methods that mix."""

import torch
from torch import Generator, Tensor


def beta(a: float, b: float, size: tuple[int, ...], rng: Generator) -> Tensor:
    """Draw from the Beta(a, b) distribution with the generator `rng`, on its device, as g / (g + h) of two gamma draws.
    -> float32 of `size`"""
    g = _gamma(a, size, rng)
    h = _gamma(b, size, rng)
    tiny = torch.finfo(g.dtype).tiny
    return (g + tiny) / (g + h + 2 * tiny)


def _gamma(shape, size, rng):
    """Draw from the Gamma(shape, 1) distribution; torch's public function takes no generator."""
    return torch._standard_gamma(torch.full(size, float(shape), device=rng.device), generator=rng)


def mixed(a: Tensor, b: Tensor, lam: Tensor) -> Tensor:
    """Return lam a + (1 - lam) b. a, b [B, ...], lam [] or [B]"""
    lam = lam.view(-1, *[1] * (a.dim() - 1)).to(a.dtype)
    return lam * a + (1 - lam) * b


def soft(y: Tensor, classes: int | None) -> Tensor:
    """Return labels that can be mixed: classes [B] as one-hot rows [B, C]; soft labels and regression targets as they
    are."""
    if classes and y.dim() == 1:
        return torch.nn.functional.one_hot(y, classes).to(torch.float32)
    return y
