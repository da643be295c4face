"""Lesson 01: what its panel computes, and its exercises: right answers pass, typical mistakes get their own words."""

import numpy as np
import pandas as pd
import pytest
import torch

import labkit
from labkit.lessons.l01 import figures, panel
from labkit.lessons.l01 import study as lesson_01
from labkit.lessons.l01.exercises import MNIST
from labkit.lessons.l01.study import (
    MODELS,
    asked_matrix,
    clean_leads,
    expected_fractions,
    noisy,
    true_labels,
    wrong_fraction,
)
from labkit.noise.similar import CIFAR100_COARSE

RATES = (0.0, 0.2, 0.4, 0.6)


@pytest.mark.parametrize("name", MODELS)
def test_the_asked_matrix_is_a_transition_matrix_and_says_what_comes_out(name):
    T = asked_matrix(name, noise_rate=0.4, seed=0)
    assert (T >= 0).all() and torch.allclose(T.sum(1), torch.ones(10, dtype=torch.float64))
    fraction, n = wrong_fraction(T, true_labels(lesson_01.digits())), 1437
    assert (
        abs(noisy(name, noise_rate=0.4, seed=0).noise.realised - fraction) < 4 * (fraction * (1 - fraction) / n) ** 0.5
    )


@pytest.mark.parametrize("name", MODELS)
def test_labels_that_are_wrong_stay_wrong_when_the_rate_is_dragged_up(name):
    wrong = [
        noisy(name, noise_rate=rate, seed=0).train.y != noisy(name, noise_rate=rate, seed=0).truth.y for rate in RATES
    ]
    assert not wrong[0].any() and all((low <= high).all() for low, high in zip(wrong, wrong[1:]))


def test_fractions_of_the_lesson():
    fraction = lambda name: expected_fractions(name, (0.4,))[0]
    assert fraction("symmetric") == pytest.approx(0.4) and fraction("uniform") == pytest.approx(0.36)
    y = true_labels(lesson_01.digits())
    in_pairs = torch.isin(y, torch.tensor([2, 3, 5, 6])).double().mean().item()
    assert fraction("asymmetric") == pytest.approx(0.4 * in_pairs)


def test_the_clean_label_leads_as_a_a_single_leader():
    T = torch.tensor([[0.5, 0.5, 0.0], [0.2, 0.6, 0.2], [0.5, 0.1, 0.4]], dtype=torch.float64)
    assert clean_leads(T).tolist() == [False, True, False]
    assert panel.marks(T) == [[0, 1], [2, 0]]
    assert lesson_01.limit("pairflip", (0.4, 0.5, 0.6)) == 0.5 and lesson_01.limit("uniform", RATES) is None


def test_agreement_tells_pixels_from_classes():
    task = noisy("instance", noise_rate=0.4, seed=0)
    same = lesson_01.with_the_same_matrix(task, seed=0)
    assert (same.noise.matrix - task.noise.realised_matrix).abs().max() < 1e-12
    assert (
        lesson_01.agreement(task)
        > lesson_01.agreement(same)
        > lesson_01.agreement(noisy("symmetric", noise_rate=0.4, seed=0))
    )


@pytest.mark.parametrize("name", MODELS)
def test_the_panel_draws_every_noise_at_its_ends(name):
    drawn = labkit.panel("01", noise=name, rate=0.0).move()
    clean = drawn.picture
    assert clean["samples"]["given"] == clean["samples"]["true"]
    there = drawn.move(rate=0.9).picture
    assert there["samples"]["given"] != clean["samples"]["given"]
    assert bool(there["asked"]["marked"]) == (name != "uniform")
    assert there["fractions"]["series"][1]["y"][-1] == pytest.approx(
        noisy(name, noise_rate=0.9, seed=0).noise.realised, abs=1e-4
    )


def test_the_naive_answer_is_outside_of_the_band():
    question = panel.SKETCH.question
    found = [question.measure(seed) for seed in question.seeds]
    assert max(found) < 0.2 < question.naive


def expected_wrong(T, counts):
    return (counts * (1 - T.diagonal())).sum() / counts.sum()


def own_generators(y, rate, seed, of_the_map=1, shape=lambda labels: labels):
    target = (np.arange(10) + np.random.RandomState(of_the_map).randint(1, 10, 10)) % 10
    return shape(np.where(np.random.RandomState(seed).rand(len(y)) < rate, target[y], y))


def one_stream(y, rate, seed):
    np.random.seed(1)
    return own_generators(y, rate, np.random.randint(100))


def forgetful(y, rate, seed):
    return own_generators(y, rate, np.random.default_rng().integers(2**31))


def in_class(pairs):
    return 0.4 * np.array(MNIST)[pairs].sum() / sum(MNIST)


