"""Lesson 07, CDR's step as readers may write it: right ways, also those that multiply a mask, and typical mistakes."""

import torch


def largest(score, keep):
    return score >= score.sort(descending=True).values[keep - 1]


def by_mask(w, g, rate, lr, decay, score=None):
    mask = largest((w * g).abs() if score is None else score, int((1 - rate) * len(w)))
    return w - lr * ((1 - rate) * mask * g + decay * w)


def by_loop(w, g, rate, lr, decay):
    order = sorted(range(len(w)), key=lambda j: -abs(w[j] * g[j]))
    new = [float(w[j] * (1 - lr * decay)) for j in range(len(w))]
    for j in order[: int((1 - rate) * len(w))]:
        new[j] -= float(lr * (1 - rate) * g[j])
    return new


def largest_mask(w, g, rate):
    return largest((w * g).abs(), int((1 - rate) * len(w)))


def mask_times_lr(w, g, rate, lr, decay):
    return w - lr * largest_mask(w, g, rate) * (1 - rate) * g - lr * decay * w


def mask_times_both(w, g, rate, lr, decay):
    return (1 - lr * decay) * w - lr * (1 - rate) * largest_mask(w, g, rate) * g


def mask_last(w, g, rate, lr, decay):
    return (1 - lr * decay) * w - lr * g * largest_mask(w, g, rate) * (1 - rate)


def by_where(w, g, rate, lr, decay):
    return w - lr * decay * w - torch.where(largest_mask(w, g, rate), lr * (1 - rate), 0.0) * g


def by_tensors(w, g, rate, lr, decay):
    speed = torch.where(largest_mask(w, g, rate), torch.tensor(1 - rate), torch.tensor(0.0))
    return w - torch.tensor(lr) * (speed * g + torch.tensor(decay) * w)


def by_coordinates(w, g, rate, lr, decay):
    new = w * (1 - lr * decay)
    new[largest_mask(w, g, rate)] -= lr * (1 - rate) * g[largest_mask(w, g, rate)]
    return new


def undamped(w, g, rate, lr, decay):
    return by_mask(w, g / (1 - rate), rate, lr, decay)


def damped_decay(w, g, rate, lr, decay):
    mask = largest((w * g).abs(), int((1 - rate) * len(w)))
    return w - lr * (1 - rate) * (mask * g + decay * w)


def masked_last(w, g, rate, lr, decay):
    mask = largest((w * g).abs(), int((1 - rate) * len(w)))
    return w - lr * mask * ((1 - rate) * g + decay * w)


def critical_do_not_decay(w, g, rate, lr, decay):
    mask = largest((w * g).abs(), int((1 - rate) * len(w)))
    return torch.where(mask, w - lr * (1 - rate) * g, w - lr * decay * w)


def noise_share(w, g, rate, lr, decay):
    mask = largest((w * g).abs(), int(rate * len(w)))
    return w - lr * ((1 - rate) * mask * g + decay * w)


FORMULAS = (by_mask, by_loop, mask_times_lr, mask_times_both, mask_last, by_where, by_tensors, by_coordinates)
RIGHT = [("07.build", formula) for formula in FORMULAS]
MISTAKES = [
    ("07.build", lambda w, g, *rest: by_mask(w, g, *rest, score=g.abs()), "largest gradients"),
    ("07.build", lambda w, g, *rest: by_mask(w, g, *rest, score=w.abs()), "largest weights"),
    ("07.build", lambda w, g, *rest: by_mask(w, g, *rest, score=w * g), "with its sign"),
    ("07.build", lambda w, g, rate, lr, decay: by_mask(w, g, rate, lr, 0.0), "no weight decays here"),
    ("07.build", undamped, "damped by 1 - rate"),
    ("07.build", damped_decay, "the decay is damped, too"),
    ("07.build", masked_last, "stand still here"),
    ("07.build", lambda w, g, *rest: by_mask(w, g, *rest, score=(w * (g + rest[2] * w)).abs()), "before you rank"),
    ("07.build", critical_do_not_decay, "all weights do"),
    ("07.build", noise_share, "it is 1 - rate"),
    ("07.build", lambda w, g, rate, lr, decay: w - lr * g, "w differs first at weight 0"),
]
