"""Lesson 07's exercise that asks for a method: CDR's step."""

import torch
from torch import Generator, Tensor

from ...exercises.building import Build, Output, bound_to_matrix
from ...methods import CDR
from ...methods.cdr import critical

# A mask times a number is float32. So these and their products are exact there, and every formula gives the same step.
RATES = (0.375, 0.25, 0.4375)
LEARNING_RATES = (0.125, 0.25, 0.0625)
DECAYS = (0.5, 0.625, 0.375)


def draw(rng: Generator, seed: int) -> tuple[Tensor, Tensor, float, float, float]:
    """Draw the arguments of a step. -> w [M], g [M], rate, lr, decay"""
    size = 11 + 2 * seed
    w, g = torch.randn(2, size, generator=rng, dtype=torch.float64)
    return w, g, RATES[seed], LEARNING_RATES[seed], DECAYS[seed]


def step(w: Tensor, g: Tensor, rate: float, lr: float, decay: float) -> Tensor:
    """Take one step of labkit's CDR. w, g [M] -> w after the step [M]"""
    x = torch.zeros(2, len(w), dtype=w.dtype)
    y = torch.zeros(2, 1, dtype=w.dtype)
    method = bound_to_matrix(CDR(rate=rate), w[None], x, y, lr=lr, weight_decay=decay)
    weight = method.nets[0].weight
    weight.grad = g[None].clone()
    method.update()
    return weight.detach()[0]


def _moved(w, g, mask, rate, lr, decay):
    """Return w after a damped step of the marked weights, and the decay of all. -> [M]"""
    damped = mask * (1 - rate) * g
    return w - lr * (damped + decay * w)


def _largest(score, rate):
    """Mark the int((1 - rate) M) largest scores. -> bool [M]"""
    positive = score - score.min()
    return critical(torch.ones_like(score), positive, rate)


def _largest_gradients(w, g, rate, lr, decay):
    mask = _largest(g.abs(), rate)
    return _moved(w, g, mask, rate, lr, decay)


def _largest_weights(w, g, rate, lr, decay):
    mask = _largest(w.abs(), rate)
    return _moved(w, g, mask, rate, lr, decay)


def _signed_score(w, g, rate, lr, decay):
    mask = _largest(w * g, rate)
    return _moved(w, g, mask, rate, lr, decay)


def _rate_is_critical(w, g, rate, lr, decay):
    mask = critical(w, g, 1 - rate)
    return _moved(w, g, mask, rate, lr, decay)


def _no_decay(w, g, rate, lr, decay):
    mask = critical(w, g, rate)
    return _moved(w, g, mask, rate, lr, 0.0)


def _undamped(w, g, rate, lr, decay):
    mask = critical(w, g, rate)
    return w - lr * (mask * g + decay * w)


def _damped_decay(w, g, rate, lr, decay):
    mask = critical(w, g, rate)
    damped_lr = lr * (1 - rate)
    return w - damped_lr * (mask * g + decay * w)


def _held_still(w, g, rate, lr, decay):
    mask = critical(w, g, rate)
    moved = _moved(w, g, mask, rate, lr, decay)
    return torch.where(mask, moved, w)


def _decay_in_score(w, g, rate, lr, decay):
    decayed_g = g + decay * w
    mask = critical(w, decayed_g, rate)
    return _moved(w, g, mask, rate, lr, decay)


def _decay_of_others(w, g, rate, lr, decay):
    mask = critical(w, g, rate)
    learnt = w - lr * (1 - rate) * g
    decayed = w - lr * decay * w
    return torch.where(mask, learnt, decayed)


MISTAKES = [
    (_largest_gradients, "these are the largest gradients; rank by |w g|"),
    (_largest_weights, "these are the largest weights; rank by |w g|"),
    (_signed_score, "these have the largest w g with its sign; rank by the absolute value"),
    (_no_decay, "no weight decays here; all weights do, critical or not"),
    (_undamped, "the critical weights take the whole gradient; it is damped by 1 - rate"),
    (_damped_decay, "the decay is damped, too; damp only the gradient"),
    (_held_still, "weights that are not critical stand still here; they must decay"),
    (_decay_in_score, "the decay is added before you rank; the score is |w g| with the gradient of the loss alone"),
    (_decay_of_others, "the critical weights do not decay here; all weights do"),
    (_rate_is_critical, "the fraction `rate` is critical here; it is 1 - rate"),
]
cdr_step = Build(
    draw,
    step,
    MISTAKES,
    (Output("w", ("weight",)),),
    "one step of CDR. To draw the mask at random you change one line, and section 5 measures what that changes",
)
