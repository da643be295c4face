"""The exercises of lesson 07."""

from collections.abc import Callable
from typing import Any

import numpy as np

import labkit

from ...exercises.answers import Wrong, call, compare, judge, need_different, number, positions
from .build import cdr_step

W = np.array([0.5, -2.0, 0.1, 1.0, -0.2])
G = np.array([0.4, 0.3, -3.0, 0.1, 2.0])
ASSUMED = 0.4
USED = 1 - ASSUMED  # the damping factor
FAIR_SETTINGS = ((0.4, 0.1), (0.8, 0.1), (0.25, 0.02))  # rate, lr


def critical(answer: Any) -> str:
    """Judge the positions of the weights that CDR calls critical: w, g and assumed rate above."""
    marked = set(positions(answer, len(W)))
    score = np.abs(W * G)
    kept = int(USED * len(W))
    mistakes = [
        (_largest(np.abs(G), kept), "these have the largest gradients; the score is the product |w g|"),
        (_largest(np.abs(W), kept), "these are the largest weights; the score is the product |w g|"),
        (_largest(W * G, kept), "these have the largest w g with its sign, and the smallest |w g|"),
        (_largest(score, 2), "those are the fraction ε, the assumed rate; the fraction 1 - ε is critical"),
    ]
    if marked == _largest(score, kept):
        return "|w g| is 0.2, 0.6, 0.3, 0.1, 0.4. Neither a large weight nor a large gradient is enough"
    for typical, sentence in mistakes:
        if marked == typical:
            raise Wrong(sentence)
    raise Wrong(f"{sorted(marked)} are not the critical ones; write |w g| of all five, and take the {kept} largest")


def _largest(score, k):
    """Return the positions of the k largest scores. -> set"""
    order = np.argsort(-score)
    return set(order[:k].tolist())


def schedule(answer: Any) -> str:
    """Judge (factor of the schedule, factor used) of epoch 4, counted from 0, in CDR's code, rate .4, ten factors."""
    rising = np.linspace(USED, 1, num=10)
    meant = rising[::-1]
    not_turned = "the first number belongs to factors that rise; `[::-1]` reverses them, so they start at 1 and fall"
    both_meant = "the second number: the last line sets `factor` again, in every epoch"
    fifth = "the first number belongs to another epoch; epochs count from 0, so epoch 4 takes the fifth factor"
    mistakes = [
        ([meant[4], ASSUMED], "the second number is the assumed rate ε; the factor is 1 - ε"),
        ([rising[4], USED], not_turned),
        ([rising[4], rising[4]], not_turned),
        ([rising[3], USED], not_turned),
        ([meant[3], USED], fifth),
        ([meant[4], meant[4]], both_meant),
        ([meant[0], meant[0]], both_meant),
        ([USED, USED], "the second number is right; for the first ignore the last line"),
        ([USED, meant[4]], "the two numbers are exchanged"),
        ([1.0, USED], "the first number is the factor of epoch 0; it falls from there"),
    ]
    right = [meant[4], USED]
    reading = judge(answer, right, mistakes, is_fraction=True)
    return f"the last line overwrites the schedule, so the schedule changed no result{reading}"


def unmasked(answer: Any) -> str:
    """Judge how many parameters of LeNet CDR's code neither ranks nor damps."""
    ranked = total = tensors = 0
    for p in labkit.nets.lenet().parameters():
        total += p.numel()
        if p.dim() in (2, 4):
            ranked += p.numel()
        else:
            tensors += 1
    biases = total - ranked
    not_critical = ranked - int(USED * ranked)
    mistakes = [
        (ranked, "those are ranked; count those that are not"),
        (total, "those are all parameters"),
        (not_critical, "those are ranked and not critical; count those that are never ranked"),
        (tensors, "that is the number of tensors; count their entries"),
    ]
    judge(answer, biases, mistakes, is_count=True)
    ratio = 1 / USED
    return f"{biases} of {total:,}, the biases. They follow the whole gradient, {ratio:.2f} times the damped one"


def coasting(answer: Any) -> str:
    """Judge how far momentum .9 carries a weight in 3 steps after its gradient is masked, in units of lr times its
    buffer."""
    right = 0.9 + 0.9**2 + 0.9**3
    early = 1 + 0.9 + 0.81
    last = 0.9**3
    mistakes = [
        (0.0, "that is what the paper says; the code sets the gradient to 0, but the buffer goes on"),
        (3.0, "the buffer shrinks by 0.9 in every step"),
        (early, "the buffer is multiplied by 0.9 before it is used, in the first step, too"),
        (last, "that is the last of the three steps; add up all three"),
        (10.0, "that is the sum over infinitely many steps and the one before; three are asked for"),
        (9.0, "that is the sum over infinitely many steps; three are asked for"),
    ]
    judge(answer, right, mistakes, tolerance=5e-3)
    return 'it would be 9 η m if the weight never became critical again. `variant="paper"` stops the buffer'


def same_strength(answer: Any) -> str:
    """Judge the lambda at which AUX alone is as strong as CDR+AUX with lambda 8 and assumed rate .4."""
    lam = 8.0
    root = USED**0.5
    right = lam / root
    mistakes = [
        (lam, "CDR damps the step of the weights but not that of b, so b has an advantage"),
        (lam * root, "the other way round; divide the ridge by 1 - ε"),
        (lam / USED, "the ridge is lambda squared, so take the root of the factor"),
        (lam * USED, "the other way round, and the ridge is lambda squared"),
        (lam**2 / USED, "that is the ridge, lambda squared; take its root"),
    ]
    judge(answer, right, mistakes, tolerance=0.02)
    return f"{right:.2f}. Two methods with the same lambda are not equally strong"


def slow(answer: Callable[[float, float], float]) -> str:
    """Judge a function (rate, lr) -> the learning rate of plain SGD whose step is, on average, that of random masks."""
    values = [number(call(answer, rate, lr)) for rate, lr in FAIR_SETTINGS]
    need_different(values, "rates")
    for value, (rate, lr) in zip(values, FAIR_SETTINGS):
        damping = 1 - rate
        right = lr * damping**2
        mistakes = [
            (lr * damping, "that is the damping alone; a weight is also chosen only with probability 1 - ε"),
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
