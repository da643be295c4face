"""One function per loss: (logits [..., B, C], y) -> [..., B]. They act on the last axes, so K runs can be stacked."""

import torch


def ce(logits, y):
    """Cross-entropy -log p_y. y [..., B] integer classes, or [..., B, C] soft labels. -> [..., B]"""
    log_p = logits.log_softmax(-1)
    if y.is_floating_point():
        return -(y * log_p).sum(-1)
    return -log_p.gather(-1, y[..., None])[..., 0]


def half_squared(output, y):
    """Squared loss of Hu, Li and Yu (2020): half the sum over the Q outputs. output, y [..., B, Q] -> [..., B]"""
    return 0.5 * (output - y).square().sum(-1)


def accuracy(logits, y):
    """Share of correct predictions. logits [..., B, C], y [..., B] -> [...]"""
    return (logits.argmax(-1) == y).to(torch.float32).mean(-1)
