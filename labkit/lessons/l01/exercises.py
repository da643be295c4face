"""The exercises of lesson 01."""

import numpy as np

from ...exercises.answers import Wrong, call, compare, number, vector
from ...noise.similar import CIFAR100_COARSE

MNIST = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)  # training images of each digit


def expected_wrong(answer):
    """A function T, counts -> the share of labels that is expected to be wrong."""
    rng = np.random.default_rng(1)
    for classes in (3, 5):
        T = rng.dirichlet(np.ones(classes), classes)
        counts = rng.integers(20, 200, classes)
        stays, weight = T.diagonal(), counts / counts.sum()
        right = float(weight @ (1 - stays))
        mistakes = [
            (1 - stays.mean(), "every class counts alike in it; a class of 200 images has more labels than one of 20"),
            (1 - right, "that is the share of right labels"),
            (right * counts.sum(), "that is how many are wrong; divide by all labels"),
            ((1 - stays).sum(), "that is a sum over classes; take the mean over labels"),
            (float(counts @ T @ weight) / counts.sum(), "that weighs given labels; only the diagonal matters here"),
        ]
        compare(number(call(answer, T.copy(), counts.copy())), right, mistakes)
    return "classes count by their size. With a matrix and the sizes, the share needs no label at all"


def two_commits(answer):
    """Wrong labels at r = 0.4, ten classes, in two commits of the code of L_DMI."""
    r, C = 0.4, 10
    right = np.array([(C - 1) * r / C, r])
    mistakes = [
        (right[::-1], "the other way round: A has r / 10 beside the diagonal"),
        ([r, r], "add up the nine entries beside the diagonal, for each code by itself"),
        (1 - right, "those are the shares of right labels"),
        ([r / C, r / (C - 1)], "that is one entry; a row has nine of them beside the diagonal"),
    ]
    compare(vector(answer, 2), right, mistakes)
    return "A is uniform 40 %, B is symmetric 40 %. One repository, one option `--r`"


def two_asymmetries(answer):
    """Wrong labels at asymmetric 40 % on MNIST, with CDR's pairs and with Patrini's."""
    sizes, total = np.array(MNIST), sum(MNIST)
    of = lambda pairs: 0.4 * sizes[list(pairs)].sum() / total
    right = np.array([of((2, 3, 5, 6)), of((2, 3, 5, 6, 7))])
    mistakes = [
        ([0.4, 0.4], "0.4 is the rate inside a class that is in a pair; the others keep their labels"),
        ([0.16, 0.2], "nearly: the digits of MNIST are not equally frequent; use `mnist`"),
        (right[::-1], "the other way round: Patrini's map has one pair more"),
        (right / 0.4, "those are the shares of images whose class is in a pair; 40 % of them are relabelled"),
        (1 - right, "those are the shares of right labels"),
    ]
    compare(vector(answer, 2), right, mistakes, tolerance=5e-4)
    return f"{right[0]:.1%} and {right[1]:.1%}. Both are printed as asymmetric 40 %"


def own_generator(answer):
    """A function y, rate, seed -> noisy labels, whose map is the same for all seeds and whose draws are not."""
    y = np.arange(10).repeat(200)
    drawn = [np.asarray(_untouched(answer, y.copy(), 0.3, seed)) for seed in (0, 1, 2, 0)]
    if any(labels.shape != y.shape for labels in drawn):
        raise Wrong(f"it returns {drawn[0].shape}; one label for each of the {len(y)} is asked for")
    if any(abs((labels != y).mean() - 0.3) > 0.05 for labels in drawn):
        raise Wrong(f"{(drawn[0] != y).mean():.0%} of the labels are wrong at rate 0.3")
    if (drawn[0] == drawn[1]).all():
        raise Wrong("seeds 0 and 1 give the same labels: the draws still come from the generator of the map")
    maps = [_map(y, labels) for labels in drawn]
    if maps[0] != maps[1] or maps[0] != maps[2]:
        raise Wrong("the map of classes changes with the seed; draw it from a generator with a fixed seed")
    if (drawn[0] != drawn[3]).any():
        raise Wrong("the same seed gives other labels the second time")
    return "one map, and labels that follow the seed: five runs are five draws now"


def _untouched(answer, *arguments):
    """What the function returns; Wrong if it moves numpy's global generator, which is as it was afterwards."""
    before = np.random.get_state()
    try:
        returned = call(answer, *arguments)
        _, keys, place, *_ = np.random.get_state()
    finally:
        np.random.set_state(before)
    if place != before[2] or (keys != before[1]).any():
        raise Wrong("it moves numpy's global generator; make one of your own: np.random.RandomState(seed)")
    return returned


def _map(y, labels):
    """The wrong labels that each class gets. -> list of tuples"""
    return [tuple(np.unique(labels[(y == c) & (labels != c)])) for c in range(10)]


def in_blocks(answer):
    """Of the 100 flips to the next of five consecutive ids, how many stay in the true super-class?"""
    kin = lambda true, given: CIFAR100_COARSE[true] == CIFAR100_COARSE[given]
    block = [(c, c // 5 * 5 + (c + 1) % 5) for c in range(100)]
    right = sum(kin(*pair) for pair in block)
    mistakes = [
        (100, "that is what the papers say; compare `coarse` of each class with that of the next one in its block"),
        (100 - right, "those are the ones that leave their super-class"),
        (right / 100, "that is a share; how many of the 100?"),
        (sum(kin(c, (c + 1) % 100) for c in range(100)), "inside a block the fifth class goes back to the first"),
        (sum(kin(c, c + 1) for c in range(99)), "inside a block the fifth class goes back to the first"),
    ]
    compare(number(answer), right, mistakes)
    return f"{right} of 100. Ids are alphabetical: apple, aquarium fish, baby, bear, beaver"


def cats(answer):
    """The share of wrong labels among true cats, asymmetric 40 % in place."""
    right = 0.24
    mistakes = [
        (0.4, "that is what was asked. Then the step for dogs came, and it takes every label that now is dog"),
        (0.16, "that is the share of all cats that is flipped back; how many stay wrong?"),
        (0.76, "that is the share of right labels"),
        (0.0, "some are flipped back, not all"),
        (1200 / 5800, "divide by the 5,000 true cats, not by all that are called cat in the end"),
        (1200, "that is how many; divide by the 5,000 true cats"),
    ]
    compare(number(answer), right, mistakes)
    return "2,000 cats become dogs, and 40 % of them cats again. The table says 40 %"


def limits(answer):
    """From where on the right label is not the most frequent one: symmetric, uniform, pairflip, flip2, C = 10."""
    C = 10
    right = np.array([(C - 1) / C, 1.0, 0.5, 2 / 3])
    values = vector(answer, 4)
    if (values > 1).any():
        raise Wrong("a rate is between 0 and 1, so 50 % is written 0.5")
    mistakes = [
        (
            [0.5, 0.5, 0.5, 0.5],
            "half is right where all wrong labels of a class are the same; elsewhere they are spread",
        ),
        ([0.9, 0.9, 0.5, 2 / 3], "uniform: the own class gets its part of the redrawn labels as well"),
        ([0.9, 1.0, 0.5, 0.5], "flip2 spreads its rate over two classes: 1 - rate against rate / 2"),
    ]
    compare(values, right, mistakes, tolerance=6e-3)
    return "beyond it the given labels alone cannot say which class is which. What counts is the largest wrong share"


EXERCISES = {
    "01.1": expected_wrong,
    "01.2": two_commits,
    "01.3": two_asymmetries,
    "01.4": own_generator,
    "01.5": in_blocks,
    "01.6": cats,
    "01.7": limits,
}
