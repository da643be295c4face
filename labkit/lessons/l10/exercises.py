"""The exercises of lesson 10."""

from math import comb
from typing import Any

import torch

import labkit

from ...exercises.answers import Wrong, array, call, judge
from .build import short_gradients

FILTER_BATCH, FILTER_KEEPS = 4, 2  # rows in 10.4
FEWEST_EPOCHS = 3  # of the runs in 10.5


def best_slope(answer: Any) -> str:
    """Examine R2 on clean targets of the best least-squares network when 40 % of centred targets are reflected."""
    rate = 0.4
    factor = 1 - 2 * rate
    right = 1 - (2 * rate) ** 2
    mistakes = [
        (1 - rate, "that is the fraction of clean rows. What does least squares predict, between y and -y?"),
        (factor, "that is the factor, because the best answer is 0.2 y. How far is it from y, squared?"),
        (factor**2, "that is the variance of 0.2 y, but R2 counts the error, y - 0.2 y"),
        (1 - 4 * rate, "that is the R2 of perfect answers on corrupted targets, but the targets here are clean"),
        (1 - right, "that is the error, 1 - R2"),
        (-0.2, "that is where a network ends that has memorised corrupted rows; the best network is asked for"),
    ]
    reading = judge(answer, right, mistakes, is_fraction=True)
    return f"least squares learns the mean of the targets, 0.6 y - 0.4 y, and a mean is not a majority{reading}"


def perfect_on_noisy(answer: Any) -> str:
    """Examine R2 of perfect answers, measured on a validation split of which 40 % of the centred targets are
    reflected."""
    rate = 0.4
    cost = 4 * rate
    right = 1 - cost
    mistakes = [
        (1 - rate, "R2 counts squares, not rows"),
        (1 - 2 * rate, "a reflected target is 2 y away from y, and the square of that is 4 y^2"),
        (1 - (2 * rate) ** 2, "that is the R2 of the least-squares answer on clean targets"),
        (0.0, "that is the R2 of the mean face; are perfect answers better or worse here?"),
        (1.0, "that is true on clean targets, but these are corrupted"),
        (-cost, "that is what the reflected rows cost; R2 is 1 minus the cost"),
        (1 - 4 * (1 - rate), "that would be right if 60 % of the rows were reflected, but 40 % are"),
    ]
    judge(answer, right, mistakes)
    return "worse than the mean face, whose R2 is 0. Such a split rejects a perfect network"


def clipped_mean(answer: Any) -> str:
    """Examine a function g [B, P], clip -> the step of Ignormclip: each row clipped, then the mean."""
    rng = torch.Generator().manual_seed(0)
    g = torch.randn(6, 4, generator=rng, dtype=torch.float64)
    g = g * torch.tensor([[0.1], [1], [1], [2], [20], [0.2]])
    for clip in (1.0, 0.5):
        returned = call(answer, g.clone(), clip)
        step = torch.from_numpy(array(returned))
        _judge_step(step, g, clip)
    return "no row pulls with more than `clip`, so one row of norm 20 cannot outvote the others"


def _judge_step(step, g, clip):
    """Raise Wrong unless a step is the mean of the clipped rows, and say which other step it is."""
    norms = g.norm(dim=1, keepdim=True)
    mean = g.mean(0)
    clipped = g * (clip / norms).clamp(max=1)
    right = clipped.mean(0)
    if step.shape != right.shape:
        raise Wrong(f"its shape is {tuple(step.shape)}; one mean gradient, {tuple(right.shape)}, is asked for")
    clipped_mean = mean * (clip / mean.norm()).clamp(max=1)
    scaled = g * clip / norms
    without_long = g * (norms <= clip)
    mistakes = [
        (clipped_mean, "that is NormClip, which clips the mean; clip every row before it"),
        (g.clamp(-clip, clip).mean(0), "that clips every *number*; clip the norm of a row"),
        (scaled.mean(0), "that makes short rows longer, too; a row within `clip` stays as it is"),
        (clipped.sum(0), "that is the sum; take the mean"),
        (mean, "that is the plain mean, so nothing is clipped"),
        (without_long.mean(0), "that drops the long rows, as PRL(G) does; shorten them instead"),
    ]
    if torch.allclose(step, right, atol=1e-6):
        return
    for typical, sentence in mistakes:
        if torch.allclose(step, typical, atol=1e-6):
            raise Wrong(sentence)
    raise Wrong("this is not the mean of the clipped rows")


