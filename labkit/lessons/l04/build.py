"""Lesson 04's exercise that asks for a method: small-loss selection, as weights of a batch."""

import torch
from torch import Generator, Tensor

from ...exercises.building import Build, Output
from ...ranks import kept, smallest


def draw(rng: Generator, seed: int) -> tuple[Tensor, float]:
    """Draw losses [B] and a rate. Some losses are equal, and the cut goes through equal ones."""
    size, rate = ((11, 0.4), (14, 0.45), (17, 0.3))[seed]
    losses = torch.rand(size, generator=rng, dtype=torch.float64)
    order = losses.argsort()
    keep = kept(rate, size)
    around_the_cut = order[keep - 1 : keep + 2]
    dropped_first = order[keep]
    losses[around_the_cut] = losses[dropped_first].clone()
    return losses, rate


def shared(losses: Tensor, keep: int) -> Tensor:
    """Return 1 / keep for the `keep` smallest losses, 0 for the others. -> [B]"""
    is_kept = smallest(losses, keep)
    return is_kept.to(losses.dtype) / keep


def weight(losses: Tensor, rate: float) -> Tensor:
    """Return the weights of a batch. -> [B]"""
    keep = kept(rate, len(losses))
    return shared(losses, keep)


def _one_too_many(losses, rate):
    keep = kept(rate, len(losses))
    return shared(losses, keep + 1)


def _largest(losses, rate):
    return weight(-losses, rate)


def _rate_kept(losses, rate):
    return weight(losses, 1 - rate)


def _over_batch(losses, rate):
    size = len(losses)
    return weight(losses, rate) * kept(rate, size) / size


def _ones(losses, rate):
    keep = kept(rate, len(losses))
    return weight(losses, rate) * keep


def _from_behind(losses, rate):
    reversed_weights = weight(losses.flip(0), rate)
    return reversed_weights.flip(0)


def _up_to_threshold(losses, rate):
    """Return which losses are at most the largest kept one. -> double [B]"""
    keep = kept(rate, len(losses))
    threshold = losses.sort().values[keep - 1]
    return (losses <= threshold).double()


def _below(losses, rate):
    chosen = _up_to_threshold(losses, rate)
    return chosen / chosen.sum()


def _below_over_keep(losses, rate):
    keep = kept(rate, len(losses))
    chosen = _up_to_threshold(losses, rate)
    return chosen / keep


MISTAKES = [
    (_one_too_many, "one sample too many: int((1 - rate) * B) cuts"),
    (_largest, "these are the samples of *largest* loss; the small ones are trusted"),
    (_rate_kept, "the fraction `rate` is kept; it is dropped"),
    (_over_batch, "each weight is 1 / B; the weights of the kept samples sum to 1"),
    (_ones, "the right samples with weight 1; divide by how many are kept, so that they sum to 1"),
    (_from_behind, "of equal losses the later samples are kept; keep the earlier ones, as a stable sort does"),
    (_below, "all samples up to a threshold are kept, and with equal losses that is too many"),
    (
        _below_over_keep,
        "all samples up to a threshold are kept, as in `weight_of` of section 4. With equal losses these are too many, "
        "and the weights sum to more than 1; of equal losses keep the earlier ones",
    ),
]
WEIGHT = Output("the weight", ("sample",))
small_loss = Build(
    draw,
    weight,
    MISTAKES,
    (WEIGHT,),
    "that is SPL's hook `weight`, its answer to how much each sample counts. PRL(L) changes what is sorted",
)
