"""Lesson 12, a round of Dawid and Skene's EM as readers may write it: two right ways and the typical mistakes."""

import numpy as np
import torch

from labkit.lessons.l12.build import dawid_skene_round


def by_loop(annotations, posterior):
    N, C = posterior.shape
    A = annotations.shape[1]
    confusion = torch.zeros(A, C, C, dtype=posterior.dtype)
    for a in range(A):
        for n in range(N):
            confusion[a, :, annotations[n, a]] += posterior[n]
    confusion = confusion / confusion.sum(2, keepdim=True)
    prior = posterior.mean(0)
    new = prior.repeat(N, 1)
    for n in range(N):
        for a in range(A):
            new[n] *= confusion[a, :, annotations[n, a]]
    return prior, confusion, new / new.sum(1, keepdim=True)


def counted(annotations, posterior):
    given = np.eye(posterior.shape[1])[annotations.numpy()]
    return np.einsum("nj,nal->ajl", posterior.numpy(), given), given


def by_numpy(annotations, posterior, axis=2):
    counts, given = counted(annotations, posterior)
    confusion = counts / counts.sum(axis, keepdims=True)
    prior = posterior.numpy().mean(0)
    joint = prior * np.exp(np.einsum("nal,ajl->nj", given, np.log(confusion)))
    return prior, confusion, joint / joint.sum(1, keepdims=True)


def transposed(annotations, posterior):
    prior, confusion, new = by_loop(annotations, posterior)
    return prior, confusion.transpose(1, 2), new


def hard(annotations, posterior):
    return by_loop(annotations, torch.eye(posterior.shape[1], dtype=torch.float64)[posterior.argmax(1)])


def unnormalised(annotations, posterior):
    prior, confusion, _ = by_numpy(annotations, posterior)
    given = counted(annotations, posterior)[1]
    return prior, confusion, prior * np.exp(np.einsum("nal,ajl->nj", given, np.log(confusion)))


def without_prior(annotations, posterior):
    prior, confusion, new = by_numpy(annotations, posterior)
    joint = new / prior
    return prior, confusion, joint / joint.sum(1, keepdims=True)


def old_posterior(annotations, posterior):
    prior, confusion, new = by_numpy(annotations, posterior)
    joint = new / prior * posterior.numpy()
    return prior, confusion, joint / joint.sum(1, keepdims=True)


def added(annotations, posterior):
    prior, confusion, _ = by_numpy(annotations, posterior)
    given = counted(annotations, posterior)[1]
    joint = prior * np.einsum("nal,ajl->nj", given, confusion)
    return prior, confusion, joint / joint.sum(1, keepdims=True)


def of_all(annotations, posterior):
    counts, given = counted(annotations, posterior)
    return explained(posterior, given, counts / len(posterior))


def pooled(annotations, posterior):
    counts, given = counted(annotations, posterior)
    total = counts.sum(0, keepdims=True)
    return explained(posterior, given, np.repeat(total / total.sum(2, keepdims=True), len(counts), 0))


def explained(posterior, given, confusion):
    prior = posterior.numpy().mean(0)
    joint = prior * np.exp(np.einsum("nal,ajl->nj", given, np.log(confusion)))
    return prior, confusion, joint / joint.sum(1, keepdims=True)


RIGHT = [("12.build", by_loop), ("12.build", by_numpy)]
MISTAKES = [
    ("12.build", transposed, "transposed"),
    ("12.build", lambda annotations, posterior: by_numpy(annotations, posterior, axis=1), "the columns of your"),
    ("12.build", of_all, "divided by N"),
    ("12.build", pooled, "the same matrix"),
    ("12.build", hard, "most probable class alone"),
    ("12.build", unnormalised, "do not sum to 1"),
    ("12.build", without_prior, "does not contain the prior"),
    ("12.build", old_posterior, "multiplied by the old one"),
    ("12.build", added, "independent people multiply"),
    ("12.build", lambda annotations, posterior: by_loop(annotations, posterior)[:2], "return 3 things"),
]


def test_everybody_gives_every_label():
    for seed in range(3):
        annotations, posterior = dawid_skene_round.arguments(seed)
        for column in annotations.unbind(1):
            assert len(column.unique()) == posterior.shape[1]
