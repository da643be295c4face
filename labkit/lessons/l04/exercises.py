"""The exercises of lesson 04."""

from functools import cache
from typing import Any

import numpy as np
import torch

import labkit

from ...exercises.answers import Wrong, call, judge, judge_entries, kind, positions, shape
from ...ranks import kept, smallest
from .build import small_loss

ROUNDS = ((10, 4, 0.3), (128, 10, 0.45))  # of `repaired_filter`: samples, outputs, rate
ONE_NETWORK = ("SPL", "PRL(L)", "PRL(G)")


def gradient_length(answer: Any) -> str:
    """Judge the norm of p - e_y for p = (0.6, 0.3, 0.1) and the given label 2."""
    p = np.array([0.6, 0.3, 0.1])
    gradient = p - [0, 0, 1]
    right = np.linalg.norm(gradient)
    of_label_0 = np.linalg.norm(p - [1, 0, 0])
    mistakes = [
        (right**2, "that is the square of the norm; take the root"),
        (of_label_0, "that is the norm for label 0, but the given label is 2"),
        (-np.log(p[2]), "that is the loss; the norm of its gradient on the logits is asked for"),
        (abs(gradient).sum(), "that is the sum of the absolute entries; square them"),
        (np.linalg.norm(p), "that is the norm of p alone; subtract e first"),
    ]
    judge(answer, right, mistakes)
    return "its square is 1.26 of at most 2, and 0.81 of this comes from the given label's own entry"


def longest(answer: Any) -> str:
    """Judge the norm that p - e_y stays below, whatever the network says."""
    mistakes = [
        (1.0, "p has norm 1 at most, and so has e, but they can point in different directions"),
        (2.0, "that is the square of the norm, or the sum of the absolute entries"),
        (0.0, "that is the smallest norm, of a network that is sure of the given label"),
        (1.26**0.5, "that is the norm in the exercise before; which p makes it largest?"),
    ]
    judge(answer, 2**0.5, mistakes)
    return "all of p is on one wrong class, 1 up there and 1 down at the label. The loss has no such end"


def repaired_filter(answer: Any) -> str:
    """Judge a function output, y, rate -> the samples of a batch that PRL(L) keeps for the squared error."""
    for seed, (size, outputs, rate) in enumerate(ROUNDS):
        rng = torch.Generator().manual_seed(seed)
        output, y = torch.randn(2, size, outputs, generator=rng)
        returned = call(answer, output.clone(), y.clone(), rate)
        squares = (output - y).square()
        keep = kept(rate, size)
        _judge_filter(returned, squares.sum(1), outputs, keep)
    return "each sample has one number, and only the first int((1 - rate) B) of the order are kept"


def _judge_filter(returned, loss, outputs, keep):
    """Say what is wrong with the positions that are returned; loss [B] of the samples."""
    size = len(loss)
    form = shape(returned)
    if len(form) > 1 and 1 not in form:
        raise Wrong(f"its shape is {form}, but one position for each kept sample is asked for. Sum the errors")
    listed = positions(returned, size)
    chosen = set(listed)
    if chosen == set(range(size)):
        raise Wrong("these are all samples of the batch, so nothing is filtered yet")
    if len(listed) == outputs and chosen == set(range(outputs)):
        raise Wrong(f"these are the first {outputs} samples; positions of outputs are used as positions of samples")
    if len(chosen) != keep:
        raise Wrong(f"{len(chosen)} of {size} are kept; int((1 - rate) * {size}) = {keep}, cut and not rounded")
    if chosen == _smallest(-loss, keep):
        raise Wrong("these have the *largest* errors, but a filter trusts the small ones")
    if chosen != _smallest(loss, keep):
        raise Wrong("these are not the samples with the smallest summed squared error")


def _smallest(score, keep):
    """Return the positions of the `keep` smallest scores. -> set"""
    chosen = smallest(score, keep).nonzero()
    return set(chosen[:, 0].tolist())


