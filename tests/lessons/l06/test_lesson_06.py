"""Lesson 06: fractions add up, a full cut changes nothing, the Jacobian reads no labels, exercises tell mistakes."""

import pytest
import torch
from torch.nn.functional import one_hot

import labkit
from labkit import spectrum
from labkit.lessons.l06 import study as lesson_06
from labkit.lessons.l06.panel import MARKS, SKETCH, fate


@pytest.fixture(scope="module")
def at():
    return lesson_06.train_snapshot(noise="symmetric 40 %", seed=0, epoch=5)


def test_every_vector_is_held_by_all_directions_and_never_less_by_more(at):
    for v in lesson_06.vectors(at).values():
        fraction = lesson_06.held(at, v)
        assert fraction.shape == (1000,) and (fraction.diff() >= 0).all()
        assert fraction[-1].item() == pytest.approx(1)
        space = spectrum.split(at.K, rank=20)
        assert fraction[19].item() == pytest.approx(float(space.alignment(v)), abs=1e-9)


def test_errors_are_the_given_labels_minus_the_true_ones(at):
    v = lesson_06.vectors(at)
    assert torch.equal(v["label errors"], v["given labels"] - v["true labels"])
    assert (v["label errors"].view(100, 10).abs().sum(1) > 1).sum() >= at.wrong.sum()


def test_without_a_cut_the_labels_are_as_given(at):
    assert torch.equal(lesson_06.cut_labels(at, 1000), at.task.train.y)
    ends = lesson_06.fates(at, lesson_06.cut_labels(at, 1000))
    assert ends["clean_fitted"] == ends["noisy_memorised"] == 1 and ends["noisy_corrected"] == 0


@pytest.mark.parametrize("seed", [0, 1])
def test_few_directions_of_a_trained_network_correct_most_wrong_labels(seed):
    at = lesson_06.train_snapshot(noise="symmetric 40 %", seed=seed, epoch=5)
    ends = lesson_06.fates(at, lesson_06.cut_labels(at, 20))
    assert ends["noisy_corrected"] > 0.7 and ends["noisy_memorised"] < 0.2
    assert lesson_06.corrected_by_few(seed) == ends["noisy_corrected"]


def test_training_turns_the_large_directions_to_the_classes(at):
    start = lesson_06.train_snapshot(noise="symmetric 40 %", seed=0, epoch=0)
    of = lambda look, name: lesson_06.held(look, lesson_06.vectors(look)[name])[19]
    assert of(at, "true labels") > 3 * of(start, "true labels")
    assert of(at, "true labels") > 3 * of(at, "label errors")


def test_the_spectrum_does_not_read_labels(at):
    """Other labels, the same network and images: the same Gram matrix."""
    net = labkit.nets.mlp(at.task.shape, 10)
    assert torch.equal(lesson_06.snapshot_of(net, at.task).K, spectrum.gram(net, at.task.train.inputs()))
    right, wrong = lesson_06.halves(at).values()
    assert len(right) == len(wrong)
    assert (right.log() - wrong.log()).abs().median() < 0.25


def test_what_is_left_is_what_gradient_descent_leaves():
    draw = torch.Generator().manual_seed(0)
    J, y = (torch.randn(5, k, generator=draw, dtype=torch.float64) for k in (7, 1))
    V, values, _ = torch.linalg.svd(J, full_matrices=False)
    w, rate = torch.zeros(7, 1, dtype=torch.float64), 0.05
    for _ in range(9):
        w = w - rate * J.T @ (J @ w - y)
    assert torch.allclose(V.T @ (J @ w - y), lesson_06.remaining(values, rate, 9)[:, None] * (V.T @ -y))


def walk(lr, steps):
    """The predictions for sample 2 of lesson 06's six images, step by step."""
    true, given = torch.tensor([0, 0, 0, 1, 1, 2]), torch.tensor([0, 0, 2, 1, 1, 2])
    x = torch.cat([3 * one_hot(true, 3), torch.eye(6)], dim=1).double()
    y, W, predicted = one_hot(given, 3).double(), torch.zeros(3, 9).double(), []
    for _ in range(steps):
        W = W - lr * (x @ W.T - y).T @ x
        predicted.append(int((x @ W.T).argmax(1)[2]))
    return predicted


@pytest.mark.parametrize("lr", [0.02, 0.01])
def test_the_network_by_hand_changes_to_the_wrong_label_at_a_known_step(lr):
    step = lesson_06.step_of_change(lr)
    assert walk(lr, 100) == [0] * (step - 1) + [2] * (101 - step)
    assert step == {0.02: 15, 0.01: 29}[lr]


