"""Lesson 11's exercise that asks for a method: confident learning's counts."""

import torch
from torch.nn.functional import one_hot

from ...confident import counts
from ...exercises.building import Build, Output

SIZE, UNSURE = 60, 3  # samples, and how many of them at least are of each kind of `is_telling`


def draw(rng, seed):
    """-> p [N, C], y [N], some classes more frequent than others"""
    p, y = _drawn(rng, 3 + seed)
    while not is_telling(p, y):
        p, y = _drawn(rng, 3 + seed)
    return p, y


def _drawn(rng, classes):
    frequent = torch.linspace(-0.5, 1.5, classes, dtype=torch.float64)
    true = torch.multinomial(frequent.exp(), SIZE, replacement=True, generator=rng)
    logits = torch.randn(SIZE, classes, generator=rng, dtype=torch.float64) + frequent + 2 * one_hot(true, classes)
    drawn = torch.randint(classes, (SIZE,), generator=rng)
    return logits.softmax(1), torch.where(torch.rand(SIZE, generator=rng) < 0.35, drawn, true)


def is_telling(p, y):
    """Are some samples above several thresholds and some above none, and is the likeliest class above its own where
    several are? There the paper's rule and cleanlab's, which takes the likeliest class of all, agree."""
    confident = p >= thresholds(p, y)
    above = confident.sum(1)
    likeliest = confident.gather(1, p.argmax(1)[:, None])[:, 0]
    return bool((above > 1).sum() >= UNSURE and (above == 0).sum() >= UNSURE and likeliest[above > 1].all())


def _believed(p, threshold):
    """The class above its threshold that is likeliest, and whether there is one. -> classes [N], bool [N]"""
    confident = p >= threshold
    return torch.where(confident, p, -1.0).argmax(1), confident.any(1)


def _table(p, y, classes, counted):
    """How many of the counted samples have each label (row) and class (column). -> [C, C]"""
    return one_hot(y[counted], p.shape[1]).T @ one_hot(classes[counted], p.shape[1])


def thresholds(p, y):
    """The mean p_j of the samples labelled j. -> [C]"""
    return torch.stack([p[y == j, j].mean() for j in range(p.shape[1])])


def _of_all(p, y):
    return _table(p, y, *_believed(p, p.mean(0)))


def _of_predicted(p, y):
    return _table(p, y, *_believed(p, thresholds(p, p.argmax(1))))


def _everybody(p, y):
    classes, counted = _believed(p, thresholds(p, y))
    return _table(p, y, torch.where(counted, classes, p.argmax(1)), slice(None))


def _first(p, y):
    confident = p >= thresholds(p, y)
    return _table(p, y, confident.int().argmax(1), confident.any(1))


def _left_out_as_first(p, y):
    classes, _ = _believed(p, thresholds(p, y))
    return _table(p, y, classes, slice(None))


def _likeliest_alone(p, y):
    confident = p >= thresholds(p, y)
    likeliest = p.argmax(1)
    return _table(p, y, likeliest, confident.gather(1, likeliest[:, None])[:, 0])


def _fractions(p, y):
    table = counts(p, y)
    return table / table.sum()


def _fractions_of_rows(p, y):
    table = counts(p, y)
    return table / table.sum(1, keepdim=True)


def _several(p, y):
    return one_hot(y, p.shape[1]).T @ (p >= thresholds(p, y)).long()


def _without_thresholds(p, y):
    return _table(p, y, p.argmax(1), slice(None))


MISTAKES = [
    (lambda p, y: counts(p, y).T, "the table is transposed: a row for each *given* label"),
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
confident_counts = Build(
    draw,
    counts,
    MISTAKES,
    (Output("the table", ("given label", "counted class"), whole=True),),
    "that is confident learning. What is off the diagonal is a list of labels to look at",
)
