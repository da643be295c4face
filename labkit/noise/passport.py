"""The passport of a noise: what was asked, what came out, and how other papers would call it."""

from dataclasses import dataclass, field
from hashlib import sha256

import torch

from ..fingerprint import Unidentified, belongs, fingerprint

COUNT_AS_TRUE = "; truth not known: the labels before count as true"


@dataclass(frozen=True)
class Passport:
    """What was done to the labels of a task (training and validation split together).

    rate: the asked rate (of human labels, which nobody asked for, the realised one); realised: the share of labels that
    are wrong, of rows that changed in regression; matrix: the asked transition matrix [C, C], row = true class (None
    when it depends on the sample); realised_matrix: the measured one [C, C] (None in regression); hash: of the noisy
    labels; words: the same noise in other papers' words; counts: in regression, how many rows changed in which way;
    of_given: is the truth not known, so that the labels given before count as true? code: the hash of a noise model's
    code that does not belong to labkit.
    """

    name: str
    rate: float
    options: dict
    seed: int
    realised: float
    matrix: torch.Tensor | None = field(repr=False)
    realised_matrix: torch.Tensor | None = field(repr=False)
    hash: str
    words: str
    counts: dict | None = None
    of_given: bool = False
    code: str | None = None

    def record(self):
        """What identifies the noise, as JSON values."""
        names = ("name", "rate", "options", "seed", "realised", "hash", *(("counts",) if self.counts else ()))
        names += ("of_given",) if self.of_given else ()
        names += ("code",) if self.code else ()
        return {name: getattr(self, name) for name in names}


def passport(noise, clean, given, seed, of_given=False):
    """Measure what `noise` did to a Clean task. given [N] noisy labels, or [N, Q] targets; of_given: see Passport. ->
    Passport"""
    y, classes = clean.y, clean.classes
    changed = (y != given) if classes else (y != given).any(1)
    realised = changed.double().mean().item()
    digest = sha256(given.numpy().tobytes()).hexdigest()[:16]
    rate = realised if noise.rate is None else noise.rate
    asked, measured, counts = None, None, None
    if classes:
        asked, measured = noise.matrix(classes, clean.name), realised_matrix(y, given, classes)
    else:
        counts = noise.counts(clean.sizes)
    words = noise.words(classes, realised) + (COUNT_AS_TRUE if of_given else "")
    return Passport(type(noise).__name__, rate, noise.options(), seed, realised, asked, measured, digest, words, counts,
                    of_given, user_code(noise))  # fmt: skip


def user_code(noise) -> str | None:
    """The hash of a noise model that does not belong to labkit; None where it does, or where it cannot be identified:
    the labels, which are hashed, too, decide then."""
    if belongs(type(noise)):
        return None
    try:
        return fingerprint(noise, "noise")
    except Unidentified:
        return None


def realised_matrix(y, given, classes):
    """The share of every true class that got each given label; an absent class has zeros. y, given [N] -> [C, C]
    float64"""
    counts = torch.zeros(classes, classes, dtype=torch.float64).index_put_(
        (y, given), torch.ones(len(y), dtype=torch.float64), accumulate=True
    )
    return counts / counts.sum(1, keepdim=True).clamp(min=1)
