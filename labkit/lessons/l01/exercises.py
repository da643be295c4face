"""The exercises of lesson 01."""

import numpy as np

from ...exercises.answers import Wrong, array, call, compare, judge, need_different, number
from ...noise.similar import CIFAR100_COARSE
from .build import asymmetric_noise

MNIST = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)  # training images of each digit


def expected_wrong(answer):
    """Judge a function T, counts -> the fraction of labels that is expected to be wrong."""
    rng = np.random.default_rng(1)
    inputs = [(rng.dirichlet(np.ones(C), C), rng.integers(20, 200, C)) for C in (3, 5)]
    values = [number(call(answer, T.copy(), counts.copy())) for T, counts in inputs]
    need_different(values, "matrices")
    for value, (T, counts) in zip(values, inputs):
        diagonal, weight = T.diagonal(), counts / counts.sum()
        right = float(weight @ (1 - diagonal))
        mistakes = [
            (
                1 - diagonal.mean(),
                "it weighs all classes equally, but a class of 200 images has more labels than one of 20",
            ),
            (1 - right, "that is the fraction of clean labels"),
            (right * counts.sum(), "that is the number of wrong labels; divide by the number of all labels"),
            ((1 - diagonal).sum(), "that is a sum over the classes; take the mean over the labels"),
            (float(counts @ T @ weight) / counts.sum(), "it weighs given labels; only the diagonal matters here"),
        ]
        compare(value, right, mistakes)
    return "each class counts by its size. The matrix and the sizes give the fraction, without a look at a label"


def two_commits(answer):
    """Wrong labels at r = 0.4, ten classes, in two commits of the code of L_DMI."""
    r, C = 0.4, 10
    right = np.array([(C - 1) * r / C, r])
    mistakes = [
        (right[::-1], "the two are exchanged; A has r / 10 off the diagonal"),
        ([r, r], "add up the nine entries off the diagonal for each code separately"),
        (1 - right, "those are the fractions of clean labels"),
        ([r / C, r / (C - 1)], "that is one entry; a row has nine of them off the diagonal"),
    ]
    taken = judge(answer, right, mistakes, is_fraction=True)
    return f"A is uniform 40 %, B is symmetric 40 %, and both are run with `--r 0.4`{taken}"


def two_asymmetries(answer):
    """Wrong labels at asymmetric 40 % on MNIST, with CDR's pairs and with Patrini's."""
    sizes, total = np.array(MNIST), sum(MNIST)
    confused = ([2, 3, 5, 6], [2, 3, 5, 6, 7])
    right = np.array([0.4 * sizes[classes].sum() / total for classes in confused])
    mistakes = [
        ([0.4, 0.4], "that is the rate inside a confused class; the other classes keep their labels"),
        ([0.16, 0.2], "nearly: the digits of MNIST are not equally frequent, so use `mnist`"),
        (right[::-1], "the two are exchanged; Patrini's map confuses one class more"),
        (right / 0.4, "those are the fractions of images in a confused class; 40 % of these get a wrong label"),
        (1 - right, "those are the fractions of clean labels"),
    ]
    taken = judge(answer, right, mistakes, tolerance=5e-4, is_fraction=True)
    return f"{right[0]:.1%} and {right[1]:.1%}. Both are printed as asymmetric 40 %{taken}"


def own_generator(answer):
    """A function y, rate, seed -> noisy labels, whose map is the same for all seeds and whose draws are not."""
    y = np.arange(10).repeat(200)
    drawn = [array(_untouched(answer, y.copy(), 0.3, seed)) for seed in (0, 1, 2, 0)]
    if any(labels.shape != y.shape for labels in drawn):
        raise Wrong(f"it returns {drawn[0].shape}; one label for each of the {len(y)} images is asked for")
    if any(abs((labels != y).mean() - 0.3) > 0.05 for labels in drawn):
        raise Wrong(f"{(drawn[0] != y).mean():.0%} of the labels are wrong at rate 0.3")
    if (drawn[0] == drawn[1]).all():
        raise Wrong("seeds 0 and 1 give the same labels, so the labels are still drawn from the generator of the map")
    maps = [_map(y, labels) for labels in drawn]
    if maps[0] != maps[1] or maps[0] != maps[2]:
        raise Wrong("the map of the classes changes with the seed; draw it from a generator with a fixed seed")
    if (drawn[0] != drawn[3]).any():
        raise Wrong("the same seed gives different labels the second time")
    return "the map is fixed, and the labels follow the seed. Now five runs are five draws"


