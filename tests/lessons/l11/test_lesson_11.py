"""Lesson 11: features of patches, the stored runs and what is read from them, typical mistakes."""

import numpy as np
import pandas as pd
import pytest
import torch

import labkit
from labkit.lessons.l11 import study as lesson
from labkit.lessons.l11.patches import SIDE, components, dictionary, encode, patches
from labkit.numbers import DEFAULTS_SINCE
from labkit.panels import stored
from labkit.panels.lessons import sketch

RIGHT = [
    *(("11.1", answer) for answer in (1 - 0.82766 * 0.81878 * 0.8236, torch.tensor(0.4419))),
    *(
        ("11.5", answer)
        for answer in (lambda t: t.rate[t.val_noisy.idxmax()], lambda t: t.set_index("rate").val_noisy.idxmax())
    ),
    *(("11.6", answer) for answer in (0.3, 30, "30 %")),
]
MISTAKES = [
    ("11.1", 0.5298, "twice"),
    ("11.1", 0.0055, "all three are wrong"),
    ("11.1", 0.1766, "the mean"),
    ("11.1", 0.4021, "what was measured"),
    ("11.1", 0.558, "no person is wrong"),
    ("11.5", lambda t: t.rate[t.test.idxmax()], "`test`"),
    ("11.5", lambda t: t.rate[t.memorised.idxmin()], "`memorised`"),
    ("11.5", lambda t: int(t.val_noisy.idxmax()), "row's index"),
    ("11.5", lambda t: 0.4, "0.4 for different tables"),
    ("11.6", 0.7, "clean labels"),
    ("11.6", 0.3056, "mean over the rows"),
]


