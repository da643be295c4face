"""The exercises of lesson 01."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...exercises.answers import Wrong, array, call, compare, judge, need_different, number, positions
from ...noise.similar import CIFAR100_COARSE
from .build import asymmetric_noise

MNIST = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)  # training images of each digit
RATE = 0.3  # at which a reader's function is tried
MAP_CHANGES = "the map of the classes changes with the seed; draw it from a generator with a fixed seed"


def expected_wrong(answer: Callable) -> str:
    """Judge a function T, counts -> the fraction of labels that is expected to be wrong."""
    rng = np.random.default_rng(1)
    inputs, values = [], []
    for C in (3, 5):
        T = rng.dirichlet(np.ones(C), C)
        counts = rng.integers(20, 200, C)
        inputs.append((T, counts))
    for T, counts in inputs:
        returned = call(answer, T.copy(), counts.copy())
        values.append(number(returned))
    need_different(values, "matrices")
    for value, (T, counts) in zip(values, inputs):
        _judge_fraction(value, T, counts)
    return "each class counts by its size. The matrix and the sizes give the fraction, without a look at a label"


def _judge_fraction(value, T, counts):
    """Raise Wrong unless a value is the expected fraction of wrong labels. T [C, C], counts [C] of the true classes"""
    weight = counts / counts.sum()
    wrong_by_class = 1 - T.diagonal()
    right = float(weight @ wrong_by_class)
    number_wrong = right * counts.sum()
    of_given_labels = float(counts @ T @ weight) / counts.sum()
    equally = "it weighs all classes equally, but a class of 200 images has more labels than one of 20"
    mistakes = [
        (wrong_by_class.mean(), equally),
        (1 - right, "that is the fraction of clean labels"),
        (number_wrong, "that is the number of wrong labels; divide by the number of all labels"),
        (wrong_by_class.sum(), "that is a sum over the classes; take the mean over the labels"),
        (of_given_labels, "it weighs given labels; only the diagonal matters here"),
    ]
    compare(value, right, mistakes)


def two_commits(answer: Any) -> str:
    """Judge the fractions of wrong labels at r = 0.4, ten classes, in two commits of the code of L_DMI."""
    r, C = 0.4, 10
    right = np.array([(C - 1) * r / C, r])
    one_entry = [r / C, r / (C - 1)]
    mistakes = [
        (right[::-1], "the two are exchanged; A has r / 10 off the diagonal"),
        ([r, r], "add up the nine entries off the diagonal for each code separately"),
        (1 - right, "those are the fractions of clean labels"),
        (one_entry, "that is one entry; a row has nine of them off the diagonal"),
    ]
    reading = judge(answer, right, mistakes, is_fraction=True)
    return f"A is uniform 40 %, B is symmetric 40 %, and both are run with `--r 0.4`{reading}"


def two_asymmetries(answer: Any) -> str:
    """Judge the fractions of wrong labels at asymmetric 40 % on MNIST, with CDR's pairs and with Patrini's."""
    sizes = np.array(MNIST)
    cdr = sizes[[2, 3, 5, 6]].sum()
    patrini = sizes[[2, 3, 5, 6, 7]].sum()
    confused = np.array([cdr, patrini]) / sizes.sum()
    right = 0.4 * confused
    mistakes = [
        ([0.4, 0.4], "that is the rate inside a confused class; the other classes keep their labels"),
        ([0.16, 0.2], "nearly: the digits of MNIST are not equally frequent, so use `mnist`"),
        (right[::-1], "the two are exchanged; Patrini's map confuses one class more"),
        (confused, "those are the fractions of images in a confused class; 40 % of these get a wrong label"),
        (1 - right, "those are the fractions of clean labels"),
    ]
    reading = judge(answer, right, mistakes, tolerance=5e-4, is_fraction=True)
    return f"{right[0]:.1%} and {right[1]:.1%}. Both are printed as asymmetric 40 %{reading}"


def own_generator(answer: Callable) -> str:
    """Judge a function y, rate, seed -> noisy labels, whose map is the same for all seeds and whose draws are not."""
    y = np.arange(10).repeat(200)
    drawn = []
    for seed in (0, 1, 2, 0):
        returned = _untouched(answer, y.copy(), RATE, seed)
        drawn.append(array(returned))
    _need_rate(y, drawn)
    seed_0, seed_1, seed_2, seed_0_again = drawn
    if (seed_0 == seed_1).all():
        raise Wrong("seeds 0 and 1 give the same labels, so the labels are still drawn from the generator of the map")
    for labels in (seed_1, seed_2):
        if _map(y, labels) != _map(y, seed_0):
            raise Wrong(MAP_CHANGES)
    if (seed_0 != seed_0_again).any():
        raise Wrong("the same seed gives different labels the second time")
    return "the map is fixed, and the labels follow the seed. Now five runs are five draws"


def _need_rate(y, drawn):
    """Raise Wrong unless each draw has a label for each image, and about the fraction RATE of them is wrong."""
    for labels in drawn:
        if labels.shape != y.shape:
            raise Wrong(f"it returns {drawn[0].shape}; one label for each of the {len(y)} images is asked for")
    for labels in drawn:
        fraction = (labels != y).mean()
        if abs(fraction - RATE) > 0.05:
            raise Wrong(f"{(drawn[0] != y).mean():.0%} of the labels are wrong at rate {RATE}")


def _untouched(answer, *arguments):
    """Return what the function returns. Raises Wrong if it moves numpy's global generator, which is put back."""
    state = np.random.get_state()
    try:
        returned = call(answer, *arguments)
        _, keys, place, *_ = np.random.get_state()
    finally:
        np.random.set_state(state)
    if place != state[2] or (keys != state[1]).any():
        raise Wrong("it moves numpy's global generator; make one of your own with np.random.RandomState(seed)")
    return returned


