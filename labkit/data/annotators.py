"""Labels of several annotators for the same samples: their check, votes and soft labels.

Annotations are an integer tensor [N, A], a column for each annotator: classes 0..C-1, and NONE where one gave no label.
"""

from typing import Annotated, Any

import torch
from torch import Generator, Tensor

from ..arguments import Seed, Whole, checked
from ..errors import must, need
from .kinds import labels

NONE = -1  # an annotator gave no label
Classes = Annotated[int, Whole(2, 10**6)]


def annotations_of(argument: str, values: Any, classes: int | None, n: int | None = None) -> Tensor:
    """Check labels of annotators. -> int64 [N, A], NONE where an annotator gave none

    values: whole numbers in 0..classes-1, and -1 or NaN for none. n: the number of samples. Raises ValueError for
    regression, another shape, fractions, and other classes.
    """
    must(classes, argument, "given for numbers", "None: only classes can have several annotators")
    may_be = f"classes in 0..{classes - 1} [N, A], a column per annotator, and -1 or NaN where one gave none"
    values = labels(argument, values)
    shape = tuple(values.shape)
    need(
        len(shape) == 2 and min(shape) > 0 and n in (None, shape[0]), f"shape of {argument}", shape, f"[{n or 'N'}, A]"
    )
    if values.is_floating_point():
        values = values.masked_fill(values.isnan(), NONE)
        must((values == values.floor()).all(), argument, "fractions", may_be)
    low, high = values.min().item(), values.max().item()
    must(low >= NONE and high < classes, argument, f"{low:g}..{high:g}", may_be)
    return values.long()


def votes(annotations: Tensor, classes: int) -> Tensor:
    """Count the labels that each sample got. annotations [N, A] -> int64 [N, C]"""
    counts = torch.zeros(len(annotations), classes + 1, dtype=torch.int64, device=annotations.device)
    counts.scatter_add_(1, annotations + 1, torch.ones_like(annotations))  # column 0 counts those without a label
    return counts[:, 1:]


def voted(annotations: Tensor, classes: int, rng: Generator) -> Tensor:
    """Return the label with most votes; of several one is drawn, each as likely. annotations [N, A] -> int64 [N]"""
    counts = votes(annotations, classes).cpu()
    order = torch.rand(counts.shape, generator=rng, dtype=torch.float64)  # in [0, 1), so that it only parts ties
    return (counts + order).argmax(1).to(annotations.device)


@checked
def majority(annotations: Any, classes: Classes, seed: Seed = 0) -> Tensor:
    """Return the label that most annotators gave to each sample. -> int64 [N]

    annotations: [N, A], -1 or NaN where an annotator gave none. Of classes with equally many votes one is drawn, each
    as likely, by `seed`. Raises ValueError for what are no annotations, and for a sample without any.
    """
    annotations = everywhere(annotations_of("annotations", annotations, classes))
    return voted(annotations, classes, Generator().manual_seed(seed))


@checked
def soft_labels(annotations: Any, classes: Classes) -> Tensor:
    """Return each class's share of the labels that a sample got. -> float32 [N, C], rows sum to 1

    annotations: [N, A], -1 or NaN where an annotator gave none. Raises ValueError for what are no annotations, and for
    a sample without any.
    """
    annotations = everywhere(annotations_of("annotations", annotations, classes))
    counts = votes(annotations, classes)
    return counts / counts.sum(1, keepdim=True)


def everywhere(annotations: Tensor) -> Tensor:
    """Return annotations [N, A] as they are. Raises ValueError if a sample has none."""
    without = (annotations == NONE).all(1).nonzero()[:, 0].tolist()
    may_be = "a label or more for every sample"
    must(
        not without,
        "annotations",
        f"without a label for {len(without)} samples, the first in row {without[:1]}",
        may_be,
    )
    return annotations
