"""The passport of a noise: what was asked, what came out, and how other papers would call it."""

from dataclasses import dataclass, field
from hashlib import sha256

import torch


@dataclass(frozen=True)
class Passport:
    """What was done to the labels of a task (training and validation split together).

    rate: the asked rate; realised: the share of labels that are wrong; matrix: the asked transition matrix [C, C], row
    = true class (None when it depends on the sample); realised_matrix: the measured one [C, C]; hash: of the noisy
    labels; words: the same noise in other papers' words.
    """

    name: str
    rate: float
    options: dict
    seed: int
    realised: float
    matrix: torch.Tensor | None = field(repr=False)
    realised_matrix: torch.Tensor = field(repr=False)
    hash: str
    words: str

    def record(self):
        """What identifies the noise, as JSON values."""
        names = ("name", "rate", "options", "seed", "realised", "hash")
        return {name: getattr(self, name) for name in names}


def passport(noise, y, given, classes, dataset, seed):
    """Measure what `noise` did: y [N] true, given [N] noisy labels. -> Passport"""
    counts = torch.zeros(classes, classes, dtype=torch.float64).index_put_(
        (y, given), torch.ones(len(y), dtype=torch.float64), accumulate=True
    )
    realised = (y != given).double().mean().item()
    digest = sha256(given.numpy().tobytes()).hexdigest()[:16]
    words = noise.words(classes, realised)
    measured = counts / counts.sum(1, keepdim=True).clamp(min=1)
    matrix = noise.matrix(classes, dataset)
    return Passport(type(noise).__name__, noise.rate, noise.options(), seed, realised, matrix, measured, digest, words)
