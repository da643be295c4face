"""The parts of a meta-gradient: its scatter over batches of the meta set (Theorem 2), and the term that noise adds
where the meta loss is not symmetric, beside the clean gradient and the weight decay."""

import pandas as pd
import torch

from .theorem_1 import cosine


def variances(one, rates, sizes, draws=2000):
    """Theorem 2: how far the meta-gradient of a batch of m meta samples, drawn with replacement and with noisy labels,
    scatters about its mean: E |g - E g|^2. -> DataFrame: rate, m, measured (from `draws` batches), exact, bound =
    sigma^2 + 2 eta rho^2 / m, relative (root of the exact scatter over the length of the mean gradient)

    sigma^2: the same with clean labels; rho: the longest gradient of any meta sample with any label.
    """
    g, rng, rows = one.gradients, torch.Generator().manual_seed(0), []
    squares, n, classes = g.square().sum(-1), len(one.y_clean), g.shape[1]
    rho2, clean = squares.max(), one.clean()
    sigma2 = squares[torch.arange(n), one.y_clean].mean() - clean.square().sum()
    for rate in rates:
        T = (1 - rate) * torch.eye(classes, dtype=g.dtype) + rate / classes
        mean = one.expected(T)
        alone = (T[one.y_clean] * squares).sum(1).mean() - mean.square().sum()
        for m in sizes:
            j = torch.randint(n, (draws, m), generator=rng)
            labels = torch.multinomial(T[one.y_clean[j.flatten()]], 1, generator=rng).view(draws, m)
            far = (torch.stack([g[a, c].mean(0) for a, c in zip(j, labels)]) - mean).square().sum(1)
            exact, bound = (alone / m).item(), ((sigma2 + 2 * rate * rho2) / m).item()
            facts = {"measured": far.mean().item(), "exact": exact, "bound": bound, "clean": (sigma2 / m).item()}
            rows.append({"rate": rate, "m": m, **facts, "relative": (exact**0.5 / mean.norm()).item()})
    return pd.DataFrame(rows)


def terms(one, eta, decay):
    """The parts of V's step under uniform noise eta on the meta labels. -> dict

    Lengths: clean = (1 - eta) |clean gradient|, defect = eta |mean over all labels|, decay = weight decay |Theta|.
    cosine: of the noisy and the clean gradient. gap_clean, gap_defect: how much more each part raises the weight of a
    right training sample than of a wrong one, on average; below 0, wrong ones gain.
    """
    clean, defect = (1 - eta) * one.clean(), eta * one.defect()
    to = {"clean": one.pulls[:, torch.arange(len(one.y_clean)), one.y_clean].mean(1), "defect": one.pulls.mean((1, 2))}
    gap = {f"gap_{part}": (pull[~one.wrong].mean() - pull[one.wrong].mean()).item() for part, pull in to.items()}
    lengths = {"clean": clean.norm().item(), "defect": defect.norm().item(), "decay": decay * one.theta.norm().item()}
    gap = {"gap_clean": (1 - eta) * gap["gap_clean"], "gap_defect": eta * gap["gap_defect"]}
    return {**lengths, "cosine": cosine(clean + defect, clean), **gap}
