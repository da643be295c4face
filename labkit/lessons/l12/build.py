"""Lesson 12's exercise that asks for a method: one round of Dawid and Skene's EM, an M step and an E step."""

import torch
from torch import Generator, Tensor
from torch.nn.functional import one_hot

from ...data.dawid_skene import expected, maximised
from ...exercises.building import Build, Output

SIZES = ((11, 3, 2), (16, 2, 3), (23, 4, 4))  # samples, people and classes of each seed
Round = tuple[Tensor, Tensor, Tensor]  # prior [C], confusion matrices [A, C, C], posterior [N, C]


def draw(rng: Generator, seed: int) -> tuple[Tensor, Tensor]:
    """Draw labels in which everybody gives every label, and a posterior. -> annotations [N, A], posterior [N, C]"""
    size, people, classes = SIZES[seed]
    annotations = torch.randint(classes, (size, people), generator=rng)
    annotations[:classes] = torch.arange(classes)[:, None]
    logits = torch.randn(size, classes, generator=rng, dtype=torch.float64)
    first_person = one_hot(annotations[:, 0], classes)
    return annotations, (logits + first_person).softmax(1)


def em_round(annotations: Tensor, posterior: Tensor) -> Round:
    """Do one round as labkit does it: matrices from the posterior, then a new posterior from the matrices."""
    prior, confusion = maximised(annotations, posterior)
    return with_posterior(annotations, prior, confusion)


def with_posterior(annotations: Tensor, prior: Tensor, confusion: Tensor) -> Round:
    """Return prior and confusion matrices, with the posterior that they give."""
    posterior, _ = expected(annotations, prior, confusion)
    return prior, confusion, posterior


def joint_counts(annotations: Tensor, posterior: Tensor) -> Tensor:
    """Count how often each person gave each label to each class. -> [A, C (true), C (given)]"""
    classes = posterior.shape[1]
    given = one_hot(annotations, classes).double()  # [N, A, C]
    return torch.einsum("nj,nal->ajl", posterior, given)


def label_probabilities(annotations: Tensor, confusion: Tensor) -> Tensor:
    """Return P(label of person a | class j) for the labels that were given. -> [A, N, C]"""
    probabilities = []
    for column, matrix in zip(annotations.unbind(1), confusion):
        probabilities.append(matrix.T[column])
    return torch.stack(probabilities)


def _normalised(counts):
    """Divide counts or joint probabilities by their sums over axis 1."""
    total = counts.sum(1, keepdim=True)
    return counts / total


def _transposed(annotations, posterior):
    prior, confusion, new_posterior = em_round(annotations, posterior)
    return prior, confusion.transpose(1, 2), new_posterior


def _columns(annotations, posterior):
    counts = joint_counts(annotations, posterior)
    confusion = _normalised(counts)
    return with_posterior(annotations, posterior.mean(0), confusion)


def _of_all(annotations, posterior):
    counts = joint_counts(annotations, posterior)
    confusion = counts / len(posterior)
    return with_posterior(annotations, posterior.mean(0), confusion)


def _hard(annotations, posterior):
    best = posterior.argmax(1)
    certain = one_hot(best, posterior.shape[1]).double()
    return em_round(annotations, certain)


def _one_matrix(annotations, posterior):
    counts = joint_counts(annotations, posterior).sum(0)
    people = annotations.shape[1]
    confusion = _normalised(counts).expand(people, -1, -1)
    return with_posterior(annotations, posterior.mean(0), confusion)


def _without_prior(annotations, posterior):
    prior, confusion, _ = em_round(annotations, posterior)
    uniform = torch.full_like(prior, 1 / len(prior))
    _, _, new_posterior = with_posterior(annotations, uniform, confusion)
    return prior, confusion, new_posterior


def _old_posterior(annotations, posterior):
    prior, confusion, _ = em_round(annotations, posterior)
    likelihood = label_probabilities(annotations, confusion).prod(0)
    joint = posterior * likelihood
    return prior, confusion, _normalised(joint)


def _sum(annotations, posterior):
    prior, confusion, _ = em_round(annotations, posterior)
    total = label_probabilities(annotations, confusion).sum(0)
    joint = prior * total
    return prior, confusion, _normalised(joint)


def _unnormalised(annotations, posterior):
    prior, confusion, _ = em_round(annotations, posterior)
    likelihood = label_probabilities(annotations, confusion).prod(0)
    return prior, confusion, prior * likelihood


MISTAKES = [
    (
        _transposed,
        "your confusion matrices are transposed; row i belongs to true class i, and column j to given label j",
    ),
    (_columns, "the columns of your matrices sum to 1; divide each row by its sum, because a row is one true class"),
    (_of_all, "your matrices are divided by N; divide each row by its own sum"),
    (_hard, "each sample counts for its most probable class alone; it counts for every class by its posterior"),
    (_one_matrix, "all annotators have the same matrix; count for each of them alone"),
    (_without_prior, "the new posterior does not contain the prior; multiply by it"),
    (_old_posterior, "the new posterior is multiplied by the old one; multiply by the prior instead"),
    (_sum, "the probabilities of the annotators' labels are added; independent people multiply"),
    (_unnormalised, "the rows of the new posterior do not sum to 1; divide each by its sum"),
]
OUTPUTS = (
    Output("the prior", ("class",)),
    Output("the confusion matrices", ("annotator", "true class", "given label"), plural=True),
    Output("the new posterior", ("sample", "class")),
)
PRAISE = "that is one round. Dawid and Skene repeat it until the likelihood of all labels stops growing"
dawid_skene_round = Build(draw, em_round, MISTAKES, OUTPUTS, PRAISE)
