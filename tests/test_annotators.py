"""Several annotators: votes, Dawid-Skene against enumeration and pencil, and the way of annotations through a task."""

from dataclasses import replace
from itertools import product
from math import log

import numpy as np
import pytest
import torch

import labkit
from labkit.data import dawid_skene, majority, soft_labels
from labkit.data.dawid_skene import expected
from labkit.data.hashing import split_hash
from labkit.noise import annotators
from labkit.noise.files import read_columns
from labkit.noise.human import published_file

# four samples, three annotators, two classes: small enough for a pencil
FOUR = torch.tensor([[0, 0, 0], [0, 0, 1], [1, 1, 1], [1, 1, 0]])


def planted(n=2000, classes=3, seed=0, missing=0.2):
    """Annotators of whom two are good, one always mistakes class 0 for 1, one is bad and one guesses. -> annotations
    [n, 5], true classes [n], confusion matrices [5, C, C]"""
    rng = np.random.default_rng(seed)
    y = rng.choice(classes, n, p=[0.5, 0.3, 0.2])
    confusion = [share * np.eye(classes) + (1 - share) / classes for share in (0.85, 0.8, 0.8, 0.3, 0.0)]
    confusion[2][0] = [0.05, 0.9, 0.05]
    columns = [[rng.choice(classes, p=matrix[label]) for label in y] for matrix in confusion]
    labels = np.stack(columns, 1)
    labels[rng.random(labels.shape) < missing] = -1
    labels[(labels == -1).all(1), 0] = 0
    return torch.from_numpy(labels), torch.from_numpy(y), torch.from_numpy(np.stack(confusion))


# -- votes


def test_majority_is_the_label_with_most_votes():
    labels = [[0, 0, 1], [2, -1, 2], [1, -1, -1], [2, 1, 1]]
    assert majority(labels, 3).tolist() == [0, 2, 1, 1]
    expected_shares = [[2 / 3, 1 / 3, 0], [0, 0, 1], [0, 1, 0], [0, 2 / 3, 1 / 3]]
    assert torch.allclose(soft_labels(labels, 3), torch.tensor(expected_shares))
    assert majority(np.array([[0.0, np.nan]]), 2).tolist() == [0]


def test_majority_draws_among_equal_votes_by_the_seed():
    labels = torch.tensor([[0, 1, 2, 2, 1]]).repeat(3000, 1)
    before = torch.get_rng_state()
    drawn = majority(labels, 4, seed=1)
    assert torch.equal(before, torch.get_rng_state())
    counts = torch.bincount(drawn, minlength=4).tolist()
    assert counts[0] == counts[3] == 0 and abs(counts[1] - 1500) < 5 * 27
    assert torch.equal(drawn, majority(labels, 4, seed=1)) and not torch.equal(drawn, majority(labels, 4, seed=2))


# -- Dawid and Skene


def test_dawid_skene_agrees_with_a_pencil():
    first = dawid_skene(FOUR, 2, iterations=1)
    assert first.prior.tolist() == pytest.approx([0.5, 0.5])
    assert torch.allclose(first.confusion[0], torch.tensor([[5, 1], [1, 5]], dtype=torch.float64) / 6)
    assert torch.allclose(first.confusion[2], torch.tensor([[2, 1], [1, 2]], dtype=torch.float64) / 3)
    assert first.posterior[:, 0].tolist() == pytest.approx([50 / 51, 25 / 27, 1 / 51, 2 / 27])
    assert first.log_likelihood.item() == pytest.approx(2 * (log(51 / 216) + log(27 / 216)))


def test_dawid_skene_posterior_is_that_of_an_enumeration():
    rng = np.random.default_rng(3)
    labels = torch.from_numpy(rng.integers(-1, 2, (60, 3)))
    model = dawid_skene(labels, 2, iterations=4)
    likelihood = 0.0
    again, total = expected(labels, model.prior, model.confusion)
    for row, posterior in zip(labels.tolist(), again):
        joint = []
        for j in range(2):
            chances = [model.confusion[a, j, label].item() for a, label in enumerate(row) if label != -1]
            joint.append(model.prior[j].item() * np.prod(chances))
        assert posterior.tolist() == pytest.approx([part / sum(joint) for part in joint], abs=1e-12)
        likelihood += log(sum(joint))
    assert total == pytest.approx(likelihood, abs=1e-9) == model.log_likelihood[-1].item()
    assert torch.allclose(model.posterior, again)


