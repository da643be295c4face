"""Dawid, Skene: "Maximum likelihood estimation of observer error-rates using the EM algorithm", Applied Statistics 28,
1979.

Every annotator has a confusion matrix, and given the true class the annotators err independently. The true classes are
not known, so expectation-maximisation takes turns: posteriors of the true classes from the matrices, and matrices from
the posteriors. It begins with the votes.
"""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..arguments import Epochs, NotNegative, checked
from .annotators import NONE, Classes, annotations_of, votes


@dataclass(frozen=True, eq=False)
class DawidSkene:
    """What the annotations say of classes, annotators and samples.

    prior [C]: shares of the true classes. confusion [A, C, C]: P(annotator a gives l | true class j), rows sum to 1.
    posterior [N, C]: P(true class | annotations). log_likelihood [iterations]: of the annotations, after each
    iteration. All float64.
    """

    prior: Tensor
    confusion: Tensor = field(repr=False)
    posterior: Tensor = field(repr=False)
    log_likelihood: Tensor = field(repr=False)

    @property
    def y(self) -> Tensor:
        """The most probable class of each sample, the first of equal ones. -> int64 [N]"""
        return self.posterior.argmax(1)


@checked
def dawid_skene(
    annotations: Any, classes: Classes, *, iterations: Epochs = 1000, tolerance: NotNegative = 1e-9
) -> DawidSkene:  # fmt: skip
    """Estimate the annotators' confusion matrices and the true classes by maximum likelihood (Dawid, Skene, 1979).

    annotations: [N, A], -1 or NaN where an annotator gave none. iterations: the most that are done. tolerance: it ends
    where the log-likelihood of a sample grows by less. The log-likelihood never falls. A sample without annotations has
    the prior as its posterior; a row of a matrix about which nothing is known is uniform.
    Raises ValueError for what are no annotations.
    """
    annotations = annotations_of("annotations", annotations, classes)
    posterior = start(annotations, classes)
    history = []
    for _ in range(iterations):
        prior, confusion = maximised(annotations, posterior)
        posterior, log_likelihood = expected(annotations, prior, confusion)
        history.append(log_likelihood)
        if len(history) > 1 and history[-1] - history[-2] <= tolerance * len(annotations):
            break
    return DawidSkene(prior, confusion, posterior, torch.tensor(history, dtype=torch.float64))


def start(annotations: Tensor, classes: int) -> Tensor:
    """Return the shares of votes (their eq. 3.1), uniform for a sample without any. -> float64 [N, C]"""
    counts = votes(annotations, classes).double()
    counts[counts.sum(1) == 0] = 1.0
    return counts / counts.sum(1, keepdim=True)


def maximised(annotations: Tensor, posterior: Tensor) -> tuple[Tensor, Tensor]:
    """Return prior [C] and confusion matrices [A, C, C] that are most likely given the posteriors (their eqs 2.3 and
    2.4)."""
    classes = posterior.shape[1]
    confusion = []
    for column in annotations.unbind(1):
        given = column != NONE
        one_hot = torch.nn.functional.one_hot(column[given], classes).to(posterior.dtype)
        counts = posterior[given].T @ one_hot  # rows: true class  [C, C]
        total = counts.sum(1, keepdim=True)
        confusion.append(torch.where(total > 0, counts / total, 1 / classes))
    return posterior.mean(0), torch.stack(confusion)


def expected(annotations: Tensor, prior: Tensor, confusion: Tensor) -> tuple[Tensor, float]:
    """Return the posteriors given prior and matrices (their eq. 2.5), [N, C], and the log-likelihood of the
    annotations."""
    log_joint = prior.log().expand(len(annotations), -1)
    for column, matrix in zip(annotations.unbind(1), confusion, strict=True):
        of_label = matrix.log().T[column.clamp(min=0)]  # log P(label | class j)  [N, C]
        log_joint = log_joint + torch.where((column == NONE)[:, None], 0.0, of_label)
    log_evidence = log_joint.logsumexp(1)
    return (log_joint - log_evidence[:, None]).exp(), log_evidence.sum().item()
