"""The exercises of lesson 10."""

from math import comb

import torch

import labkit

from ...exercises.answers import Wrong, array, call, judge
from .build import short_gradients


def best_slope(answer):
    """R2 on clean targets of the best least-squares network when 40 % of centred targets are reflected."""
    rate = 0.4
    right = 1 - (2 * rate) ** 2
    mistakes = [
        (1 - rate, "that is the fraction of clean rows. What does least squares predict, between y and -y?"),
        (1 - 2 * rate, "that is the factor, because the best answer is 0.2 y. How far is it from y, squared?"),
        ((1 - 2 * rate) ** 2, "that is the variance of 0.2 y, but R2 counts the error, y - 0.2 y"),
        (1 - 4 * rate, "that is the R2 of perfect answers on corrupted targets, but the targets here are clean"),
        ((2 * rate) ** 2, "that is the error, 1 - R2"),
        (-0.2, "that is where a network ends that has memorised corrupted rows; the best network is asked for"),
    ]
    taken = judge(answer, right, mistakes, is_fraction=True)
    return f"least squares learns the mean of the targets, 0.6 y - 0.4 y, and a mean is not a majority{taken}"


def perfect_on_noisy(answer):
    """R2 of perfect answers, measured on a validation split of which 40 % of the centred targets are reflected."""
    rate = 0.4
    mistakes = [
        (1 - rate, "R2 counts squares, not rows"),
        (1 - 2 * rate, "a reflected target is 2 y away from y, and the square of that is 4 y^2"),
        (1 - (2 * rate) ** 2, "that is the R2 of the least-squares answer on clean targets"),
        (0.0, "that is the R2 of the mean face; are perfect answers better or worse here?"),
        (1.0, "that is true on clean targets, but these are corrupted"),
        (-4 * rate, "that is what the reflected rows cost; R2 is 1 minus the cost"),
    ]
    taken = judge(answer, 1 - 4 * rate, mistakes, is_fraction=True)
    return f"worse than the mean face, whose R2 is 0. Such a split rejects a perfect network{taken}"


def clipped_mean(answer):
    """A function g [B, P], clip -> the step of Ignormclip: each row clipped, then the mean."""
    rng = torch.Generator().manual_seed(0)
    g = torch.randn(6, 4, generator=rng, dtype=torch.float64) * torch.tensor([[0.1], [1], [1], [2], [20], [0.2]])
    for clip in (1.0, 0.5):
        norms = g.norm(dim=1, keepdim=True)
        right = (g * (clip / norms).clamp(max=1)).mean(0)
        _judge_step(call(answer, g.clone(), clip), g, clip, norms, right)
    return "no row pulls with more than `clip`, so one row of norm 20 cannot outvote the others"


def _judge_step(returned, g, clip, norms, right):
    """Say which other step an answer is."""
    step = torch.from_numpy(array(returned))
    if step.shape != right.shape:
        raise Wrong(f"its shape is {tuple(step.shape)}; one mean gradient, {tuple(right.shape)}, is asked for")
    mean = g.mean(0)
    mistakes = [
        (mean * (clip / mean.norm()).clamp(max=1), "that is NormClip, which clips the mean; clip every row before it"),
        (g.clamp(-clip, clip).mean(0), "that clips every *number*; clip the norm of a row"),
        ((g * clip / norms).mean(0), "that makes short rows longer, too; a row within `clip` stays as it is"),
        (right * len(g), "that is the sum; take the mean"),
        (mean, "that is the plain mean, so nothing is clipped"),
        ((g * (norms <= clip)).mean(0), "that drops the long rows, as PRL(G) does; shorten them instead"),
    ]
    if torch.allclose(step, right, atol=1e-6):
        return
    for typical, sentence in mistakes:
        if torch.allclose(step, typical, atol=1e-6):
            raise Wrong(sentence)
    raise Wrong("this is not the mean of the clipped rows")


def wrong_kept(answer):
    """Batches of 4, each row wrong with probability 1/2, a perfect ranking keeps 2: expected fraction of clean ones."""
    wrong_kept = sum(comb(4, wrong) / 2**4 * max(wrong - 2, 0) for wrong in range(5))
    right = 1 - wrong_kept / 2
    mistakes = [
        (1.0, "a batch with 3 or 4 wrong rows has to keep some of them, however good the ranking is"),
        (0.5, "that is the fraction without any filter"),
        (1 - right, "that is the fraction of wrong rows"),
        (1 - 2 * (1 - right), "that counts wrong rows in a batch; divide by the 2 that are kept"),
        (11 / 16, "that is how often a batch has 2 wrong rows or fewer; the other batches keep clean rows, too"),
    ]
    taken = judge(answer, right, mistakes, is_fraction=True)
    return f"the ranking makes no mistake, but the quota does{taken}"


def twin_runs(answer):
    """Two Runs of Min-SGD on the faces, linadv and uninoise, that agree in every epoch."""
    pair = isinstance(answer, (list, tuple)) and len(answer) == 2 and all(isinstance(r, labkit.Run) for r in answer)
    if not pair:
        raise Wrong("hand in a pair of Runs, (linadv, uninoise)")
    noises = [(run.config.get("noise") or {"name": "none"})["name"] for run in answer]
    if sorted(noises) != ["linadv", "uninoise"]:
        raise Wrong(f"their corruptions are {' and '.join(noises)}; linadv and uninoise are asked for")
    if {run.config["method"] for run in answer} != {"Min-SGD"}:
        raise Wrong(f"their methods are {' and '.join(run.config['method'] for run in answer)}; take Min-SGD")
    curves = [[row["r2_test"] for row in run.rows] for run in answer]
    if len(curves[0]) < 3 or len(curves[0]) != len(curves[1]):
        raise Wrong(f"they have {len(curves[0])} and {len(curves[1])} epochs; both need the same number, three or more")
    if curves[0] != curves[1]:
        cause = "seeds or rates differ" if _differ(answer) else "the same seed has to draw noise, weights and order"
        raise Wrong(f"their R2 differs; {cause}")
    return f"they are equal to the last bit in {len(curves[0])} epochs. Equal rows of a table need not be copied"


def _differ(runs):
    """Do the runs differ in seed or rate?"""
    return len({(run.config["seed"], run.noise["rate"]) for run in runs}) > 1


EXERCISES = {
    "10.build": short_gradients,
    "10.1": best_slope,
    "10.2": perfect_on_noisy,
    "10.3": clipped_mean,
    "10.4": wrong_kept,
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
