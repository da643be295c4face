"""Lesson 07, CDR's step as readers may write it: two right ways and the typical mistakes."""

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


RIGHT = [("07.build", by_mask), ("07.build", by_loop)]
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
