"""Mixing of samples and labels: mixup's draws, shared by the methods that mix."""

import torch


def beta(a, b, size, rng):
    """Draws from the Beta(a, b) distribution by the generator `rng`, on its device: g / (g + h) of two gamma draws. ->
    float32 of `size`"""
    g, h = (torch.full(size, float(k), device=rng.device) for k in (a, b))
    g, h = torch._standard_gamma(g, generator=rng), torch._standard_gamma(h, generator=rng)  # the public one has no rng
    tiny = torch.finfo(g.dtype).tiny
    return (g + tiny) / (g + h + 2 * tiny)


def mixed(a, b, lam):
    """lam a + (1 - lam) b. a, b [B, ...], lam [] or [B]"""
    lam = lam.view(-1, *[1] * (a.dim() - 1)).to(a.dtype)
    return lam * a + (1 - lam) * b


def soft(y, classes):
    """Labels that can be mixed: one-hot rows of classes [B] -> [B, C]; targets of regression as they are."""
    return torch.nn.functional.one_hot(y, classes).to(torch.float32) if classes and y.dim() == 1 else y
