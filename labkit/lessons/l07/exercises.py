"""The exercises of lesson 07."""

import numpy as np

import labkit

from ...exercises.answers import Wrong, call, compare, number, vector

W, G, TAU = np.array([0.5, -2.0, 0.1, 1.0, -0.2]), np.array([0.4, 0.3, -3.0, 0.1, 2.0]), 0.4


def critical(answer):
    """Positions of the weights that CDR calls critical: w, g and tau above."""
    if not isinstance(answer, (list, tuple, set, np.ndarray)):
        raise Wrong(f"this is a {type(answer).__name__}; a list of positions is asked for, e.g. [0, 1, 2]")
    try:
        found = {int(number(k)) for k in answer}
    except TypeError:
        raise Wrong("positions are whole numbers") from None
    largest = lambda score, k: set(np.argsort(-score)[:k].tolist())
    kept = int((1 - TAU) * len(W))
    mistakes = [
        (largest(np.abs(G), kept), "these have the largest gradients; the score is the product |w g|"),
        (largest(np.abs(W), kept), "these are the largest weights; the score is the product |w g|"),
        (largest(W * G, kept), "these have the largest w g with its sign, and the smallest |w g|"),
        (largest(np.abs(W * G), 2), "that is the share tau of the weights; critical is the share 1 - tau"),
    ]
    if found == largest(np.abs(W * G), kept):
        return "|w g| is 0.2, 0.6, 0.3, 0.1, 0.4. Neither a large weight nor a large gradient is enough"
    for typical, words in mistakes:
        if found == typical:
            raise Wrong(words)
    raise Wrong(f"{sorted(found)}: write |w g| of all five, and take the int(0.6 * 5) = {kept} largest")


def schedule(answer):
    """(factor meant, factor used) of epoch 4, counted from 0, in CDR's code, rate .4, num_gradual 10."""
    meant = np.linspace(1 - TAU, 1, num=10)[::-1]
    mistakes = [
        ([meant[9], 0.4], "the factor is clip, and clip is 1 minus the noise rate"),
        ([meant[0], 1 - TAU], "`[::-1]` turns the schedule round: it starts at 1 and falls"),
        ([meant[0], meant[0]], "read on to the last line: what is `clip` when the loop over batches starts?"),
        ([meant[4], meant[4]], "read on to the last line: what is `clip` when the loop over batches starts?"),
        ([1 - TAU, 1 - TAU], "the second is right. The first: what would `clip` be without the last line?"),
        ([np.linspace(1 - TAU, 1, num=10)[4], 1 - TAU], "`[::-1]` turns the schedule round: it starts at 1 and falls"),
    ]
    compare(vector(answer, 2), [meant[4], 1 - TAU], mistakes)
    return "the schedule is computed and thrown away. It stands in the code and in no result"


def unmasked(answer):
    """How many parameters of LeNet CDR's code neither ranks nor damps."""
    sizes = [(p.dim(), p.numel()) for p in labkit.nets.lenet().parameters()]
    biases, whole = sum(n for dim, n in sizes if dim not in (2, 4)), sum(n for _, n in sizes)
    ranked = whole - biases
    mistakes = [
        (ranked, "those are ranked; how many are not?"),
        (whole, "that is all of them"),
        (ranked - int((1 - TAU) * ranked), "those are ranked and not critical; which are never ranked?"),
        (sum(dim not in (2, 4) for dim, _ in sizes), "that is the number of tensors; count their entries"),
    ]
    compare(number(answer), biases, mistakes, tolerance=0.5)
    return (
        f"{biases} of {whole:,}: the biases. They follow the whole gradient, {1 / (1 - TAU):.2f} times the damped one"
    )


def coasting(answer):
    """How far momentum .9 carries a weight in 3 steps after its gradient is masked, in units of lr times its buffer."""
    right = 0.9 + 0.9**2 + 0.9**3
    mistakes = [
        (0.0, "that is what the paper says; the code sets the gradient to 0, and the buffer goes on"),
        (3.0, "the buffer shrinks by 0.9 in every step"),
        (
            1 + 0.9 + 0.81,
            "the buffer is multiplied by 0.9 before it is used, in the first step too",
        ),
        (0.9**3, "that is the last of the three steps; add up all three"),
        (10.0, "that is the whole way of infinitely many steps, with the one before; three are asked for"),
        (9.0, "that is the way of infinitely many steps; three are asked for"),
    ]
    compare(number(answer), right, mistakes, tolerance=5e-3)
    return 'and 9 lr v if it stays masked for ever. `variant="paper"` stops the buffer'


def same_strength(answer):
    """The lambda at which AUX alone is as strong as CDR+AUX with lambda 8 and tau .4."""
    right = 8 / (1 - TAU) ** 0.5
    mistakes = [
        (8.0, "CDR damps the weights' step and not b's: b has an advantage, as if lambda were larger"),
        (8 * (1 - TAU) ** 0.5, "the other way round: the damping makes b's share larger"),
        (8 / (1 - TAU), "the ridge is lambda squared: take the root of the factor"),
        (8 * (1 - TAU), "the other way round, and the ridge is lambda squared"),
    ]
    compare(number(answer), right, mistakes, tolerance=0.02)
    return f"{right:.2f}. Two methods with the same lambda are not equally strong"


def slow(answer):
    """A function (rate, lr) -> the learning rate of plain SGD whose step is, on average, that of random masks."""
    for rate, lr in ((0.4, 0.1), (0.8, 0.1), (0.25, 0.02)):
        right = lr * (1 - rate) ** 2
        mistakes = [
            (
                lr * (1 - rate),
                "that is the damping; besides, a weight is chosen with probability 1 - tau only",
            ),
            (lr, "that is the undamped step"),
            (lr * rate**2, "tau is the share that is left out"),
            (lr * rate, "tau is the share that is left out"),
        ]
        compare(number(call(answer, rate, lr)), right, mistakes, tolerance=1e-6)
    return "(1 - tau) squared: a twenty-fifth at tau = 0.8. A comparison with plain SGD has to grant it that step"


EXERCISES = {
    "07.1": critical,
    "07.2": schedule,
    "07.3": unmasked,
    "07.4": coasting,
    "07.6": same_strength,
    "07.7": slow,
}
