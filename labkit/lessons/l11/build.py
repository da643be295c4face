"""Lesson 11's exercise that asks for a method: confident learning's counts."""

import torch
from torch import Generator, Tensor
from torch.nn.functional import one_hot

from ...confident import counts
from ...exercises.building import Build, Output

SIZE = 60  # samples
UNSURE = 3  # how many of them at least are of each kind of `is_telling`
NOISE = 0.35  # the fraction of labels that are drawn from all classes
ALL = slice(None)  # samples


def draw(rng: Generator, seed: int) -> tuple[Tensor, Tensor]:
    """Draw p [N, C] and y [N] of 3 + seed classes, some more frequent than others."""
    classes = 3 + seed
    p, y = _drawn(rng, classes)
    while not is_telling(p, y):
        p, y = _drawn(rng, classes)
    return p, y


def _drawn(rng, classes):
    """Draw probabilities that mostly lean to the true class, and noisy labels. -> p [N, C], y [N]"""
    frequent = torch.linspace(-0.5, 1.5, classes, dtype=torch.float64)
    true = torch.multinomial(frequent.exp(), SIZE, replacement=True, generator=rng)
    logits = torch.randn(SIZE, classes, generator=rng, dtype=torch.float64)
    logits = logits + frequent + 2 * one_hot(true, classes)
    drawn = torch.randint(classes, (SIZE,), generator=rng)
    is_noisy = torch.rand(SIZE, generator=rng) < NOISE
    y = torch.where(is_noisy, drawn, true)
    return logits.softmax(1), y


def is_telling(p: Tensor, y: Tensor) -> bool:
    """Return whether data tell the mistakes apart, and leave the paper's rule and cleanlab's no room to differ.

    Some samples are above several thresholds and some above none, and where several are, the likeliest class is above
    its own. There the paper's rule and cleanlab's, which takes the likeliest class of all, agree. p [N, C], y [N]
    """
    confident = _confident(p, y)
    above = confident.sum(1)
    likeliest = _entries(confident, p.argmax(1))
    several = above > 1
    none = above == 0
    fewest = min(several.sum(), none.sum())
    return bool(fewest >= UNSURE and likeliest[several].all())


def _entries(matrix, columns):
    """Return the entry of each row in a column of its own. matrix [N, C], columns [N] -> [N]"""
    return matrix.gather(1, columns[:, None])[:, 0]


def _confident(p, y):
    """Return which probabilities reach the threshold of their class. -> bool [N, C]"""
    return p >= thresholds(p, y)


def _believed(p, threshold):
    """Return the likeliest class above its threshold, and whether there is one. -> classes [N], bool [N]"""
    confident = p >= threshold
    above = torch.where(confident, p, -1.0)
    return above.argmax(1), confident.any(1)


def _table(p, y, classes, counted):
    """Count how many of the counted samples have each label (row) and class (column). -> [C, C]"""
    total = p.shape[1]
    rows = one_hot(y[counted], total)
    columns = one_hot(classes[counted], total)
    return rows.T @ columns


def thresholds(p: Tensor, y: Tensor) -> Tensor:
    """Return the mean p_j of the samples labelled j. -> [C]"""
    means = []
    for j in range(p.shape[1]):
        means.append(p[y == j, j].mean())
    return torch.stack(means)


def _transposed(p, y):
    return counts(p, y).T


def _of_all(p, y):
    means = p.mean(0)
    classes, counted = _believed(p, means)
    return _table(p, y, classes, counted)


def _of_predicted(p, y):
    of_predicted = thresholds(p, p.argmax(1))
    classes, counted = _believed(p, of_predicted)
    return _table(p, y, classes, counted)


def _everybody(p, y):
    limits = thresholds(p, y)
    classes, counted = _believed(p, limits)
    classes = torch.where(counted, classes, p.argmax(1))
    return _table(p, y, classes, ALL)


def _first(p, y):
    confident = _confident(p, y)
    first = confident.int().argmax(1)
    return _table(p, y, first, confident.any(1))


def _left_out_as_first(p, y):
    limits = thresholds(p, y)
    classes, _ = _believed(p, limits)
    return _table(p, y, classes, ALL)


def _likeliest_alone(p, y):
    confident = _confident(p, y)
    likeliest = p.argmax(1)
    counted = _entries(confident, likeliest)
    return _table(p, y, likeliest, counted)


def _fractions(p, y):
    table = counts(p, y)
    return table / table.sum()


def _fractions_of_rows(p, y):
    table = counts(p, y)
    return table / table.sum(1, keepdim=True)


def _several(p, y):
    confident = _confident(p, y)
    return one_hot(y, p.shape[1]).T @ confident.long()


def _without_thresholds(p, y):
    likeliest = p.argmax(1)
    return _table(p, y, likeliest, ALL)


MISTAKES = [
    (_transposed, "the table is transposed: a row for each *given* label"),
    (_of_all, "your thresholds are means over all samples; t_j is the mean of p_j over those *labelled* j"),
    (_of_predicted, "your thresholds are means over the samples *predicted* as j; take those labelled j"),
    (
        _everybody,
        "samples below all thresholds are counted, too; they belong to no class confidently, so leave them out",
    ),
    (_first, "of several classes above their thresholds the first is taken; take the likeliest"),
    (_several, "a sample above several thresholds counts several times; count it once, for the likeliest class"),
    (_left_out_as_first, "samples below all thresholds are counted as class 0; leave them out"),
    (
        _likeliest_alone,
        "the likeliest class of all need not reach its threshold; compare first, then take the likeliest",
    ),
    (_fractions, "these are fractions; return the counts"),
    (_fractions_of_rows, "these are fractions of each row; return the counts"),
    (_without_thresholds, "there is no threshold in it; that is the plain table of labels and predictions"),
]
TABLE = Output("the table", ("given label", "counted class"), whole=True)
PRAISE = "that is confident learning. What is off the diagonal is a list of labels to look at"
confident_counts = Build(draw, counts, MISTAKES, (TABLE,), PRAISE)
