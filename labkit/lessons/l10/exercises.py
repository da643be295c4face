"""The exercises of lesson 10."""

import torch

import labkit

from ...exercises.answers import Wrong, call, compare, number


def best_slope(answer):
    """R2 on clean targets of the best least-squares network when 40 % of centred targets are mirrored."""
    rate = 0.4
    right = 1 - (2 * rate) ** 2
    mistakes = [
        (1 - rate, "that is the share of right rows; what does least squares say between y and -y?"),
        (1 - 2 * rate, "that is the factor: the best answer is 0.2 y. How far is it from y, squared?"),
        ((1 - 2 * rate) ** 2, "that is the variance of 0.2 y; R2 counts what is missing, y - 0.2 y"),
        (1 - 4 * rate, "that is the R2 of perfect answers on corrupted targets; the targets here are clean"),
        ((2 * rate) ** 2, "that is what is missing, 1 - R2"),
    ]
    compare(number(answer), right, mistakes)
    return "the mean of what was told, 0.6 y - 0.4 y. A majority does not win here, as it does among classes"


def perfect_on_noisy(answer):
    """R2 of perfect answers, measured on a validation split of which 40 % of the centred targets are mirrored."""
    rate = 0.4
    mistakes = [
        (1 - rate, "R2 counts squares, not rows"),
        (1 - 2 * rate, "a mirrored target is 2 y away from y: its square is 4 y^2"),
        (1 - (2 * rate) ** 2, "that is the R2 of the least-squares answer on clean targets"),
        (0.0, "that is the mean face; are perfect answers better than that here, or worse?"),
        (1.0, "on clean targets, yes"),
    ]
    compare(number(answer), 1 - 4 * rate, mistakes)
    return "worse than the mean face, whose R2 is 0. Such a split chooses the network that has learnt least"


def clipped_mean(answer):
    """A function g [B, P], clip -> the step of Ignormclip: each row clipped, then the mean."""
    rng = torch.Generator().manual_seed(0)
    g = torch.randn(6, 4, generator=rng, dtype=torch.float64) * torch.tensor([[0.1], [1], [1], [2], [20], [0.2]])
    for clip in (1.0, 0.5):
        norms = g.norm(dim=1, keepdim=True)
        right = (g * (clip / norms).clamp(max=1)).mean(0)
        _judge_step(call(answer, g.clone(), clip), g, clip, norms, right)
    return "each row pulls with `clip` at most. One of 20 in the batch cannot turn the others round"


def _judge_step(found, g, clip, norms, right):
    """Say which other step an answer is."""
    try:
        found = torch.as_tensor(found, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        raise Wrong(f"{type(found).__name__} is not read as a gradient") from None
    if found.shape != right.shape:
        raise Wrong(f"its shape is {tuple(found.shape)}; one mean gradient, {tuple(right.shape)}, is asked for")
    mean = g.mean(0)
    mistakes = {
        "that is NormClip: the mean is clipped. Clip every row before the mean": mean
        * (clip / mean.norm()).clamp(max=1),
        "that clips every *number*; the length of a row is clipped": g.clamp(-clip, clip).mean(0),
        "that makes short rows longer, too; a row within `clip` stays as it is": (g * clip / norms).mean(0),
        "that is the sum; take the mean": right * len(g),
        "that is the plain mean; nothing is clipped": mean,
        "that drops the long rows, as PRL(G) does; here they are shortened": (g * (norms <= clip)).mean(0),
    }
    if not torch.allclose(found, right):
        same = [words for words, step in mistakes.items() if torch.allclose(found, step)]
        raise Wrong(same[0] if same else "this is not the mean of the clipped rows")


def wrong_kept(answer):
    """Batches of 4, each row wrong with probability 1/2, a perfect ranking keeps 2: expected share of right ones."""
    from scipy.stats import binom

    right = 1 - sum(binom.pmf(wrong, 4, 0.5) * max(wrong - 2, 0) for wrong in range(5)) / 2
    mistakes = [
        (1.0, "a batch with 3 or 4 wrong rows has to keep some of them, however good the ranking is"),
        (0.5, "that is without any filter"),
        (1 - right, "that is the share of wrong ones"),
        (1 - 2 * (1 - right), "that counts wrong rows in a batch; divide by the 2 that are kept"),
        (11 / 16, "that is how often a batch has 2 wrong rows or fewer; the others keep right ones, too"),
    ]
    compare(number(answer), right, mistakes)
    return "the ranking never erred; the quota did"


def twin_runs(answer):
    """Two Runs of Min-SGD on the faces, linadv and uninoise, that agree in every epoch."""
    pair = isinstance(answer, (list, tuple)) and len(answer) == 2 and all(isinstance(r, labkit.Run) for r in answer)
    if not pair:
        raise Wrong("hand in a pair of Runs, (linadv, uninoise)")
    noises = [run.noise["name"] if run.noise else "none" for run in answer]
    if sorted(noises) != ["linadv", "uninoise"]:
        raise Wrong(f"their corruptions are {' and '.join(noises)}; linadv and uninoise are asked for")
    if {run.config["method"] for run in answer} != {"Min-SGD"}:
        raise Wrong(f"their methods are {' and '.join(run.config['method'] for run in answer)}; take Min-SGD")
    curves = [[row["r2_test"] for row in run.rows] for run in answer]
    if len(curves[0]) < 3 or len(curves[0]) != len(curves[1]):
        raise Wrong(f"they have {len(curves[0])} and {len(curves[1])} epochs; three or more, and as many, are needed")
    if curves[0] != curves[1]:
        same = "seeds or rates differ" if _differ(answer) else "the same seed has to draw noise, weights and order"
        raise Wrong(f"their R2 differs: {same}")
    return f"equal to the last bit in {len(curves[0])} epochs. Equal rows of a table need not be copied"


def _differ(runs):
    """Do the runs differ in seed or rate?"""
    return len({(run.config["seed"], run.noise["rate"]) for run in runs}) > 1


EXERCISES = {
    "10.1": best_slope,
    "10.2": perfect_on_noisy,
    "10.3": clipped_mean,
    "10.4": wrong_kept,
    "10.5": twin_runs,
}
