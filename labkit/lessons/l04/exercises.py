"""The exercises of lesson 04."""

import torch

import labkit

from ...exercises.answers import Wrong, call, compare, number
from ...ranks import kept, smallest

ROUNDS = ((10, 4, 0.3), (128, 10, 0.45))  # of `repaired_filter`: samples, outputs, rate


def gradient_length(answer):
    """The length of p - e_y for p = (0.6, 0.3, 0.1) and the given label 2."""
    p, given = torch.tensor([0.6, 0.3, 0.1], dtype=torch.float64), torch.tensor([2])
    score = lambda y: labkit.grads.loss_gradient_norm(p.log()[None], y).item()
    right = score(given)
    mistakes = [
        (right**2, "that is the square of the length; take the root"),
        (score(torch.tensor([0])), "that is the length for label 0; the given one is 2"),
        (-p[2].log().item(), "that is the loss; the length of its gradient on the logits is asked for"),
        ((p - torch.eye(3)[2]).abs().sum().item(), "that is the sum of the absolute entries; the length squares them"),
        (p.norm().item(), "that is the length of p alone; take e away first"),
    ]
    compare(number(answer), right, mistakes)
    return "its square is 1.26 of at most 2, and 0.81 of it is the given label's own entry"


def longest(answer):
    """The length that p - e_y stays below, whatever the network says."""
    mistakes = [
        (1.0, "p has length 1 at most, and so has e; but they can point apart"),
        (2.0, "that is the square of the length, or the sum of the absolute entries"),
        (0.0, "that is the shortest: a network that is sure of the given label"),
    ]
    compare(number(answer), 2**0.5, mistakes)
    return "all on one wrong class: a step of 1 up, one of 1 down. The loss has no such end"


def repaired_filter(answer):
    """A function output, y, rate -> the samples of a batch that PRL(L) keeps for the squared error."""
    for n, (size, outputs, rate) in enumerate(ROUNDS):
        rng = torch.Generator().manual_seed(n)
        output, y = torch.randn(2, size, outputs, generator=rng)
        _judge_filter(call(answer, output, y, rate), (output - y).square().sum(1), outputs, kept(rate, size))
    return "one number for a sample, and only the first int((1 - rate) B) of the order"


def _judge_filter(found, loss, outputs, keep):
    """Say what is wrong with the kept positions `found`; loss [B] of the samples."""
    try:
        found = torch.as_tensor(found)
    except (TypeError, ValueError, RuntimeError):
        raise Wrong(f"{type(found).__name__} is not read as positions; return a tensor or a list of them") from None
    size = len(loss)
    if found.dtype == torch.bool and found.shape == (size,):
        found = found.nonzero()[:, 0]
    if found.ndim != 1:
        raise Wrong(
            f"its shape is {tuple(found.shape)}: one position for each kept sample is asked for. Sum the errors"
        )
    chosen = {int(k) for k in found}
    if chosen == set(range(size)):
        raise Wrong("these are all samples of the batch, in order: nothing is filtered yet")
    if len(found) == outputs and chosen == set(range(outputs)):
        raise Wrong(f"these are the first {outputs} samples: positions of outputs, used as positions of samples")
    if len(found) != keep:
        raise Wrong(f"{len(found)} of {size} are kept; int((1 - rate) * {size}) = {keep}, cut and not rounded")
    if chosen == set(smallest(-loss, keep).nonzero()[:, 0].tolist()):
        raise Wrong("these have the *largest* errors; the small ones are trusted")
    if chosen != set(smallest(loss, keep).nonzero()[:, 0].tolist()):
        raise Wrong("these are not the samples of smallest summed squared error")


def told_rates(answer):
    """Table 3 of PRL: in how many cells the true rate is the best, and the mean gain of the best over the true one."""
    if not isinstance(answer, (list, tuple)) or len(answer) != 2:
        raise Wrong("hand in a pair: how many cells, and a gain in points, e.g. (3, 1.2)")
    table = labkit.ledger.printed("prl_table3_sensitivity")
    cells = table.pivot_table(index=["dataset", "noise", "rate"], columns="eps_offset", values="mean")
    best, true = cells.max(axis=1), cells[0.0]
    gain, count = (best - true).mean(), int((best == true).sum())
    told = [
        (
            len(cells) - count,
            "that is where another rate is better; count the cells in which the true rate is the best",
        ),
    ]
    compare(number(answer[0]), count, told)
    mistakes = [
        ((best - true).sum(), f"that is the sum over the {len(cells)} cells; the mean is asked for"),
        ((best - true).max(), "that is the largest gain; take the mean over the cells"),
        (gain / 100, "that is a share; the table is in percent, so the gain is in points"),
        ((cells[0.1] - true).mean(), "that is the gain of +0.1 everywhere; take the best offset of each cell"),
        ((best - cells.min(axis=1)).mean(), "that is best minus worst; take the true rate (offset 0) away"),
    ]
    compare(number(answer[1]), gain, mistakes, tolerance=0.006)
    return f"never, and {gain:.1f} points on average: an assumed rate is a knob, and here it was read off the test set"


def one_network(answer):
    """A Run of one filtering network on the digits, symmetric 50 % or more, that ends above 85 % test accuracy."""
    if not isinstance(answer, labkit.Run):
        raise Wrong(f"this is a {type(answer).__name__}; hand in the Run that labkit.fit returns")
    config, noise = answer.config, answer.noise
    if config["task"] != "digits":
        raise Wrong(f"the run is on {config['task']}; train on the digits")
    if noise is None or noise["name"] != "symmetric" or noise["rate"] < 0.5:
        found = f"{noise['name']} {noise['rate']:.0%}" if noise else "no noise"
        raise Wrong(f"the run has {found}; symmetric noise of 50 % or more is asked for")
    if config["method"] not in ("SPL", "PRL(L)", "PRL(G)"):
        raise Wrong(f"{config['method']} is not one filtering network; take SPL, PRL_L or PRL_G of labkit.methods")
    last = answer.accuracy["last"]
    if last <= 0.85:
        raise Wrong(f"test accuracy at the last epoch is {last:.1%}; when does your filter begin to drop?")
    return f"{last:.1%} with one network. Before a second one gets the credit, give the first one the same schedule"


EXERCISES = {
    "04.1": gradient_length,
    "04.2": longest,
    "04.3": repaired_filter,
    "04.5": told_rates,
    "04.6": one_network,
}