def test_labels_and_residuals_of_a_group_are_split_as_the_paper_notebook_splits_them(at):
    found = lesson_06.in_information_space(at, energy=0.9)
    space = spectrum.split(at.K, energy=0.9)
    assert found["random vector"] == space.rank / 1000
    mask = at.wrong.repeat_interleave(10)
    labels = lesson_06.vectors(at)["given labels"] * mask
    assert found["given labels, wrong samples"] == pytest.approx(float(space.alignment(labels)), abs=1e-9)


@pytest.mark.parametrize("labels, end", [((1, 1, 1), ""), ((1, 1, 2), "lost"), ((3, 1, 3), "memorised")])
def test_the_fate_of_a_label(labels, end):
    assert fate(*labels) == end and end in {about["name"] for about in MARKS}
    assert fate(3, 1, 1) == "corrected" and fate(3, 1, 2) == "neither"


def test_every_k_changes_the_picture_and_the_words():
    words, ends = set(), []
    for k in lesson_06.COUNTS:
        parts = {}
        show = lambda message=None, progress=None, parts=parts, **own: parts.update(
            own, words=message or parts["words"]
        )
        SKETCH.draw(SKETCH.values(SKETCH.moved(SKETCH.positions, k=k)), show)
        words.add(parts["words"])
        ends.append(parts["gallery"]["fates"].count("0"))
        assert set(parts) == {"held", "fates", "gallery", "spectrum", "samples", "words"}
    assert len(words) == len(lesson_06.COUNTS) and ends[-1] == 24


def cut(K, y, k):
    V = torch.linalg.eigh(K).eigenvectors[:, -k:]
    return V @ (V.T @ y)


def better(K, y, k=20):
    return cut(K, one_hot(y, 10).double().flatten(), k).view(len(y), 10).argmax(1)


RIGHT = [
    *(("06.1", answer) for answer in (0.6**10, 0.006, torch.tensor(0.00605))),
    *(("06.2", answer) for answer in (cut, lambda K, y, k: cut(K, y, k).numpy())),
    *(("06.3", answer) for answer in (1 - 1 / 36, 0.972, 0.9722, 97.2)),
    *(("06.4", answer) for answer in ((9, 3), [9.0, 3.0], torch.tensor([9.0, 3]))),
    *(("06.5", answer) for answer in (11 / 12, 0.917)),
    *(("06.6", answer) for answer in (better, lambda K, y: better(K, y).tolist(), lambda K, y: better(K, y, 50))),
    *(("06.7", answer) for answer in (29, 29.0, torch.tensor(29))),
]
MISTAKES = [
    ("06.1", 0.8**10, "*square*"),
    ("06.1", 0.6, "after one step"),
    ("06.1", 1 - 4.0, "not ten times"),
    ("06.1", 1 - 0.6**10, "what has been fitted"),
    ("06.1", 0.9**10, "singular value of 1"),
    ("06.1", 0.5, "too large"),
    ("06.2", lambda K, y, k: cut(-K, y, k), "smallest"),
    ("06.2", lambda K, y, k: y - cut(K, y, k), "nuisance part"),
    ("06.2", lambda K, y, k: cut(K, y, len(y) - k), "k largest only"),
    ("06.2", lambda K, y, k: K @ y, "stretches"),
    ("06.2", lambda K, y, k: y, "nothing is cut off"),
    ("06.2", lambda K, y, k: torch.linalg.eigh(K).eigenvectors[:, -k:].T @ y, "coordinates"),
    ("06.2", lambda K, y, k: "y", "is a text"),
    ("06.3", 1 / 36, "how clean"),
    ("06.3", 1 - 0.2 / 8, "nine gaps"),
    ("06.3", 1 - 1 / 72, "length of 2"),
    ("06.3", 1 - 2 / 9, "an eighth"),
    ("06.3", 0.875, "delta is not 1"),
    ("06.4", (3, 9), "exchanged"),
    ("06.4", (3, 3), "diag(sqrt r)"),
    ("06.4", (9, 9), "*root*"),
    ("06.4", (11, 3), "largest entry"),
    ("06.4", (83**0.5, 3), "Frobenius"),
    ("06.4", 9, "a list of 2"),
    ("06.5", 1, "promises"),
    ("06.5", 1 / 12, "*true* class"),
    ("06.5", 0.5, "with clean labels"),
    ("06.5", 0.8, "too small"),
    ("06.6", lambda K, y: y, "unchanged"),
    ("06.6", lambda K, y: better(K, y, 500), "How many directions"),
    ("06.6", lambda K, y: better(K, y, 2), "How many directions"),
    ("06.6", lambda K, y: better(K, y)[:50], "the shape of your labels"),
    ("06.6", lambda K, y: K.nothing, "AttributeError"),
    ("06.7", 15, "eta = 0.02"),
    ("06.7", 30, "twice 15"),
    ("06.7", 28, "a quarter is needed"),
    ("06.7", 7, "not fewer"),
    ("06.7", 69, "half of the difference"),
]  # fmt: skip
