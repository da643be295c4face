"""The exercises of lesson 07."""

import numpy as np

import labkit

from ...exercises.answers import Wrong, call, compare, judge, need_different, number, positions
from .build import cdr_step

W, G, ASSUMED = np.array([0.5, -2.0, 0.1, 1.0, -0.2]), np.array([0.4, 0.3, -3.0, 0.1, 2.0]), 0.4


def critical(answer):
    """Positions of the weights that CDR calls critical: w, g and assumed rate above."""
    chosen = set(positions(answer, len(W)))
    kept = int((1 - ASSUMED) * len(W))
    right = _largest(np.abs(W * G), kept)
    mistakes = [
        (_largest(np.abs(G), kept), "these have the largest gradients; the score is the product |w g|"),
        (_largest(np.abs(W), kept), "these are the largest weights; the score is the product |w g|"),
        (_largest(W * G, kept), "these have the largest w g with its sign, and the smallest |w g|"),
        (_largest(np.abs(W * G), 2), "those are the fraction ε, the assumed rate; the fraction 1 - ε is critical"),
    ]
    if chosen == right:
        return "|w g| is 0.2, 0.6, 0.3, 0.1, 0.4. Neither a large weight nor a large gradient is enough"
    for typical, sentence in mistakes:
        if chosen == typical:
            raise Wrong(sentence)
    raise Wrong(f"{sorted(chosen)} are not the critical ones; write |w g| of all five, and take the {kept} largest")


def _largest(score, k):
    """The positions of the k largest scores. -> set"""
    return set(np.argsort(-score)[:k].tolist())


def schedule(answer):
    """(factor of the schedule, factor used) of epoch 4, counted from 0, in CDR's code, rate .4, ten factors."""
    rising = np.linspace(1 - ASSUMED, 1, num=10)
    meant, used = rising[::-1], 1 - ASSUMED
    not_turned = "the first number belongs to factors that rise; `[::-1]` reverses them, so they start at 1 and fall"
    both_meant = "the second number: the last line sets `factor` again, in every epoch"
    fifth = "the first number belongs to another epoch; epochs count from 0, so epoch 4 takes the fifth factor"
    mistakes = [
        ([meant[4], ASSUMED], "the second number is the assumed rate ε; the factor is 1 - ε"),
        ([rising[4], used], not_turned),
        ([rising[4], rising[4]], not_turned),
        ([rising[3], used], not_turned),
        ([meant[3], used], fifth),
        ([meant[4], meant[4]], both_meant),
        ([meant[0], meant[0]], both_meant),
        ([used, used], "the second number is right; for the first ignore the last line"),
        ([used, meant[4]], "the two numbers are exchanged"),
        ([1.0, used], "the first number is the factor of epoch 0; it falls from there"),
    ]
    taken = judge(answer, [meant[4], used], mistakes, is_fraction=True)
    return f"the last line overwrites the schedule, so the schedule changed no result{taken}"


def unmasked(answer):
    """How many parameters of LeNet CDR's code neither ranks nor damps."""
    sizes = [(p.dim(), p.numel()) for p in labkit.nets.lenet().parameters()]
    biases, whole = sum(n for dim, n in sizes if dim not in (2, 4)), sum(n for _, n in sizes)
    ranked = whole - biases
    mistakes = [
        (ranked, "those are ranked; count those that are not"),
        (whole, "those are all parameters"),
        (ranked - int((1 - ASSUMED) * ranked), "those are ranked and not critical; count those that are never ranked"),
        (sum(dim not in (2, 4) for dim, _ in sizes), "that is the number of tensors; count their entries"),
    ]
    judge(answer, biases, mistakes, is_count=True)
    ratio = 1 / (1 - ASSUMED)
    return f"{biases} of {whole:,}, the biases. They follow the whole gradient, {ratio:.2f} times the damped one"