def test_dawid_skene_posteriors_of_all_answers_sum_to_the_prior():
    model = dawid_skene(FOUR, 2, iterations=1)
    answers = torch.tensor(list(product((0, 1), repeat=3)))
    posterior, _ = expected(answers, model.prior, model.confusion)
    evidence = [expected(answer[None], model.prior, model.confusion)[1] for answer in answers]
    weight = torch.tensor(evidence, dtype=torch.float64).exp()
    assert weight.sum().item() == pytest.approx(1)
    assert torch.allclose(weight @ posterior, model.prior)


@pytest.mark.parametrize("seed", range(6))
def test_dawid_skene_likelihood_never_falls(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, 4, (50, 6))  # no annotator knows anything, some samples have few labels
    model = dawid_skene(labels, 4, tolerance=0.0, iterations=60)
    assert (model.log_likelihood.diff() >= -1e-9).all() and len(model.log_likelihood) > 3
    for distribution in (model.prior, model.confusion, model.posterior):
        assert torch.allclose(distribution.sum(-1), torch.ones((), dtype=torch.float64)) and (distribution >= 0).all()


def test_dawid_skene_recovers_planted_annotators_and_beats_the_majority():
    labels, y, confusion = planted()
    model = dawid_skene(labels, 3)
    assert (model.confusion - confusion).abs().max() < 0.1
    assert (model.prior - torch.bincount(y) / len(y)).abs().max() < 0.05
    by_vote = (majority(labels, 3) == y).double().mean()
    assert (model.y == y).double().mean() > by_vote + 0.05


def test_dawid_skene_knows_nothing_of_a_sample_or_annotator_without_labels():
    labels = torch.cat([FOUR, torch.full((4, 1), -1)], 1)
    labels = torch.cat([labels, torch.full((1, 4), -1)])
    model = dawid_skene(labels, 2, iterations=3)
    assert torch.equal(model.confusion[3], torch.full((2, 2), 0.5, dtype=torch.float64))
    assert torch.allclose(model.posterior[-1], model.prior)


# -- a task with annotations


def task(n=200, val=0.2, **options):
    """A task whose pixel is its position, with planted annotations. -> Task, annotations, true classes"""
    labels, y, _ = planted(n)
    x = torch.arange(n, dtype=torch.float32)[:, None]
    given = majority(labels, 3)
    made = labkit.Task.of(x, given, x[:10], y[:10], classes=3, val=val, y_true=y, annotations=labels, **options)
    return made, labels, y


def test_annotations_follow_their_samples_through_a_task():
    made, labels, _ = task()
    smaller, meta = labkit.data.meta_split(made, 30, trusted=True, balanced="true")
    for split in (made.train, made.train.val, smaller.train, smaller.train.val, meta, made.to("cpu").train):
        assert torch.equal(split.annotations, labels[split.x[:, 0].long()])
        assert split.annotations.dtype == torch.int64
    assert made.test.annotations is None and "5 annotators" in repr(made)
    table = made.samples("val")
    column = made.train.val.annotations[:, 2]
    assert table["annotator_2"].fillna(-1).tolist() == column.tolist()
    assert table["annotator_2"].isna().tolist() == (column == -1).tolist() and (column == -1).any()
    assert "annotator_0" not in labkit.load("digits", n=60).samples()


def test_annotations_are_part_of_the_identity_and_their_absence_is_not():
    made, _, _ = task(origin="planted")
    without = replace(made, train=replace(made.train, annotations=None, val=replace(made.train.val, annotations=None)))
    other = made.train.annotations.clone()
    other[0, 0] = (other[0, 0] + 1) % 3
    changed = replace(made, train=replace(made.train, annotations=other))
    assert len({made.hash(), without.hash(), changed.hash()}) == 3
    assert split_hash(made.train) != split_hash(without.train)
    old = labkit.corrupt(labkit.load("digits", n=256), labkit.noise.symmetric(0.4), 0)
    assert old.hash() == "344b486a1b703b33"  # its name before there were annotations


def test_annotations_leave_with_labels_of_another_noise():
    made, _, _ = task()
    noisy = labkit.corrupt(made, labkit.noise.symmetric(0.3), 0)
    assert noisy.train.annotations is None and noisy.train.val.annotations is None


@pytest.mark.parametrize(
    "annotations, words",
    [
        (torch.zeros(200), ["annotations", "(200,)", "[200, A]"]),
        (torch.zeros(199, 2), ["annotations", "(199, 2)", "[200, A]"]),
        (torch.full((200, 2), 3), ["annotations", "3..3", "0..2"]),
        (torch.full((200, 2), -2), ["annotations", "-2..-2", "-1 or NaN"]),
        (torch.full((200, 2), 0.5), ["annotations", "fractions"]),
        (np.array([["a", "b"]] * 200), ["annotations", "type"]),
    ],
)
def test_annotations_that_cannot_be_used_are_named(annotations, words):
    x, y = torch.zeros(200, 1), torch.arange(200) % 3
    with pytest.raises(ValueError) as error:
        labkit.Task.of(x, y, x[:10], y[:10], classes=3, annotations=annotations)
    assert all(word in str(error.value) for word in words), str(error.value)


