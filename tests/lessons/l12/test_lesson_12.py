"""Lesson 12: counts of people's labels, simulated crowds, soft labels, the panel and its exercises."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

import labkit
from labkit.data import dawid_skene, majority, soft_labels
from labkit.lessons import seeds
from labkit.lessons.l12 import crowds, exercises, measured, people, study
from labkit.lessons.l12.panel import PEOPLE, votes_of
from labkit.panels import lessons
from labkit.panels.stored import draw_frame, load


@pytest.mark.data("cifar10", "cifar10n")
def test_the_counts_are_those_of_the_published_labels():
    pd.testing.assert_frame_equal(people.counted(), people.joint(), check_dtype=False)


def test_the_counts_hold_every_image_and_the_published_rates():
    annotations, y = people.labelled()
    assert annotations.shape == (50_000, 3) and y.bincount().tolist() == [5000] * 10
    wrong = (annotations != y[:, None]).double().mean(0).tolist()
    assert wrong == pytest.approx([0.1723, 0.1812, 0.1764], abs=1e-4)
    assert list(people.joint().columns) == ["true", *people.PEOPLE, "count"], "counts alone, and no image's labels"


def test_shuffled_people_keep_their_matrices_and_err_independently():
    annotations, y = people.labelled()
    shuffled = people.redrawn(0)
    for a in range(3):
        assert torch.equal(10 * y + annotations[:, a].sort().values * 0, 10 * y)
        assert torch.equal((10 * y + annotations[:, a]).bincount(), (10 * y + shuffled[:, a]).bincount())
    wrong = shuffled != y[:, None]
    both = (wrong[:, 0] & wrong[:, 1]).double()
    expected = [wrong[y == c, 0].double().mean() * wrong[y == c, 1].double().mean() for c in range(10)]
    assert float(both.mean()) == pytest.approx(float(sum(expected) / 10), abs=2e-3)


def test_people_err_together_on_the_same_images():
    annotations, y = people.labelled()
    wrong = annotations != y[:, None]
    given_wrong = wrong[wrong[:, 0], 1].double().mean()
    assert given_wrong > 0.28 and wrong[~wrong[:, 0], 1].double().mean() < 0.17
    assert exercises.second_wrong(people.joint())[0] == pytest.approx(float(given_wrong))


def test_calibration_of_true_probabilities_is_on_the_line():
    rng = torch.Generator().manual_seed(0)
    p = torch.rand(20_000, 3, generator=rng, dtype=torch.float64)
    p = p / p.sum(1, keepdim=True)
    y = torch.multinomial(p, 1, generator=rng)[:, 0]
    table = people.calibration(p, y)
    assert table["images"].sum() == 20_000
    assert (table["says"] - table["right"]).abs().max() < 0.05


@pytest.mark.parametrize("mistakes", crowds.MISTAKES)
def test_crowds_have_the_rates_that_they_are_asked_for(mistakes):
    T = crowds.matrices(4, rate=0.3, mistakes=mistakes)
    assert torch.allclose(T.sum(2), torch.ones(4, 10, dtype=torch.float64))
    y = torch.arange(20_000) % 10
    annotations = crowds.labels_of(T, y, 0)
    wrong = (annotations != y[:, None]).double().mean(0)
    assert wrong.tolist() == pytest.approx(crowds.error_rates(T, y).tolist(), abs=0.02)
    assert crowds.error_rates(T, y)[1] == pytest.approx(0.9 if "guess" in mistakes else 0.3)


def test_more_people_leave_the_labels_of_the_first_alone():
    few, many = (crowds.voted(people, rate=0.4, mistakes="scattered") for people in (3, 5))
    assert torch.equal(few, many[:, :3])


def test_combined_labels_are_labkits():
    options = {"rate": 0.4, "mistakes": "half of them guess"}
    annotations = crowds.voted(3, **options)
    y, _ = crowds.combined("majority", 3, **options)
    assert torch.equal(y, majority(annotations, 10, 0))
    y, T = crowds.combined("Dawid-Skene", 3, **options)
    model = dawid_skene(annotations, 10, iterations=crowds.ROUNDS)
    assert torch.equal(y, model.y) and torch.equal(T, model.confusion)
    with pytest.raises(ValueError, match="how is 'mean'"):
        crowds.combined("mean", 3, **options)


def test_soft_labels_are_the_fractions_of_votes_or_the_posteriors():
    task = study.annotated("one of five guesses", seed=0)
    z, i = torch.randn(5, 10), torch.arange(5)
    for source, p in (
        ("votes", soft_labels(task.train.annotations, 10)),
        ("posteriors", crowds.estimate(task.train.annotations).posterior.float()),
    ):
        method = study.SoftLabels(source=source).bound_to(torch.nn.Linear(64, 10), task.train)
        loss = method.loss(z, task.train.y[:5], i)
        assert torch.allclose(loss, -(p[:5] * z.log_softmax(1)).sum(1))


def test_people_who_copy_give_equal_labels():
    annotations = study.annotated(study.COPIED, seed=1).train.annotations
    assert torch.equal(annotations[:, 2], annotations[:, 3]) and torch.equal(annotations[:, 2], annotations[:, 4])
    assert not torch.equal(annotations[:, 1], annotations[:, 2])


def test_the_task_of_a_crowd_has_its_labels_and_the_truth():
    task = study.annotated("three of five share a mistake", seed=0, how="Dawid-Skene")
    assert torch.equal(task.truth.y, crowds.digits().train.y)
    assert task.train.annotations.shape == (len(task.train), 5)
    assert not torch.equal(task.train.y, task.truth.y)


def test_votes_are_written_by_their_frequency():
    assert votes_of(torch.tensor([[3, 5, 3], [9, 1, 4]])) == ["335", "149"]


def test_the_panel_shows_what_was_computed():
    sketch = lessons.sketch("12")
    picture = draw_frame(sketch, sketch.positions)["picture"]
    options = {"rate": 0.4, "mistakes": "scattered"}
    curves = {one["name"]: one for one in picture["errors"]["series"]}
    expected = [crowds.wrong("majority", people, **options) for people in PEOPLE[:3]]
    assert curves["majority"]["y"] == pytest.approx(expected, abs=1e-4)
    annotations = crowds.voted(3, **options)
    assert picture["gallery"]["votes"] == votes_of(annotations[:12])
    y, T = crowds.combined("majority", 3, **options)
    assert picture["samples"]["given"] == "".join(map(str, y[:12].tolist()))
    assert np.allclose(picture["estimated"]["values"], T[1], atol=1e-3)
    json.dumps(picture)


def test_stored_answers_are_far_below_one_persons_error_rate():
    assert len(load("12")["answers"]) == 5 and max(load("12")["answers"]) < 0.25


def test_stored_rows_bear_the_words_of_the_lesson():
    rows = seeds.stored("12").set_index("setting")
    assert set(rows.index) == set(measured.SETTINGS)
    swapped = rows.loc["three of five share a mistake, majority"]
    assert swapped["Dawid-Skene wrong"].min() > 0.9 and swapped["Dawid-Skene says wrong"].max() < 0.05
    copied = rows.loc["three of five copy one another, majority"]
    assert copied["Dawid-Skene says wrong"].max() < 0.01 and copied["Dawid-Skene wrong"].min() > 0.4
    soft = rows.loc["three of five copy one another, soft labels", "last"]
    assert soft.min() > copied["last"].max()
    one = rows.loc["one of five errs in one direction, majority"]
    assert one["Dawid-Skene wrong"].max() < one["majority wrong"].min() / 2


def halves(table):
    first, second, n = table["first"] != table["true"], table["second"] != table["true"], table["count"]
    return n[first & second].sum() / n[first].sum(), n[~first & second].sum() / n[~first].sum()


def rows_alone(table):
    return halves(table.assign(count=1))


def of_all(table):
    first, second, n = table["first"] != table["true"], table["second"] != table["true"], table["count"]
    return n[first & second].sum() / n.sum(), n[~first & second].sum() / n.sum()


RIGHT = [
    ("12.1", 0.104),
    ("12.1", "10.4 %"),
    ("12.2", (0.028, 0.352)),
    ("12.3", halves),
    ("12.4", (0.396, 0.0056)),
]
MISTAKES = [
    ("12.1", 0.2, "one person"),
    ("12.1", 0.008, "all three are wrong"),
    ("12.1", 0.096, "exactly two"),
    ("12.1", 0.032, "three pairs"),
    ("12.1", 0.04, "two given people"),
    ("12.1", 0.896, "is right"),
    ("12.1", 0.488, "one person at least"),
    ("12.2", (0.1, 0.352), "one person's matrix"),
    ("12.2", (0.028, 0.064), "all three are wrong"),
    ("12.2", (0.027, 0.352), "exactly two"),
    ("12.2", (0.972, 0.648), "on the diagonal"),
    ("12.2", (0.352, 0.028), "exchanged"),
    ("12.2", 0.028, "a pair"),
    ("12.3", lambda table: halves(table)[::-1], "exchanged"),
    ("12.3", rows_alone, "each row counts once"),
    ("12.3", of_all, "fractions of all images"),
    ("12.3", lambda table: [1 - value for value in halves(table)], "is right"),
    ("12.3", lambda table: halves(table.rename(columns={"first": "second", "second": "first"})), "given the second"),
    ("12.4", (0.604, 0.0056), "all three agree"),
    ("12.4", (0.061, 0.0056), "nobody agrees"),
    ("12.4", (0.336, 0.0056), "three different labels"),
    ("12.4", (0.396, 0.0093), "divide by all images"),
    ("12.4", (0.396, 0.991), "how often three equal labels"),
]


def test_counts_for_the_exercise_have_both_kinds_of_rows():
    for seed in range(3):
        table = exercises.random_counts(seed)
        assert labkit.check("12.3", exercises.second_wrong)
        assert 0 < exercises.second_wrong(table)[1] < exercises.second_wrong(table)[0] < 1
