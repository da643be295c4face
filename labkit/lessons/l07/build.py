"""Lesson 07's exercise that asks for a method: CDR's step."""

import torch

from ...exercises.building import Build, Output, bound_to_matrix
from ...methods import CDR
from ...methods.cdr import critical


def draw(rng, seed):
    """-> w [M], g [M], rate, lr, decay. CDR's factor 1 - rate is float32, so it has to be exact there."""
    size = 11 + 2 * seed
    w, g = torch.randn(2, size, generator=rng, dtype=torch.float64)
    return w, g, (0.375, 0.25, 0.4375)[seed], (0.1, 0.2, 0.05)[seed], (0.4, 0.6, 0.4)[seed]


def step(w, g, rate, lr, decay):
    """-> w after the step [M]"""
    x, y = torch.zeros(2, len(w), dtype=w.dtype), torch.zeros(2, 1, dtype=w.dtype)
    method = bound_to_matrix(CDR(rate=rate), w[None], x, y, lr=lr, weight_decay=decay)
    method.nets[0].weight.grad = g[None].clone()
    method.update()
    return method.nets[0].weight.detach()[0]


def _moved(w, g, mask, rate, lr, decay):
    """w after a damped step of the marked weights, and the decay of all. -> [M]"""
    return w - lr * (mask * (1 - rate) * g + decay * w)


def _largest(score, rate, signed=False):
    """The int((1 - rate) M) largest scores, by default in absolute value. -> bool [M]"""
    positive = score - score.min() if signed else score
    return critical(torch.ones_like(score), positive, rate)


def _undamped(w, g, rate, lr, decay):
    return w - lr * (critical(w, g, rate) * g + decay * w)


def _no_decay(w, g, rate, lr, decay):
    return _moved(w, g, critical(w, g, rate), rate, lr, 0.0)


def _damped_decay(w, g, rate, lr, decay):
    return w - lr * (1 - rate) * (critical(w, g, rate) * g + decay * w)


def _held_still(w, g, rate, lr, decay):
    mask = critical(w, g, rate)
    return torch.where(mask, _moved(w, g, mask, rate, lr, decay), w)


def _decay_in_score(w, g, rate, lr, decay):
    return _moved(w, g, critical(w, g + decay * w, rate), rate, lr, decay)


def _decay_of_others(w, g, rate, lr, decay):
    mask = critical(w, g, rate)
    return torch.where(mask, w - lr * (1 - rate) * g, w - lr * decay * w)


MISTAKES = [
    (lambda w, g, *rest: _moved(w, g, _largest(g, rest[0]), *rest), "these are the largest gradients; rank by |w g|"),
    (lambda w, g, *rest: _moved(w, g, _largest(w, rest[0]), *rest), "these are the largest weights; rank by |w g|"),
    (
        lambda w, g, *rest: _moved(w, g, _largest(w * g, rest[0], signed=True), *rest),
        "these have the largest w g with its sign; rank by the absolute value",
    ),
    (_no_decay, "no weight decays here; all weights do, critical or not"),
    (_undamped, "the critical weights take the whole gradient; it is damped by 1 - rate"),
    (_damped_decay, "the decay is damped, too; damp only the gradient"),
    (_held_still, "weights that are not critical stand still here; they must decay"),
    (_decay_in_score, "the decay is added before you rank; the score is |w g| with the gradient of the loss alone"),
    (_decay_of_others, "the critical weights do not decay here; all weights do"),
    (
        lambda w, g, rate, *rest: _moved(w, g, critical(w, g, 1 - rate), rate, *rest),
        "the fraction `rate` is critical here; it is 1 - rate",
    ),
]
cdr_step = Build(
    draw,
    step,
    MISTAKES,
    (Output("w", ("weight",)),),
    "one step of CDR. To draw the mask at random you change one line, and section 5 measures what that changes",
)
