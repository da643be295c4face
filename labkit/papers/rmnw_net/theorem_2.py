"""The parts of a meta-gradient: its scatter over batches of the meta set (Theorem 2), and the term that noise adds
where the meta loss is not symmetric, beside the clean gradient and the weight decay."""

from collections.abc import Sequence

import pandas as pd
import torch

from .theorem_1 import Snapshot, cosine


def variances(snap: Snapshot, *, rates: Sequence[float], sizes: Sequence[int], draws: int = 2000) -> pd.DataFrame:
    """Measure Theorem 2: how far the meta-gradient of a batch of m meta samples, drawn with replacement and with noisy
    labels, scatters about its mean, E |g - E g|^2. -> a row per rate and m

    measured: from `draws` batches; exact: over all pairs of sample and label; bound = sigma^2 + 2 eta rho^2 / m;
    clean: sigma^2, the same with clean labels; relative: root of the exact scatter over the length of the mean
    gradient. rho: the longest gradient of any meta sample with any label.
    """
    g = snap.gradients
    y = snap.y_clean
    rng = torch.Generator().manual_seed(0)
    rows = []
    squares = g.square().sum(-1)  # |g|^2 of every sample with every label  [M, C]
    n = len(y)
    classes = g.shape[1]
    rho2 = squares.max()
    sigma2 = squares[torch.arange(n), y].mean() - snap.clean().square().sum()
    for rate in rates:
        T = (1 - rate) * torch.eye(classes, dtype=g.dtype) + rate / classes  # uniform noise
        mean = snap.expected(T)
        variance = (T[y] * squares).sum(1).mean() - mean.square().sum()  # of a single sample
        for m in sizes:
            j = torch.randint(n, (draws, m), generator=rng)
            labels = torch.multinomial(T[y[j.flatten()]], 1, generator=rng).view(draws, m)
            drawn = torch.stack([g[samples, given].mean(0) for samples, given in zip(j, labels)])  # [draws, 301]
            exact = (variance / m).item()
            row = {"rate": rate, "m": m, "measured": (drawn - mean).square().sum(1).mean().item(), "exact": exact}
            row["bound"] = ((sigma2 + 2 * rate * rho2) / m).item()
            row["clean"] = (sigma2 / m).item()
            row["relative"] = (exact**0.5 / mean.norm()).item()
            rows.append(row)
    return pd.DataFrame(rows)


def terms(snap: Snapshot, *, eta: float, decay: float) -> dict[str, float]:
    """Return the parts of V's step under uniform noise eta on the meta labels.

    Lengths: clean = (1 - eta) |clean gradient|, defect = eta |mean over all labels|, decay = weight decay |Theta|.
    cosine: of the noisy and the clean gradient. gap_clean, gap_defect: how much more each part raises the weight of a
    right training sample than of a wrong one, on average; below 0, wrong ones gain.
    """
    clean = (1 - eta) * snap.clean()
    defect = eta * snap.defect()
    j = torch.arange(len(snap.y_clean))
    clean_pull = snap.pulls[:, j, snap.y_clean].mean(1)  # [B]
    defect_pull = snap.pulls.mean((1, 2))  # [B]
    return {
        "clean": clean.norm().item(),
        "defect": defect.norm().item(),
        "decay": decay * snap.theta.norm().item(),
        "cosine": cosine(clean + defect, clean),
        "gap_clean": (1 - eta) * right_minus_wrong(clean_pull, snap.wrong),
        "gap_defect": eta * right_minus_wrong(defect_pull, snap.wrong),
    }


def right_minus_wrong(values: torch.Tensor, wrong: torch.Tensor) -> float:
    """Return the mean of right samples minus that of wrong ones. values [B], wrong bool [B]"""
    return (values[~wrong].mean() - values[wrong].mean()).item()