def test_annotations_of_numbers_and_samples_without_a_label_are_refused():
    x, y = torch.zeros(20, 1), torch.rand(20, 2)
    with pytest.raises(ValueError, match="annotations is given for numbers"):
        labkit.Task.of(x, y, x, y, annotations=torch.zeros(20, 3))
    for function in (majority, soft_labels):
        with pytest.raises(ValueError, match=r"without a label for 1 samples, the first in row \[1\]"):
            function([[0, 1], [-1, -1]], 2)
    with pytest.raises(ValueError, match="classes is 1"):
        majority([[0, 1]], 1)


# -- annotators from a file


def written(folder, kind="pt", classes=10, n=120):
    """A file of three annotators, each wrong in less than a fifth of the samples. -> Path, labels [n, 3]"""
    rng = np.random.default_rng(1)
    clean = np.arange(n) % classes
    labels = [np.where(rng.random(n) < 0.2, rng.integers(0, classes, n), clean) for _ in range(3)]
    columns = {f"random_label{k + 1}": column for k, column in enumerate(labels)} | {"clean_label": clean}
    path = folder / f"labels.{kind}"
    if kind == "pt":
        torch.save(columns, path)
    else:
        cells = np.stack([*columns.values()], 1).astype(str)
        cells[3, 1] = ""
        labels[1][3] = -1
        path.write_text("\n".join([",".join(columns), *map(",".join, cells)]) + "\n")
    return path, torch.from_numpy(np.stack(labels, 1))


@pytest.mark.parametrize("kind", ["pt", "csv"])
@pytest.mark.parametrize("aggregate", ["majority", "dawid_skene"])
def test_annotators_of_a_file_become_given_labels_and_annotations(tmp_path, kind, aggregate):
    path, labels = written(tmp_path, kind)
    x = torch.arange(120, dtype=torch.float32)[:, None]
    y = torch.arange(120) % 10
    clean = labkit.Task.of(x, y, x[:10], y[:10], val=0.2, y_true="given")
    noisy = labkit.corrupt(clean, annotators(file=path, aggregate=aggregate), 0)
    rows = torch.cat([noisy.train.x, noisy.train.val.x])[:, 0].long()
    assert torch.equal(torch.cat([noisy.train.annotations, noisy.train.val.annotations]), labels[rows])
    given = torch.cat([noisy.train.y, noisy.train.val.y])
    if aggregate == "dawid_skene":
        assert torch.equal(given, dawid_skene(labels[rows], 10).y)
    else:
        counts = torch.stack([(labels[rows] == c).sum(1) for c in range(10)], 1)
        assert torch.equal(counts.gather(1, given[:, None])[:, 0], counts.max(1).values)
    assert noisy.noise.realised == pytest.approx((given != rows % 10).double().mean().item())
    assert noisy.noise.options["aggregate"] == aggregate and "3 annotators" in noisy.noise.words


def test_annotators_name_what_is_wrong_with_a_file(tmp_path):
    path, _ = written(tmp_path)
    x, y = torch.zeros(120, 1), torch.arange(120) % 10
    clean = labkit.Task.of(x, y, x[:10], y[:10], y_true="given")
    with pytest.raises(ValueError, match="random_label4"):
        labkit.corrupt(clean, annotators(["random_label1", "random_label4"], path), 0)
    with pytest.raises(ValueError, match="columns of annotators noise"):
        annotators([])
    with pytest.raises(ValueError, match="aggregate of annotators noise"):
        annotators(aggregate="mean")


@pytest.mark.data("cifar10", "cifar10n")
def test_annotators_of_cifar10n_are_wrong_as_often_as_published():
    y = torch.from_numpy(read_columns(published_file("cifar10"))["clean_label"]).long()
    x = torch.arange(50_000.0)[:, None]  # the labels need no images
    clean = labkit.Task.of(x, y, x[:10], y[:10], name="cifar10", classes=10, y_true="given")
    noisy = labkit.corrupt(clean, annotators(), 0)
    labels = torch.cat([noisy.train.annotations, noisy.train.val.annotations])
    truth = torch.cat([noisy.truth.y, noisy.truth.val])
    wrong = (labels != truth[:, None]).double().mean(0).tolist()
    assert wrong == pytest.approx([0.1723, 0.1812, 0.1764], abs=1e-4)
    assert noisy.noise.realised < 0.1