def clean_fraction(answer: Any) -> str:
    """Examine the expected fraction of clean rows among the kept.

    In batches of 4 each row is wrong with probability 1/2, and a perfect ranking keeps 2.
    """
    wrong_kept = 0
    for wrong in range(FILTER_BATCH + 1):
        probability = comb(FILTER_BATCH, wrong) / 2**FILTER_BATCH
        clean = FILTER_BATCH - wrong
        wrong_kept += probability * max(FILTER_KEEPS - clean, 0)
    wrong_fraction = wrong_kept / FILTER_KEEPS
    right = 1 - wrong_fraction
    mistakes = [
        (1.0, "a batch with 3 or 4 wrong rows has to keep some of them, however good the ranking is"),
        (0.5, "that is the fraction without any filter"),
        (wrong_fraction, "that is the fraction of wrong rows"),
        (1 - wrong_kept, "that counts wrong rows in a batch; divide by the 2 that are kept"),
        (11 / 16, "that is how often a batch has 2 wrong rows or fewer; the other batches keep clean rows, too"),
    ]
    reading = judge(answer, right, mistakes, is_fraction=True)
    return f"the ranking makes no mistake, but the quota does{reading}"


def twin_runs(answer: Any) -> str:
    """Examine two Runs of Min-SGD on the faces, linadv and uninoise, that agree in every epoch."""
    _need_two_runs(answer)
    noises = [_noise_of(run) for run in answer]
    if sorted(noises) != ["linadv", "uninoise"]:
        raise Wrong(f"their corruptions are {' and '.join(noises)}; linadv and uninoise are asked for")
    methods = [run.config["method"] for run in answer]
    if set(methods) != {"Min-SGD"}:
        raise Wrong(f"their methods are {' and '.join(methods)}; take Min-SGD")
    first, second = answer
    curve = _curve_of(first)
    other_curve = _curve_of(second)
    epochs = len(curve)
    other_epochs = len(other_curve)
    if epochs < FEWEST_EPOCHS or epochs != other_epochs:
        raise Wrong(f"they have {epochs} and {other_epochs} epochs; both need the same number, three or more")
    if curve != other_curve:
        cause = "seeds or rates differ" if _differ(answer) else "the same seed has to draw noise, weights and order"
        raise Wrong(f"their R2 differs; {cause}")
    return f"they are equal to the last bit in {epochs} epochs. Equal rows of a table need not be copied"


def _need_two_runs(answer):
    """Raise Wrong unless an answer is a pair of Runs."""
    is_pair = isinstance(answer, (list, tuple)) and len(answer) == 2
    if not is_pair or not all(isinstance(run, labkit.Run) for run in answer):
        raise Wrong("hand in a pair of Runs, (linadv, uninoise)")


def _noise_of(run):
    """Return the name of a run's noise, "none" for clean data."""
    noise = run.config.get("noise")
    return noise["name"] if noise else "none"


def _curve_of(run):
    """Return R2 on the test faces after every epoch."""
    return [row["r2_test"] for row in run.rows]


def _differ(runs):
    """Do the runs differ in seed or rate?"""
    settings = {(run.config["seed"], run.noise["rate"]) for run in runs}
    return len(settings) > 1


EXERCISES = {
    "10.build": short_gradients,
    "10.1": best_slope,
    "10.2": perfect_on_noisy,
    "10.3": clipped_mean,
    "10.4": clean_fraction,
    "10.5": twin_runs,
}
HINTS = {
    "10.build": (
        "The gradient of a sample by W is the outer product of its residual and its x.",
        "The norm of an outer product is the product of the two norms; sort by it and average the first.",
    ),
    "10.1": (
        "Least squares learns the mean of the targets that one image can have.",
        "Write this mean as a factor times y. R2 is 1 minus the squared error, in units of y squared.",
    ),
    "10.2": (
        "In a clean row the perfect answer costs nothing; how far is it from a reflected target?",
        "R2 is 1 minus the mean squared error over the variance; average the error over both kinds of rows.",
    ),
    "10.3": (
        "`g.norm(dim=1, keepdim=True)` has the norm of every row.",
        "Multiply each row by clip / norm where that is below 1, and average the rows afterwards.",
    ),
    "10.4": (
        "Of 4 rows 0 to 4 can be wrong. Write down the probability of each number and how many wrong rows are kept.",
        "Wrong rows are kept only if there are 3 or 4 of them. Divide their expected number by the 2 kept rows.",
    ),
    "10.5": (
        "Both runs need the same rate, the same seed and the same number of epochs.",
        "`study.trained` takes the corruption's name first; call it for `linadv` and for `uninoise`.",
    ),
}
