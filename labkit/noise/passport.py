"""The passport of a noise: the asked rate, the realised one, and the same noise in the words of other papers."""

from dataclasses import dataclass, field
from hashlib import sha256

import torch
from torch import Tensor

from ..fingerprint import Unidentified, belongs, fingerprint
from .base import Clean, Noise

COUNT_AS_TRUE = "; truth not known: the labels before count as true"


@dataclass(frozen=True)
class Passport:
    """What a noise did to the labels of a task (training and validation split together).

    rate: the asked rate (the realised one for human labels, which have no asked rate); realised: the share of labels
    that are wrong, of rows that changed in regression; matrix: the asked transition matrix [C, C], row = true class
    (None when it depends on the sample); realised_matrix: the measured one [C, C] (None in regression); hash: of the
    noisy labels; words: the same noise in the words of other papers; counts: in regression, how many rows changed in
    which way; of_given: the truth is not known, so that the labels given before count as true; code: the hash of a
    noise model's code that does not belong to labkit.
    """

    name: str
    rate: float
    options: dict
    seed: int
    realised: float
    matrix: Tensor | None = field(repr=False)
    realised_matrix: Tensor | None = field(repr=False)
    hash: str
    words: str
    counts: dict | None = None
    of_given: bool = False
    code: str | None = None

    def record(self) -> dict:
        """Return what identifies the noise, as JSON values."""
        names = ("name", "rate", "options", "seed", "realised", "hash")
        record = {name: getattr(self, name) for name in names}
        for name in ("counts", "of_given", "code"):
            value = getattr(self, name)
            if value:
                record[name] = value
        return record


def passport(noise: Noise, clean: Clean, given: Tensor, seed: int, of_given: bool = False) -> Passport:
    """Measure what `noise` did to a task. given [N] noisy labels, or [N, Q] targets; of_given: see Passport"""
    y = clean.y
    classes = clean.classes
    changed = (y != given) if classes else (y != given).any(1)
    realised = changed.double().mean().item()
    digest = sha256(given.numpy().tobytes()).hexdigest()
    description = noise.words(classes, realised)
    if of_given:
        description += COUNT_AS_TRUE
    return Passport(
        name=type(noise).__name__,
        rate=realised if noise.rate is None else noise.rate,
        options=noise.options(),
        seed=seed,
        realised=realised,
        matrix=noise.matrix(classes, clean.name) if classes else None,
        realised_matrix=realised_matrix(y, given, classes) if classes else None,
        hash=digest[:16],
        words=description,
        counts=None if classes else noise.counts(clean.sizes),
        of_given=of_given,
        code=user_code(noise),
    )


def user_code(noise: Noise) -> str | None:
    """Return the hash of a noise model that does not belong to labkit. None for labkit's own, and for one that cannot
    be identified, where the hash of the labels must do."""
    if belongs(type(noise)):
        return None
    try:
        return fingerprint(noise, "noise")
    except Unidentified:
        return None


def realised_matrix(y: Tensor, given: Tensor, classes: int) -> Tensor:
    """Return the share of every true class that got each given label; zeros for a class without samples. y, given [N]
    -> float64 [C, C]"""
    counts = torch.zeros(classes, classes, dtype=torch.float64)
    increments = torch.ones(len(y), dtype=torch.float64)
    counts.index_put_((y, given), increments, accumulate=True)
    class_sizes = counts.sum(1, keepdim=True)
    return counts / class_sizes.clamp(min=1)