def _untouched(answer, *arguments):
    """What the function returns; Wrong if it moves numpy's global generator, which is as it was afterwards."""
    before = np.random.get_state()
    try:
        returned = call(answer, *arguments)
        _, keys, place, *_ = np.random.get_state()
    finally:
        np.random.set_state(before)
    if place != before[2] or (keys != before[1]).any():
        raise Wrong("it moves numpy's global generator; make one of your own with np.random.RandomState(seed)")
    return returned


def _map(y, labels):
    """The wrong labels that each class gets. -> list of tuples"""
    return [tuple(np.unique(labels[(y == c) & (labels != c)])) for c in range(10)]


def in_blocks(answer):
    """Of the 100 flips to the next of five consecutive ids, how many stay in the true super-class?"""
    following = [c // 5 * 5 + (c + 1) % 5 for c in range(100)]
    right = sum(CIFAR100_COARSE[c] == CIFAR100_COARSE[label] for c, label in enumerate(following))
    mistakes = [
        (100, "that is what the papers say; compare `coarse` of each class with that of the next class in its block"),
        (100 - right, "those are the flips that leave their super-class"),
        (right / 100, "that is a fraction; how many of the 100 flips are they?"),
    ]
    judge(answer, right, mistakes, is_count=True)
    return f"{right} of 100. The ids are alphabetical: apple, aquarium fish, baby, bear, beaver"


def cats(answer):
    """The fraction of wrong labels among true cats, asymmetric 40 % in place."""
    right = 0.24
    mistakes = [
        (0.4, "that is right after the first step. The second step flips every label that is dog by then"),
        (0.16, "that is the fraction of all cats that is flipped back; how many stay wrong?"),
        (0.76, "that is the fraction of clean labels"),
        (0.0, "some are flipped back, but not all"),
        (1200 / 5800, "divide by the 5,000 true cats, not by all images that are labelled cat in the end"),
        (1200, "that is a number of images; divide by the 5,000 true cats"),
    ]
    taken = judge(answer, right, mistakes, is_fraction=True)
    return f"2,000 cats become dogs, and 40 % of them become cats again. The paper's table says 40 %{taken}"


def limits(answer):
    """From which rate on the true label is not the most frequent: symmetric, uniform, pairflip, flip2, C = 10."""
    C = 10
    right = np.array([(C - 1) / C, 1.0, 0.5, 2 / 3])
    mistakes = [
        (
            [0.5, 0.5, 0.5, 0.5],
            "that is right where all wrong labels of a class are the same; elsewhere they are spread over several",
        ),
        ([0.9, 0.9, 0.5, 2 / 3], "uniform: the true class gets its part of the redrawn labels, too"),
        ([0.9, 1.0, 0.5, 0.5], "flip2 spreads its rate over two classes, so compare 1 - rate with rate / 2"),
    ]
    taken = judge(answer, right, mistakes, tolerance=6e-3, is_fraction=True)
    return (
        "beyond this rate the given labels alone cannot tell the classes apart. What counts is the largest wrong entry "
        f"of a row against the diagonal{taken}"
    )


EXERCISES = {
    "01.build": asymmetric_noise,
    "01.1": expected_wrong,
    "01.2": two_commits,
    "01.3": two_asymmetries,
    "01.4": own_generator,
    "01.5": in_blocks,
    "01.6": cats,
    "01.7": limits,
}
HINTS = {
    "01.build": (
        "Begin with the identity; each pair changes two entries of one row.",
        "`T.cumsum(1)[y]` has the ends of each sample's segments. How many of them lie below u?",
    ),
    "01.1": (
        "A label of class i is clean with probability T[i, i].",
        "Weight each class by its fraction of all images, counts / counts.sum().",
    ),
    "01.2": (
        "Each row of a transition matrix sums to 1, so the diagonal tells you how much is wrong.",
        "Put r into the diagonal entry of each commit, and subtract that entry from 1.",
    ),
    "01.3": (
        "Only images of a confused class can get a wrong label.",
        "Count the images of the confused classes, take the rate of them, and divide by all images.",
    ),
    "01.4": (
        "A generator of your own, np.random.RandomState(seed), does not touch the global one.",
        "Use two generators: one with a fixed seed draws the map, one with the run's seed draws the labels.",
    ),
    "01.5": (
        "The next class inside a block of five is c // 5 * 5 + (c + 1) % 5.",
        "Compare `coarse` of a class with `coarse` of the next class, for all 100 classes, and count.",
    ),
    "01.6": (
        "The second step cannot tell flipped cats from true dogs.",
        "Follow the cats with numbers: how many become dogs, and how many of these become cats again?",
    ),
    "01.7": (
        "Write down the diagonal and the largest wrong entry of a row as functions of the rate.",
        "The limit is the rate at which these two are equal.",
    ),
}
