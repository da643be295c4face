"""Lesson 12's exercise that asks for a method: one round of Dawid and Skene's EM, an M step and an E step."""

import torch
from torch.nn.functional import one_hot

from ...data.dawid_skene import expected, maximised
from ...exercises.building import Build, Output


def draw(rng, seed):
    """-> annotations [N, A], posterior [N, C]"""
    size, people, classes = ((11, 3, 2), (16, 2, 3), (23, 4, 4))[seed]
    annotations = torch.randint(classes, (size, people), generator=rng)
    annotations[:classes] = torch.arange(classes)[:, None]  # everybody gives every label
    logits = torch.randn(size, classes, generator=rng, dtype=torch.float64)
    return annotations, (logits + one_hot(annotations[:, 0], classes)).softmax(1)


def em_round(annotations, posterior):
    """-> prior [C], confusion matrices [A, C, C], posterior [N, C]"""
    prior, confusion = maximised(annotations, posterior)
    return prior, confusion, expected(annotations, prior, confusion)[0]


def joints(annotations, posterior):
    """How often each person gave each label to each class. -> [A, C (true), C (given)]"""
    given = one_hot(annotations, posterior.shape[1]).double()  # [N, A, C]
    return torch.einsum("nj,nal->ajl", posterior, given)


def with_prior(annotations, prior, confusion):
    """-> prior, confusion matrices, and the posterior that they give"""
    return prior, confusion, expected(annotations, prior, confusion)[0]


def likelihoods(annotations, confusion):
    """P(label of person a | class j). -> [A, N, C]"""
    rows = [matrix.T[column] for column, matrix in zip(annotations.unbind(1), confusion)]
    return torch.stack(rows)


def _transposed(annotations, posterior):
    prior, confusion, after = em_round(annotations, posterior)
    return prior, confusion.transpose(1, 2), after


def _columns(annotations, posterior):
    counts = joints(annotations, posterior)
    return with_prior(annotations, posterior.mean(0), counts / counts.sum(1, keepdim=True))


def _of_all(annotations, posterior):
    counts = joints(annotations, posterior)
    prior, confusion = posterior.mean(0), counts / len(posterior)
    return with_prior(annotations, prior, confusion)


def _hard(annotations, posterior):
    best = one_hot(posterior.argmax(1), posterior.shape[1]).double()
    return em_round(annotations, best)


def _one_matrix(annotations, posterior):
    counts = joints(annotations, posterior).sum(0)
    matrix = counts / counts.sum(1, keepdim=True)
    return with_prior(annotations, posterior.mean(0), matrix.expand(annotations.shape[1], -1, -1))


def _without_prior(annotations, posterior):
    prior, confusion, _ = em_round(annotations, posterior)
    uniform = torch.full_like(prior, 1 / len(prior))
    return prior, confusion, expected(annotations, uniform, confusion)[0]


def _old_posterior(annotations, posterior):
    prior, confusion, _ = em_round(annotations, posterior)
    joint = posterior * likelihoods(annotations, confusion).prod(0)
    return prior, confusion, joint / joint.sum(1, keepdim=True)


def _sum(annotations, posterior):
    prior, confusion, _ = em_round(annotations, posterior)
    joint = prior * likelihoods(annotations, confusion).sum(0)
    return prior, confusion, joint / joint.sum(1, keepdim=True)


def _unnormalised(annotations, posterior):
    prior, confusion, _ = em_round(annotations, posterior)
    return prior, confusion, prior * likelihoods(annotations, confusion).prod(0)


MISTAKES = [
    (_transposed, "the confusion matrices are transposed: a row for each *true* class"),
    (_columns, "the columns of your matrices sum to 1; divide each row by its sum, because a row is one true class"),
    (_of_all, "your matrices are divided by N; divide each row by its own sum"),
    (_hard, "each sample counts for its most probable class alone; it counts for every class by its posterior"),
    (_one_matrix, "all annotators have the same matrix; count for each of them alone"),
    (_without_prior, "the new posterior does not contain the prior; multiply by it"),
    (_old_posterior, "the new posterior is multiplied by the old one; multiply by the prior instead"),
    (_sum, "the probabilities of the annotators' labels are added; independent people multiply"),
    (_unnormalised, "the rows of the new posterior do not sum to 1; divide each by its sum"),
]
dawid_skene_round = Build(
    draw,
    em_round,
    MISTAKES,
    (
        Output("the prior", ("class",)),
        Output("the confusion matrices", ("annotator", "true class", "given label")),
        Output("the new posterior", ("sample", "class")),
    ),
    "that is one round. Dawid and Skene repeat it until the likelihood of all labels stops growing",
)