def told_rates(answer: Any) -> str:
    """Judge in how many cells of PRL's Table 3 the true rate is the best, and the mean gain of the best over it."""
    cells = _offsets()
    true = cells[0.0]
    best = cells.max(axis=1)
    worst = cells.min(axis=1)
    differences = best - true
    gain = differences.mean()
    spread = (best - worst).mean()
    of_one_offset = (cells[0.1] - true).mean()
    is_best = best == true
    right_count = int(is_best.sum())
    other_count = len(cells) - right_count
    counts = [(other_count, "those are the cells in which another rate is better; count the true rate's cells")]
    gains = [
        (differences.sum(), f"that is the sum over the {len(cells)} cells; the mean is asked for"),
        (differences.max(), "that is the largest gain; take the mean over the cells"),
        (gain / 100, "that is a fraction; the table is in percent, so the gain is in points"),
        (of_one_offset, "that is the gain of +0.1 everywhere; take the best offset of each cell"),
        (spread, "that is best minus worst; subtract the true rate (offset 0) instead"),
    ]
    entries = [
        {"right": right_count, "mistakes": counts, "is_count": True},
        {"right": gain, "mistakes": gains, "tolerance": 0.006},
    ]
    judge_entries(answer, "a pair, a number of cells and a gain in points, e.g. (3, 1.2)", entries)
    return f"never, and {gain:.1f} points on average. An assumed rate is a knob, and here the test set turned it"


@cache
def _offsets():
    """Return the test accuracy (%) of PRL's Table 3: a row per cell, a column per offset of the assumed rate."""
    table = labkit.ledger.printed("prl_table3_sensitivity")
    return table.pivot_table(index=["dataset", "noise", "rate"], columns="eps_offset", values="mean")


def one_network(answer: Any) -> str:
    """Judge a Run of one filtering network on the digits, symmetric 50 % or more, that ends above 85 % accuracy."""
    if not isinstance(answer, labkit.Run):
        raise Wrong(f"this is {kind(answer)}; hand in the Run that labkit.fit returns")
    if not answer.rows:
        raise Wrong("the run has no epoch yet")
    _judge_setting(answer.config, answer.noise)
    last = answer.accuracy["last"]
    if last <= 0.85:
        raise Wrong(f"test accuracy at the last epoch is {last:.1%}; when does your filter begin to drop?")
    return f"{last:.1%} with one network. Compare one network and two under the same score and the same schedule"


def _judge_setting(config, noise):
    """Raise Wrong unless a run trained one filtering network on the digits, with symmetric noise of 50 % or more."""
    task = config["task"]
    method = config["method"]
    if task != "digits":
        raise Wrong(f"the run is on {task}; train on the digits")
    if noise is None or noise["name"] != "symmetric" or noise["rate"] < 0.5:
        name = f"{noise['name']} {noise['rate']:.0%}" if noise else "no noise"
        raise Wrong(f"the run has {name}; symmetric noise of 50 % or more is asked for")
    if method not in ONE_NETWORK:
        raise Wrong(f"{method} is not one filtering network; take SPL, PRL_L or PRL_G of labkit.methods")


EXERCISES = {
    "04.build": small_loss,
    "04.1": gradient_length,
    "04.2": longest,
    "04.3": repaired_filter,
    "04.5": told_rates,
    "04.6": one_network,
}
HINTS = {
    "04.build": (
        "`argsort(stable=True)` puts the small losses first and leaves equal ones in their order.",
        "Begin with zeros like the losses, and fill in the places of the kept samples.",
    ),
    "04.1": (
        "The vector e_y has a 1 at the given label and 0 elsewhere.",
        "Subtract, square the three entries, add them up, and take the root.",
    ),
    "04.2": (
        "Which p is farthest from e_y? Try to put all of p in one place.",
        "Write the square of the norm as (1 - p_y)^2 plus the squares of the other entries.",
    ),
    "04.3": (
        "A sample has one error, so sum the squares over the outputs before you sort.",
        "`argsort` puts the smallest first; keep the front of this order and drop the rest.",
    ),
    "04.5": (
        "In each row compare the column of offset 0 with the largest number of the row.",
        "The gain of a row is its largest number minus the number at offset 0; average it over the rows.",
    ),
    "04.6": (
        "From the first step on a filter judges by random weights.",
        "`labkit.methods` has filters with a `ramp`, the number of epochs until the full rate is dropped.",
    ),
}