CDR, PATRINI = in_class([2, 3, 5, 6]), in_class([2, 3, 5, 6, 7])
STAY = [c for c in range(100) if CIFAR100_COARSE[c] == CIFAR100_COARSE[c // 5 * 5 + (c + 1) % 5]]
LEAVE = sorted(set(range(100)) - set(STAY))
PAST_THE_BLOCK = [c for c in range(100) if CIFAR100_COARSE[c] == CIFAR100_COARSE[(c + 1) % 100]]
RIGHT = [
    ("01.1", expected_wrong),
    ("01.1", lambda T, counts: float(1 - np.average(T.diagonal(), weights=counts))),
    *(("01.2", answer) for answer in ((0.36, 0.4), [0.36, 0.4], np.array([0.36, 0.4]))),
    *(("01.3", answer) for answer in ((CDR, PATRINI), (round(CDR, 3), round(PATRINI, 3)))),
    ("01.4", own_generators),
    *(("01.5", answer) for answer in (STAY, set(STAY), np.array(STAY[::-1]), np.isin(np.arange(100), STAY))),
    *(("01.6", answer) for answer in (0.24, torch.tensor(0.24), 1200 / 5000)),
    *(("01.7", answer) for answer in ([0.9, 1.0, 0.5, 2 / 3], (0.9, 1, 0.5, 0.67), (90, 100, 50, "67 %"))),
]
MISTAKES = [
    ("01.1", lambda T, counts: (1 - T.diagonal()).mean(), "all classes equally"),
    ("01.1", lambda T, counts: 1 - expected_wrong(T, counts), "clean labels"),
    ("01.1", lambda T, counts: (counts * (1 - T.diagonal())).sum(), "number of all labels"),
    ("01.1", lambda T, counts: (1 - T.diagonal()).sum(), "a sum over the classes"),
    ("01.1", lambda T, counts: 0.5, "does not depend on them"),
    ("01.1", 0.4, "the function itself"),
    ("01.2", (0.4, 0.36), "exchanged"),
    ("01.2", (0.4, 0.4), "nine entries"),
    ("01.2", (0.64, 0.6), "clean labels"),
    ("01.2", (0.04, 0.4 / 9), "one entry"),
    ("01.2", 0.36, "a list of 2"),
    ("01.3", (0.4, 0.4), "inside a confused class"),
    ("01.3", (0.16, 0.2), "not equally frequent"),
    ("01.3", (PATRINI, CDR), "exchanged"),
    ("01.3", (CDR / 0.4, PATRINI / 0.4), "in a confused class"),
    ("01.3", (CDR, 0.5), "the second number, 0.5, is too large; the other is right"),
    ("01.4", one_stream, "global generator"),
    ("01.4", lambda y, rate, seed: own_generators(y, rate, 1), "seeds 0 and 1"),
    ("01.4", lambda y, rate, seed: own_generators(y, rate, seed, seed), "map of the classes changes"),
    ("01.4", forgetful, "second time"),
    ("01.4", lambda y, rate, seed: own_generators(y, 2 * rate, seed), "wrong at rate 0.3"),
    ("01.4", lambda y, rate, seed: y[:5], "one label for each"),
    ("01.4", lambda y, rate, seed: 1 / 0, "ZeroDivisionError"),
    ("01.5", range(100), "what the papers say"),
    ("01.5", LEAVE, "leave"),
    ("01.5", PAST_THE_BLOCK, "and not 4 → 5"),
    ("01.5", [c // 5 * 5 + (c + 1) % 5 for c in STAY], "the wrong labels"),
    ("01.5", len(STAY), "a list of positions"),
    ("01.5", [*STAY, 0], "class 0 gets the label 1, which is of super-class 1 and not of 4"),
    ("01.5", STAY[1:], "there are more"),
    ("01.6", 0.4, "after the first step"),
    ("01.6", 0.16, "flipped back"),
    ("01.6", 0.76, "clean labels"),
    ("01.6", 1200, "divide by"),
    ("01.7", [0.5, 0.5, 0.5, 0.5], "spread"),
    ("01.7", [0.9, 0.9, 0.5, 2 / 3], "the true class"),
    ("01.7", [0.9, 1.0, 0.5, 0.5], "flip2"),
]


def test_a_check_leaves_the_global_generator_where_it_was():
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    labkit.check("01.4", one_stream)
    assert (np.random.get_state()[1] == before).all()


@pytest.mark.parametrize("exercise", ["01.1", "01.4"])
def test_untouched_functions_are_told_so(exercise, capsys):
    assert not labkit.check(exercise, lambda *given: ...)
    assert capsys.readouterr().out.startswith("○")


def named(figure):
    """What is drawn with a name. -> {name: y}"""
    return {line.get_label(): list(line.get_ydata()) for line in figure.axes[0].lines if line.get_label()[0] != "_"}


def test_models_with_the_same_fractions_are_one_line():
    drawn = named(figures.wrong_fractions(("symmetric", "pairflip", "uniform"), RATES, guess=(0.4, 0.3)))
    assert drawn["symmetric, pairflip"] == pytest.approx(list(RATES))
    assert drawn["uniform"] == pytest.approx([0.9 * rate for rate in RATES])
    assert drawn["your guess (asymmetric)"] == [0.3]


def test_every_seed_is_a_mark():
    rows = [{"setting": "flip2", "wrong labels": w, "best_val": b} for w, b in ((0.39, 0.8), (0.41, 0.7))]
    assert named(figures.same_word(pd.DataFrame(rows)))["flip2"] == [0.8, 0.7]


def test_the_segment_under_u_is_the_label():
    T, true, u = (
        torch.tensor([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0, 0, 1.0]]),
        torch.tensor([0, 2]),
        torch.tensor([0.62, 0.1]),
    )
    (ax,) = figures.drawn_labels(T, true=true, u=u).axes
    ends = [round(bar.get_x() + bar.get_width(), 2) for bar in ax.patches]
    assert ends == [0.5, 0.75, 1, 0, 0, 1]
    assert [float(line.get_xdata()[0]) for line in ax.lines] == pytest.approx(u.tolist())


def test_matrices_stand_under_their_titles():
    axes = figures.transition_matrices({"one": torch.eye(3), "two": torch.eye(2)}).axes
    assert [ax.get_title(loc="left") for ax in axes] == ["one", "two"]
    assert [text.get_text() for text in axes[0].texts if text.get_text()] == ["100"] * 3