@pytest.fixture(scope="module")
def images():
    return torch.randint(0, 256, (12, 3, 32, 32), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def test_patches_have_one_contrast_whatever_the_brightness(images):
    p = patches(images[:2])
    assert p.shape == (2, (32 - SIDE + 1) ** 2, 3 * SIDE**2)
    assert p.mean(-1).abs().max() < 1e-5 and (p.square().mean(-1) - 1).abs().max() < 0.01
    darker = (images[:2] // 2).float()
    assert torch.allclose(patches(darker + 40), patches(darker), atol=1e-4)


def test_features_are_near_distances_summed_over_quarters(images):
    mean, white, at = dictionary(images, 5, seed=0, samples=600, rounds=3)
    found = encode(images[:3], mean, white, at)
    p = (patches(images[:1])[0] - mean) @ white
    far = torch.cdist(p, at)
    near = (far.mean(1, keepdim=True) - far).clamp(min=0).view(27, 27, 5)
    assert found.shape == (3, 20)
    assert torch.allclose(found[0].view(5, 2, 2)[:, 0, 0], near[:14, :14].mean((0, 1)), atol=1e-4)


def test_components_keep_the_largest_variance():
    x = torch.randn(200, 6, generator=torch.Generator().manual_seed(0)) @ torch.randn(6, 6)
    a, b = components(x, x[:10], 3)
    assert a.shape == (200, 3) and torch.allclose(a[:10], b)
    assert a.var(0, correction=0).mean() == pytest.approx(1, abs=1e-3)


def test_the_counts_are_those_of_the_paper():
    n = {name: lesson.counts(name) for name in ("worse_label", "aggre_label", "random_label1")}
    assert all(count.sum() == 50_000 and (count.sum(1) == 5_000).all() for count in n.values())
    wrong = {name: 1 - count.trace() / 50_000 for name, count in n.items()}
    assert wrong == pytest.approx({"worse_label": 0.4021, "aggre_label": 0.0901, "random_label1": 0.1723}, abs=1e-4)


def test_the_three_noises_have_one_rate():
    models = lesson.models()
    assert models["people's T"].rate == pytest.approx(models["symmetric"].rate, abs=1e-9)


def test_every_run_of_the_plan_is_stored_and_newer_numbers_would_be_trained():
    runs = lesson.results()
    assert set(runs["run"]) >= {"{} {:g} {} {}".format(*cell) for cell in lesson.plan()}
    assert runs["numbers"].min() >= DEFAULTS_SINCE
    assert all(len(curve) == lesson.EPOCHS for curve in runs["test"])
    assert {
        len(lesson.of(runs, noise=noise, method="SPL", assumed_rate=told))
        for noise in lesson.NOISES
        for told in lesson.RATES
    } == {3}


def test_spl_told_nothing_is_plain_sgd():
    runs = lesson.results()
    pd.testing.assert_frame_equal(
        lesson.of(runs, noise="people", method="SPL", assumed_rate=0.0), lesson.of(runs, noise="people", method="ERM")
    )


def test_the_naive_guess_is_outside_the_band():
    found = stored.answers(sketch("11"))
    assert len(found) == 3 and not min(found) <= sketch("11").question.naive <= max(found)


def test_every_stored_picture_stays_within_its_axes():
    at, low_high = sketch("11"), {part["name"]: part["traits"].get("ylim") for part in sketch("11").parts}
    for positions in at.kept():
        picture = stored.frame(at, positions)["picture"]
        heights = [line["y"] for line in picture["history"]["series"]]
        check(heights, low_high["history"], positions)
        for series, bars in zip(picture["sweep"]["per_epoch"]["series"], picture["methods"]["per_epoch"]["bars"]):
            check([line["y"] for line in series], low_high["sweep"], positions)
            check([[bar["low"], bar["high"]] for bar in bars], low_high["methods"], positions)
            assert len(bars) == len(lesson.OTHERS)


def check(heights, limits, positions):
    heights = np.concatenate(heights)
    assert limits[0] <= heights.min() and heights.max() <= limits[1], positions


def test_at_the_last_epoch_the_panel_shows_the_scores_of_the_lesson():
    at, runs = sketch("11"), lesson.results()
    for noise in lesson.NOISES:
        picture = stored.frame(at, at.moved(at.positions, noise=noise))["picture"]
        table = lesson.scores(runs, noise)
        test, seen, here = picture["sweep"]["per_epoch"]["series"][-1]
        assert test["y"] == pytest.approx(list(table["last10"]["mean"]), abs=2e-4)
        assert seen["y"] == pytest.approx(list(table["val10"]["mean"]), abs=2e-4)
        assert here["y"] == [test["y"][lesson.RATES.index(0.4)]]
        scored = [lesson.of(runs, noise=noise, method=name)["last10"].mean() for name in lesson.OTHERS]
        bars = picture["methods"]["per_epoch"]["bars"]
        assert [bar["value"] for bar in bars[-1]] == pytest.approx(scored, abs=2e-4)
        first = lesson.of(runs, noise=noise, method="GCE")["test"].iloc[0][0]
        low, high = (bars[0][1][edge] for edge in ("low", "high"))
        assert low - 2e-4 <= first <= high + 2e-4, "the first epoch is the mean of itself"


def test_the_panel_looks_up_and_trains_nothing(monkeypatch):
    monkeypatch.setattr(lesson, "train", None)
    panel = labkit.panel("11").move(rate=0.1)
    before = panel.picture["sweep"]
    assert panel.move(rate=0.5).picture["sweep"] != before


@pytest.mark.data("cifar10", "cifar10n")
@pytest.mark.slow
def test_a_stored_run_is_trained_again_to_nearly_the_same_scores():
    """Not to the same bits: the sums behind the features are rounded otherwise with other threads."""
    again, stored = (
        lesson.train("ERM", assumed_rate=0.0, noise="people", seed=0),
        lesson.results().set_index("run").loc["ERM 0 people 0"],
    )
    assert again["last10"] == pytest.approx(stored["last10"], abs=0.01)
    assert again["best_val"] == pytest.approx(stored["best_val"], abs=0.02)