def coasting(answer):
    """How far momentum .9 carries a weight in 3 steps after its gradient is masked, in units of lr times its buffer."""
    right = 0.9 + 0.9**2 + 0.9**3
    mistakes = [
        (0.0, "that is what the paper says; the code sets the gradient to 0, but the buffer goes on"),
        (3.0, "the buffer shrinks by 0.9 in every step"),
        (1 + 0.9 + 0.81, "the buffer is multiplied by 0.9 before it is used, in the first step, too"),
        (0.9**3, "that is the last of the three steps; add up all three"),
        (10.0, "that is the sum over infinitely many steps and the one before; three are asked for"),
        (9.0, "that is the sum over infinitely many steps; three are asked for"),
    ]
    judge(answer, right, mistakes, tolerance=5e-3)
    return 'it would be 9 η m if the weight never became critical again. `variant="paper"` stops the buffer'


def same_strength(answer):
    """The lambda at which AUX alone is as strong as CDR+AUX with lambda 8 and assumed rate .4."""
    right = 8 / (1 - ASSUMED) ** 0.5
    mistakes = [
        (8.0, "CDR damps the step of the weights but not that of b, so b has an advantage"),
        (8 * (1 - ASSUMED) ** 0.5, "the other way round; divide the ridge by 1 - ε"),
        (8 / (1 - ASSUMED), "the ridge is lambda squared, so take the root of the factor"),
        (8 * (1 - ASSUMED), "the other way round, and the ridge is lambda squared"),
        (64 / (1 - ASSUMED), "that is the ridge, lambda squared; take its root"),
    ]
    judge(answer, right, mistakes, tolerance=0.02)
    return f"{right:.2f}. Two methods with the same lambda are not equally strong"


def slow(answer):
    """A function (rate, lr) -> the learning rate of plain SGD whose step is, on average, that of random masks."""
    settings = ((0.4, 0.1), (0.8, 0.1), (0.25, 0.02))
    values = [number(call(answer, rate, lr)) for rate, lr in settings]
    need_different(values, "rates")
    for value, (rate, lr) in zip(values, settings):
        right = lr * (1 - rate) ** 2
        mistakes = [
            (lr * (1 - rate), "that is the damping alone; a weight is also chosen only with probability 1 - ε"),
            (lr, "that is the undamped step"),
            (lr * 0.36, "0.36 fits ε = 0.4 alone; write the factor with `rate`"),
            (lr * rate**2, "ε is the fraction that is left out"),
            (lr * rate, "ε is the fraction that is left out"),
        ]
        compare(value, right, mistakes, tolerance=1e-6)
    return "the factor is (1 - ε) squared, which is 0.04 at ε = 0.8. A fair comparison grants plain SGD that step"


EXERCISES = {
    "07.build": cdr_step,
    "07.1": critical,
    "07.2": schedule,
    "07.7": slow,  # the core ones stand first, as in the lesson
    "07.3": unmasked,
    "07.4": coasting,
    "07.6": same_strength,
}
HINTS = {
    "07.build": (
        "Rank by |w g| first, before anything is damped or added.",
        "The mask and the damping belong to the gradient; the decay is added to all weights.",
    ),
    "07.1": (
        "The score of a weight is the absolute value of the product of weight and gradient.",
        "Write the five scores, and keep the largest int((1 - ε) * 5) of them.",
    ),
    "07.2": (
        "First read the code without its last line, then with it.",
        "Write the ten equally spaced factors from 1 down to 1 - ε. The last line that sets `factor` wins.",
    ),
    "07.7": (
        "A weight moves only if it is chosen, and then its step is damped.",
        "Multiply the probability of being chosen by the damping factor.",
    ),
    "07.3": (
        "`p.dim()` is the number of axes of a parameter, and `p.numel()` the number of its entries.",
        "Sum the entries of the tensors with neither two nor four axes.",
    ),
    "07.4": (
        "The gradient is 0 now, so each step is η times the buffer, which shrinks first.",
        "Write the three steps as multiples of m, and add them up.",
    ),
    "07.6": (
        "The ridge of AUX alone has to equal the ridge of CDR+AUX divided by 1 - ε.",
        "The ridge is lambda squared, so take a root in the end.",
    ),
}
