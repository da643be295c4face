"""Lesson 04's exercise that asks for a method: small-loss selection, as weights of a batch."""

import torch

from ...exercises.building import Build, Output
from ...ranks import kept, smallest


def draw(rng, seed):
    """-> losses [B], rate. Some losses are equal, and the cut goes through equal ones."""
    size, rate = ((11, 0.4), (14, 0.45), (17, 0.3))[seed]
    losses = torch.rand(size, generator=rng, dtype=torch.float64)
    order = losses.argsort()
    keep = kept(rate, size)
    losses[order[keep - 1 : keep + 2]] = losses[order[keep]].clone()
    return losses, rate


def shared(losses, keep):
    """1 / keep for the `keep` smallest losses, 0 for the others. -> [B]"""
    return smallest(losses, keep).to(losses.dtype) / keep


def weight(losses, rate):
    """-> weights [B]"""
    return shared(losses, kept(rate, len(losses)))


def _over_batch(losses, rate):
    return weight(losses, rate) * kept(rate, len(losses)) / len(losses)


def _later(losses, rate):
    return weight(losses.flip(0), rate).flip(0)


def _ones(losses, rate):
    return weight(losses, rate) * kept(rate, len(losses))


def _below(losses, rate):
    limit = losses.sort().values[kept(rate, len(losses)) - 1]
    chosen = (losses <= limit).double()
    return chosen / chosen.sum()


MISTAKES = [
    (lambda losses, rate: shared(losses, kept(rate, len(losses)) + 1), "one sample too many: int((1 - rate) * B) cuts"),
    (lambda losses, rate: weight(-losses, rate), "these are the samples of *largest* loss; the small ones are trusted"),
    (lambda losses, rate: weight(losses, 1 - rate), "the fraction `rate` is kept; it is dropped"),
    (_over_batch, "each weight is 1 / B; the weights of the kept samples sum to 1"),
    (_ones, "the right samples with weight 1; divide by how many are kept, so that they sum to 1"),
    (_later, "of equal losses the later samples are kept; keep the earlier ones, as a stable sort does"),
    (_below, "all samples up to a threshold are kept, and with equal losses that is too many"),
]
small_loss = Build(
    draw,
    weight,
    MISTAKES,
    (Output("the weight", ("sample",)),),
    "that is SPL's hook `weight`, its answer to how much each sample counts. PRL(L) changes what is sorted",
)