def _map(y, labels):
    """Return the wrong labels that each class gets. y, labels [N] -> list of lists"""
    wrong_labels = []
    for c in range(10):
        wrong = (y == c) & (labels != c)
        wrong_labels.append(np.unique(labels[wrong]).tolist())
    return wrong_labels


def in_blocks(answer: Any) -> str:
    """Judge the ids of the classes whose next class in a block of five is of their true super-class."""
    ids = np.arange(100)
    coarse = np.array(CIFAR100_COARSE)
    following = ids // 5 * 5 + (ids + 1) % 5
    right = _where_equal(coarse, coarse[following])
    without_blocks = _where_equal(coarse, np.roll(coarse, -1))
    labels = set(following[list(right)].tolist())
    all_classes = set(ids.tolist())
    as_printed = "that is what the papers say; compare `coarse` of each class with that of the next class in its block"
    mistakes = [
        (all_classes, as_printed),
        (all_classes - right, "those are the classes whose wrong label leaves their super-class"),
        (without_blocks, "the last class of a block goes back to the first one of this block: 4 → 0, and not 4 → 5"),
        (labels, "those are the wrong labels; hand in the classes that get them"),
    ]
    chosen = set(positions(answer, 100))
    if chosen == right:
        return f"{len(right)} of 100. The ids are alphabetical: apple, aquarium fish, baby, bear, beaver"
    for typical, sentence in mistakes:
        if chosen == typical:
            raise Wrong(sentence)
    for c in sorted(chosen - right):
        group = coarse[following[c]]
        raise Wrong(f"class {c} gets the label {following[c]}, which is of super-class {group} and not of {coarse[c]}")
    raise Wrong("all of these are right, but there are more")


def _where_equal(groups, next_groups):
    """Return the positions at which two arrays agree. -> set"""
    return set(np.flatnonzero(groups == next_groups).tolist())


def cats(answer: Any) -> str:
    """Judge the fraction of wrong labels among true cats, asymmetric 40 % in place."""
    right = 0.24
    of_labelled_cats = 1200 / 5800
    mistakes = [
        (0.4, "that is right after the first step. The second step flips every label that is dog by then"),
        (0.16, "that is the fraction of all cats that is flipped back; how many stay wrong?"),
        (0.76, "that is the fraction of clean labels"),
        (0.0, "some are flipped back, but not all"),
        (of_labelled_cats, "divide by the 5,000 true cats, not by all images that are labelled cat in the end"),
        (1200, "that is a number of images; divide by the 5,000 true cats"),
    ]
    reading = judge(answer, right, mistakes, is_fraction=True)
    return f"2,000 cats become dogs, and 40 % of them become cats again. The paper's table says 40 %{reading}"


def limits(answer: Any) -> str:
    """Judge from which rate on the true label is not the most frequent: symmetric, uniform, pairflip, flip2, C = 10."""
    right = [0.9, 1.0, 0.5, 2 / 3]
    halves = "that is right where all wrong labels of a class are the same; elsewhere they are spread over several"
    mistakes = [
        ([0.5] * 4, halves),
        ([0.9, 0.9, 0.5, 2 / 3], "uniform: the true class gets its part of the redrawn labels, too"),
        ([0.9, 1.0, 0.5, 0.5], "flip2 spreads its rate over two classes, so compare 1 - rate with rate / 2"),
    ]
    reading = judge(answer, right, mistakes, tolerance=6e-3, is_fraction=True)
    return (
        "beyond this rate the given labels alone cannot tell the classes apart. What counts is the largest wrong entry "
        f"of a row against the diagonal{reading}"
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
        "Compare `coarse` of a class with `coarse` of the next class, and keep the ids where they agree.",
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
